"""The status line: what the source, the journal and the run itself are like."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.feeds.feed import FeedStatus
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.views.frozen_views import StatusView

AS_IT_COMES: Final = (False, 1.0)
"""The pace of a run that no replay holds up: not paused, a second a second."""


class RunState(Struct):
    """What is known of the run beside its symbols."""

    label: str
    profile: str
    market: str = "unknown"
    feed: FeedStatus | None = None
    ended: str = ""
    exit_code: int = 0


def status_view(
    state: RunState,
    journal: JournalWriter,
    capabilities: Capabilities,
    *,
    now_ns: int,
    alerts: int = 0,
    message: str = "",
    positions_age_s: float | None = None,
    pace: tuple[bool, float] = AS_IT_COMES,
) -> StatusView:
    """The line's frozen view.

    Args:
        state: The run's.
        journal: Whose records they are, and whether they wait.
        capabilities: The source's.
        now_ns: The run's time, nanoseconds UTC.
        alerts: How many were raised.
        message: What is wrong with settings, positions or listeners.
        positions_age_s: How old what a broker said is, seconds.
        pace: Whether a replay waits, and its recorded seconds a second.
    """
    feed = state.feed
    detail = feed.detail if feed else ""
    if not journal.healthy:
        detail = f"NOT LOGGING: {journal.problem}, {journal.waiting} waiting"
    if state.exit_code:
        detail = state.ended
    return StatusView(
        source_label=state.label + (" DELAYED 15 min" if capabilities.delay_seconds else ""),
        source_class=journal.source_class,
        host=capabilities.host,
        profile=state.profile,
        market=state.market,
        now_ns=now_ns,
        requests_last_second=feed.requests_last_second if feed else 0.0,
        requests_budget=feed.requests_budget if feed else 0.0,
        cycle_seconds=feed.cycle_seconds if feed else 0.0,
        connected=feed.connected if feed else False,
        detail=detail,
        logging=journal.healthy,
        alerts_total=alerts,
        missing_features=feed.missing_features if feed else (),
        stream=feed.stream if feed else "",
        ended=state.ended,
        config_message=message,
        positions_age_s=positions_age_s,
        paused=pace[0],
        speed=pace[1],
        exit_code=state.exit_code,
    )
