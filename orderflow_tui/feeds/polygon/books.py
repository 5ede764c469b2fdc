"""From an answer about many books to one message a symbol."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from msgspec import Struct

from orderflow_tui.core.model.events import Event, Print
from orderflow_tui.core.model.units import utc_datetime
from orderflow_tui.core.model.validators import DataValidationError, validate_level2_data
from orderflow_tui.feeds.errors import one_line
from orderflow_tui.feeds.feed import BadPayload, Batch, FeedMessage, SymbolNote
from orderflow_tui.feeds.live.side_checks import InForce
from orderflow_tui.feeds.polygon.normalize import ShownBook, event_of, quote_of, scaled, snapshot_of
from orderflow_tui.feeds.polygon.rest_calls import BooksAnswer
from orderflow_tui.feeds.polygon.tape import BACKFILL_NS

BookState = Literal["ok", "not_found", "no_quotes"]

UNITS: Final = (1, 10, 40, 100)
"""Shares in what a size may count: one share, or a round lot by price class."""


class Judgement(Struct, frozen=True):
    """By what the ages of books are judged.

    Attributes:
        now_ns: Nanoseconds UTC.
        delay_seconds: How late the data is by contract.
        market_open: False where a book cannot become stale.
        source: For the public record.
    """

    now_ns: int
    delay_seconds: int
    market_open: bool
    source: str


class _SymbolState(Struct):
    quote_ns: int = 0
    emitted_ns: int = 0
    crossed_polls: int = 0
    unit: int = 1
    standing: BookState = "ok"
    last: ShownBook | None = None
    in_force: InForce | None = None
    price: Print | None = None


class BookPoller:
    """What the polls of the books have shown so far, symbol by symbol.

    A book's event time is the quote's own time where the quote changed since the poll before, and otherwise the instant
    the response vouches for: a quiet quote is still the current one. It never lies before the symbol's last book nor
    after the response's arrival.

    A row that is bad at every poll keeps its symbol blind, unlike a bad print: nothing else of the answer could stand
    in for the book, and a book that is silently missing would look like calm.
    """

    def __init__(self) -> None:
        self._states: dict[str, _SymbolState] = {}
        self._seq = 0

    def keep(self, symbols: Iterable[str]) -> None:
        """Forget every other symbol."""
        wanted = set(symbols)
        self._states = {symbol: state for symbol, state in self._states.items() if symbol in wanted}

    def messages(self, answer: BooksAnswer, symbols: Sequence[str], judgement: Judgement) -> list[FeedMessage]:
        """One message for each symbol that was asked for, plus a note where its standing changed."""
        found: list[FeedMessage] = []
        for symbol in symbols:
            state = self._states.setdefault(symbol, _SymbolState())
            if symbol in answer.books:
                found += self._note(symbol, state, "ok", "", answer)
                found += self._judged(scaled(answer.books[symbol], state.unit), state, answer, judgement)
                state.last = answer.books[symbol]
            elif symbol in answer.malformed:
                found.append(_bad(symbol, "PAYLOAD_MALFORMED", answer.malformed[symbol], answer))
            elif symbol in answer.without_quote:
                found += self._note(symbol, state, "no_quotes", "the snapshot has no quote for it", answer)
            elif answer.unnamed:
                found.append(_bad(symbol, "PAYLOAD_MALFORMED", "no row names it, and some cannot be read", answer))
            else:
                found += self._note(symbol, state, "not_found", "unknown symbol: not in the answer", answer)
        return found

    def last_shown(self, symbol: str) -> ShownBook | None:
        """The symbol's book at the last poll as the source counted it, None without one."""
        state = self._states.get(symbol)
        return state.last if state is not None else None

    def in_force(self, symbol: str) -> InForce | None:
        """What the newest good row proves of the symbol's quote, None without one; safe from any thread."""
        state = self._states.get(symbol)
        return state.in_force if state is not None else None

    def unit_from(self, symbol: str, in_shares: ShownBook) -> int | None:
        """Compare the last snapshot with an NBBO known to be in shares, and count by its unit from now on.

        Returns:
            The new factor where it changed (100: the snapshot counts lots of 100), 0 where nothing changed, None where
            the two are not the same quote and say nothing.
        """
        state = self._states.get(symbol)
        if state is None or state.last is None or state.last.quote_ns != in_shares.quote_ns:
            return None
        counted, shares = _tops(state.last), _tops(in_shares)
        if [price for price, _ in counted] != [price for price, _ in shares]:
            return None
        sizes = [(mine[1], theirs[1]) for mine, theirs in zip(counted, shares, strict=True)]
        fitting = [unit for unit in UNITS if all(mine * unit == theirs for mine, theirs in sizes)]
        if len(fitting) != 1:
            return None
        if fitting[0] == state.unit:
            return 0
        state.unit = fitting[0]
        return state.unit

    def _judged(
        self, book: ShownBook, state: _SymbolState, answer: BooksAnswer, judgement: Judgement
    ) -> list[FeedMessage]:
        try:
            snapshot = snapshot_of(
                book, vouched_ns=answer.vouched_ns, depth_levels=answer.depth_levels, source=judgement.source
            )
            validate_level2_data(
                snapshot,
                now=utc_datetime(judgement.now_ns),
                delay_seconds=judgement.delay_seconds,
                market_open=judgement.market_open,
            )
        except DataValidationError as error:
            if error.code == "LEVEL2_CROSSED":
                state.crossed_polls += 1
                if state.crossed_polls == 1:
                    return []
            return [_bad(book.symbol, error.code, str(error), answer)]
        state.crossed_polls = 0
        return [self._batch(book, state, answer)]

    def _batch(self, book: ShownBook, state: _SymbolState, answer: BooksAnswer) -> Batch:
        first = not state.emitted_ns
        changed = state.quote_ns not in (0, book.quote_ns)
        at_ns = book.quote_ns if changed and book.quote_ns else answer.vouched_ns
        at_ns = max(min(at_ns, answer.arrival.wall_ns), state.emitted_ns)
        state.quote_ns, state.emitted_ns = book.quote_ns, at_ns
        self._seq += 1
        events: tuple[Event, ...] = (event_of(book, at_ns=at_ns, seq=self._seq),)
        price = answer.prices.get(book.symbol)
        if first and price is not None and price.time_ns < answer.arrival.wall_ns - BACKFILL_NS:
            state.price = price  # the back-fill does not reach it: tick tests start from it
            events = (*events, price)
        if book.quote_ns:
            state.in_force = InForce(quote_of(book), answer.vouched_ns, answer.arrival, state.price)
        return Batch(
            symbol=book.symbol,
            channel="book",
            events=events,
            arrival=answer.arrival,
            vouched_ns=answer.vouched_ns,
            quote_ns=book.quote_ns,
        )

    def _note(
        self, symbol: str, state: _SymbolState, standing: BookState, detail: str, answer: BooksAnswer
    ) -> list[FeedMessage]:
        if state.standing == standing:
            return []
        state.standing = standing
        return [SymbolNote(symbol, standing, detail, answer.arrival)]


def _tops(book: ShownBook) -> list[tuple[int, int]]:
    return [*book.bids[:1], *book.asks[:1]]


def _bad(symbol: str, code: str, detail: str, answer: BooksAnswer) -> BadPayload:
    return BadPayload(symbol, "book", code, one_line(detail), answer.arrival)
