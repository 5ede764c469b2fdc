"""The alerts about prints: a large seller's, an off-exchange block's, a refilling seller's, a slow bleed's."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from orderflow_tui.core.market.sweeps import Aggressor, is_sweep
from orderflow_tui.core.model.data_models import OrderFlowAlert
from orderflow_tui.core.model.events import Print
from orderflow_tui.core.model.outputs import AlertRaised
from orderflow_tui.core.model.units import NS_PER_MS, PRICE_UNITS_PER_DOLLAR, price_text
from orderflow_tui.core.rules.alert_writer import CRITICAL_FACTOR, AlertWriter
from orderflow_tui.core.rules.explain import why
from orderflow_tui.core.rules.hidden_seller import REFILLS, TIMES_SHOWN, HiddenSeller
from orderflow_tui.core.rules.slow_bleed import ALARM, SlowBleed

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
        "sell_print",
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


def block_alert(writer: AlertWriter, event: Print, threshold: int) -> AlertRaised:
    """An off-exchange print above the threshold."""
    alert = writer.alert(
        "block",
        time_ns=event.time_ns,
        opened_ns=event.time_ns,
        price=event.price,
        severity="warning",
        rank=3,
        text=f"off-exchange block: {writer.sizes(event.size)} at {price_text(abs(event.price))}",
        size=event.size,
        details={
            "threshold": threshold,
            "venue": event.venue,
            "trf": event.trf,
            **why(("size", event.size, threshold)),
        },
    )
    return AlertRaised(alert, event.time_ns, event.price, event.price, 1)


def hidden_seller_alert(writer: AlertWriter, hidden: HiddenSeller, time_ns: int, threshold: int) -> AlertRaised:
    """Sellers who refill an ask while the price holds."""
    price, executed = price_text(abs(hidden.price)), writer.sizes(hidden.executed)
    alert = writer.alert(
        "hidden_seller",
        time_ns=time_ns,
        opened_ns=hidden.opened_ns,
        price=hidden.price,
        severity="warning",
        rank=3,
        text=writer.words(
            f"sellers refill {price}: {executed} sold into buyers, price holds",
            f"buyers refill {price}: {executed} bought from sellers, price holds",
        ),
        size=hidden.executed,
        details={
            "threshold": threshold,
            "largest_shown": hidden.largest_shown,
            "executed": hidden.executed,
            "refills": hidden.refills,
            **why(
                ("executed", hidden.executed, threshold, 1),
                ("times_shown", hidden.executed / max(1, hidden.largest_shown), TIMES_SHOWN, 0.0001),
                ("refills", hidden.refills, REFILLS, 1),
            ),
        },
    )
    return AlertRaised(alert, time_ns, hidden.price, hidden.price)


def slow_bleed_alert(writer: AlertWriter, bleed: SlowBleed, time_ns: int, price: int) -> AlertRaised:
    """A patient seller: the CUSUM of sell flow is above its alarm."""
    who = writer.words("patient seller", "patient buyer")
    net = writer.words("net sold", "net bought")
    alert = writer.alert(
        "slow_bleed",
        time_ns=time_ns,
        opened_ns=time_ns,
        price=price,
        severity="warning",
        rank=3,
        text=f"{who}: {writer.sizes(max(0, bleed.sold))} {net} in {bleed.minutes:.0f} min",
        size=max(0, bleed.sold),
        details={
            "cusum": round(bleed.level, 3),
            "minutes": round(bleed.minutes, 2),
            **why(("cusum", bleed.level, ALARM)),
        },
    )
    return AlertRaised(alert, time_ns, price, price)
