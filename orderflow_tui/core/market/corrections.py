"""Corrections and busts: a span of seconds read again replaces what was counted where it differs (SPEC section 4.4).

A second whose number of prints and volume agree keeps the sides it was counted with. One that differs is counted anew,
with the sides the source gives, else by the quote in force at that whole second, else by the tick test.
"""

from __future__ import annotations

from collections.abc import Iterable

from orderflow_tui.core.market.state import MarketState
from orderflow_tui.core.market.trade_side import side_by_quote
from orderflow_tui.core.market.volume_window import VolumeWindow
from orderflow_tui.core.model.events import (
    AUCTION,
    BUY,
    LATE_REPORT,
    PRICE,
    SELL,
    SIDE,
    SIDE_GIVEN,
    UNKNOWN,
    VOLUME,
    Print,
)
from orderflow_tui.core.model.units import NS

Totals = tuple[int, int, int, int]
"""`(volume, sells, buys, prints)` of a second."""


def apply_correction(
    window: VolumeWindow, market: MarketState, first: int, last: int, prints: Iterable[Print]
) -> tuple[int, int]:
    """Hold the window against what the tape says now of the seconds `first` to `last`.

    Args:
        window: Changed in place where it differs.
        market: Knows the quotes of the last minutes.
        first: First whole second read again.
        last: Last one.
        prints: All their prints, oldest first, cancelled ones left out or without `VOLUME`.

    Returns:
        How many seconds differed, and by how much the volume changed in all.
    """
    by_second: dict[int, list[Print]] = {}
    for event in prints:
        second = event.time_ns // NS
        if first <= second <= last and event.flags & VOLUME and not event.flags & (AUCTION | LATE_REPORT):
            by_second.setdefault(second, []).append(event)
    differing = change = 0
    for second in range(max(first, window.oldest), min(last, window.head) + 1):
        counted = window.of_second(second)
        again = by_second.get(second, [])
        volume = sum(event.size for event in again)
        if (volume, len(again)) == (counted[0], counted[3]):
            continue
        window.replace_second(second, _sided(market, second, again), [event.size for event in again])
        differing += 1
        change += volume - counted[0]
    return differing, change


def _sided(market: MarketState, second: int, prints: list[Print]) -> Totals:
    quote = market.quote_at(second)
    totals = {BUY: 0, SELL: 0, UNKNOWN: 0}
    last_price, direction = 0, UNKNOWN
    for event in prints:
        if event.flags & PRICE:
            if last_price and event.price != last_price:
                direction = BUY if event.price > last_price else SELL
            last_price = event.price
        if event.flags & SIDE_GIVEN:
            side = event.side
        elif not event.flags & SIDE:
            side = UNKNOWN
        else:
            side = (side_by_quote(event.price, *quote) if quote else UNKNOWN) or direction
        totals[side] += event.size
    return sum(totals.values()), totals[SELL], totals[BUY], len(prints)
