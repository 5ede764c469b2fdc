"""Who was the aggressor: CLNV on the quote in force, the tick test where that is silent.

Source: Chakrabarty, Li, Nguyen, Van Ness (2007): a print within 30 % of the spread of the ask was bought, of the bid
sold; in the middle and outside the quotes the tick test (sign of the change from the last different price) decides.
"""

from __future__ import annotations

from array import array
from math import exp
from typing import Final

from orderflow_tui.core.model.events import BUY, PRICE, SELL, SIDE, SIDE_GIVEN, UNKNOWN, Book, Print
from orderflow_tui.core.model.units import NS

_RING_NS: Final = 3 * NS
_RING_QUOTES: Final = 48
"""Changes of the quoted prices kept at most: sixteen a second over the ring's three."""
CONFIDENCE_GIVEN: Final = 1.0
CONFIDENCE_TOUCH: Final = 0.995
CONFIDENCE_INSIDE: Final = 0.92
CONFIDENCE_MIDDLE: Final = 0.85
"""How often a side is right by where the print lies, measured on recordings with true sides (AAPL 2012, BTC 2024)."""
CONFIDENCE_INSIDE_BEHIND: Final = 0.61
CONFIDENCE_OUTSIDE_BEHIND: Final = 0.97
"""The same beside a book that lags its tape, as BTC's of ten a second does: prints run out of its quotes."""
CONFIDENCE_OUTSIDE: Final = 0.65
CONFIDENCE_TICK: Final = 0.60
NEAREST_FACTOR: Final = 0.8
"""A quote that is not older than the print serves at this much of its confidence."""
COIN: Final = 0.5
POLLED_TAU_NS: Final = 2_500_000_000
"""A polled quote tells less the longer ago it was seen: what a side is worth beyond a coin fades by e^(-age / 2.5 s).

Measured on AAPL's recorded book (Lee-Ready against the true sides): .959 with the quote in force, .878 with a book
polled once a second, so .378 / .459 of the worth at ages spread over 0 to 1 s, which is this time constant."""

Quote = tuple[int, int, int, int, int, int]
"""`(time_ns, seq, bid, ask, highest price that reads as sold to the bid, lowest that reads as bought from the ask)`."""
_BEHIND_PART: Final = 10
_BEHIND_PRINTS: Final = 50
"""One print in ten outside the quotes in force, of fifty or more: the book lags the tape."""
_FIELDS: Final = 4
_EMPTY_RING: Final = array("q", bytes(8 * _FIELDS * _RING_QUOTES))


def _quote(time_ns: int, seq: int, bid: int, ask: int) -> Quote:
    reach = 3 * (ask - bid) // 10 if bid and ask and bid < ask else -1
    return (time_ns, seq, bid, ask, bid + reach, ask - reach)


class SideClassifier:
    """Signs the prints of one symbol. Feed it books and prints in processing order.

    Args:
        joint_sequence: Prints and books share one `seq`, which decides at equal times.
        poll_cycle_ns: How far from a print a newer quote may lie and still serve where no older one is known.
        polled: Books are seen at polls only, so that the one in force at a print is less sure the older it is.
    """

    __slots__ = (
        "_beside", "_direction", "_first", "_joint", "_kept", "_last_ns", "_last_price", "_newest", "_outside",
        "_poll_cycle_ns", "_ring", "_seen_ns", "confidence", "polled", "quote",
    )  # fmt: skip

    def __init__(self, *, joint_sequence: bool = False, poll_cycle_ns: int = 2 * NS, polled: bool = False) -> None:
        self._joint = joint_sequence
        self.polled = polled
        self._poll_cycle_ns = poll_cycle_ns
        self._ring = array("q", _EMPTY_RING)
        self._first = self._kept = 0
        self._newest: Quote | None = None
        self._seen_ns = 0
        self._last_price = 0
        self._last_ns = 0
        self._direction = UNKNOWN
        self._beside = self._outside = 0
        """Prints judged beside a quote, and those of them outside it."""
        self.confidence = 0.0
        self.quote: Quote | None = None

    @property
    def book_lags(self) -> bool:
        """Whether prints run out of the quotes in force so often that the book must be behind the tape."""
        return not self.polled and self._beside >= _BEHIND_PRINTS and self._outside * _BEHIND_PART > self._beside

    def on_book(self, book: Book) -> None:
        """Learn the quote that is in force from this book on."""
        bid = book.bids[0][0] if book.bids else 0
        ask = book.asks[0][0] if book.asks else 0
        newest, ring = self._newest, self._ring
        time_ns = book.since_ns or book.time_ns
        if newest is not None:
            if newest[2] == bid and newest[3] == ask:
                self._seen_ns = book.time_ns
                return
            # What was seen to be in force until then cannot have been replaced before.
            time_ns = max(time_ns, self._seen_ns) if book.since_ns else time_ns
            horizon = time_ns - _RING_NS
            while self._kept > 1 and ring[(self._first + 1) % _RING_QUOTES * _FIELDS] < horizon:
                self._first += 1
                self._kept -= 1
        self._seen_ns = book.time_ns
        self._newest = _quote(time_ns, book.seq, bid, ask)
        at = (self._first + self._kept) % _RING_QUOTES * _FIELDS
        ring[at], ring[at + 1], ring[at + 2], ring[at + 3] = time_ns, book.seq, bid, ask
        if self._kept < _RING_QUOTES:
            self._kept += 1
        else:
            self._first += 1

    def classify(self, event: Print) -> int:
        """The aggressor of a print: BUY, SELL or UNKNOWN; `confidence` and `quote` tell how it was found."""
        time_ns, price, flags = event.time_ns, event.price, event.flags
        last = self._last_price
        if price != last and flags & PRICE and time_ns >= self._last_ns:
            if last:
                self._direction = BUY if price > last else SELL
            self._last_price, self._last_ns = price, time_ns
        newest, factor = self._newest, 1.0
        quote = newest if newest is not None and newest[0] < time_ns else None
        if quote is None and newest is not None:
            quote, factor = self._in_force(event)
        self.quote = quote
        if flags & SIDE_GIVEN:
            self.confidence = CONFIDENCE_GIVEN
            return event.side
        if not flags & SIDE:
            self.confidence = 0.0
            return UNKNOWN
        if quote is not None:
            _, _, bid, ask, sold_to, bought_from = quote
            self._beside += 1
            if bid <= price <= sold_to:
                self.confidence = factor * (CONFIDENCE_TOUCH if price == bid else self._inside_confidence())
                return SELL
            if bought_from <= price <= ask:
                self.confidence = factor * (CONFIDENCE_TOUCH if price == ask else self._inside_confidence())
                return BUY
            self._outside += not bid <= price <= ask
        direction = self._direction
        if quote is None:
            self.confidence = CONFIDENCE_TICK if direction else 0.0
        else:
            self.confidence = self._tick_confidence(price, quote, factor) if direction else 0.0
        return direction

    def fade(self, event: Print) -> None:
        """Lower the confidence of the print just classified by how long before it its polled quote was last seen.

        Between a quote's time and the poll that still shows it nothing is in doubt.
        """
        quote, sure = self.quote, self.confidence
        if quote is None or sure <= COIN or event.flags & SIDE_GIVEN:
            return
        seen_ns = self._seen_ns if quote is self._newest else quote[0]
        if quote[0] < event.time_ns <= seen_ns:
            return
        self.confidence = COIN + (sure - COIN) * exp(-abs(event.time_ns - seen_ns) / POLLED_TAU_NS)

    def _inside_confidence(self) -> float:
        return CONFIDENCE_INSIDE_BEHIND if self.book_lags else CONFIDENCE_INSIDE

    def _tick_confidence(self, price: int, quote: Quote, factor: float) -> float:
        """How sure the tick test is where it decides beside a quote: in the middle of it and outside."""
        if quote[4] < quote[2]:
            return CONFIDENCE_TICK
        if quote[2] <= price <= quote[3]:
            return factor * CONFIDENCE_MIDDLE
        return factor * (CONFIDENCE_OUTSIDE_BEHIND if self.book_lags else CONFIDENCE_OUTSIDE)

    def _in_force(self, event: Print) -> tuple[Quote | None, float]:
        """The quote strictly older than the print; else the nearest within one poll cycle."""
        ring, time_ns = self._ring, event.time_ns
        for back in range(self._kept - 1, -1, -1):
            at = (self._first + back) % _RING_QUOTES * _FIELDS
            if ring[at] < time_ns or (self._joint and ring[at] == time_ns and ring[at + 1] < event.seq):
                return _quote(*ring[at : at + _FIELDS]), 1.0
        at = self._first % _RING_QUOTES * _FIELDS
        if ring[at] - time_ns <= self._poll_cycle_ns:
            return _quote(*ring[at : at + _FIELDS]), NEAREST_FACTOR
        return None, 0.0


def is_bought(price: int, quote: Quote) -> bool:
    """Whether the quote alone proves a purchase: within 30 % of the spread of the ask, or above it."""
    _, _, bid, ask, _, bought_from = quote
    if not ask or (bid and bid >= ask):
        return False
    return price >= (bought_from if bid else ask)


def side_by_quote(price: int, bid: int, ask: int) -> int:
    """BUY or SELL where the quote alone tells (CLNV's outer 30 % of the spread), else UNKNOWN."""
    if bid < ask and bid <= price <= ask:
        reach = 3 * (ask - bid)
        if 10 * (ask - price) <= reach:
            return BUY
        if 10 * (price - bid) <= reach:
            return SELL
    return UNKNOWN
