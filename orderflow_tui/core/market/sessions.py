"""The New York trading day: where its sessions begin and end, in nanoseconds UTC.

Weekends, holidays and half days (regular trading to 13:00, late trading to 17:00) are the exchange's published ones.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from orderflow_tui.core.market.trading_days import CLOSED, HALF
from orderflow_tui.core.model.units import datetime_ns, utc_datetime

NEW_YORK: Final = ZoneInfo("America/New_York")
SessionName = Literal["pre", "regular", "post", "night", "always"]

_Starts = tuple[tuple[time, SessionName], ...]
_FULL_DAY: Final[_Starts] = (
    (time(0), "night"),
    (time(4), "pre"),
    (time(9, 30), "regular"),
    (time(16), "post"),
    (time(20), "night"),
)
_HALF_DAY: Final[_Starts] = (*_FULL_DAY[:3], (time(13), "post"), (time(17), "night"))
_CLOSED_DAY: Final[_Starts] = _FULL_DAY[:1]
_SATURDAY: Final = 5
_EVER: Final = 1 << 62


class Session(Struct, frozen=True):
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
    starts = _starts(day)
    clock = local.time()
    index = max(i for i, (start, _) in enumerate(starts) if start <= clock)
    return _session(day, starts, index)


def next_regular(time_ns: int) -> Session:
    """The first regular session that has not begun at this instant."""
    day = new_york_day(time_ns)
    while True:
        starts = _starts(day)
        if len(starts) > 1:
            session = _session(day, starts, 2)
            if session.start_ns > time_ns:
                return session
        day += timedelta(days=1)


def _starts(day: date) -> _Starts:
    if day.weekday() >= _SATURDAY:
        return _CLOSED_DAY
    month_day = f"{day:%m%d}"
    if month_day in CLOSED.get(day.year, ""):
        return _CLOSED_DAY
    return _HALF_DAY if month_day in HALF.get(day.year, "") else _FULL_DAY


def _session(day: date, starts: _Starts, index: int) -> Session:
    start, name = starts[index]
    begin = datetime.combine(day, start, NEW_YORK)
    if index + 1 < len(starts):
        end = datetime.combine(day, starts[index + 1][0], NEW_YORK)
    else:
        end = datetime.combine(day + timedelta(days=1), time(0), NEW_YORK)
    return Session(name, day, datetime_ns(begin.astimezone(UTC)), datetime_ns(end.astimezone(UTC)))


def new_york_day(time_ns: int) -> date:
    """The New York date of an instant."""
    return utc_datetime(time_ns).astimezone(NEW_YORK).date()
