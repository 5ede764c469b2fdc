"""Shades of a liquidity map: the sides' colours of the theme, from its background up."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from rich.style import Style
from textual.color import Color

from orderflow_tui.views.charts import SHADES

SHADE_PREFIX: Final = "map:"
_DARKEST: Final = 0.14
"""How much of the side's colour the faintest shade has."""


def half_token(upper: int, lower: int) -> str:
    """The token of a cell whose upper and lower halves have these values of `MapView.cells`."""
    return f"{SHADE_PREFIX}{upper}:{lower}"


def shade_style(token: str, variables: Mapping[str, str]) -> Style:
    """The style of a `half_token` in a theme with real colours."""
    upper, lower = (int(value) for value in token.removeprefix(SHADE_PREFIX).split(":"))
    names = (variables["background"], variables["bid"], variables["ask"])
    return Style(color=shade(upper, *names).rich_color, bgcolor=shade(lower, *names).rich_color)


@lru_cache(maxsize=256)
def shade(value: int, background: str, bid: str, ask: str) -> Color:
    """One value of `MapView.cells` in a theme's colors."""
    back = Color.parse(background)
    if not value:
        return back
    step = (value - 1) % SHADES / (SHADES - 1)
    return back.blend(Color.parse(ask if value > SHADES else bid), _DARKEST + (1 - _DARKEST) * step)
