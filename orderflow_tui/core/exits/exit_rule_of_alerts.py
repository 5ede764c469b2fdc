"""The plan's exit rule on a list of alerts, for whoever has no latch to keep."""

from __future__ import annotations

from collections.abc import Iterable

from orderflow_tui.core.exits.counted_signals import ALERTS_NEEDED
from orderflow_tui.core.model.data_models import OrderFlowAlert
from orderflow_tui.core.model.units import NS, datetime_ns


def should_trigger_exit(alerts: Iterable[OrderFlowAlert], *, window_seconds: int, red_burst_threshold: float) -> bool:
    """The plan's exit rule on a list of alerts, symbol by symbol.

    True when, within the window that ends with a symbol's newest alert (inclusive), at least 3 counting `large_seller`
    alerts with different `episode_id` (unset = different) lie, or a red burst whose `volume_ratio` exceeds the
    threshold. A burst that is mostly one print never does.
    """
    by_symbol: dict[str, list[OrderFlowAlert]] = {}
    for alert in alerts:
        by_symbol.setdefault(alert.symbol, []).append(alert)
    for group in by_symbol.values():
        newest = max(datetime_ns(alert.timestamp_utc) for alert in group)
        recent = [a for a in group if newest - datetime_ns(a.timestamp_utc) <= window_seconds * NS]
        if any(
            a.is_burst and not a.single_print and a.volume_ratio is not None and a.volume_ratio > red_burst_threshold
            for a in recent
        ):
            return True
        sellers = [a for a in recent if a.alert_type == "large_seller" and a.counts]
        named = {a.episode_id for a in sellers if a.episode_id is not None}
        if len(named) + sum(a.episode_id is None for a in sellers) >= ALERTS_NEEDED:
            return True
    return False
