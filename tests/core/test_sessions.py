from datetime import UTC, date, datetime

import pytest

from orderflow_tui.core.market.sessions import new_york_day, next_regular, session_at
from orderflow_tui.core.model.units import NS, datetime_ns
from tests.core import write_trading_days


def _utc(text: str) -> int:
    return datetime_ns(datetime.fromisoformat(text).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("moment", "name", "start", "end"),
    [
        ("2025-10-22T13:29:59", "pre", "2025-10-22T08:00:00", "2025-10-22T13:30:00"),
        ("2025-10-22T13:30:00", "regular", "2025-10-22T13:30:00", "2025-10-22T20:00:00"),
        ("2025-10-22T20:00:00", "post", "2025-10-22T20:00:00", "2025-10-23T00:00:00"),
        ("2025-10-23T00:00:00", "night", "2025-10-23T00:00:00", "2025-10-23T04:00:00"),
        ("2025-10-23T04:00:00", "night", "2025-10-23T04:00:00", "2025-10-23T08:00:00"),
        # The clocks go forward on 2025-03-09 and back on 2025-11-02, both on a Sunday, which is one night.
        ("2025-03-07T14:30:00", "regular", "2025-03-07T14:30:00", "2025-03-07T21:00:00"),
        ("2025-03-09T05:30:00", "night", "2025-03-09T05:00:00", "2025-03-10T04:00:00"),
        ("2025-03-10T13:30:00", "regular", "2025-03-10T13:30:00", "2025-03-10T20:00:00"),
        ("2025-11-02T06:30:00", "night", "2025-11-02T04:00:00", "2025-11-03T05:00:00"),
        ("2025-11-03T14:30:00", "regular", "2025-11-03T14:30:00", "2025-11-03T21:00:00"),
        # The day after Thanksgiving ends at 13:00 and is dark from 17:00; Thanksgiving and Saturdays are dark throughout.
        ("2026-11-27T17:59:59", "regular", "2026-11-27T14:30:00", "2026-11-27T18:00:00"),
        ("2026-11-27T18:00:00", "post", "2026-11-27T18:00:00", "2026-11-27T22:00:00"),
        ("2026-11-27T22:00:00", "night", "2026-11-27T22:00:00", "2026-11-28T05:00:00"),
        ("2026-11-26T15:00:00", "night", "2026-11-26T05:00:00", "2026-11-27T05:00:00"),
        ("2026-11-28T15:00:00", "night", "2026-11-28T05:00:00", "2026-11-29T05:00:00"),
    ],
)
def test_sessions_are_new_yorks_on_every_day_of_the_year(moment: str, name: str, start: str, end: str) -> None:
    session = session_at(_utc(moment))
    assert (session.name, session.start_ns, session.end_ns) == (name, _utc(start), _utc(end))
    assert session_at(session.end_ns - 1) == session
    assert session_at(session.end_ns).start_ns == session.end_ns


def test_a_market_without_sessions_never_closes() -> None:
    session = session_at(_utc("2025-10-22T13:30:00"), sessions=False)
    assert session.name == "always"
    assert session.start_ns < 0 < 10**18 < session.end_ns


def test_the_day_is_new_yorks() -> None:
    assert new_york_day(_utc("2025-10-22T03:59:59")) == date(2025, 10, 21)
    assert new_york_day(_utc("2025-10-22T03:59:59") + NS) == date(2025, 10, 22)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-25T14:29:59", "2026-11-25T14:30:00"),
        ("2026-11-25T14:30:00", "2026-11-27T14:30:00"),
        ("2026-11-27T20:00:00", "2026-11-30T14:30:00"),
        ("2025-01-09T15:00:00", "2025-01-10T14:30:00"),
    ],
)
def test_the_next_open_is_on_a_trading_day(moment: str, opens: str) -> None:
    assert next_regular(_utc(moment)).start_ns == _utc(opens)


def test_the_embedded_days_are_the_librarys() -> None:
    """A newer library may know of a newly announced day: write the module anew with the command in its generator."""
    assert write_trading_days.TARGET.read_text(encoding="utf-8") == write_trading_days.module()
