"""The New York trading day: where its sessions begin and end, in nanoseconds UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from orderflow_tui.core.units import datetime_ns, utc_datetime

NEW_YORK: Final = ZoneInfo("America/New_York")
SessionName = Literal["pre", "regular", "post", "night", "always"]

_STARTS: Final[tuple[tuple[time, SessionName], ...]] = (
    (time(0), "night"),
    (time(4), "pre"),
    (time(9, 30), "regular"),
    (time(16), "post"),
    (time(20), "night"),
)
_EVER: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Session:
    """One session of one New York day; `start_ns` inclusive, `end_ns` exclusive."""

    name: SessionName
    day: date
    start_ns: int
    end_ns: int


def session_at(time_ns: int, *, sessions: bool = True) -> Session:
    """The session an instant lies in. With `sessions` False (crypto) the day is one session that never ends."""
    local = utc_datetime(time_ns).astimezone(NEW_YORK)
    day = local.date()
    if not sessions:
        return Session("always", day, -_EVER, _EVER)
    clock = local.time()
    index = max(i for i, (start, _) in enumerate(_STARTS) if start <= clock)
    start, name = _STARTS[index]
    begin = datetime.combine(day, start, NEW_YORK)
    if index + 1 < len(_STARTS):
        end = datetime.combine(day, _STARTS[index + 1][0], NEW_YORK)
    else:
        end = datetime.combine(day + timedelta(days=1), time(0), NEW_YORK)
    return Session(name, day, datetime_ns(begin.astimezone(UTC)), datetime_ns(end.astimezone(UTC)))


def new_york_day(time_ns: int) -> date:
    """The New York date of an instant."""
    return utc_datetime(time_ns).astimezone(NEW_YORK).date()
