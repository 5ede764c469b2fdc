"""Red bursts in prints, for callers who fetch for themselves."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from orderflow_tui.core.market.sessions import new_york_day, session_at
from orderflow_tui.core.market.volume_window import VolumeWindow
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import OrderFlowAlert, TimeAndSalesRecord
from orderflow_tui.core.model.events import AUCTION, BUY, LATE_REPORT, SELL, UNKNOWN, VOLUME
from orderflow_tui.core.model.units import NS, datetime_ns, price_units
from orderflow_tui.core.rules.alert_writer import SELL_SHARE, AlertWriter, Thresholds
from orderflow_tui.core.rules.burst_window import BurstWindow
from orderflow_tui.core.rules.red_burst import RedBurst
from orderflow_tui.core.rules.terms import SymbolTerms
from orderflow_tui.feeds.polygon.sale_conditions import flags_for

_REMEMBERED: Final = 50_000
_SOURCE: Final = Capabilities("polygon", "live", "", sides_given=True)
"""What a caller's prints carry: sides of their own."""
_LONGEST_MINUTES: Final = 7
_SIDES: Final = {"buy": BUY, "sell": SELL, "unknown": UNKNOWN}


class TapeClient(Protocol):
    """Whoever fetches prints."""

    def get_time_and_sales(self, symbol: str, start_time: datetime, end_time: datetime) -> list[TimeAndSalesRecord]:
        """The symbol's prints from `start_time` (inclusive) to `end_time` (exclusive), oldest first."""
        ...


class TapeMonitor:
    """One symbol's volume by the second, its five-minute baseline and the burst rule.

    Args:
        config: The thresholds in force.
        symbol: Ticker; prints of other symbols are refused.
        client: Fetches prints; only `fetch_tape_data` needs one.
    """

    def __init__(self, config: Thresholds, symbol: str, client: TapeClient | None = None) -> None:
        self._config = config
        self._symbol = symbol
        self._client = client
        self._window = VolumeWindow()
        self._writer = AlertWriter(symbol, config.profile)
        self._span = BurstWindow(self._window, config)
        self._burst = RedBurst(self._span, SymbolTerms(config, _SOURCE), self._writer)
        self._newest_ns = 0
        self._session_end_ns = 0
        self._price = 0
        self._seen: set[tuple[int, int, str, int]] = set()
        self._seen_order: deque[tuple[int, int, str, int]] = deque()

    def fetch_tape_data(self, symbol: str, start_time: datetime, end_time: datetime) -> list[TimeAndSalesRecord]:
        """Fetch prints, observe them and return them, oldest first.

        Raises:
            RuntimeError: There is no client.
            FeedError: The client's, when the source fails.
        """
        if self._client is None:
            raise RuntimeError("no client: TapeMonitor(config, symbol, client=PolygonClient(config)) fetches prints")
        ticks = self._client.get_time_and_sales(symbol, start_time, end_time)
        if symbol == self._symbol:
            self.observe(ticks)
        return ticks

    def observe(self, ticks: Sequence[TimeAndSalesRecord]) -> None:
        """Take prints fetched elsewhere; a print met before (same venue, facility, id and day) is skipped.

        Raises:
            ValueError: A print is another symbol's.
        """
        for tick in sorted(ticks, key=lambda t: (t.timestamp_utc, t.sequence)):
            if tick.symbol != self._symbol:
                raise ValueError(f"a print of {tick.symbol!r} was given to the monitor of {self._symbol}")
            time_ns = datetime_ns(tick.timestamp_utc)
            if not self._is_new(tick, time_ns):
                continue
            flags = flags_for(tick.conditions, venue=tick.venue, trf_id=tick.trf)
            if not flags & VOLUME or flags & (AUCTION | LATE_REPORT) or time_ns < self._newest_ns - 2 * NS:
                continue
            if time_ns >= self._session_end_ns:
                self._enter_session(time_ns)
            self._newest_ns = max(self._newest_ns, time_ns)
            self._price = price_units(tick.price)
            self._span.begin_coverage(time_ns)
            self._window.add(time_ns // NS, tick.size, _SIDES[tick.side])
            self._span.fit(self._window.head)

    def _enter_session(self, time_ns: int) -> None:
        """No baseline crosses 9:30 or 16:00."""
        session = session_at(time_ns)
        if self._session_end_ns:
            self._span.forget(session.start_ns // NS)
        self._session_end_ns = session.end_ns

    def _is_new(self, tick: TimeAndSalesRecord, time_ns: int) -> bool:
        if not tick.trade_id:
            return True
        key = (tick.venue, tick.trf, tick.trade_id, new_york_day(time_ns).toordinal())
        if key in self._seen:
            return False
        self._seen.add(key)
        self._seen_order.append(key)
        if len(self._seen_order) > _REMEMBERED:
            self._seen.discard(self._seen_order.popleft())
        return True

    def calculate_rolling_average(self, window_minutes: int = 5) -> float:
        """Mean eligible shares per B seconds over `window_minutes` before the current window; 0.0 while warming.

        Raises:
            ValueError: `window_minutes` is not from 1 to 7.
        """
        if not 1 <= window_minutes <= _LONGEST_MINUTES:
            raise ValueError(f"window_minutes must be from 1 to {_LONGEST_MINUTES}, not {window_minutes!r}")
        head, seconds, span = self._window.head, self._span.seconds, window_minutes * 60
        covered = self._span.covered_from
        if covered is None or head - covered + 1 < seconds + span:
            return 0.0
        start = head - seconds
        base = self._window.volume_through(start) - self._window.volume_through(start - span)
        return base * seconds / span

    def detect_red_burst(self, current_volume: float, avg_volume: float) -> OrderFlowAlert | None:
        """Judge a volume against its average, with the sell share of the observed current window.

        Args:
            current_volume: Shares in the current window.
            avg_volume: What `calculate_rolling_average` says; 0 or less is no baseline and no signal.
        """
        window = self._window
        if not avg_volume > 0 or window.head < 0 or self._span.thin:
            return None
        ratio = current_volume / avg_volume
        seconds = self._span.seconds
        volume = window.volume - window.volume_through(window.head - seconds)
        sold = window.sell - window.sell_through(window.head - seconds)
        if not ratio > self._config.volume_spike_threshold or volume <= 0 or sold / volume <= SELL_SHARE:
            return None
        return self._burst.judge_once(self._newest_ns, self._price, ratio, sold / volume, avg_volume)

    def _calculate_sell_ratio(self, ticks: Sequence[TimeAndSalesRecord]) -> float:
        """Share of the volume that sellers started, unknown sides in the denominator; 0.0 for no volume."""
        total = sum(tick.size for tick in ticks)
        return sum(tick.size for tick in ticks if tick.side == "sell") / total if total else 0.0
