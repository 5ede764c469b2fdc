"""Finds the quotes of a span, so that an alert about prints can be confirmed before it is told.

A snapshot after the span whose quote is older than the span proves it all. Otherwise past quotes are asked, backwards
from the span's end until a quote from before its beginning: of a quiet name that one may be hours old. One request a
name at a time answers all its questions, within a share of the budget that is not the polls'.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from msgspec import Struct

from orderflow_tui.core.model.events import Book, Print, SideCheckResult
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.feeds.errors import AuthError, FeedError, FeedStoppedError, NotEntitledError
from orderflow_tui.feeds.feed import ApiFault, Arrival, Batch, Put
from orderflow_tui.feeds.live.schedule import Job, Schedule
from orderflow_tui.feeds.live.tape_join import TapeJoin

QUOTES_A_PRINT: Final = 20
"""Quotes asked for a print of the span; there are five to ten times as many quotes as trades."""
LEAST: Final = 100
DEADLINE_SECONDS: Final = 2.0
REFUSED_SECONDS: Final = 900.0
"""A plan without past quotes is asked again after so long; until then snapshots alone can tell."""
OPEN_SECONDS: Final = 3.0
"""A question that is not answered within this is dropped: the alert has long been told as unsure."""


class InForce(Struct, frozen=True):
    """One quote that was in force from its own time up to the instant a response vouches for.

    Attributes:
        quote: Its best prices; its time is the quote's own.
        seen_ns: The vouched instant, nanoseconds UTC.
        arrival: When the response came.
        price: The last print's price from before the tape was asked for, where a tick test starts.
    """

    quote: Book
    seen_ns: int
    arrival: Arrival
    price: Print | None = None


class PastQuotes(Struct, frozen=True):
    """Quotes up to an instant, oldest first; `more`: there are older ones. `arrival` is the answer's."""

    quotes: tuple[Book, ...]
    more: bool
    arrival: Arrival


class Joined(Protocol):
    """A symbol's tape."""

    @property
    def intake(self) -> TapeJoin:
        """What was delivered of it."""
        ...


class _Question(Struct, eq=False):
    """One that is not answered yet.

    Attributes:
        asked: What was asked.
        until: When it expires, on the monotonic clock.
        wide: The usual number of quotes did not reach back to its beginning.
        failed: Its request brought nothing: only a snapshot can still tell.
    """

    asked: SideCheckRequested
    until: float
    wide: bool = False
    failed: bool = False


class SideChecks:
    """The open questions; `ask` and `shown` are safe from any thread.

    Args:
        past: Asks the host for a symbol's quotes up to an instant, so many at most. Raises FeedError.
        most: Quotes that one request may bring.
        put: Where messages go.
        schedule: Runs them.
        tapes: The symbols' tapes; may change.
        in_force: What the newest good snapshot proves of a symbol, None without one.
        clock: Nanoseconds UTC.
    """

    def __init__(
        self,
        past: Callable[[str, int, int], PastQuotes],
        put: Put,
        *,
        most: int,
        schedule: Schedule,
        tapes: Mapping[str, Joined],
        in_force: Callable[[str], InForce | None],
        clock: Callable[[], int],
    ) -> None:
        self._past = past
        self._most = most
        self._put = put
        self._schedule = schedule
        self._tapes = tapes
        self._in_force = in_force
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, list[_Question]] = {}
        self._busy: set[str] = set()
        self._refused_until = 0.0

    def ask(self, asked: SideCheckRequested) -> None:
        """Take a question; returns at once."""
        with self._lock:
            now = time.monotonic()
            question = _Question(asked, now + OPEN_SECONDS, failed=now < self._refused_until)
            self._open.setdefault(asked.symbol, []).append(question)
            self._arrange(asked.symbol)

    def shown(self) -> None:
        """Books were polled: answer what they prove."""
        for symbol in tuple(self._open):
            self._by_snapshot(symbol)

    def _arrange(self, symbol: str) -> None:
        """Let a request about this symbol start, unless one is under way; the lock is held."""
        if symbol not in self._busy and any(not question.failed for question in self._open.get(symbol, ())):
            self._busy.add(symbol)
            self._schedule.add(Job(f"sides:{symbol}", lambda: self._turn(symbol), "quotes", question=True))

    def _turn(self, symbol: str) -> float:
        try:
            self._by_snapshot(symbol)
            with self._lock:
                questions = [question for question in self._living(symbol) if not question.failed]
            if questions:
                self._by_request(symbol, questions)
        finally:
            with self._lock:
                self._schedule.remove(f"sides:{symbol}")
                self._busy.discard(symbol)
                self._living(symbol)
                self._arrange(symbol)
        return 0.0

    def _living(self, symbol: str) -> list[_Question]:
        """The symbol's open questions, expired ones dropped; the lock is held."""
        now = time.monotonic()
        living = [question for question in self._open.pop(symbol, ()) if question.until > now]
        if living:
            self._open[symbol] = living
        return living

    # --- answers ------------------------------------------------------------------------------------------------

    def _by_snapshot(self, symbol: str) -> None:
        """Answer the questions whose whole span lies between the newest snapshot and its quote's own time.

        Where the quote has changed since the span began and no request can help, nobody will tell.
        """
        proof = self._in_force(symbol)
        if proof is None:
            return
        with self._lock:
            questions = tuple(self._living(symbol))
        for question in questions:
            from_ns = question.asked.from_ns
            prints = self._prints(question.asked)
            if not prints or not from_ns <= prints[-1].time_ns <= proof.seen_ns:
                continue
            if proof.quote.time_ns < from_ns:
                self._tell(question, prints, (proof.quote,), proof.arrival)
            elif question.failed:
                self._tell(question, (), (), proof.arrival)

    def _by_request(self, symbol: str, questions: Sequence[_Question]) -> None:
        try:
            self._fetch(symbol, questions)
        except (AuthError, FeedStoppedError):
            raise
        except FeedError as error:
            for question in questions:
                question.failed = True
            if isinstance(error, NotEntitledError):
                self._refused_until = time.monotonic() + REFUSED_SECONDS
            arrival = Arrival(time.monotonic_ns(), self._clock())
            self._put(ApiFault(error.error_type, str(error), arrival, error.status, "quotes", symbol))

    def _fetch(self, symbol: str, questions: Sequence[_Question]) -> None:
        prints = {question.asked.key: self._prints(question.asked) for question in questions}
        span = max(len(some) for some in prints.values())
        wide = any(question.wide for question in questions)
        limit = self._most if wide else min(self._most, max(LEAST, QUOTES_A_PRINT * span))
        to_ns = max(question.asked.to_ns or self._newest_ns(question.asked) for question in questions)
        past = self._past(symbol, to_ns, limit)
        quotes, more = past.quotes, past.more and limit < self._most
        for question in questions:
            # What the oldest of them does not cover is for the rules to leave out.
            if quotes and (not more or quotes[0].time_ns < question.asked.from_ns):
                self._tell(question, prints[question.asked.key], quotes, past.arrival)
            else:
                question.wide, question.failed = more, not more

    def _newest_ns(self, asked: SideCheckRequested) -> int:
        tape = self._tapes.get(asked.symbol)
        return max(asked.time_ns, tape.intake.newest_ns if tape is not None else 0)

    def _prints(self, asked: SideCheckRequested) -> tuple[Print, ...]:
        tape = self._tapes.get(asked.symbol)
        prints = tape.intake.span(asked.from_ns, asked.to_ns) if tape is not None else ()
        shown = self._in_force(asked.symbol)
        price = shown.price if shown is not None else None
        return (price, *prints) if prints and price is not None and price.time_ns < prints[0].time_ns else prints

    def _tell(self, question: _Question, prints: tuple[Print, ...], quotes: tuple[Book, ...], arrival: Arrival) -> None:
        asked = question.asked
        with self._lock:
            mine = self._open.get(asked.symbol, [])
            if question not in mine:
                return
            mine.remove(question)
        before = sum(quote.time_ns < asked.from_ns for quote in quotes)
        told = quotes[max(0, before - 1) :]
        if asked.to_ns:
            told = tuple(quote for quote in told if quote.time_ns <= asked.to_ns)
        answer = SideCheckResult(asked.time_ns, asked.key, answered=bool(quotes), prints=prints, quotes=told)
        self._put(Batch(asked.symbol, "tape", (answer,), arrival))
