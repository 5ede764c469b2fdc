"""A large seller on the tape: reconstructed sells above the threshold, at or below the bid."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from orderflow_tui.core.market.sweeps import Aggressor, is_sweep
from orderflow_tui.core.model.data_models import OrderFlowAlert
from orderflow_tui.core.model.outputs import AlertRaised
from orderflow_tui.core.model.units import NS_PER_MS, PRICE_UNITS_PER_DOLLAR
from orderflow_tui.core.rules.alert_writer import CRITICAL_FACTOR, AlertWriter
from orderflow_tui.core.rules.explain import why
from orderflow_tui.core.rules.rule import Rule, has_sizes

SELL_PRINT: Final = Rule("sell_print", plan=False, guarded=True, live=has_sizes, side="bid", mirrored="buy_print")
_HIT: Final = ("SELLER hit the bid", "BUYER lifted the offer")
_SWEPT: Final = ("SELLER swept the bids", "BUYER swept the offers")


def sell_print_alert(writer: AlertWriter, sells: Aggressor, threshold: int, *, levels: int, venues: int) -> AlertRaised:
    """One reconstructed sell above the threshold, at or below the bid.

    Args:
        writer: Writes the alerts.
        sells: The reconstructed print.
        threshold: T for prints, size units.
        levels: Price levels that sellers took in the 250 ms up to its last print.
        venues: Venues they took them on.
    """
    elapsed = round((sells.last_ns - sells.first_ns) / NS_PER_MS)
    sweep = is_sweep(levels, venues)
    what = writer.words(*(_SWEPT if sweep else _HIT))
    count = f"{sells.count} print{'' if sells.count == 1 else 's'}"
    alert = writer.alert(
        SELL_PRINT,
        time_ns=sells.crossed_ns,
        opened_ns=sells.first_ns,
        price=sells.first_price,
        severity="critical",
        rank=2 if sells.volume >= CRITICAL_FACTOR * threshold else 3,
        text=f"{what}: {writer.sizes(sells.volume)} in {count}, {elapsed} ms",
        size=sells.volume,
        details={
            "threshold": threshold,
            "prints": sells.count,
            "span_ms": elapsed,
            "at_touch": sells.at_touch,
            "sweep": sweep,
            "levels": levels,
            "venues": venues,
            "low": min(abs(sells.low), abs(sells.high)) / PRICE_UNITS_PER_DOLLAR,
            "high": max(abs(sells.low), abs(sells.high)) / PRICE_UNITS_PER_DOLLAR,
            **why(("size_at_the_bid", sells.at_touch, threshold)),
        },
    )
    return AlertRaised(alert, sells.crossed_ns, sells.low, sells.high, sells.count)


def sweep_named(writer: AlertWriter, alert: OrderFlowAlert, levels: int, venues: int) -> OrderFlowAlert:
    """The alert of a large sell that what followed within 250 ms showed to be a sweep."""
    details = {**alert.details, "sweep": True, "levels": levels, "venues": venues}
    text = alert.text.replace(writer.words(*_HIT), writer.words(*_SWEPT), 1)
    return replace(alert, text=text, details=MappingProxyType(details))
