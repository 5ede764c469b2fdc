"""Themes from YAML files: a closed schema, every colour parsed, contrast checked; a bad file costs one message."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from zlib import crc32

import platformdirs
from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

from orderflow_tui.support.bounded_file import read_bounded
from orderflow_tui.support.printable import shown_value
from orderflow_tui.tui.look.shipped_themes import THEMES

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
SCROLLBARS = {
    "scrollbar": "muted", "scrollbar-hover": "strong", "scrollbar-active": "strong",
    "scrollbar-background": "panel", "scrollbar-background-hover": "panel", "scrollbar-background-active": "panel",
}  # fmt: skip
"""Textual's own are hardly seen: a bar that nobody sees says that nothing is below."""

_COLOURS = (
    "primary", "secondary", "accent", "success", "warning", "error", "foreground", "background", "surface", "panel",
)  # fmt: skip
_OPTIONAL = ("dark", "ansi", "boost")
_KEYS = ("name", *_COLOURS, *_OPTIONAL, "signals")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


class ThemeError(ValueError):
    """A theme file that cannot be used: file, key and reason in one line."""


def _nearest(key: str, known: Iterable[str]) -> str:
    import difflib  # noqa: PLC0415 only for a refusal

    close = difflib.get_close_matches(key, list(known), 1)
    return f", did you mean {close[0]!r}?" if close else ""


def _shown(value: object) -> str:
    """A value as one short text; of what holds others only its kind, for aliases can make it endless."""
    return f"a {type(value).__name__}" if isinstance(value, list | dict | set) else shown_value(value)


def _check_keys(found: Mapping[Any, Any], wanted: Sequence[str], optional: Sequence[str] = (), front: str = "") -> None:
    for key in found:
        if key not in wanted:
            name = key if isinstance(key, str) else _shown(key)
            raise ThemeError(f"unknown key '{front}{name[:60]}'{_nearest(name, wanted)}")
    for key in wanted:
        if key not in found and key not in optional:
            raise ThemeError(f"key '{front}{key}' is missing")


def _check_colour(key: str, value: object) -> None:
    if not isinstance(value, str):
        raise ThemeError(f"key '{key}': {_shown(value)} is not text")
    try:
        Color.parse(value)
    except ColorParseError as error:
        raise ThemeError(f"key '{key}': {_shown(value)} is not a colour") from error


def _check_schema(content: Mapping[str, object]) -> None:
    """The schema is closed: every key is known, every colour parses, `signals` names every colour of ours."""
    _check_keys(content, _KEYS, _OPTIONAL)
    if not isinstance(content["name"], str) or not _NAME.fullmatch(content["name"]):
        raise ThemeError(f"key 'name': {_shown(content['name'])} is not a name of small letters, digits and hyphens")
    for key in ("dark", "ansi"):
        if not isinstance(content.get(key, True), bool):
            raise ThemeError(f"key '{key}': {_shown(content[key])} is neither true nor false")
    for key in (*_COLOURS, "boost"):
        if key in content:
            _check_colour(key, content[key])
    signals = content["signals"]
    if not isinstance(signals, dict):
        raise ThemeError("key 'signals': expected keys and values")
    _check_keys(signals, tuple(FALLBACK_SIGNALS), front="signals.")
    for key, value in signals.items():
        _check_colour(f"signals.{key}", value)


def _luminance(colour: Color) -> float:
    def linear(value: int) -> float:
        share = value / 255
        return float(share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4)

    return 0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b)


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two colours, 1 to 21."""
    first, second = sorted((_luminance(Color.parse(one)), _luminance(Color.parse(other))))
    return (second + 0.05) / (first + 0.05)


def _check_contrast(content: Mapping[str, Any]) -> None:
    if content.get("ansi"):
        return
    signals = content["signals"]
    pairs = [(key, signals[key], content["background"]) for key in _ON_BACKGROUND]
    pairs += [(key, signals[key], signals[under]) for key, under in _PAIRS]
    for key, text, under in pairs:
        ratio = contrast(text, under)
        if ratio < LEAST_CONTRAST:
            raise ThemeError(f"key 'signals.{key}': contrast {ratio:.1f} on {under} is below {LEAST_CONTRAST:.0f}")


def read_theme(text: str) -> Theme:
    """One theme file's text as a theme. Raises ThemeError."""
    return THEMES.get(crc32(text.encode())) or parse_theme(text)


def parse_theme(text: str) -> Theme:
    """The same of a file that is not one of ours.

    Raises:
        ThemeError: Not YAML, an unknown or missing key, a value that is no colour, or too little contrast.
    """
    import yaml  # noqa: PLC0415 a megabyte, and only for themes of the user's own

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        content: object = yaml.load(text, Loader=loader)  # noqa: S506 both loaders are the safe ones
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date or a number that cannot be
        raise ThemeError(f"not YAML: {' '.join(str(error).split())[:200]}") from error
    if not isinstance(content, dict):
        raise ThemeError("expected keys and values")
    _check_schema(content)
    _check_contrast(content)
    return _theme(content)


def _colour(content: Mapping[str, Any], name: str) -> str:
    return str(content[name] if name in content else content["signals"][name])


def _theme(content: Mapping[str, Any]) -> Theme:
    dark, ansi = content.get("dark", True), content.get("ansi", False)
    if ansi:
        variables = {**BUILTIN_THEMES["ansi-dark" if dark else "ansi-light"].variables, **content["signals"]}
    else:
        variables = {**content["signals"], **{key: _colour(content, name) for key, name in SCROLLBARS.items()}}
    base = {key: content[key] for key in ("name", "boost", *_COLOURS) if key in content}
    return Theme(**base, dark=dark, ansi=ansi, variables=variables)


def theme_folders() -> list[Path]:
    """Where themes are looked for: the package's own, or beside it in a checkout; then the user's."""
    package = Path(__file__).parents[2]
    shipped = package / "themes"
    ours = shipped if shipped.is_dir() else package.parent / "themes"
    return [ours, Path(platformdirs.user_config_dir("orderflow-tui")) / "themes"]


def theme_stamp(folders: Sequence[Path]) -> frozenset[tuple[str, int, int]]:
    """What changes whenever a theme file is added, changed or removed: names, times and sizes."""
    found: set[tuple[str, int, int]] = set()
    for folder in folders:
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue  # no such folder: it may come
        for entry in entries:
            with suppress(OSError):
                if entry.name.endswith(".yaml"):
                    status = entry.stat()
                    found.add((entry.path, status.st_mtime_ns, status.st_size))
    return frozenset(found)


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
                theme = read_theme(read_bounded(path).decode())
            except (ThemeError, OSError, UnicodeDecodeError) as error:
                problems.append(f"theme {path.name}: {error}")
            else:
                themes[theme.name] = theme
    return themes, problems
