"""What the view says of a position: its profit, what leaving costs, the recommendations about it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from statistics import median

from orderflow_tui.core.exits.exit_signal import DOUBLINGS, ExitLatch
from orderflow_tui.core.market.liquidity import band_size
from orderflow_tui.core.market.sessions import new_york_day
from orderflow_tui.core.market.volume_window import BASELINE_SECONDS
from orderflow_tui.core.model.data_models import ExitRecommendation
from orderflow_tui.core.model.units import CENT, NS, PRICE_UNITS_PER_DOLLAR, datetime_ns, price_text, spell_dollars
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.views.exit_words import held_header, leave_facts, one_line, stop_words
from orderflow_tui.views.frozen_views import SINCE_SIGNAL, ExitCostView, PositionView, RecommendationView


def position_view(core: SymbolCore) -> PositionView | None:
    """The position and its open profit; None for a watched symbol."""
    position = core.holding.position
    if position is None:
        return None
    quantity = core.holding.quantity * core.mirror.sign
    cost = float(position.average_cost)
    bid = core.market.bid
    pnl = percent = None
    if bid is not None and cost:
        exit_price = core.mirror.price(bid) / PRICE_UNITS_PER_DOLLAR
        pnl = (exit_price - cost) * quantity
        percent = (exit_price - cost) / cost * 100 * core.mirror.sign
    watch = core.holding.stop_watch
    return PositionView(
        quantity=quantity,
        average_cost=cost,
        pnl=pnl,
        pnl_percent=percent,
        stop=None if watch is None else core.mirror.price(watch.stop),
        stop_words=stop_words(core),
        hypothetical=position.hypothetical,
        working=position.working,
    )


def exit_cost_view(core: SymbolCore, second: int) -> ExitCostView | None:
    """What leaving costs at this second; None where nothing is held."""
    holding = core.holding
    if not holding.quantity:
        return None
    facts, cost, minutes = leave_facts(core, second)
    deep = core.terms.capabilities.depth_levels > 1
    refill = core.series.refill_per_second if core.series is not None else None
    traded = core.window.volume_through(second) - core.window.volume_through(second - BASELINE_SECONDS)
    trend = tuple(holding.coverage) if deep else ()
    return ExitCostView(
        line=one_line(core, facts),
        facts=facts,
        cost=None if cost is None else cost.dollars,
        cost_bp=None if cost is None else cost.basis_points,
        cost_60s_ago=holding.costs[0] if len(holding.costs) == holding.costs.maxlen else None,
        filled=0 if cost is None else cost.filled,
        not_shown=0 if cost is None else cost.missing,
        coverage=median(trend) if trend else None,
        coverage_at_least=band_size(core.market.bids, core.market.price_step)[1],
        minutes_to_leave=minutes,
        coverage_trend=trend,
        cost_trend=tuple(holding.costs),
        refill_per_minute=None if refill is None else refill * 60,
        traded_per_minute=traded * 60 / BASELINE_SECONDS,
        usual_range=core.market.usual_range,
    )


def stop_line(core: SymbolCore) -> str:
    """`Stop 17.72, 3c below | LONG 8,000 @ 17.62, +$1,040`: the stop first, so that it is never cut."""
    view = position_view(core)
    if view is None or not view.quantity:
        return ""
    side = "LONG" if view.quantity > 0 else "SHORT"
    cost = price_text(round(view.average_cost * PRICE_UNITS_PER_DOLLAR))
    profit = "" if view.pnl is None else f", {spell_dollars(view.pnl, plus=True)}"
    held = f"{side} {abs(view.quantity):,} @ {cost}{profit}"
    return " | ".join(filter(None, (view.stop_words or "No stop set", held)))


def muted_words(core: SymbolCore, now_ns: int) -> str:
    """That `exited` keeps the flow rules from recommending, and until when."""
    day = core.holding.flow.muted_day
    if day is None or not core.holding.quantity or day != new_york_day(now_ns):
        return ""
    return "Marked sold: signals off today, stop still on"


def recommendations(core: SymbolCore, now_ns: int) -> list[RecommendationView]:
    """The symbol's recommendations, the stop's first; those whose answer ended them while it can be taken back."""
    out = []
    holding = core.holding
    for latch, kind in ((holding.stop_latch, "stop"), (holding.flow, "flow")):
        if latch.current is not None:
            out.append(_recommendation(core, latch, latch.current, kind, now_ns))
        elif latch.answered is not None and latch.muted_day in {None, new_york_day(now_ns)}:
            left = replace(latch.answered[0], status="exited" if latch.answered[1].kind == "exited" else "trimmed")
            out.append(_recommendation(core, latch, left, kind, now_ns))
    return out


def _since_the_signal(core: SymbolCore, then: Decimal, now: int) -> str:
    """`bid 17.81 at the signal, 17.75 now (-6c)`; a short's is the ask."""
    moved = now / CENT - float(then) * 100
    return f"{core.writer.words('bid', 'ask')} {then} {SINCE_SIGNAL}, {price_text(now)} now ({moved:+.4g}c)"


def _recommendation(
    core: SymbolCore, latch: ExitLatch, current: ExitRecommendation, kind: str, now_ns: int
) -> RecommendationView:
    holding = core.holding
    facts, cost, _ = leave_facts(core, now_ns // NS)
    line = "; ".join(filter(None, facts))
    then = holding.costs[0] if len(holding.costs) == holding.costs.maxlen else None
    if cost is not None and then is not None and core.terms.capabilities.depth_levels > 1:
        line += f" | cost {spell_dollars(-then)} a minute ago"
    if current.bid is not None and core.market.bid is not None and current.status == "open":
        line += f" | {_since_the_signal(core, current.bid, core.mirror.price(core.market.bid))}"
    return RecommendationView(
        recommendation_id=current.recommendation_id,
        symbol=core.symbol,
        kind="stop" if kind == "stop" else "flow",
        status=current.status,
        opened_ns=datetime_ns(current.opened_utc),
        reason=current.reason,
        evidence=current.evidence,
        cost_line=line,
        stop_line=stop_line(core),
        signals_since_answer=latch.signals,
        header=held_header(core, now_ns) if kind == "flow" else "",
        rank=1 if kind == "stop" else 2,
        basis=str(current.details.get("basis", "")),
        rearm_cents=(core.market.near_distance << min(latch.state().returns, DOUBLINGS)) / CENT,
        answered_ns=latch.answered[2] if latch.answered is not None and current.status != "open" else 0,
    )
