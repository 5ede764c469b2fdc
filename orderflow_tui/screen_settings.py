"""What the command line and the `[ui]` table of `orderflow.toml` may set of the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from orderflow_tui.config import invalid
from orderflow_tui.shown import shown_value


class ScreenSettings(BaseModel):
    """What the command line and `[ui]` may set of the screen."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    fps: float = Field(default=10.0, gt=0, le=60)
    tz: str = "America/New_York"
    theme: str | None = None
    no_mouse: bool = False
    no_bell: bool = False
    no_title: bool = False
    notify: Literal["unfocused", "always", "never"] = "unfocused"

    @field_validator("tz")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            message = "no time zone of that name, such as America/New_York"
            raise ValueError(message) from None
        return value


def screen_settings(values: Mapping[str, Any]) -> ScreenSettings:
    """The screen's settings, or one line that names what is wrong with them."""
    try:
        return ScreenSettings(**values)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = ".".join(str(part) for part in problem["loc"])
        value = f" = {shown_value(values[name])}" if name in values else ""
        raise invalid(f"{name[:60]}{value} refused: {problem['msg'].removeprefix('Value error, ')}") from None
