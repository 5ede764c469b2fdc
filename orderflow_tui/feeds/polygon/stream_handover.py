"""The feed's streaming half: who is streamed now, and how polls and stream hand over to each other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from orderflow_tui.config.values import VENDOR_WS_URL
from orderflow_tui.core.model.events import Print
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Batch, FeedMessage, Put, SymbolNote
from orderflow_tui.feeds.live.link import LinkState
from orderflow_tui.feeds.live.tape_join import TapeJoin
from orderflow_tui.feeds.polygon.sale_conditions import ConditionTable
from orderflow_tui.feeds.polygon.stream import StreamConfig, StreamHooks, StreamSupervisor, stream_url
from orderflow_tui.feeds.polygon.stream_events import StreamEvents
from orderflow_tui.feeds.polygon.tape import SymbolTape

LOOK_SECONDS: Final = 0.5
"""Between two looks whether a streamed symbol must be polled again."""
BOOKS_SECONDS: Final = 5.0
"""Books that are streamed are still asked for so often: an answer proves that the host is there, and checks units."""


class StreamSide:
    """Runs the stream's supervisor for a feed.

    Args:
        config: Where, and whether.
        key: The API key.
        standing: The feed's shared state.
        put: Where messages go.
        clock: Nanoseconds UTC.
        table: The sale conditions' rules in force.
        tapes: Each watched symbol's tape; may change.
        deep: Whether the source shows more than the stream's one level: then books are polled all the same.
        hurry: Lets the polls start now.
        hurry_books: Lets the poll of the books start now.
        pace: Divides the supervisor's waits.
    """

    def __init__(
        self,
        config: StreamConfig,
        key: str,
        *,
        standing: LinkState,
        put: Put,
        clock: Callable[[], int] = time.time_ns,
        table: Callable[[], ConditionTable],
        tapes: Mapping[str, SymbolTape],
        deep: Callable[[], bool],
        hurry: Callable[[], None],
        hurry_books: Callable[[], None],
        pace: float = 1.0,
    ) -> None:
        self._config = config
        self._standing = standing
        self._tapes = tapes
        self._hurry = hurry
        self._hurry_books = hurry_books
        self._quoted: frozenset[str] = frozenset()
        self._booked: set[str] = set()
        self.frames = StreamEvents(put, table, self._intake, lambda: tuple(dict(tapes)), self._proves)
        hooks = StreamHooks(
            url=self._url,
            symbols=lambda: tuple(dict(tapes)),
            quotes=lambda: not deep(),
            market=lambda: standing.market,
            delay_ns=lambda: standing.capabilities.delay_seconds * NS,
            began=self._began,
            ended=self._ended,
            state=standing.set_stream,
        )
        self.supervisor = StreamSupervisor(
            key, required=config.stream == "on", hooks=hooks, frames=self.frames, put=put, clock=clock, pace=pace
        )

    def books(self, messages: Iterable[FeedMessage], asked_ns: int) -> Iterable[FeedMessage]:
        """Polled books as the monitor is to see them: of a streamed one only that its symbol is there.

        A stream tells changes: until it has told one, the book in force is the one that was asked for since it began.
        """
        quoted = self._quoted
        asked_ns -= self._standing.capabilities.delay_seconds * NS
        for message in messages:
            if isinstance(message, Batch):
                self._booked.add(message.symbol)
            elif isinstance(message, SymbolNote) and message.standing != "ok":
                self._booked.discard(message.symbol)
            if not isinstance(message, Batch) or message.symbol not in quoted:
                yield message
                continue
            intake = self._intake(message.symbol)
            if intake is None or not intake.first_quote(message, asked_ns):
                prices = tuple(event for event in message.events if isinstance(event, Print))
                yield replace(message, events=prices, quote_ns=0)

    def books_cycle(self, cycle: float) -> float:
        """Seconds between two polls of the books: while all of them are streamed they are asked for rarely."""
        tapes = dict(self._tapes)
        streamed = self._quoted and self._quoted >= set(tapes)
        waiting = any(tape.intake.wants_quote for tape in tapes.values())
        return max(cycle, BOOKS_SECONDS) if streamed and not waiting else cycle

    def polled(self) -> int:
        """How many symbols' prints come by polls now."""
        return sum(not tape.intake.streaming for tape in dict(self._tapes).values())

    def _intake(self, symbol: str) -> TapeJoin | None:
        tape = self._tapes.get(symbol)
        return tape.intake if tape is not None else None

    def _proves(self, symbol: str) -> bool:
        """Where books are polled, prints that stream on say nothing of them: an old book must look old."""
        return symbol in self._quoted or symbol not in self._booked

    def _url(self) -> str:
        delayed = self._standing.capabilities.delay_seconds > 0
        return stream_url(self._config, vendor=VENDOR_WS_URL, delayed=delayed)

    def _began(self, symbols: Iterable[str], at_ns: int, quotes: bool) -> None:
        names = frozenset(symbols)
        for symbol, tape in dict(self._tapes).items():
            if symbol in names:
                tape.intake.stream_began(at_ns, quotes=quotes)
        if quotes:
            self._set_quoted(self._quoted | names)
            self._hurry_books()

    def _ended(self, symbols: Iterable[str]) -> None:
        names = frozenset(symbols)
        for symbol, tape in dict(self._tapes).items():
            if symbol in names:
                tape.intake.stream_ended()
        self._set_quoted(self._quoted - names)
        if names:
            self._hurry()

    def _set_quoted(self, symbols: frozenset[str]) -> None:
        self._quoted = symbols
        if bool(symbols) != self._standing.capabilities.streaming:
            self._standing.learn(streaming=bool(symbols))
