"""The one connection that a key may have: signs in, subscribes what fits, watches, and comes back by itself.

While there is no stream the polls have everything. The vendor's own client retries a refused key for ever, takes
silence for success and never tells of a gap, so the exchange is ours.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal

import msgspec
from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI, WebSocketException

from orderflow_tui.feeds.alpaca import wire
from orderflow_tui.feeds.alpaca.stream_events import Frames
from orderflow_tui.feeds.errors import FeedError, one_line
from orderflow_tui.feeds.feed import ApiFault, Arrival, ErrorType, MarketState, Put
from orderflow_tui.outbound.resolve import resolve_apart
from orderflow_tui.support.masking import hide

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 5.0
PING_SECONDS: Final = 10.0
TICK_SECONDS: Final = 0.25
SILENCE_SECONDS: Final[dict[MarketState, float]] = {"open": 30.0, "unknown": 60.0, "extended-hours": 300.0}
"""No message of any name for so long is a dead stream; while the market is closed it may be silent for ever."""
PLACE_SECONDS: Final = 60.0
"""Who has a place keeps it so long, also against a more urgent name."""
TAKEN_SECONDS: Final = 60.0
"""Another program holds the one connection, or we read too slowly: tried again after so long."""
FIRST_RETRY_SECONDS: Final = 1.0
LONGEST_RETRY_SECONDS: Final = 60.0
STEADY_SECONDS: Final = 60.0
"""A stream that lasted so long has proved itself: the next trouble is the first one again."""
TELL_EVERY_SECONDS: Final = 60.0
MAX_FRAME: Final = 4 * 2**20
FRAMES_WAITING: Final = 256
BAD_KEY, TOO_MANY_NAMES, TAKEN, TOO_SLOW, NOT_IN_PLAN = 402, 405, 406, 407, 409
_QUIET: Final = logging.getLogger("orderflow_tui.alpaca_stream")
_QUIET.setLevel(logging.WARNING)


class _TroubleError(Exception):
    """The connection is of no use any more; `kind` says what follows."""

    def __init__(
        self,
        message: str,
        error_type: ErrorType = "network",
        kind: Literal["cut", "taken", "key", "plan"] = "cut",
    ) -> None:
        super().__init__(one_line(message))
        self.error_type: ErrorType = error_type
        self.kind = kind


class _Connect(connect):
    """The library's connection without its redirects: the key goes to the configured host and nowhere else."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Follow none: what refused the handshake is what is told."""
        return exc


class StreamHooks(Struct, frozen=True):
    """What the stream asks of the feed and tells it; called in the stream's thread, all return at once.

    Attributes:
        url: The address to connect to now; empty while it is not known yet.
        symbols: What is to be streamed, the most urgent first.
        market: The market's state.
        delay_ns: How late the data is by contract.
        began: These symbols are in the stream from this instant of the tape on.
        ended: These symbols are not streamed any more.
        state: How the stream stands, in a word or two.
        refused: The key is refused for good.
        not_in_plan: The feed is not in the plan.
    """

    url: Callable[[], str]
    symbols: Callable[[], tuple[str, ...]]
    market: Callable[[], MarketState]
    delay_ns: Callable[[], int]
    began: Callable[[Iterable[str], int], None]
    ended: Callable[[Iterable[str]], None]
    state: Callable[[str], None]
    refused: Callable[[str], None]
    not_in_plan: Callable[[], None]


class StreamSupervisor:
    """One connection, in a daemon thread of its own.

    Args:
        key: The key's id and its secret; sent in one message to the configured host and nowhere else.
        hooks: The feed.
        frames: Takes what comes.
        put: Where faults go.
        clock: Nanoseconds UTC.
        pace: Divides every wait; tests hurry.
    """

    def __init__(
        self,
        key: tuple[str, str],
        *,
        hooks: StreamHooks,
        frames: Frames,
        put: Put,
        clock: Callable[[], int] = time.time_ns,
        pace: float = 1.0,
    ) -> None:
        for part in key:
            hide(part)
        self._key = key
        self._hooks = hooks
        self._frames = frames
        self._put = put
        self._clock = clock
        self._pace = pace
        self.thread = threading.Thread(target=self._run, name="alpaca-stream", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = threading.Event()
        self._ended: asyncio.Event | None = None
        self._failures = 0
        self._told_at = 0.0
        self._heard = 0.0
        self._streaming: set[str] = set()
        self._placed: dict[str, float] = {}
        """When each got its place, on the monotonic clock."""
        self._most: int | None = None
        """Names that fit one connection, once the server has refused more."""

    def start(self) -> None:
        """Start the thread."""
        self.thread.start()

    def stop(self) -> None:
        """Ask the thread to end; returns at once."""
        self._ending.set()
        loop, ended = self._loop, self._ended
        if loop is not None and ended is not None:
            try:
                loop.call_soon_threadsafe(ended.set)
            except RuntimeError:
                # The loop has ended by itself in this moment, which is what was asked.
                return

    def _run(self) -> None:
        asyncio.run(self._supervise())

    async def _supervise(self) -> None:
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        resolve_apart(self._loop)
        ended = asyncio.create_task(self._ended.wait())
        while not ended.done() and not self._ending.is_set():
            attempt = asyncio.create_task(self._attempt())
            await asyncio.wait({attempt, ended}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                attempt.cancel()
            wait = (await asyncio.gather(attempt, return_exceptions=True))[0]
            gone, self._streaming = self._streaming, set()
            self._hooks.ended(gone)
            if isinstance(wait, Exception):
                self._tell(_TroubleError(f"{type(wait).__name__}: {wait}", "malformed"))
                wait = LONGEST_RETRY_SECONDS
            if isinstance(wait, float):
                await asyncio.wait({ended}, timeout=wait / self._pace)
        ended.cancel()

    async def _attempt(self) -> float:
        """One connection from beginning to end; seconds until the next one."""
        url = self._hooks.url()
        if not url:
            return TICK_SECONDS * self._pace
        began = time.monotonic()
        try:
            await self._connection(url)
        except _TroubleError as error:
            trouble = error
        except FeedError as error:
            trouble = _TroubleError(str(error), "malformed")
        except TimeoutError:
            trouble = _TroubleError("no answer in time", "timeout")
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd is not None else 1006
            trouble = _TroubleError(f"the server closed the stream ({code})")
        except (OSError, WebSocketException, InvalidHandshake, InvalidURI) as error:
            trouble = _TroubleError(f"{type(error).__name__}: {error}")
        return self._judged(trouble, time.monotonic() - began)

    def _judged(self, trouble: _TroubleError, lasted: float) -> float:
        """What a trouble amounts to: for how many seconds the polls are alone, and what is said of it."""
        if lasted >= STEADY_SECONDS / self._pace and self._streaming:
            self._failures = 0
        if trouble.kind == "key":
            self._hooks.refused(str(trouble))
            return LONGEST_RETRY_SECONDS
        if trouble.kind == "plan":
            self._hooks.not_in_plan()
            return FIRST_RETRY_SECONDS
        if trouble.kind == "taken":
            wait = TAKEN_SECONDS
        else:
            wait = min(FIRST_RETRY_SECONDS * 2.0**self._failures, LONGEST_RETRY_SECONDS)
            wait *= random.uniform(0.75, 1.0)  # noqa: S311 spreads load, guards nothing
            self._failures = min(self._failures + 1, 16)
        self._hooks.state(f"poll for {wait:.0f} s: {trouble}")
        self._tell(trouble)
        return wait

    def _tell(self, trouble: _TroubleError) -> None:
        """Journal it; a stream that keeps failing is told of once a minute."""
        now = time.monotonic()
        if not self._told_at or now - self._told_at >= TELL_EVERY_SECONDS / self._pace:
            self._told_at = now
            arrival = Arrival(time.monotonic_ns(), self._clock())
            self._put(ApiFault(trouble.error_type, f"stream: {trouble}", arrival, endpoint="stream"))

    async def _connection(self, url: str) -> None:
        self._hooks.state("connecting")
        async with _Connect(
            url,
            open_timeout=CONNECT_SECONDS,
            close_timeout=0.2,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            max_size=MAX_FRAME,
            max_queue=FRAMES_WAITING,
            user_agent_header="orderflow-tui",
            proxy=None,
            # At its debug level the library writes every frame to the log, the one with the key among them.
            logger=_QUIET,
        ) as connection:
            self._frames.begin()
            await self._answer(connection, "connected")
            await _send(connection, {"action": "auth", "key": self._key[0], "secret": self._key[1]})
            await self._answer(connection, "authenticated")
            self._heard = time.monotonic()
            parts = {asyncio.create_task(self._tend()), asyncio.create_task(self._read(connection))}
            try:
                done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for part in parts:
                    part.cancel()
                await asyncio.gather(*parts, return_exceptions=True)
            for part in done:
                part.result()

    async def _answer(self, connection: ClientConnection, wanted: str) -> None:
        """Read until the server says this word; what it refuses is trouble."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                for event in wire.decode_frame(await connection.recv(decode=False)).events:
                    if isinstance(event, wire.Success) and event.msg == wanted:
                        return
                    if isinstance(event, wire.StreamError):
                        raise _refusal(event)

    async def _tend(self) -> None:
        """Vouch for what is quiet, end what is dead."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            limit = SILENCE_SECONDS.get(self._hooks.market())
            silent = time.monotonic() - self._heard
            if limit is not None and silent > limit / self._pace:
                raise _TroubleError(f"silent for {silent:.0f} s", "timeout")
            if self._streaming:
                arrival = Arrival(time.monotonic_ns(), self._clock())
                self._frames.vouch(arrival.wall_ns, self._hooks.delay_ns(), arrival)

    async def _read(self, connection: ClientConnection) -> None:
        asked: tuple[str, ...] = ()
        asked_at = 0.0
        while True:
            if not asked:
                asked = await self._ask(connection)
                asked_at = time.monotonic()
            elif time.monotonic() - asked_at > ANSWER_SECONDS / self._pace:
                raise _TroubleError("no answer to a subscription", "timeout")
            try:
                async with asyncio.timeout(TICK_SECONDS):
                    data = await connection.recv(decode=False)
            except TimeoutError:
                continue
            arrival = Arrival(time.monotonic_ns(), self._clock())
            frame = wire.decode_frame(data)
            self._heard = time.monotonic()
            for event in frame.events:
                if isinstance(event, wire.Subscribed):
                    self._settled(set(event.trades) & set(event.quotes), arrival)
                    asked = ()
                elif isinstance(event, wire.StreamError):
                    if event.code != TOO_MANY_NAMES:
                        raise _refusal(event)
                    self._most = len(asked) - 1
                    asked = ()
            holes = self._frames.take(frame, arrival)
            if holes:
                # Polls fill the hole; the stream of these symbols joins again behind them.
                self._hooks.began(holes, arrival.wall_ns - self._hooks.delay_ns())

    async def _ask(self, connection: ClientConnection) -> tuple[str, ...]:
        """Ask for what is missing, or end what is not wanted; the names that will be subscribed, empty for nothing."""
        wanted = self._hooks.symbols()
        fit = wanted if self._most is None else self._fitting(wanted)
        gone = self._streaming - set(fit)
        if gone:
            await _send(connection, {"action": "unsubscribe", **_channels(sorted(gone))})
            self._streaming -= gone
            self._hooks.ended(gone)
            return fit
        fresh = [name for name in fit if name not in self._streaming]
        left = [name for name in wanted if name not in fit]
        if self._streaming or not fresh:
            self._hooks.state(f"stream; no room for {', '.join(left)}: polled" if left else "stream")
        if not fresh:
            return ()
        await _send(connection, {"action": "subscribe", **_channels(fresh)})
        return (*(name for name in fit if name in self._streaming), *fresh)

    def _fitting(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Who has a place: the most urgent, but whoever got one within the last minute keeps it."""
        since = time.monotonic() - PLACE_SECONDS / self._pace
        kept = [name for name in wanted if name in self._streaming and self._placed.get(name, 0.0) > since]
        return tuple(dict.fromkeys((*kept, *wanted)))[: self._most]

    def _settled(self, active: set[str], arrival: Arrival) -> None:
        """A subscription was answered: who has prints and quotes is streamed from now on."""
        fresh = (active & set(self._hooks.symbols())) - self._streaming
        self._streaming |= fresh
        self._placed |= dict.fromkeys(fresh, time.monotonic())
        if fresh:
            self._hooks.began(fresh, arrival.wall_ns - self._hooks.delay_ns())


def _channels(names: Sequence[str]) -> dict[str, list[str]]:
    return {channel: list(names) for channel in ("trades", "quotes", "statuses", "lulds")}


async def _send(connection: ClientConnection, message: object) -> None:
    await connection.send(msgspec.json.encode(message).decode())


def _refusal(error: wire.StreamError) -> _TroubleError:
    if error.code == BAD_KEY:
        return _TroubleError("the stream refuses the key", "401", "key")
    if error.code == TAKEN:
        return _TroubleError("another program holds this key's one connection", "429", "taken")
    if error.code == TOO_SLOW:
        return _TroubleError("we read too slowly", "429", "taken")
    if error.code == NOT_IN_PLAN:
        return _TroubleError("this feed is not in your plan", "403", "plan")
    return _TroubleError(f"{error.code}: {error.msg}")
