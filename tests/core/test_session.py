from datetime import UTC, date, datetime

import pytest

from orderflow_tui.core.session import new_york_day, session_at
from orderflow_tui.core.units import NS, datetime_ns


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
        # The clocks go forward on 2025-03-09 and back on 2025-11-02, both at 2:00 in the night session.
        ("2025-03-07T14:30:00", "regular", "2025-03-07T14:30:00", "2025-03-07T21:00:00"),
        ("2025-03-09T05:30:00", "night", "2025-03-09T05:00:00", "2025-03-09T08:00:00"),
        ("2025-03-10T13:30:00", "regular", "2025-03-10T13:30:00", "2025-03-10T20:00:00"),
        ("2025-11-02T06:30:00", "night", "2025-11-02T04:00:00", "2025-11-02T09:00:00"),
        ("2025-11-03T14:30:00", "regular", "2025-11-03T14:30:00", "2025-11-03T21:00:00"),
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
