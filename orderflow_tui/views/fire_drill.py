"""The fire drill: what leaving costs now against leaving in slices, from the newest views."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from orderflow_tui.core.market.liquidity import TAPE_SHARE, SlicePlan, exit_cost, slice_out, waiting_risk
from orderflow_tui.core.model.events import Levels
from orderflow_tui.views.frozen_views import ExitCostView, SymbolView

OVER_MINUTES: Final = (1, 5, 15)
ALL: Final = "ALL"


class DrillLine(Struct, frozen=True):
    """One way of leaving: at once (`minutes` 0) or in equal slices over so many minutes."""

    minutes: int
    slices: int
    each: int
    """Size of a slice."""
    cost: float
    """Dollars against the mid of now, over what the bids take."""
    cost_bp: float
    filled: int
    not_priced: int
    """Size nobody shows a bid for; never priced."""
    tape_share: float | None = None
    """Of what trades in that time; None where nothing traded lately."""
    risk: float | None = None
    """Dollars the price usually moves the proceeds meanwhile, either way; None where no usual range is known."""
    behind: int = 0
    """Size the book is still short of at the end: above 0 the refill does not keep up."""


class DrillView(Struct, frozen=True):
    """The fire drill of one symbol, or of all together."""

    symbol: str
    quantity: int
    lines: tuple[DrillLine, ...] = ()
    refill_per_minute: float | None = None
    traded_per_minute: float = 0.0
    notes: tuple[str, ...] = ()
    """What is not known, in words."""


def fire_drill(view: SymbolView) -> DrillView | None:
    """The drill of one symbol; None where nothing is held. Without lines where nothing can be said, with the reason."""
    position = view.position
    if position is None or not position.quantity:
        return None
    leave = view.leave
    if view.stale or leave is None or not view.bids or not view.asks:
        one_sided = leave is not None and bool(view.bids or view.asks)
        missing = f"there is no {'ask' if view.bids else 'bid'}" if one_sided else "there is no book to leave at"
        why = "its data is old" if view.stale else missing
        return DrillView(view.symbol, position.quantity, notes=(f"no figures: {why}",))
    if not view.capabilities.sizes_are_market:
        why = f"{view.capabilities.venues or 'one venue'}: its sizes are not the market's"
        return DrillView(view.symbol, position.quantity, notes=(f"no figures: {why}",))
    bids, asks = (_negated(view.asks), _negated(view.bids)) if position.quantity < 0 else (view.bids, view.asks)
    size = abs(position.quantity) * view.capabilities.size_scale
    lines = [_at_once(bids, asks, size, view)]
    for minutes in OVER_MINUTES:
        refill = (leave.refill_per_minute or 0.0) / 60
        scale = view.capabilities.size_scale
        plan = slice_out(bids, asks, size, minutes, refill_per_second=refill, size_scale=scale)
        lines += [] if plan is None else [_sliced(plan, size, scale, leave)]
    return DrillView(
        view.symbol,
        position.quantity,
        tuple(lines),
        leave.refill_per_minute,
        leave.traded_per_minute,
        tuple(_unknowns(view, leave, lines)),
    )


def _negated(levels: Levels) -> Levels:
    return tuple((-price, size) for price, size in levels)


def _at_once(bids: Levels, asks: Levels, size: int, view: SymbolView) -> DrillLine:
    cost = exit_cost(bids, asks, size, view.capabilities.size_scale)
    assert cost is not None
    return DrillLine(0, 1, size, cost.dollars, cost.basis_points, cost.filled, cost.missing)


def _sliced(plan: SlicePlan, size: int, scale: int, leave: ExitCostView) -> DrillLine:
    minutes = plan.minutes
    return DrillLine(
        minutes=minutes,
        slices=plan.slices,
        each=plan.each,
        cost=plan.dollars,
        cost_bp=plan.basis_points,
        filled=plan.filled,
        not_priced=plan.missing,
        tape_share=size / (leave.traded_per_minute * minutes) if leave.traded_per_minute else None,
        risk=None if leave.usual_range is None else waiting_risk(size, leave.usual_range, minutes, scale),
        behind=0 if leave.refill_per_minute is None else plan.behind,
    )


def _unknowns(view: SymbolView, leave: ExitCostView, lines: list[DrillLine]) -> Iterable[str]:
    if view.chip == "HALTED":
        yield "HALTED: you cannot leave now; these are the last prices shown"
    if view.capabilities.delay_seconds:
        yield f"the data is {view.capabilities.delay_seconds // 60} minutes late: so are these figures"
    if view.capabilities.depth_levels == 1:
        yield "one level: only what the best price shows is priced, what stands behind it is not known"
    if leave.refill_per_minute is None:
        yield "refill not measured yet (a minute of book and tape is needed): slices are priced as if nothing came back"
    if leave.usual_range is None:
        yield "not known yet how far the price moves while you wait"
    if any(line.tape_share is not None and line.tape_share > TAPE_SHARE for line in lines):
        yield f"! above {TAPE_SHARE:.0%} of volume you move the price yourself: expect to pay more than shown"
    if leave.refill_per_minute is not None and any(line.behind for line in lines):
        yield "+ the refill does not keep up with these slices: each finds a thinner book than the one before"


def drill_of_all(drills: Iterable[DrillView]) -> DrillView | None:
    """All names together: costs and what is not priced add up; the risks as if all prices moved together."""
    known = [drill for drill in drills if drill.lines]
    if not known:
        return None
    lines = []
    for index, first in enumerate(known[0].lines):
        each = [drill.lines[index] for drill in known]
        risks = [line.risk for line in each]
        lines.append(
            DrillLine(
                minutes=first.minutes,
                slices=0,
                each=0,
                cost=sum(line.cost for line in each),
                cost_bp=0.0,
                filled=sum(line.filled for line in each),
                not_priced=sum(line.not_priced for line in each),
                risk=None if None in risks else sum(risk for risk in risks if risk is not None),
            )
        )
    return DrillView(ALL, len(known), tuple(lines))
