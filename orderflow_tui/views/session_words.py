"""When the market opens next, in words; always in exchange time, whatever zone the screen shows."""

from __future__ import annotations

from orderflow_tui.core.market.sessions import NEW_YORK, next_regular
from orderflow_tui.core.model.units import utc_datetime


def opens_words(now_ns: int) -> str:
    """The next regular session by the exchange's calendar: `opens Fri 09:30, half day to 13:00 ET`."""
    session = next_regular(now_ns)
    start = utc_datetime(session.start_ns).astimezone(NEW_YORK)
    end = utc_datetime(session.end_ns).astimezone(NEW_YORK)
    half = f", half day to {end:%H:%M}" if end.hour < 16 else ""
    return f"opens {start:%a %H:%M}{half} ET"
