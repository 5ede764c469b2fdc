"""Can what is written be read, in every theme?

A screen is painted once in a theme whose colors are all different: what a cell is painted with then says which of the
theme's colors they are, and each shipped theme answers for that pair. A color that is none of the theme's own is told,
as is one of another theme, which some part of the screen has kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from textual.color import Color
from textual.pilot import Pilot
from textual.theme import Theme

from orderflow_tui.tui.app import OrderFlowApp
from orderflow_tui.tui.look.shades import shade
from orderflow_tui.tui.look.theme import FALLBACK_SIGNALS, SCROLLBARS, contrast, load_themes, theme_folders
from orderflow_tui.views.charts import SHADES

TEXT, SIGNS = 4.5, 3.0
"""WCAG 2.2, 1.4.3 and 1.4.11: the least contrast of text, and of bars, lines and frames."""
_OWN: Final = (
    "primary", "secondary", "accent", "success", "warning", "error", "foreground", "background", "surface", "panel",
)  # fmt: skip
_MARKS: Final = frozenset("•")
_ANSI: Final = (
    "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white", "bright_black", "bright_red",
    "bright_green", "bright_yellow", "bright_blue", "bright_magenta", "bright_cyan", "bright_white", "default",
    "background",
)  # fmt: skip
TERMINALS: Final = {
    "xterm": "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 "
    "7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff e5e5e5 000000",
    "Linux console": "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa "
    "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff aaaaaa 000000",
    "GNOME": "171421 c01c28 26a269 a2734c 12488b a347ba 2aa1b3 d0cfcc "
    "5e5c64 f66151 33d17a e9ad0c 2a7bde c061cb 33c7de ffffff d0cfcc 171421",
    "Windows": "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc "
    "767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2 cccccc 0c0c0c",
}  # fmt: skip
"""The sixteen colors, text and background of what many use with a dark background."""


def _tracer(name: str, *, gray: bool) -> Theme:
    """A theme of colors that are all different, as grays too where those are wanted."""

    def colour(number: int) -> str:
        if gray:
            return f"#{number * 7 + 8:02x}" + f"{number * 7 + 8:02x}" * 2
        return f"#{number * 5 + 20:02x}{number * 37 % 200 + 30:02x}{number * 91 % 200 + 40:02x}"

    colours = {one: colour(number) for number, one in enumerate((*_OWN, *FALLBACK_SIGNALS))}
    signals = {one: colours[one] for one in FALLBACK_SIGNALS}
    bars = {key: colours[one] for key, one in SCROLLBARS.items()}
    return Theme(name=name, variables={**signals, **bars}, **{one: colours[one] for one in _OWN})  # type: ignore[arg-type]


_TRACER: Final = _tracer("tracer", gray=False)
_GREYS: Final = _tracer("tracer-gray", gray=True)
_PAUSES: Final = 20

Pair = tuple[str, str, bool]
"""Names of text and background, and whether it is text rather than a sign."""


def _sign(letter: str) -> bool:
    return 0x2500 <= ord(letter) <= 0x28FF or letter in _MARKS


def _painted(app: OrderFlowApp) -> Iterator[tuple[str, str, str]]:
    """Each piece of text with its colors."""
    for strip in app.screen._compositor.render_strips(app.size):
        for segment in strip:
            style, text = segment.style, segment.text.strip()
            if style is None or not text or style.color is None or style.bgcolor is None:
                continue
            colours = [style.color.get_truecolor().hex, style.bgcolor.get_truecolor(foreground=False).hex]
            yield text, *(reversed(colours) if style.reverse else colours)


def _names(variables: Mapping[str, str], *, plain: bool) -> dict[str, str]:
    """The painted color, and what it is called; a shade of the map by its value."""
    called = {
        **{name: name for name in (*_OWN, *FALLBACK_SIGNALS)},
        **SCROLLBARS,
    }  # Textual rounds the base colors only
    names = {Color.parse(variables[key]).hex.lower(): name for key, name in called.items()}
    if plain:
        return {grey(colour): name for colour, name in names.items()}
    sides = (variables["background"], variables["bid"], variables["ask"])
    return {shade(value, *sides).hex.lower(): f"shade {value}" for value in range(1, 2 * SHADES + 1)} | names


def grey(colour: str) -> str:
    """As Textual's filter paints it under NO_COLOR."""
    red, green, blue = Color.parse(colour).rgb
    level = round(red * 0.299 + green * 0.587 + blue * 0.114)
    return f"#{level:02x}{level:02x}{level:02x}"


class Seen:
    """The pairs of colors that were seen, with where; `plain` under NO_COLOR."""

    def __init__(self, *, plain: bool = False) -> None:
        self._plain = plain
        self.pairs: dict[Pair, str] = {}
        self.strange: list[str] = []

    async def look(self, app: OrderFlowApp, pilot: Pilot[int], where: str) -> None:
        """Paint the screen in the tracer's colors and take what it shows."""
        theme = _GREYS if self._plain else _TRACER
        if app.theme == theme.name:
            self.strange += self._take(app, where)
            return
        app.register_theme(theme)
        app.theme = theme.name
        for _ in range(_PAUSES):  # a theme is taken up part by part
            await pilot.pause()
            strange = self._take(app, where)
            if not strange:
                return
        self.strange += strange

    def _take(self, app: OrderFlowApp, where: str) -> list[str]:
        known, strange = _names(app.theme_variables, plain=self._plain), []
        painted = list(_painted(app))
        for text, colour, under in painted:
            place = f"{where}: {text!r}"
            if colour not in known or under not in known:
                strange.append(f"{place} {colour} on {under}")
                continue
            names = (known[colour], known[under])
            if text.strip("▀ ") or not any(name.startswith("shade") for name in names):  # the map's shades are no text
                self.pairs.setdefault((*names, not all(map(_sign, text.replace(" ", "")))), place)
        return strange if painted else [f"{where}: nothing is painted"]

    def poor(self) -> list[str]:
        """What cannot be read, a line each: theme, colors, contrast, where."""
        seen = grey if self._plain else str
        return [
            f"{name}: {front} on {under} is {ratio:.1f}, {place}"
            for name, colours in palettes().items()
            for (front, under, text), place in self.pairs.items()
            if not ("shade" in f"{front} {under}" and name.startswith("terminal"))  # its map is made of marks
            if (ratio := contrast(seen(_value(colours, front)), seen(_value(colours, under))))
            < (TEXT if text else SIGNS)
        ]


def _value(colours: dict[str, str], name: str) -> str:
    if not name.startswith("shade"):
        return colours[name]
    return shade(int(name.split()[1]), colours["background"], colours["bid"], colours["ask"]).hex


@lru_cache(maxsize=1)
def palettes() -> dict[str, dict[str, str]]:
    """Each shipped theme's colors by name; the terminal's own as several terminals paint them."""
    found = {}
    for theme in load_themes(theme_folders()[:1])[0].values():
        colours = {**{name: str(getattr(theme, name)) for name in _OWN}, **theme.variables}
        if not theme.ansi:
            found[theme.name] = colours
            continue
        for terminal, values in TERMINALS.items():
            ansi = dict(zip(_ANSI, (f"#{value}" for value in values.split()), strict=True))
            found[f"{theme.name} in {terminal}"] = {
                name: ansi["background" if value == "ansi_default" and name in _UNDER else value.removeprefix("ansi_")]
                for name, value in colours.items()
                if value.startswith("ansi_")
            }
    return found


_UNDER: Final = ("background", "surface", "panel", "bar")
