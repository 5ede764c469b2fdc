"""The feed: polls within one budget, one request for all books and one a symbol for its prints; a stream where one is.

A failed poll is repeated after 1, 2 and 4 seconds and then by growing probes; suspects run one at a time, so while the
network is gone a single probe goes out. This is what a circuit breaker would do, without a second state machine.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Final, Protocol

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.errors import FeedError, SymbolNotFoundError
from orderflow_tui.feeds.feed import Arrival, FeedMessage, Put, SymbolNote, SymbolSet
from orderflow_tui.feeds.live.link import DELAYED_SECONDS, LinkState
from orderflow_tui.feeds.live.poll_faults import PollFaults
from orderflow_tui.feeds.live.poll_workers import PollWorkers, WorkerHooks
from orderflow_tui.feeds.live.retry import DEFAULT_POLICY, RetryPolicy
from orderflow_tui.feeds.live.schedule import Job, Schedule, cycle_of
from orderflow_tui.feeds.live.side_checks import SideChecks
from orderflow_tui.feeds.live.tape_join import QUOTE_SECONDS
from orderflow_tui.feeds.polygon import endpoints
from orderflow_tui.feeds.polygon.books import BookPoller, Judgement
from orderflow_tui.feeds.polygon.fetch_conditions import FetchedConditions
from orderflow_tui.feeds.polygon.rereads import Rereads
from orderflow_tui.feeds.polygon.rest_calls import (
    HEARTBEAT,
    MOST_QUOTES,
    BooksAnswer,
    Gateway,
    SourceConfig,
    capabilities_of,
    key_of,
)
from orderflow_tui.feeds.polygon.size_check import UnitCheck
from orderflow_tui.feeds.polygon.stream import StreamConfig
from orderflow_tui.feeds.polygon.stream_handover import LOOK_SECONDS, StreamSide
from orderflow_tui.feeds.polygon.tape import SymbolTape

WORKERS: Final = 4
LIVE_SECONDS: Final = 5.0
"""A live poll's whole exchange ends within this."""
PROBE_SECONDS: Final = 3.0
"""Books and prints wait so long at most for the market's state and the data's delay, by which they are judged."""
SLOW_SECONDS: Final = 2.0
"""A symbol whose prints take longer queues behind the other slow ones only."""
CLOSED_CYCLE_SECONDS: Final = 10.0
MARKET_SECONDS: Final = 60.0
ENTITLEMENT_SECONDS: Final = 900.0
REREAD_AFTER_SECONDS: Final = 120.0
ABSENT_SECONDS: Final = 300.0
"""A symbol that spoils the joint request is left out of it so long."""
LEAD: Final = 0.2
"""The most urgent poll goes before others that have been due for this part of a cycle."""


class FeedConfig(SourceConfig, StreamConfig, Protocol):
    """What the feed reads of the configuration."""


class PolygonFeed:
    """Polygon.io, or the simulator behind its wire format, polled. Implements `Feed`.

    Args:
        config: Source, key, addresses, budget, and whether to stream.
        clock: Nanoseconds UTC, by which freshness and gaps are judged.
        policy: How failed polls are repeated.
        cycle_seconds: Shortest round of polls; a small budget makes it longer.
        live_seconds: Deadline of a live exchange.
        reread_after: Seconds from the start to the first minute that is read again.
        stream_pace: Divides the waits of the stream's supervisor.

    Raises:
        DataValidationError: `CONFIG_INVALID` where the source is polygon and there is not a key.
    """

    def __init__(
        self,
        config: FeedConfig,
        *,
        clock: Callable[[], int] = time.time_ns,
        policy: RetryPolicy = DEFAULT_POLICY,
        cycle_seconds: float = 1.0,
        live_seconds: float = LIVE_SECONDS,
        reread_after: float = REREAD_AFTER_SECONDS,
        stream_pace: float = 1.0,
    ) -> None:
        endpoints.prepare()
        self._clock = clock
        self._shortest_cycle = cycle_seconds
        self._reread_after = reread_after
        self._stop = threading.Event()
        self._gateway = Gateway(
            config,
            clock=clock,
            stop=self._stop,
            deadline_seconds=live_seconds,
            policy=policy,
            on_reply=self._on_reply,
        )
        self._schedule = Schedule(self._stop, config.requests_per_second, held=True)
        self._symbols = SymbolSet()
        self._books = BookPoller()
        self._tapes: dict[str, SymbolTape] = {}
        self._looked: set[str] = set()
        """Symbols whose books were asked for since they joined: only then their prints, for a side needs a quote."""
        self._absent_until: dict[str, float] = {}
        self._lock = threading.Lock()
        self._probes_left = {"market", "entitlement"} if self._gateway.source == "polygon" else {"market"}
        self._put: Put = _discard
        self._standing = LinkState(
            capabilities_of(self._gateway),
            put=self._send,
            limiter=self._gateway.limiter,
            clock=clock,
            recovered=lambda: self._schedule.hurry(failed_only=True),
        )
        self._conditions = FetchedConditions(self._gateway, self._send, clock)
        self._faults = PollFaults(self._standing, self._send, policy, clock)
        hooks = WorkerHooks(
            self._standing.report, polled=self._probed, refused=self.stop, ended=self._gateway.session.close
        )
        self._workers = PollWorkers("polygon-feed", WORKERS, self._schedule, self._faults, stop=self._stop, hooks=hooks)
        self._side_checks = SideChecks(
            self._gateway.past_quotes,
            self._send,
            most=MOST_QUOTES,
            schedule=self._schedule,
            tapes=self._tapes,
            in_force=self._books.in_force,
            clock=clock,
        )
        self._stream = self._stream_side(config, stream_pace) if config.stream != "off" else None

    @property
    def capabilities(self) -> Capabilities:
        """What this source can show, as known now."""
        return self._standing.capabilities

    @property
    def unknown_conditions(self) -> dict[int, int]:
        """How often each sale condition without a rule was met; such prints count as regular."""
        total: Counter[int] = Counter()
        for tape in list(self._tapes.values()):
            total.update(tape.conditions_unknown)
        if self._stream is not None:
            total.update(self._stream.frames.conditions_unknown)
        return dict(total)

    def start(self, symbols: Iterable[str], put: Put) -> None:
        """Start delivering these symbols from daemon threads. Returns at once.

        Raises:
            RuntimeError: It was started before.
        """
        if self._workers.threads:
            raise RuntimeError("a feed starts once")
        self._put = put
        now = time.monotonic()
        self._schedule.add(Job("market", self._poll_market, "market_status", optional=True, due=now))
        if "entitlement" in self._probes_left:
            self._schedule.add(Job("entitlement", self._poll_entitlement, "entitlement", optional=True, due=now))
            listed = Job("conditions", self._conditions.poll, "conditions", optional=True, due=now + PROBE_SECONDS)
            self._schedule.add(listed)
            units = UnitCheck(self._gateway, self._books, self._send, self._clock, self._shortest_cycle)
            turn = partial(units.turn, lambda: self._symbols.symbols)
            self._schedule.add(Job("units", turn, "nbbo", optional=True, due=now + PROBE_SECONDS))
        rereads = Rereads(self._gateway, self._send, self._tapes)
        self._schedule.add(Job("rereads", rereads.turn, "trades", optional=True, due=now + self._reread_after))
        self._schedule.add(Job("books", self._poll_books, "snapshot", due=now + PROBE_SECONDS))
        self.set_symbols(symbols)
        self._workers.start()
        if self._stream is not None:
            self._workers.threads.append(self._stream.supervisor.thread)
            self._stream.supervisor.start()
        self._schedule.release()

    def set_symbols(self, symbols: Iterable[str]) -> None:
        """Watch exactly these symbols from now on. New ones are back-filled."""
        with self._lock:
            fresh = self._symbols.replace(symbols)
            for symbol in tuple(self._tapes):
                if symbol not in self._symbols.symbols:
                    del self._tapes[symbol]
                    self._looked.discard(symbol)
                    self._schedule.remove(f"tape:{symbol}")
            for symbol in fresh:
                self._add_tape(symbol)
            self._books.keep(self._symbols.symbols)
        if fresh:
            self._hurry_books()

    def set_urgency(self, symbols: Sequence[str]) -> None:
        """Poll these first among those that are due, the first of them soonest; no tape waits longer for it."""
        lead = LEAD * self._standing.cycle_seconds
        count = len(symbols)
        self._schedule.set_leads(
            {f"tape:{symbol}": lead * (count - place) / count for place, symbol in enumerate(symbols)}
        )

    def request_side_check(self, asked: SideCheckRequested) -> None:
        """Find the quotes of this span and deliver what they say; before every poll that is due."""
        self._side_checks.ask(asked)

    def stop(self) -> None:
        """Ask every thread to end; returns at once, never waits for the network."""
        self._stop.set()
        self._schedule.wake()
        if self._stream is not None:
            self._stream.supervisor.stop()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until every thread has ended, which a running exchange's deadline bounds; True when they have."""
        return self._workers.join(timeout)

    def _stream_side(self, config: FeedConfig, pace: float) -> StreamSide:
        return StreamSide(
            config,
            key_of(config),
            standing=self._standing,
            put=self._send,
            clock=self._clock,
            table=lambda: self._conditions.table,
            tapes=self._tapes,
            deep=lambda: self._gateway.deep,
            hurry=self._schedule.hurry,
            hurry_books=self._hurry_books,
            pace=pace,
        )

    def _add_tape(self, symbol: str) -> None:
        tape = SymbolTape(symbol, self._send, self._stop, lambda: self._conditions.table)
        self._tapes[symbol] = tape
        job = Job(f"tape:{symbol}", lambda: 0.0, "trades", symbol)
        job.run = lambda: self._poll_tape(tape, job)
        job.due = time.monotonic() + (PROBE_SECONDS if self._probes_left else 0)
        self._schedule.add(job)

    def _on_reply(self, arrival: Arrival) -> None:
        self._standing.answered(arrival)

    def _send(self, message: FeedMessage) -> None:
        self._put(message)

    def _probed(self, job: Job) -> None:
        """When the market's state and the data's delay have been asked, nothing needs to wait for them any longer."""
        with self._lock:
            if job.name not in self._probes_left:
                return
            self._probes_left.discard(job.name)
            done = not self._probes_left
        if done:
            self._schedule.hurry()

    def _hurry_books(self) -> None:
        """The quotes in force are wanted now; before the probes have told by what they are judged, they wait."""
        if not self._probes_left:
            self._schedule.hurry("books")

    def _cycle(self) -> float:
        if self._standing.market == "closed":
            return max(CLOSED_CYCLE_SECONDS, self._shortest_cycle)
        polled = len(self._symbols.symbols) if self._stream is None else self._stream.polled()
        return max(self._shortest_cycle, cycle_of(polled + 1, self._gateway.limiter.per_second))

    def _delay_seconds(self) -> int:
        if self._gateway.reported_delay and not self.capabilities.delay_seconds:
            self._standing.learn(delay_seconds=DELAYED_SECONDS)
        return self.capabilities.delay_seconds

    def _poll_market(self) -> float:
        try:
            self._standing.market, self._standing.skew_ns = self._gateway.market_status(deadline_seconds=PROBE_SECONDS)
        except FeedError:
            self._standing.market = "unknown"
            raise
        return MARKET_SECONDS

    def _poll_entitlement(self) -> float:
        delayed = self._gateway.delayed((HEARTBEAT,), deadline_seconds=PROBE_SECONDS)
        if delayed is not None:
            self._standing.learn(delay_seconds=DELAYED_SECONDS if delayed else 0)
        return ENTITLEMENT_SECONDS

    def _poll_books(self) -> float:
        self._standing.cycle_seconds = self._cycle()
        now = time.monotonic()
        symbols = tuple(symbol for symbol in self._symbols.symbols if self._absent_until.get(symbol, 0) <= now)
        if not symbols:
            return self._standing.cycle_seconds
        asked_ns = self._clock()
        try:
            answer = self._gateway.books(symbols)
        except FeedError as error:
            self._looked.update(symbols)
            if error.status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND) or not self._leave_out(symbols):
                raise
            return 0.0
        self._looked.update(symbols)
        self._learn_from(answer)
        judgement = Judgement(
            now_ns=answer.arrival.wall_ns,
            delay_seconds=self._delay_seconds(),
            market_open=self._standing.market in ("open", "unknown"),
            source=self._gateway.source,
        )
        messages: Iterable[FeedMessage] = self._books.messages(answer, symbols, judgement)
        wait = self._standing.cycle_seconds
        if self._stream is not None:
            messages, wait = self._stream.books(messages, asked_ns), self._stream.books_cycle(wait)
        for message in messages:
            self._put(message)
        self._side_checks.shown()
        return wait

    def _learn_from(self, answer: BooksAnswer) -> None:
        has_rows = bool(answer.books or answer.without_quote)
        quotes = answer.quotes if has_rows else self.capabilities.quotes
        if (answer.depth_levels, quotes) != (self.capabilities.depth_levels, self.capabilities.quotes):
            deep = answer.depth_levels > 1
            self._standing.learn(depth_levels=answer.depth_levels, quotes=quotes, single_venue=deep)

    def _leave_out(self, symbols: Iterable[str]) -> bool:
        """Find who spoils the joint request, and ask for the others without them; False where nobody does."""
        found = False
        for symbol in symbols:
            try:
                self._gateway.single_book(symbol)
            except SymbolNotFoundError as error:
                found = True
                self._absent_until[symbol] = time.monotonic() + ABSENT_SECONDS
                arrival = Arrival(time.monotonic_ns(), self._clock())
                self._put(SymbolNote(symbol, "not_found", str(error), arrival))
        return found

    def _poll_tape(self, tape: SymbolTape, job: Job) -> float:
        if tape.intake.streaming:
            return LOOK_SECONDS
        if tape.symbol not in self._looked:
            tape.waits_until = tape.waits_until or time.monotonic() + QUOTE_SECONDS
            if time.monotonic() < tape.waits_until:
                return 0.0
        more = tape.poll(
            self._gateway,
            self._clock(),
            delay=lambda: self._delay_seconds() * NS,
            gap_ns=self._standing.gap_ns,
            told_until=lambda: self._standing.gap_told_until_ns,
        )
        job.suspect = tape.slowest_seconds > SLOW_SECONDS
        return 0.0 if more else self._cycle()


def _discard(_: FeedMessage) -> None:
    """Before the start nobody listens."""
