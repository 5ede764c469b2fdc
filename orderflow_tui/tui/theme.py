"""Themes from YAML files: a closed schema, every colour parsed, contrast checked; a bad file costs one message."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import platformdirs
import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

import orderflow_tui

DEFAULT_THEME = "dark"
LEAST_CONTRAST = 3.0
"""WCAG's ratio for large text and signs; below it a signal cannot be told from its background."""

FALLBACK_SIGNALS: dict[str, str] = {
    "bid": "deepskyblue", "ask": "orange", "buy": "deepskyblue", "sell": "orange", "profit": "limegreen",
    "loss": "tomato", "muted": "gray", "strong": "white", "stale": "gray", "bar": "black", "picked": "steelblue",
    "picked-text": "white", "exit": "red", "exit-text": "white", "exit-line": "tomato", "blind": "magenta",
    "blind-text": "white", "alert": "yellow", "watch": "khaki", "calm": "gray", "live": "green", "live-text": "white",
    "simulated": "purple", "simulated-text": "white",
}  # fmt: skip
"""Every signal colour there is, for a theme that is not ours; the names are the schema of `signals`."""

_ON_BACKGROUND = ("bid", "ask", "buy", "sell", "profit", "loss", "strong", "exit-line", "alert", "watch")
_PAIRS = (("picked-text", "picked"), ("exit-text", "exit"), ("blind-text", "blind"), ("live-text", "live"),
          ("simulated-text", "simulated"))  # fmt: skip


def _colour(value: str) -> str:
    try:
        Color.parse(value)
    except ColorParseError as error:
        raise ValueError(f"{value!r} is not a colour") from error
    return value


Colour = Annotated[str, AfterValidator(_colour)]


class ThemeFile(BaseModel):
    """What a theme file may hold. `signals` gives every colour that carries a meaning of ours."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")
    dark: bool = True
    ansi: bool = False
    """Use the terminal's own palette; colours are `ansi_...` names then."""
    primary: Colour
    secondary: Colour
    accent: Colour
    success: Colour
    warning: Colour
    error: Colour
    foreground: Colour
    background: Colour
    surface: Colour
    panel: Colour
    boost: Colour | None = None
    signals: dict[str, Colour]

    def to_theme(self) -> Theme:
        """The theme as textual wants it."""
        variables = dict(self.signals)
        if self.ansi:
            variables = {**BUILTIN_THEMES["ansi-dark" if self.dark else "ansi-light"].variables, **variables}
        base = self.model_dump(exclude={"signals"})
        return Theme(**base, variables=variables)


class ThemeError(ValueError):
    """A theme file that cannot be used: file, key and reason in one line."""


def _nearest(key: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(key, list(known), 1)
    return f", did you mean {close[0]!r}?" if close else ""


def _reason(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"unknown key {key!r}{_nearest(key, ThemeFile.model_fields)}"
    if first["type"] == "missing":
        return f"key {key!r} is missing"
    return f"key {key!r}: {first['msg'].removeprefix('Value error, ')}"


def _luminance(colour: Color) -> float:
    def linear(value: int) -> float:
        share = value / 255
        return float(share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4)

    return 0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b)


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two colours, 1 to 21."""
    first, second = sorted((_luminance(Color.parse(one)), _luminance(Color.parse(other))))
    return (second + 0.05) / (first + 0.05)


def _check_signals(theme: ThemeFile) -> None:
    for key in theme.signals:
        if key not in FALLBACK_SIGNALS:
            raise ThemeError(f"unknown key 'signals.{key}'{_nearest(key, FALLBACK_SIGNALS)}")
    for key in FALLBACK_SIGNALS:
        if key not in theme.signals:
            raise ThemeError(f"key 'signals.{key}' is missing")
    if theme.ansi:
        return
    pairs = [(key, theme.signals[key], theme.background) for key in _ON_BACKGROUND]
    pairs += [(key, theme.signals[key], theme.signals[under]) for key, under in _PAIRS]
    for key, text, under in pairs:
        ratio = contrast(text, under)
        if ratio < LEAST_CONTRAST:
            raise ThemeError(f"key 'signals.{key}': contrast {ratio:.1f} on {under} is below {LEAST_CONTRAST:.0f}")


def read_theme(text: str) -> Theme:
    """One theme file's text as a theme.

    Raises:
        ThemeError: Not YAML, an unknown or missing key, a value that is no colour, or too little contrast.
    """
    try:
        content: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ThemeError(f"not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ThemeError("expected keys and values")
    try:
        theme = ThemeFile.model_validate(content)
    except ValidationError as error:
        raise ThemeError(_reason(error)) from error
    _check_signals(theme)
    return theme.to_theme()


def theme_folders() -> list[Path]:
    """Where themes are looked for: the package's own, or beside it in a checkout; then the user's."""
    package = Path(orderflow_tui.__file__).parent
    shipped = package / "themes"
    ours = shipped if shipped.is_dir() else package.parent / "themes"
    return [ours, Path(platformdirs.user_config_dir("orderflow-tui")) / "themes"]


def load_themes(folders: Sequence[Path]) -> tuple[dict[str, Theme], list[str]]:
    """All themes by name, a later folder's before an earlier one's.

    Returns:
        The themes, and one message (file, key, reason) for each file that was refused.
    """
    themes: dict[str, Theme] = {}
    problems: list[str] = []
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            try:
                theme = read_theme(path.read_text(encoding="utf-8"))
            except (ThemeError, OSError, UnicodeDecodeError) as error:
                problems.append(f"theme {path.name}: {error}")
            else:
                themes[theme.name] = theme
    return themes, problems
