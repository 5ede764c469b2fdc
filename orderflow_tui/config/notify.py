"""The `[notify]` tables of `orderflow.toml`, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from orderflow_tui.config.values import invalid, nearest
from orderflow_tui.support.printable import shown_value

LEVELS: Final = {"info": 0, "warning": 1, "critical": 2, "exit": 3}
"""From the least to the most urgent: the severities of the screen, then what asks to act."""
Level = Literal["info", "warning", "critical", "exit"]
_CLOSED: Final = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class _Channel(BaseModel):
    model_config = _CLOSED

    at_least: Level = "exit"


class CommandSettings(_Channel):
    """A program that gets each record as one line of JSON on stdin; no shell sees it."""

    argv: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]


class NotifySettings(BaseModel):
    """How one is told outside the screen.

    Attributes:
        command: The program, or None.
        desktop: Notifications of the desktop (`notify-send`, `osascript`), or None.
        push: Push services by apprise (extra `push`; the secret `APPRISE_URLS`), or None.
        quiet_hours: `22:00-07:00` in the screen's time zone: nothing is sent then; empty for never.
        per_symbol_seconds: A channel says no more than one thing about a symbol in so long, unless it is more urgent.
        escalate_after_seconds: An unanswered recommendation is said again after this, then after twice as long, ...
    """

    model_config = _CLOSED

    command: CommandSettings | None = None
    desktop: _Channel | None = None
    push: _Channel | None = None
    quiet_hours: str = ""
    per_symbol_seconds: float = Field(default=60.0, ge=0, le=3_600)
    escalate_after_seconds: float = Field(default=120.0, ge=10, le=3_600)

    @field_validator("quiet_hours")
    @classmethod
    def _hours(cls, value: str) -> str:
        if value and not _HOURS.fullmatch(value):
            message = 'must be like "22:00-07:00", or empty'
            raise ValueError(message)
        return value

    def quiet_at(self, local: time) -> bool:
        """Whether a local time of day lies in the quiet hours; they may span midnight."""
        match = _HOURS.fullmatch(self.quiet_hours)
        if match is None:
            return False
        begin, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
        return begin <= local < end if begin < end else local >= begin or local < end


def notify_settings(table: Mapping[str, object]) -> NotifySettings:
    """The tables' settings.

    Raises:
        DataValidationError: `CONFIG_INVALID`, one line with the key, the value and what it must be.
    """
    try:
        return NotifySettings(**table)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            key = str(problem["loc"][-1])
            known = NotifySettings.model_fields if len(problem["loc"]) == 1 else (*CommandSettings.model_fields,)
            raise invalid(f"[notify] unknown key {shown_value(key)}{nearest(key, known)}") from None
        raise invalid(f"[notify] {name} refused: {problem['msg'].removeprefix('Value error, ')}") from None
