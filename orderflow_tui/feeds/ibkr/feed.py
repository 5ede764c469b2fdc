"""The feed: a thread with one connection to TWS or IB Gateway, what it brings, and how it comes back."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from msgspec.structs import replace

from orderflow_tui.core.market.sessions import Session as MarketSession
from orderflow_tui.core.market.sessions import session_at
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import (
    ApiFault,
    Arrival,
    FeedGap,
    FeedMessage,
    FeedStatus,
    MarketState,
    Put,
    SymbolCapabilities,
    SymbolSet,
)
from orderflow_tui.feeds.ibkr import wire
from orderflow_tui.feeds.ibkr.connection import REQUESTS_A_SECOND, Connection, TroubleError
from orderflow_tui.feeds.ibkr.historical_ticks import Pace
from orderflow_tui.feeds.ibkr.market_data_lines import MarketDataLines
from orderflow_tui.feeds.ibkr.side_checks import SideChecks
from orderflow_tui.feeds.ibkr.symbol import DELAY_SECONDS, IbkrSymbol
from orderflow_tui.feeds.ibkr.tws_session import Session
from orderflow_tui.feeds.live.attempts import Attempts

LOWEST_ID, HIGHEST_ID = 100, 999
IDS_IN_A_ROW: Final = 5
"""So many refused client ids are no accident: then it is tried once a minute."""
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 1.0, 60.0
STEADY_SECONDS: Final = 60.0
WAITING_STEP, IDLE_STEP = 0.02, 0.1
TEND_SECONDS: Final = 0.25
STATUS_SECONDS: Final = 1.0
BEHIND_SECONDS: Final = 2.0
BUSY_SHOWN_SECONDS: Final = 5.0
"""A book that was never quiet is called thinned for so long after."""
SHOWN_EVERY_SECONDS: Final = 5.0
"""How often words and levels of a symbol may change; what changes the rules is told at once."""
TELL_EVERY_SECONDS: Final = 60.0
AFTER_HOURS_NS: Final = 300 * NS
_SESSIONS: Final[dict[str, MarketState]] = {"regular": "open", "pre": "extended-hours", "post": "extended-hours"}


class IbkrConfig(Protocol):
    """The settings of this source."""

    @property
    def ibkr_host(self) -> str:
        """Where TWS or IB Gateway runs."""
        ...

    @property
    def ibkr_port(self) -> int:
        """TWS 7496 or 7497 (paper), Gateway 4001 or 4002 (paper)."""
        ...

    @property
    def ibkr_books(self) -> int:
        """How many books the login may have at once."""
        ...

    @property
    def ibkr_tapes(self) -> int:
        """How many tick-by-tick lines the login may have at once."""
        ...


class IbkrFeed:
    """Interactive Brokers' market data. Implements `Feed`. It can send requests for data and nothing else.

    Args:
        config: Host, port and lines.
        clock: Nanoseconds UTC.
        speed: Divides every wait; tests hurry.
    """

    def __init__(self, config: IbkrConfig, *, clock: Callable[[], int] = time.time_ns, speed: float = 1.0) -> None:
        self._config = config
        self._clock = clock
        self._speed = speed
        host = f"{config.ibkr_host}:{config.ibkr_port}"
        self._base = Capabilities("ibkr", "live", host, side_check="asked")
        self._capabilities = self._base
        self._put: Put = _discard
        self._wanted = SymbolSet()
        self._urgent: tuple[str, ...] = ()
        self._lock = threading.Lock()
        self._attempts = Attempts(
            "ibkr-feed", self._attempt, self._defect, meanwhile=self._meanwhile, every=STATUS_SECONDS
        )
        # Below: the thread's own.
        self._symbols: dict[str, IbkrSymbol] = {}
        self._books, self._tapes = MarketDataLines(config.ibkr_books), MarketDataLines(config.ibkr_tapes)
        self._pace = Pace()
        self._sides = SideChecks(self._send)
        self._client_id = random.randint(LOWEST_ID, HIGHEST_ID)  # noqa: S311 a number nobody else uses, no secret
        self._failures = self._ids_refused = 0
        self._detail = "connecting"
        self._note = ""
        self._connected = self._behind = False
        self._down_ns = 0
        self._told_at = 0.0
        self._reported: FeedStatus | None = None
        self._reported_at = 0.0
        self._shown: dict[str, tuple[Capabilities, float]] = {}
        self._by_data: MarketSession | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What this source can show at best, as known now; each symbol's own come as `SymbolCapabilities`."""
        return self._capabilities

    def start(self, symbols: Iterable[str], put: Put) -> None:
        """Start delivering these symbols from a daemon thread. Returns at once.

        Raises:
            RuntimeError: It was started before.
        """
        if self._attempts.thread.ident is not None:
            raise RuntimeError("a feed starts once")
        self._put = put
        self.set_symbols(symbols)
        self._attempts.thread.start()

    def set_symbols(self, symbols: Iterable[str]) -> None:
        """Watch exactly these symbols from now on. New ones are back-filled."""
        with self._lock:
            self._wanted.replace(symbols)

    def set_urgency(self, symbols: Sequence[str]) -> None:
        """Who has one of the few lines first."""
        self._urgent = tuple(symbols)

    def request_side_check(self, asked: SideCheckRequested) -> None:
        """Answered by the quotes of the past, within the broker's pace."""
        self._sides.ask(asked)

    def stop(self) -> None:
        """Ask the thread to end; returns at once, never waits for the network."""
        self._attempts.stop()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the thread has ended; True when it has."""
        thread = self._attempts.thread
        if thread.ident is not None:
            thread.join(timeout)
        return not thread.is_alive()

    # --- the thread -------------------------------------------------------------------------------------------------

    def _meanwhile(self) -> None:
        now = time.monotonic()
        self._report(now)
        self._sides.tend(None, self._pace, self._symbols, now)

    def _defect(self, error: Exception) -> float:
        self._tell(TroubleError(f"{type(error).__name__}: {error}", "cut", "malformed"))
        return LONGEST_RETRY_SECONDS / self._speed

    async def _attempt(self) -> float:
        """One connection from beginning to end; seconds until the next one."""
        began = time.monotonic()
        session: list[Session] = []
        connection = Connection(lambda messages, unread, arrival: _taken(session, messages, unread, arrival))
        try:
            await connection.open(self._config.ibkr_host, self._config.ibkr_port, self._client_id)
            await self._connected_now(connection, session)
        except TroubleError as error:
            trouble = error
        finally:
            connection.close()
            self._disconnected()
        if time.monotonic() - began >= STEADY_SECONDS / self._speed:
            self._failures = 0
        return self._judged(trouble) / self._speed

    async def _connected_now(self, connection: Connection, session: list[Session]) -> None:
        self._ids_refused = 0
        self._connected, self._detail = True, self._note
        now_ns = self._clock()
        if self._down_ns:
            reason = "no connection to TWS"
            self._send(FeedGap(None, self._down_ns, now_ns, reason, Arrival(time.monotonic_ns(), now_ns)))
        self._down_ns = 0
        self._watch()
        session.append(
            Session(
                connection, self._symbols, books=self._books, tapes=self._tapes, put=self._send, market=self._market,
                pace=self._pace, sides=self._sides, speed=self._speed,
            )
        )  # fmt: skip
        tended = 0.0
        while not connection.closed.done():
            now = time.monotonic()
            session[0].show_waiting(now)
            if now - tended >= TEND_SECONDS:
                tended = now
                self._watch()
                session[0].sync(self._by_urgency(), now)
                session[0].tend(now)
                self._show(session[0], now)
                self._behind = 0 < connection.behind_at > now - BEHIND_SECONDS
            self._report(now)
            await asyncio.wait({connection.closed}, timeout=WAITING_STEP if session[0].waits else IDLE_STEP)
        raise connection.closed.result()

    def _disconnected(self) -> None:
        if self._connected:
            self._connected, self._down_ns = False, self._clock()
        for symbol in self._symbols.values():
            symbol.disconnected()

    def _judged(self, trouble: TroubleError) -> float:
        """What a trouble amounts to: how long to wait, and what is said of it."""
        if trouble.kind == "id":
            taken, self._client_id = self._client_id, _another(self._client_id)
            self._ids_refused += 1
            self._note = f"client id {taken} was in use, now {self._client_id}"
            wait = LONGEST_RETRY_SECONDS if self._ids_refused % IDS_IN_A_ROW == 0 else FIRST_RETRY_SECONDS
            said = TroubleError(f"client id {taken} is in use: trying {self._client_id}", "id")
        elif trouble.kind == "foreign":
            wait, said = LONGEST_RETRY_SECONDS, trouble
        else:
            wait = min(FIRST_RETRY_SECONDS * 2.0**self._failures, LONGEST_RETRY_SECONDS)
            wait *= random.uniform(0.75, 1.0)  # noqa: S311 spreads load, guards nothing
            self._failures = min(self._failures + 1, 16)
            said = trouble
        self._detail = f"{said}; again in {wait:.0f} s"
        self._tell(said)
        return wait

    def _tell(self, trouble: TroubleError) -> None:
        """Journal it; what keeps failing is told once a minute."""
        now = time.monotonic()
        if trouble.kind == "id" or not self._told_at or now - self._told_at >= TELL_EVERY_SECONDS / self._speed:
            self._told_at = now
            arrival = Arrival(time.monotonic_ns(), self._clock())
            self._send(ApiFault(trouble.error_type, str(trouble), arrival, endpoint="ibkr"))

    # --- what is watched and shown ----------------------------------------------------------------------------------

    def _watch(self) -> None:
        with self._lock:
            wanted = self._wanted.symbols
        for symbol in wanted:
            if symbol not in self._symbols:
                self._symbols[symbol] = IbkrSymbol(symbol, self._base, self._send)
        for symbol in [one for one in self._symbols if one not in wanted]:
            del self._symbols[symbol]
            self._shown.pop(symbol, None)

    def _by_urgency(self) -> tuple[str, ...]:
        urgent = tuple(symbol for symbol in self._urgent if symbol in self._symbols)
        return tuple(dict.fromkeys((*urgent, *self._symbols)))

    def _market(self) -> MarketState:
        """By the exchange's calendar; prints that come long after it says closed prove the calendar wrong."""
        session = session_at(self._clock())
        state = _SESSIONS.get(session.name, "closed")
        printed_ns = max((symbol.tape.last_ns for symbol in self._symbols.values()), default=0)
        if state == "closed" and printed_ns - session.start_ns > AFTER_HOURS_NS:
            self._by_data = session
        return "open" if state == "closed" and self._by_data == session else state

    def _show(self, session: Session, now: float) -> None:
        """Tell what each symbol shows, and the source as a whole."""
        arrival = Arrival(time.monotonic_ns(), self._clock())
        for name, symbol in self._symbols.items():
            shows = symbol.capabilities()
            known, told_at = self._shown.get(name, (None, 0.0))
            if shows == known or (known is None and not (symbol.alive or symbol.refused)):
                # Before anything has come there is nothing to say of it.
                continue
            same_rules = (
                known is not None and replace(shows, shows=known.shows, depth_levels=known.depth_levels) == known
            )
            if same_rules and now - told_at < SHOWN_EVERY_SECONDS / self._speed:
                continue
            self._shown[name] = (shows, now)
            self._send(SymbolCapabilities(name, shows, arrival))
        every = list(self._symbols.values())
        late = bool(every) and all(symbol.delayed for symbol in every)
        deep = max((shows.depth_levels for shows, _ in self._shown.values()), default=1)
        streaming = any(shows.streaming for shows, _ in self._shown.values())
        self._capabilities = replace(
            self._base, depth_levels=deep, streaming=streaming, delay_seconds=DELAY_SECONDS if late else 0
        )
        if session.lost:
            self._detail = session.lost
        elif session.competing:
            self._detail = "the data is on your other IBKR session: tried again each minute"
        else:
            self._detail = self._note

    def _lines_words(self, now: float) -> str:
        if not self._connected:
            return ""
        without = [name for name in self._symbols if name not in self._books.holders]
        books = f"no depth line: {', '.join(without[:4])}{' ..' if len(without) > 4 else ''}"
        said = f"{books} ({len(without)} of {len(self._symbols)} symbols)" if without else "depth for every symbol"
        sampled = sum(not symbol.tape.whole for symbol in self._symbols.values())
        said = f"{said}; tape sampled: {sampled}" if sampled else said
        if self._behind:
            return f"{said}; books thinned: this machine cannot keep up"
        busy = sum(0 < symbol.depth.thinned_at > now - BUSY_SHOWN_SECONDS for symbol in self._symbols.values())
        return f"{said}; books thinned to 4 a second: {busy}" if busy else said

    def _report(self, now: float) -> None:
        """Send the status where it changed, at most once a second."""
        if now - self._reported_at < STATUS_SECONDS:
            return
        status = FeedStatus(
            market=self._market(),
            requests_last_second=0.0,
            requests_budget=float(REQUESTS_A_SECOND),
            cycle_seconds=0.0,
            connected=self._connected,
            capabilities=self._capabilities,
            arrival=Arrival(time.monotonic_ns(), self._clock()),
            detail=self._detail,
            stream=self._lines_words(now),
        )
        if self._reported is None or replace(status, arrival=self._reported.arrival) != self._reported:
            self._reported, self._reported_at = status, now
            self._send(status)

    def _send(self, message: FeedMessage) -> None:
        self._put(message)


def _another(client_id: int) -> int:
    """A client id that is not the one that is taken."""
    found = random.randint(LOWEST_ID, HIGHEST_ID - 1)  # noqa: S311 see above
    return found if found < client_id else found + 1


def _taken(
    session: list[Session], messages: list[wire.Message], unread: list[wire.WireError], arrival: Arrival
) -> None:
    """Hand a read on; before the connection is ready there is nobody to take it."""
    if session:
        session[0].take(messages, unread, arrival)


def _discard(_: FeedMessage) -> None:
    """Before the start nobody listens."""
