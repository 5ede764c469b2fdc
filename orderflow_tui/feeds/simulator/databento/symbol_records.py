"""What the simulated exchange did to one symbol, as Databento records: each trade, each change of the book, each halt.

The simulated book stands for the exchange's own; what was printed off exchange is not in it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from databento_dbn import (
    Action,
    BidAskPair,
    MBP1Msg,
    MBP10Msg,
    Side,
    StatusAction,
    StatusMsg,
    StatusReason,
    TradeMsg,
    TradingEvent,
    TriState,
)
from msgspec import Struct

from orderflow_tui.feeds.simulator.market_history import FINRA_EXCHANGE, NANOS, PRICE_UNITS_PER_TICK, Print
from orderflow_tui.feeds.simulator.symbol_market import SymbolMarket

HISTORY_NS: Final = 20 * 60 * NANOS
LEVELS: Final = 10
LAST: Final = 128
PUBLISHER: Final = 2
"""XNAS.ITCH.XNAS."""
UNDEFINED: Final = 2**63 - 1
_PER_TICK: Final = 10_000_000
_CAPTURE_NS: Final = 40_000
_HALTED, _RESUMED = 17, 18
_AUCTION: Final = 28
_TRIM_EVERY: Final = 2_048
_ACTIONS: Final = {name: Action.from_str(name) for name in "ACT"}
_SIDES: Final = {name: Side.from_str(name) for name in "ABN"}

Level = tuple[int, int]
"""Tick, shares."""
Sides = tuple[list[Level], list[Level]]
"""Bids and asks, best first."""


class _Step(NamedTuple):
    """One record of an event."""

    action: str
    side: str
    recv_ns: int
    tick: int
    size: int
    book: Sides


class VenueEvent(Struct, frozen=True):
    """One event of the exchange: its records, the last of which completes it.

    Attributes:
        ts_event: The exchange's clock, nanoseconds UTC.
        records: Encoded, a schema each: `mbp-10`, `mbp-1`, `trades`, `status`.
    """

    ts_event: int
    records: dict[str, bytes]


class VenueHistory:
    """Follows one symbol's market from its first event on.

    Args:
        instrument_id: How its records call it.
    """

    def __init__(self, instrument_id: int) -> None:
        self.instrument_id = instrument_id
        self.events: list[VenueEvent] = []
        self.dropped = 0
        """Events forgotten at the beginning of `events`."""
        self._sequence = 1_000
        self._seen_ns = 0
        self._at_seen: Counter[int] = Counter()
        self._bands_ns = 0
        self._book: Sides = ([], [])

    def look(self, market: SymbolMarket) -> None:
        """Note what one step of the market has brought; called after each."""
        prints = self._new_prints(market)
        before = self._book
        self._book = (market.depth("bid", LEVELS), market.depth("ask", LEVELS))
        if prints or self._book != before:
            self._sequence += 1
            self._add(self._event(prints, before, market.clock_ns))
        for band in market.bands.between(self._bands_ns + 1, 1 << 62):
            self._bands_ns = band.sip_timestamp
            if band.indicator in (_HALTED, _RESUMED):
                self._add(self._status(band.sip_timestamp, halted=band.indicator == _HALTED))

    def since(self, start_ns: int) -> int:
        """The place of the first event from this instant on, counted from the beginning of the market."""
        return self.dropped + bisect_left(self.events, start_ns, key=lambda event: event.ts_event)

    def _new_prints(self, market: SymbolMarket) -> list[Print]:
        """The tape's newest rows; several may share an instant, seen before or not."""
        rows = market.tape.prints.between(self._seen_ns, 1 << 62)
        new = rows[self._at_seen[self._seen_ns] :]
        if rows:
            self._seen_ns = rows[-1].sip_timestamp
            self._at_seen = Counter(row.sip_timestamp for row in rows if row.sip_timestamp == self._seen_ns)
        return [row for row in new if row.exchange != FINRA_EXCHANGE and row.size]

    def _add(self, event: VenueEvent) -> None:
        self.events.append(event)
        if len(self.events) % _TRIM_EVERY == 0:
            cut = bisect_left(self.events, event.ts_event - HISTORY_NS, key=lambda one: one.ts_event)
            del self.events[:cut]
            self.dropped += cut

    def _event(self, prints: list[Print], before: Sides, now_ns: int) -> VenueEvent:
        """Each fill and what it takes off the book, then what else has changed."""
        at_ns = prints[0].sip_timestamp if prints else now_ns
        steps: list[_Step] = []
        book = before
        for row in prints:
            tick, auction = row.price // PRICE_UNITS_PER_TICK, _AUCTION in row.conditions
            side = "N" if auction else "A" if row.aggressor == "sell" else "B"
            steps.append(_Step("T", side, row.sip_timestamp, tick, row.size, book))
            if not auction:
                book = _without(book, row.aggressor, tick, row.size)
                resting = "B" if row.aggressor == "sell" else "A"
                steps.append(_Step("C", resting, row.sip_timestamp, tick, row.size, book))
        if book != self._book:
            side, tick, size = _what_changed(book, self._book)
            end_ns = max(now_ns, prints[-1].sip_timestamp if prints else 0)
            steps.append(_Step("A" if size > 0 else "C", side, end_ns, tick, abs(size), self._book))
        made: dict[str, list[bytes]] = {"mbp-10": [], "mbp-1": [], "trades": []}
        for step in steps:
            fields = self._fields(step, at_ns - _CAPTURE_NS, LAST if step is steps[-1] else 0)
            pairs = _pairs(*step.book)
            made["mbp-10"].append(bytes(MBP10Msg(**fields, levels=pairs)))
            made["mbp-1"].append(bytes(MBP1Msg(**fields, levels=pairs[0])))  # type: ignore[arg-type]
            if step.action == "T":
                ends = len(made["trades"]) == len(prints) - 1
                made["trades"].append(bytes(TradeMsg(**{**fields, "flags": LAST if ends else 0})))
        return VenueEvent(at_ns - _CAPTURE_NS, {schema: b"".join(parts) for schema, parts in made.items()})

    def _fields(self, step: _Step, ts_event: int, flags: int) -> dict[str, Any]:
        return {
            "publisher_id": PUBLISHER, "instrument_id": self.instrument_id, "ts_event": ts_event,
            "price": step.tick * _PER_TICK, "size": step.size, "action": _ACTIONS[step.action],
            "side": _SIDES[step.side], "depth": 0, "ts_recv": step.recv_ns, "flags": flags,
            "ts_in_delta": _CAPTURE_NS // 2, "sequence": self._sequence,
        }  # fmt: skip

    def _status(self, at_ns: int, *, halted: bool) -> VenueEvent:
        trading = TriState.from_str("N" if halted else "Y")
        message = StatusMsg(
            publisher_id=PUBLISHER,
            instrument_id=self.instrument_id,
            ts_event=at_ns - _CAPTURE_NS,
            ts_recv=at_ns,
            action=StatusAction.from_int(8 if halted else 7),
            reason=StatusReason.from_int(50 if halted else 0),
            trading_event=TradingEvent.from_int(0),
            is_trading=trading,
            is_quoting=trading,
            is_short_sell_restricted=TriState.from_str("~"),
        )
        return VenueEvent(at_ns - _CAPTURE_NS, {"status": bytes(message)})


def _without(book: Sides, aggressor: str, tick: int, size: int) -> Sides:
    """The book after a fill."""
    bids, asks = (dict(side) for side in book)
    hit = bids if aggressor == "sell" else asks
    left = hit.get(tick, 0) - size
    if left > 0:
        hit[tick] = left
    else:
        hit.pop(tick, None)
    return list(bids.items()), list(asks.items())


def _pairs(bids: Sequence[Level], asks: Sequence[Level]) -> list[BidAskPair]:
    pairs = []
    for at in range(LEVELS):
        bid, bid_size = bids[at] if at < len(bids) else (0, 0)
        ask, ask_size = asks[at] if at < len(asks) else (0, 0)
        pairs.append(
            BidAskPair(
                bid_px=bid * _PER_TICK or UNDEFINED, ask_px=ask * _PER_TICK or UNDEFINED,
                bid_sz=bid_size, ask_sz=ask_size, bid_ct=bool(bid_size), ask_ct=bool(ask_size),
            )
        )  # fmt: skip
    return pairs


def _what_changed(before: Sides, after: Sides) -> tuple[str, int, int]:
    """The side, the tick, and by how many shares it rose or fell, of the best price that changed."""
    for side, old, new in zip("BA", before, after, strict=True):
        was, now = dict(old), dict(new)
        for tick, _ in (*new, *old):
            if was.get(tick, 0) != now.get(tick, 0):
                return side, tick, now.get(tick, 0) - was.get(tick, 0)
    raise AssertionError(before)
