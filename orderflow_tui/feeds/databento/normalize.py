"""Databento's records of one symbol become events. One code reads files and the live gateway.

A trade's side is its aggressor's, `A` sold and `B` bought, `N` unknown. A trade does not change the book: its levels
are those before it, and the change follows. A book is shown once its event is complete, as the flag LAST says.
Source: databento.com/docs/schemas, the package's own descriptions of `Side`, `Action` and flags.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from orderflow_tui.core.model.events import (
    BUY,
    OFF_EXCHANGE,
    PRICE,
    REGULAR,
    SELL,
    SIDE_GIVEN,
    UNKNOWN,
    VOLUME,
    Book,
    Event,
    Gap,
    Levels,
    Print,
)
from orderflow_tui.core.model.units import NS, PRICE_UNITS_PER_DOLLAR
from orderflow_tui.feeds.databento.order_book import OrderBook

if TYPE_CHECKING:
    from databento_dbn import MBOMsg, MBP1Msg, MBP10Msg, TradeMsg

    Record = MBOMsg | MBP1Msg | MBP10Msg | TradeMsg

LAST: Final = 1 << 7
"""The event is complete."""
SNAPSHOT: Final = 1 << 5
"""Part of the book as it stands, not an event: it begins with a clear and is whole with its last record."""
BAD_TIME: Final = 1 << 3
BAD_BOOK: Final = 1 << 2
"""The channel lost messages: the book may be wrong."""
UNDEFINED_PRICE: Final = 2**63 - 1
PER_PRICE_UNIT: Final = 100_000
"""Prices come in 1e-9 dollars."""
MOST_PRICE: Final = 10**9 * PRICE_UNITS_PER_DOLLAR
"""A billion dollars a share, in price units: no price of a stock."""
REMEMBERED_NS: Final = 10 * NS
"""How far back prints are recognized when a session is replayed."""
SETTLE_NS: Final = NS
"""A book that was cleared is filled again order by order; so long it shows nothing."""
_SIDES: Final = {"A": SELL, "B": BUY}
_BOOK_ACTIONS: Final = frozenset("ACMR")
_PASSING: Final = frozenset("ACM")
_CLEAR: Final = "R"
_TRADE: Final = "T"
_CANCEL: Final = "C"
_REPORTING_FACILITIES: Final = frozenset({17, 18, 19, 54, 55, 56, 68, 69, 70, 82, 83})
"""Publishers FINN, FINC and FINY of all datasets: prints made off exchange."""
_LEVELS_AT: Final = 48
_LEVEL: Final = "qqIIII"
_PRUNE_AT: Final = 4_000
_NO_BOOK: Final[tuple[Levels, Levels]] = ((), ())
_raw_of: Final = attrgetter("raw")

_Key = tuple[int, int, int, int, int, int]
"""Publisher, sequence, ts_event, price, size, how often in its event: what a print is recognized by."""


class ShownLevels(Struct):
    """A book as its last record had it: each side's prices and sizes, and what was made of them."""

    bid_cells: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    ask_cells: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    bids: Levels = ()
    asks: Levels = ()


class _Made(Struct):
    """A trade of the event that is not complete yet."""

    key: _Key
    event: Print
    raw: bytes


class _Open(Struct):
    """The venue's event as far as it has come."""

    ts_event: int = 0
    trades: list[_Made] = field(default_factory=list)
    met: dict[_Key, int] = field(default_factory=dict)
    cancelled: dict[int, int] = field(default_factory=dict)
    newest: bytes = b""


class SymbolRecords:
    """Decodes the records of one symbol.

    Args:
        given: Take the sides as the venue gives them; else they are unknown.
        deep: Records carry levels.
        orders: Records are orders (`mbo`): the book is made of them.
        patient: A book without the flag LAST is shown once the venue's time has moved on: schemas of one level may
            leave the record out that bore the flag.
    """

    def __init__(self, *, given: bool = True, deep: bool = True, orders: bool = False, patient: bool = True) -> None:
        self.repeats = 0
        """Prints left out because they were here before."""
        self.newest_event_ns = 0
        """The newest record's `ts_event`."""
        self._given = given
        self._deep = deep
        self._patient = patient
        self._orders = OrderBook() if orders else None
        self._levels = ShownLevels()
        self._shown: tuple[Levels, Levels] | None = None
        self._shown_ns = 0
        self._publisher = 0
        self._gap = False
        self._open = _Open()
        self._state: tuple[int, int, Record] | None = None
        self._whole = False
        self._settled_ns = 0
        self._seen: dict[_Key, int] = {}
        self._prune_at = _PRUNE_AT

    @property
    def shows(self) -> bool:
        """Whether a book has been shown."""
        return self._shown is not None

    def take(self, record: Record, at_ns: int, seq: int, *, thin: bool = False) -> list[Event]:
        """What there is to tell once this record is known.

        Args:
            record: With the levels of `mbp-1` or `mbp-10`, an order, or a trade.
            at_ns: When it was captured, nanoseconds UTC.
            seq: Its place in the file or session.
            thin: Keep a complete book back until `rest`, and only the newest.

        Raises:
            ValueError: A price that cannot be, or the book of another venue.
        """
        out: list[Event] = []
        flags, action = record.flags, str(record.action)
        if record.ts_event != self._open.ts_event:
            self._next_event(record.ts_event, out)
        if flags & BAD_BOOK and not self._gap:
            out.append(Gap(at_ns, "the venue's channel lost messages"))
        self._gap = bool(flags & BAD_BOOK)
        if action == _TRADE:
            self._trade(record, at_ns, seq)
        elif action in _BOOK_ACTIONS and self._deep and at_ns >= self._shown_ns:
            self._change(record, action, at_ns, seq, out)
        if flags & LAST:
            self._complete(out, thin=thin)
        return out

    def rest(self, now_ns: int) -> list[Event]:
        """What was kept back: prints whose event is not complete yet, and the newest complete book."""
        out: list[Event] = []
        self._print(out)
        if self._whole and now_ns >= self._settled_ns:
            self._show(out)
        return out

    def close(self) -> list[Event]:
        """The end of a file: whatever is left."""
        out: list[Event] = []
        self._print(out)
        self._show(out)
        return out

    def begin(self) -> None:
        """A new session begins: what the last one broke off comes again."""
        self._open = _Open()
        if not self._whole:
            self._state = None

    def _next_event(self, ts_event: int, out: list[Event]) -> None:
        """The venue's time has moved on."""
        self._print(out)
        if self._patient and self._state is not None and self._state[0] >= self._settled_ns:
            self._show(out)
        self.newest_event_ns = max(self.newest_event_ns, ts_event)
        self._open = _Open(ts_event)

    def _trade(self, record: Record, at_ns: int, seq: int) -> None:
        if not record.size:
            return
        event = self._open
        mark = (record.publisher_id, record.sequence, record.ts_event, record.price, record.size)
        times = event.met[(*mark, 0)] = event.met.get((*mark, 0), 0) + 1
        key = (*mark, times)
        side = _SIDES.get(str(record.side), UNKNOWN) if self._given else UNKNOWN
        flags = REGULAR | SIDE_GIVEN if side else REGULAR
        if record.publisher_id in _REPORTING_FACILITIES:
            flags = VOLUME | PRICE | OFF_EXCHANGE
        made = Print(
            at_ns, seq, price_units(record.price), record.size, flags, side, record.publisher_id,
            participant_ns=record.ts_event,
        )  # fmt: skip
        event.trades.append(_Made(key, made, bytes(record)))

    def _change(self, record: Record, action: str, at_ns: int, seq: int, out: list[Event]) -> None:
        self._publisher = self._publisher or record.publisher_id
        if record.publisher_id != self._publisher:
            raise ValueError("books of several venues: ask for one venue's or a consolidated dataset")
        raw, event = bytes(record), self._open
        if raw == event.newest:
            return
        event.newest = raw
        if action == _CANCEL:
            event.cancelled[record.price] = event.cancelled.get(record.price, 0) + record.size
        if self._orders is not None:
            self._orders.apply(record)  # type: ignore[arg-type]
        self._state, self._whole = (at_ns, seq, record), False
        if action == _CLEAR and not record.flags & SNAPSHOT and self._shown not in (None, _NO_BOOK):
            self._print(out)
            self._settled_ns = at_ns + SETTLE_NS
            self._shown, self._shown_ns = _NO_BOOK, at_ns
            out.append(Book(at_ns, seq, *_NO_BOOK))

    def _complete(self, out: list[Event], *, thin: bool) -> None:
        event = self._open
        if event.trades:
            self._leave_out_repeats()
            self._print(out)
        event.met.clear()
        event.cancelled.clear()
        if self._state is None:
            return
        self._whole = True
        if not thin and self._state[0] >= self._settled_ns:
            self._show(out)

    def _leave_out_repeats(self) -> None:
        """A row sent twice within its event: the venue took the size off the book once.

        Two fills of one size at one price look the same; then the book has lost both, and of such a pair sent twice two
        are left.
        """
        event = self._open
        if len(event.trades) < 2 or not event.cancelled:
            return
        runs = [list(alike) for _, alike in groupby(event.trades, key=_raw_of)]
        if len(runs) == len(event.trades) or self._is_lost(event.trades):
            return
        for kept in ([made for run in runs for made in run[: -(-len(run) // 2)]], [run[0] for run in runs]):
            if self._is_lost(kept):
                self.repeats += len(event.trades) - len(kept)
                event.trades = kept
                return

    def _is_lost(self, trades: Sequence[_Made]) -> bool:
        """Whether the book has lost what these trades took: at each price, or in all where one trade spans prices."""
        cancelled, sizes = self._open.cancelled, Counter[int]()
        for made in trades:
            sizes[made.key[3]] += made.event.size
        if all(cancelled.get(price, 0) == size for price, size in sizes.items()):
            return True
        return len(cancelled) > len(sizes) and sum(cancelled.values()) == sum(sizes.values())

    def _print(self, out: list[Event]) -> None:
        if not self._open.trades:
            return
        for made in self._open.trades:
            if made.key in self._seen:
                self.repeats += 1
            else:
                self._seen[made.key] = made.key[2]
                out.append(made.event)
        self._open.trades = []
        if len(self._seen) > self._prune_at:
            oldest = self.newest_event_ns - REMEMBERED_NS
            self._seen = {key: at for key, at in self._seen.items() if at >= oldest}
            self._prune_at = max(_PRUNE_AT, 2 * len(self._seen))

    def _show(self, out: list[Event]) -> None:
        if self._state is None:
            return
        at_ns, seq, record = self._state
        self._state, self._whole = None, False
        book = levels_of(record, self._levels) if self._orders is None else _in_units(self._orders)
        self._shown_ns = at_ns
        if book != self._shown:
            self._shown = book
            out.append(Book(at_ns, seq, *book))


def without_passing_books(records: Sequence[Any]) -> Sequence[Any]:
    """Records of a session, without the books that another one of the same symbol replaces: no print is left out.

    What is left out is one whole event: the change of an order, complete, after a complete one.
    """
    whole: set[int] = set()
    newest: dict[int, int] = {}
    passing: set[int] = set()
    for at, record in enumerate(records):
        flags = getattr(record, "flags", None)
        if flags is None:
            continue
        number = record.instrument_id
        if flags == LAST and number in whole and hasattr(record, "levels") and str(record.action) in _PASSING:
            if number in newest:
                passing.add(newest[number])
            newest[number] = at
        elif flags & LAST:
            whole.add(number)
        else:
            whole.discard(number)
    return [record for at, record in enumerate(records) if at not in passing] if passing else records


@lru_cache(maxsize=1 << 16)
def price_units(price: int) -> int:
    """1e-9 dollars to units of $0.0001, to the nearest. Raises ValueError."""
    units = (price + PER_PRICE_UNIT // 2) // PER_PRICE_UNIT
    if not 0 < units <= MOST_PRICE:
        raise ValueError(f"price {price} (1e-9 dollars) must be above 0 and possible")
    return units


def levels_of(record: Record, known: ShownLevels | None = None) -> tuple[Levels, Levels]:
    """Both sides of a record's book, best first. Raises ValueError.

    The levels are unpacked from the record's bytes: five times as fast as one object a level.

    Args:
        record: With levels.
        known: What the symbol's last record showed: a side that has not changed is not made again.
    """
    raw = bytes(record)
    cells = _layout(len(raw)).unpack_from(raw, _LEVELS_AT)
    bids, asks = (cells[0::6], cells[2::6]), (cells[1::6], cells[3::6])
    if known is None:
        return _side(*bids), _side(*asks)
    if bids != known.bid_cells:
        known.bids = _side(*bids)
        known.bid_cells = bids
    if asks != known.ask_cells:
        known.asks = _side(*asks)
        known.ask_cells = asks
    return known.bids, known.asks


def _in_units(orders: OrderBook) -> tuple[Levels, Levels]:
    bids, asks = orders.levels()
    return tuple((price_units(price), size) for price, size in bids), tuple(
        (price_units(price), size) for price, size in asks
    )


@cache
def _layout(size: int) -> struct.Struct:
    count = (size - _LEVELS_AT) // struct.calcsize(f"<{_LEVEL}")
    return struct.Struct(f"<{_LEVEL * count}")


def _side(prices: Sequence[int], sizes: Sequence[int]) -> Levels:
    if UNDEFINED_PRICE not in prices and 0 not in sizes:
        return tuple(zip(map(price_units, prices), sizes, strict=True))
    return tuple(
        (price_units(price), size)
        for price, size in zip(prices, sizes, strict=True)
        if price != UNDEFINED_PRICE and size
    )
