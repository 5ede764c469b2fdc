"""Large resting sizes in snapshots, and the plan's exit rule, for callers who fetch for themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from orderflow_tui.core.exits.exit_rule_of_alerts import should_trigger_exit
from orderflow_tui.core.model.data_models import OrderBookSnapshot, OrderFlowAlert, Severity
from orderflow_tui.core.model.events import Levels
from orderflow_tui.core.model.outputs import AlertRaised
from orderflow_tui.core.model.units import datetime_ns, default_price_step, price_units
from orderflow_tui.core.rules.alert_writer import CRITICAL_FACTOR, AlertWriter, Thresholds
from orderflow_tui.core.rules.wall_tracker import WallTracker


class SnapshotClient(Protocol):
    """Whoever fetches snapshots."""

    def get_level2_snapshot(self, symbol: str) -> OrderBookSnapshot:
        """The symbol's shown book."""
        ...


class OrderFlowDetector:
    """Finds resting sizes above the threshold, as episodes, and judges lists of alerts.

    Args:
        config: The thresholds in force.
        client: Fetches snapshots; only `fetch_level2_snapshot` needs one.
    """

    def __init__(self, config: Thresholds, client: SnapshotClient | None = None) -> None:
        self._config = config
        self._client = client
        self._walls: dict[str, tuple[WallTracker, WallTracker]] = {}

    def fetch_level2_snapshot(self, symbol: str) -> OrderBookSnapshot:
        """The symbol's shown book, from the client.

        Raises:
            RuntimeError: There is no client.
            FeedError: The client's, when the source fails.
        """
        if self._client is None:
            raise RuntimeError("no client: OrderFlowDetector(config, client=PolygonClient(config)) fetches snapshots")
        return self._client.get_level2_snapshot(symbol)

    def detect_large_sellers(self, snapshot: OrderBookSnapshot) -> list[OrderFlowAlert]:
        """New walls in a snapshot: levels strictly above the threshold, on the bids and on the asks.

        The same resting order in a later snapshot gives nothing. Freshness is not checked here.

        Args:
            snapshot: Sizes in shares, prices in dollars; snapshots of a symbol in order of time.

        Returns:
            One alert for each wall that appeared, bids first, best price first.
        """
        pair = self._walls.get(snapshot.symbol)
        if pair is None:
            writer = AlertWriter(snapshot.symbol, self._config.profile)
            pair = (
                WallTracker(+1, writer, verdicts=False, pulled_rule=False),
                WallTracker(-1, writer, verdicts=False, pulled_rule=False),
            )
            self._walls[snapshot.symbol] = pair
        time_ns = datetime_ns(snapshot.timestamp_utc)
        alerts: list[OrderFlowAlert] = []
        for tracker, side in zip(pair, (snapshot.bids, snapshot.asks), strict=True):
            tracker.on_clock(time_ns, time_ns)
            levels: Levels = tuple((price_units(price), size) for price, size in side)
            step = default_price_step(levels[0][0]) if levels else 1
            said = tracker.on_levels(time_ns, levels, self._config.large_order_size_threshold, step)
            alerts += [output.alert for output in said if isinstance(output, AlertRaised)]
        return alerts

    def should_trigger_exit(self, alerts: Iterable[OrderFlowAlert]) -> bool:
        """The plan's exit rule; see `core.exit_signal.should_trigger_exit`."""
        return should_trigger_exit(
            alerts,
            window_seconds=self._config.alert_window_seconds,
            red_burst_threshold=self._config.red_burst_threshold,
        )

    def _calculate_alert_severity(self, order_size: int) -> Severity:
        """`critical` from 1.5 times the threshold (the plan's example: 15,000 at 10,000)."""
        return "critical" if order_size >= CRITICAL_FACTOR * self._config.large_order_size_threshold else "warning"
