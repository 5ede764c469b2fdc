"""What the command line and the `[ui]` table of `orderflow.toml` may set of the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct, ValidationError, convert

from orderflow_tui.config.values import invalid, nearest
from orderflow_tui.support.printable import shown_value

_BOUNDS: Final[Mapping[str, str]] = {
    "fps": "must be a number above 0, up to 60",
    "tz": "must be a time zone, such as America/New_York",
    "theme": "must be the name of a theme",
    "ascii": "must be true or false",
    "no_mouse": "must be true or false",
    "no_bell": "must be true or false",
    "sounds": "must be like exit=3 calm=1 alert=1: kinds are exit, calm, stop, blind, alert, bells 0 to 3",
    "no_title": "must be true or false",
    "notify": "must be unfocused, always or never",
    "on_quit": "must be ask, keep or end",
}
_USUAL_BELLS: Final = "exit=2 calm=1 stop=2 blind=1 alert=0"


class ScreenSettings(Struct, frozen=True):
    """What the command line and `[ui]` may set of the screen."""

    fps: Annotated[float, Meta(gt=0, le=60)] = 10.0
    tz: str = "America/New_York"
    theme: str | None = None
    ascii: bool = False
    no_mouse: bool = False
    no_bell: bool = False
    sounds: str = _USUAL_BELLS
    """Bells by kind; a kind that is left out keeps its default."""
    no_title: bool = False
    notify: Literal["unfocused", "always", "never"] = "unfocused"
    on_quit: Literal["ask", "keep", "end"] = "ask"
    """What becomes of the engine when its last screen is closed: `end` also ends it when that screen dies."""


Sound = Literal["exit", "calm", "stop", "blind", "alert"]
"""What a bell may ring for: an exit whose kind leads, any other, a crossed stop, lost sight, an alert that counts."""
MOST_BELLS: Final = 3
_SOUNDS: Final[tuple[Sound, ...]] = ("exit", "calm", "stop", "blind", "alert")


def bells(text: str) -> dict[Sound, int]:
    """How often the bell rings for each kind. Raises ValueError where the text names no kind or no number of bells."""
    given = dict.fromkeys(_SOUNDS, 0)
    for one in f"{_USUAL_BELLS} {text}".replace(",", " ").split():
        name, _, number = one.partition("=")
        kind = next((sound for sound in _SOUNDS if sound == name), None)
        if kind is None or len(number) != 1 or number not in "0123"[: MOST_BELLS + 1]:
            raise ValueError(one)
        given[kind] = int(number)
    return given


def screen_settings(values: Mapping[str, Any]) -> ScreenSettings:
    """The screen's settings.

    Raises:
        DataValidationError: `CONFIG_INVALID`, one line with the key, the value and what it must be.
    """
    for name, value in values.items():
        if name not in _BOUNDS:
            raise invalid(f"{shown_value(name)[1:-1]} refused: there is no such setting{nearest(name, _BOUNDS)}")
        try:
            convert({name: value}, ScreenSettings)
            if name == "tz":
                ZoneInfo(value)
            if name == "sounds":
                bells(value)
        except (ValidationError, ZoneInfoNotFoundError, ValueError, OSError):
            raise invalid(f"{name} = {shown_value(value)} refused: {_BOUNDS[name]}") from None
    return convert(dict(values), ScreenSettings)
