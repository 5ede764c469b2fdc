"""The line to read first: what leaving costs now and how far the stop is."""

from __future__ import annotations

from orderflow_tui.core.market.liquidity import ExitCost, minutes_to_leave
from orderflow_tui.core.market.volume_window import BASELINE_SECONDS
from orderflow_tui.core.model.units import NS, spell_dollars, spell_minutes
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.views.frozen_views import CANNOT_LEAVE

_NOW = "Sell all now:"
_COVER = "Cover all now:"
"""A short is left by buying it back."""


def leave_line(core: SymbolCore, second: int) -> tuple[str, ExitCost | None, float | None]:
    """`(line, cost, minutes to leave all of it)` for the position at this second."""
    facts, cost, minutes = leave_facts(core, second)
    return one_line(core, facts), cost, minutes


def one_line(core: SymbolCore, facts: tuple[str, ...]) -> str:
    """What leaving takes and how far the stop is, in one line."""
    return " | ".join(filter(None, ("; ".join(filter(None, facts)), stop_words(core))))


def leave_facts(core: SymbolCore, second: int) -> tuple[tuple[str, ...], ExitCost | None, float | None]:
    """`(facts, cost, minutes to leave all of it)`: what leaving takes, one fact a row, without the stop."""
    holding = core.holding
    cost = holding.exit_cost()
    window = core.window
    traded = window.volume_through(second) - window.volume_through(second - BASELINE_SECONDS)
    size = holding.quantity * core.terms.capabilities.size_scale
    minutes = minutes_to_leave(size, traded) if core.terms.capabilities.sizes_are_market else None
    deep = core.terms.capabilities.depth_levels > 1
    now = core.writer.words(_NOW, _COVER)
    facts = (f"{now} {_cost_words(core, cost, traded)}",) if deep else _one_level(core, cost, minutes, now)
    if core.terms.halted:
        first = f"{CANNOT_LEAVE}, {core.terms.halted}; last book: {facts[0].removeprefix(now).lstrip()}"
        facts = (first, *facts[1:])
    return facts, cost, minutes


def _one_level(core: SymbolCore, cost: ExitCost | None, minutes: float | None, now: str) -> tuple[str, ...]:
    """What the best price takes of the position; half the spread and how long all of it takes."""
    quantity, scale = core.holding.quantity, core.terms.capabilities.size_scale
    if cost is None:
        first, half = f"{now} {_uncosted(core, quantity)}", ""
    else:
        near = core.writer.words("Bid", "Ask")
        share = cost.filled / (quantity * scale)
        first = f"{near} shows {core.writer.sizes(cost.filled)} of your {quantity:,} ({share:.0%})"
        half = f"half spread {(core.market.asks[0][0] - core.market.bids[0][0]) / 200:g}c/sh"
    pace = "" if cost is None else "no volume in 5 min"
    if minutes is not None:
        pace = f"~{spell_minutes(minutes)} at 10% of volume"
    return first, ", ".join(filter(None, (half, pace)))


def _cost_words(core: SymbolCore, cost: ExitCost | None, traded: int) -> str:
    quantity = core.holding.quantity
    if cost is None:
        return _uncosted(core, quantity)
    filled = core.writer.sizes(cost.filled)
    part = f" for {filled} of {quantity:,}" if cost.missing else ""
    each = cost.dollars * 100 * core.terms.capabilities.size_scale / max(1, cost.filled)
    words = f"{spell_dollars(-cost.dollars)}{part}, {each:.1f}c/sh ({cost.basis_points:.0f} bp)"
    if cost.missing:
        rest = minutes_to_leave(cost.missing, traded)
        words += f", the rest ~{spell_minutes(rest)} at 10% of volume" if rest else ", the rest not shown"
    return words


def _uncosted(core: SymbolCore, quantity: int) -> str:
    """What can be said of leaving without a price: what stands on the side that takes the position."""
    if not core.terms.capabilities.sizes_are_market:
        return f"not priced: {core.terms.capabilities.venues or 'one venue'}"
    bids, asks = core.market.bids, core.market.asks
    near, far = core.writer.words("bid", "ask"), core.writer.words("ask", "bid")
    if not bids:
        return f"no {near} to leave at" if asks else "no quote to leave at"
    filled = min(quantity * core.terms.capabilities.size_scale, sum(size for _, size in bids))
    price = f"{core.writer.price(bids[0][0])}{' or worse' if filled > bids[0][1] else ''}"
    return f"{core.writer.sizes(filled)} of {quantity:,} at {price}; no {far}, so the cost is not known"


def stop_words(core: SymbolCore) -> str:
    """`Stop 13.50, 34c below (0.8x a normal 5-min range)`, `STOP HIT at 13.80`, or nothing without a stop."""
    watch, bid = core.holding.stop_watch, core.market.bid
    if watch is None:
        return ""
    if watch.crossed:
        touch = core.writer.words("bid", "ask")
        now = "" if bid is None else f", {touch} {core.writer.price(bid)}"
        return f"STOP HIT at {core.writer.price(watch.stop)}{now}"
    if bid is None:
        return f"Stop {core.writer.price(watch.stop)}"
    distance = bid - watch.stop
    side = core.writer.words("below", "above")
    words = f"Stop {core.writer.price(watch.stop)}, {distance / 100:.0f}c {side}"
    usual = core.market.usual_range
    return f"{words} ({distance / usual:.1f}x a normal 5-min range)" if usual else words


_ANSWERED = {"held": "KEPT", "snoozed": "SNOOZED", "trimmed": "SOLD SOME"}


def held_header(core: SymbolCore, now_ns: int) -> str:
    """`KEPT at 13.85 (now -4c), muted 2:10, 3 signals since` after an answer; over, it says what asks again."""
    latch = core.holding.flow
    current = latch.current
    if current is None or current.status == "open":
        return ""
    left = max(0, (latch.quiet_until - now_ns) // NS)
    words = [_ANSWERED[current.status]]
    bid = core.market.bid
    if latch.answer_bid is not None:
        words[0] += f" at {core.writer.price(latch.answer_bid)}"
        if bid is not None:
            moved = (bid - latch.answer_bid) * core.mirror.sign
            words[0] += f" (now {moved / 100:+.0f}c)"
    words.append(f"muted {left // 60}:{left % 60:02d}" if left else "mute is over: the next signal asks")
    if latch.signals:
        words.append(f"{latch.signals} signal{'' if latch.signals == 1 else 's'} since")
    holding = core.holding
    if holding.trimmed and now_ns - holding.trimmed_ns > 60 * NS:
        words.append("positions still show the old quantity")
    return ", ".join(words)
