"""The market's state by the exchange's calendar, for sources whose vendor is not asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderflow_tui.core.market.sessions import session_at
from orderflow_tui.feeds.feed import MarketState
from orderflow_tui.support.hosts import is_loopback

_STATES: Final[Mapping[str, MarketState]] = {"regular": "open", "pre": "extended-hours", "post": "extended-hours"}


def market_at(time_ns: int, host: str) -> MarketState:
    """Whether it is open now; a market on this machine is simulated, and never closes.

    Args:
        time_ns: Nanoseconds UTC.
        host: Whom the source asks, without a port.
    """
    return "open" if is_loopback(host) else _STATES.get(session_at(time_ns).name, "closed")
