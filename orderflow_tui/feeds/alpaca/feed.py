"""The feed: one stream for prints and quotes, and requests for the start, the seams, and while there is no stream."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

from orderflow_tui.config.secrets import secret_text
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.feeds.alpaca import wire
from orderflow_tui.feeds.alpaca.entitlement import Entitlement, EntitlementHooks
from orderflow_tui.feeds.alpaca.host import MOST_QUOTES, AlpacaConfig, Host
from orderflow_tui.feeds.alpaca.last_prices import LastPrices
from orderflow_tui.feeds.alpaca.places import Places
from orderflow_tui.feeds.alpaca.shown_quotes import ShownQuotes
from orderflow_tui.feeds.alpaca.stream import StreamHooks, StreamSupervisor
from orderflow_tui.feeds.alpaca.stream_events import StreamEvents
from orderflow_tui.feeds.alpaca.tape import SymbolTape
from orderflow_tui.feeds.feed import (
    Arrival,
    FeedMessage,
    Put,
    SymbolSet,
)
from orderflow_tui.feeds.live.budgeted_http import Reply
from orderflow_tui.feeds.live.link import LinkState
from orderflow_tui.feeds.live.market_hours import market_at
from orderflow_tui.feeds.live.poll_faults import PollFaults
from orderflow_tui.feeds.live.poll_workers import PAUSE_SECONDS, PollWorkers, WorkerHooks
from orderflow_tui.feeds.live.retry import DEFAULT_POLICY, RetryPolicy
from orderflow_tui.feeds.live.schedule import Job, Schedule, cycle_of
from orderflow_tui.feeds.live.side_checks import SideChecks
from orderflow_tui.feeds.live.tape_join import QUOTE_SECONDS

WORKERS: Final = 3
LOOK_SECONDS: Final = 0.5
"""Between two looks whether a streamed symbol must be polled again."""
BOOKS_SECONDS: Final = 5.0
"""Books that are streamed are still asked for so often: an answer proves that the host is there."""
AGAIN_SECONDS: Final = 60.0
"""Polled prints of the last minutes are read again so often, for corrections."""
CLOSED_CYCLE_SECONDS: Final = 10.0


class AlpacaFeed:
    """Alpaca's market data. Implements `Feed`; it calls the data hosts only, which take no orders.

    Args:
        config: Key, addresses, feed, budget.
        clock: Nanoseconds UTC.
        policy: How failed polls are repeated.
        cycle_seconds: Shortest round of polls; a small budget makes it longer.
        stream_pace: Divides the waits of the stream.
    """

    def __init__(
        self,
        config: AlpacaConfig,
        *,
        clock: Callable[[], int] = time.time_ns,
        policy: RetryPolicy = DEFAULT_POLICY,
        cycle_seconds: float = 1.0,
        stream_pace: float = 1.0,
    ) -> None:
        self._config = config
        self._clock = clock
        self._shortest_cycle = cycle_seconds
        self._pace = stream_pace
        self._stop = threading.Event()
        self._host = Host(config, clock=clock, stop=self._stop, policy=policy, on_reply=self._on_reply)
        self._schedule = Schedule(self._stop, self._host.limiter.per_second, held=True)
        self._symbols = SymbolSet()
        self._urgent: tuple[str, ...] = ()
        self._tapes: dict[str, SymbolTape] = {}
        self._looked: set[str] = set()
        self._quoted: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._put: Put = _discard
        self._standing = LinkState(
            Capabilities("alpaca", "live", self._host.name, side_check="asked"),
            put=self._send,
            limiter=self._host.limiter,
            clock=clock,
            recovered=lambda: self._schedule.hurry(failed_only=True),
        )
        self._faults = PollFaults(self._standing, self._send, policy, clock)
        hooks = WorkerHooks(self._report, polled=lambda _: None, refused=self.stop, ended=self._host.close)
        self._workers = PollWorkers("alpaca-feed", WORKERS, self._schedule, self._faults, stop=self._stop, hooks=hooks)
        self._entitlement = Entitlement(
            config.alpaca_feed,
            self._host,
            self._standing,
            clock=clock,
            hooks=EntitlementHooks(self._send, known=self._schedule.hurry, end=self.stop),
        )
        self._places = Places(self._send)
        self._last_prices = LastPrices(self._host)
        self._shown = ShownQuotes(self._last_prices.before)
        self._side_checks = SideChecks(
            self._host.past_quotes,
            self._send,
            most=MOST_QUOTES,
            schedule=self._schedule,
            tapes=self._tapes,
            in_force=self._shown.in_force,
            clock=clock,
        )
        self._stream = self._stream_supervisor()

    @property
    def capabilities(self) -> Capabilities:
        """What this source can show, as known now."""
        return self._standing.capabilities

    def start(self, symbols: Iterable[str], put: Put) -> None:
        """Start delivering these symbols from daemon threads. Returns at once.

        Raises:
            RuntimeError: It was started before.
        """
        if self._workers.threads:
            raise RuntimeError("a feed starts once")
        self._put = put
        self._market()
        if not self._entitlement.settled_by_choice():
            self._schedule.add(Job("entitlement", self._entitlement.probe, "entitlement", due=time.monotonic()))
        self._schedule.add(Job("books", self._poll_books, "snapshot", due=time.monotonic()))
        self.set_symbols(symbols)
        self._workers.start()
        if self._config.stream != "off":
            self._workers.threads.append(self._stream.thread)
            self._stream.start()
        self._schedule.release()

    def set_symbols(self, symbols: Iterable[str]) -> None:
        """Watch exactly these symbols from now on. New ones are back-filled."""
        with self._lock:
            fresh = self._symbols.replace(symbols)
            for symbol in tuple(self._tapes):
                if symbol not in self._symbols.symbols:
                    del self._tapes[symbol]
                    self._looked.discard(symbol)
                    self._last_prices.forget(symbol)
                    self._schedule.remove(f"tape:{symbol}")
                    self._schedule.remove(f"again:{symbol}")
            for symbol in fresh:
                tape = SymbolTape(symbol, self._send, self._stop)
                self._tapes[symbol] = tape
                job = Job(f"tape:{symbol}", lambda: 0.0, "trades", symbol, due=time.monotonic())
                job.run = lambda tape=tape: self._poll_tape(tape)  # type: ignore[misc]
                self._schedule.add(job)
                again = Job(f"again:{symbol}", lambda: 0.0, "trades", symbol, optional=True)
                again.run = lambda tape=tape: self._read_again(tape)  # type: ignore[misc]
                again.due = time.monotonic() + AGAIN_SECONDS / self._pace
                self._schedule.add(again)
        if fresh:
            self._schedule.hurry("books")

    def set_urgency(self, symbols: Sequence[str]) -> None:
        """Who has a place in the stream first, where not all have one, and who is polled first."""
        self._urgent = tuple(symbols)
        self._schedule.set_leads({f"tape:{symbol}": 1.0 / (place + 1) for place, symbol in enumerate(symbols)})

    def request_side_check(self, asked: SideCheckRequested) -> None:
        """Answered from the quote in force, or by a request for those of the span."""
        self._side_checks.ask(asked)

    def stop(self) -> None:
        """Ask every thread to end; returns at once, never waits for the network."""
        self._stop.set()
        self._schedule.wake()
        self._stream.stop()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until every thread has ended; True when they have."""
        return self._workers.join(timeout)

    # --- the stream ---------------------------------------------------------------------------------------------

    def _stream_supervisor(self) -> StreamSupervisor:
        hooks = StreamHooks(
            url=self._stream_url,
            symbols=self._by_urgency,
            market=lambda: self._standing.market,
            delay_ns=lambda: self._host.delay_ns,
            began=self._began,
            ended=self._ended,
            state=self._standing.set_stream,
            refused=self._entitlement.refused,
            not_in_plan=self._entitlement.step_down,
        )
        return StreamSupervisor(
            (secret_text(self._config.alpaca_key_id), secret_text(self._config.alpaca_secret_key)),
            hooks=hooks,
            frames=StreamEvents(self._send, lambda: dict(self._tapes), self._host.spellings),
            spellings=self._host.spellings,
            put=self._send,
            clock=self._clock,
            pace=self._pace,
        )

    def _stream_url(self) -> str:
        if not self._entitlement.known:
            return ""
        return f"{self._config.alpaca_stream_url.rstrip('/')}/v2/{self._host.feed}"

    def _by_urgency(self) -> tuple[str, ...]:
        watched = self._symbols.symbols
        urgent = tuple(symbol for symbol in self._urgent if symbol in watched)
        return tuple(dict.fromkeys((*urgent, *watched)))

    def _began(self, symbols: Iterable[str], at_ns: int) -> None:
        names = frozenset(symbols)
        for symbol, tape in dict(self._tapes).items():
            if symbol in names:
                tape.intake.stream_began(at_ns, quotes=True)
        self._set_quoted(self._quoted | names)
        self._schedule.hurry("books")
        for symbol in names:
            self._schedule.hurry(f"tape:{symbol}")

    def _ended(self, symbols: Iterable[str]) -> None:
        names = frozenset(symbols)
        for symbol, tape in dict(self._tapes).items():
            if symbol in names:
                tape.intake.stream_ended()
        self._set_quoted(self._quoted - names)
        if names:
            self._schedule.hurry()

    def _set_quoted(self, symbols: frozenset[str]) -> None:
        self._quoted = symbols
        if bool(symbols) != self._standing.capabilities.streaming:
            self._standing.learn(streaming=bool(symbols))

    # --- the polls ----------------------------------------------------------------------------------------------

    def _report(self) -> None:
        self._market()
        self._places.tell(self._symbols.symbols, self._quoted, self._standing.capabilities)
        self._standing.report()

    def _market(self) -> None:
        host = urlsplit(self._config.alpaca_data_url).hostname or ""
        self._standing.market = market_at(self._clock(), host)

    def _cycle(self) -> float:
        if self._standing.market == "closed":
            return max(CLOSED_CYCLE_SECONDS, self._shortest_cycle)
        polled = sum(not tape.intake.streaming for tape in dict(self._tapes).values())
        return max(self._shortest_cycle, cycle_of(polled + 1, self._host.limiter.per_second))

    def _poll_tape(self, tape: SymbolTape) -> float:
        if tape.intake.streaming:
            return LOOK_SECONDS
        if not self._entitlement.known:
            return PAUSE_SECONDS
        if tape.symbol not in self._looked:
            tape.waits_until = tape.waits_until or time.monotonic() + QUOTE_SECONDS
            if time.monotonic() < tape.waits_until:
                return PAUSE_SECONDS
        standing = self._standing
        more = tape.poll(self._host, self._clock(), gap_ns=standing.gap_ns, told_until_ns=standing.gap_told_until_ns)
        return 0.0 if more else self._cycle()

    def _read_again(self, tape: SymbolTape) -> float:
        """What polled prints have become: a stream tells of corrections by itself."""
        if self._entitlement.known and not tape.intake.streaming:
            tape.read_again(self._host, self._clock())
        return AGAIN_SECONDS / self._pace

    def _poll_books(self) -> float:
        self._standing.cycle_seconds = cycle = self._cycle()
        symbols = self._symbols.symbols
        if not symbols or not self._entitlement.known:
            return PAUSE_SECONDS
        asked_ns = self._clock() - self._host.delay_ns
        try:
            self._tell_quotes(symbols, self._host.quotes(symbols), asked_ns)
            for price in self._last_prices.ask(symbols):
                self._send(price)
        finally:
            self._looked.update(symbols)
        self._side_checks.shown()
        streamed = self._quoted and self._quoted >= set(symbols)
        waiting = any(tape.intake.wants_quote for tape in dict(self._tapes).values())
        return max(cycle, BOOKS_SECONDS) if streamed and not waiting else cycle

    def _tell_quotes(self, symbols: Sequence[str], reply: Reply, asked_ns: int) -> None:
        rows = wire.latest_quotes(reply.body).quotes or {}
        for symbol in symbols:
            raw = rows.get(self._host.spellings.of(symbol))
            intake = self._tapes[symbol].intake if symbol in self._quoted and symbol in self._tapes else None
            message = (
                self._shown.without(symbol, self._host.feed, reply)
                if raw is None
                else self._shown.message(symbol, raw, reply, asked_ns, streamed=intake)
            )
            if message is not None:
                self._send(message)

    def _on_reply(self, arrival: Arrival) -> None:
        self._standing.answered(arrival)

    def _send(self, message: FeedMessage) -> None:
        self._put(message)


def _discard(_: FeedMessage) -> None:
    """Before the start nobody listens."""
