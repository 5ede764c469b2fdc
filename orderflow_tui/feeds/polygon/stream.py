"""The WebSocket's supervisor: connects, subscribes, watches, gives up politely and comes back by itself.

The vendor's own client reconnects without a pause, forgets its subscriptions, never notices silence and hides the
server's status messages, so the exchange is ours. While there is no stream the polls have everything; a stream that
comes and goes costs nothing but requests.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI, WebSocketException

from orderflow_tui.feeds.errors import one_line
from orderflow_tui.feeds.feed import ApiFault, Arrival, ErrorType, MarketState, Put
from orderflow_tui.feeds.polygon.gateway import HEARTBEAT
from orderflow_tui.feeds.polygon.stream_events import Frames
from orderflow_tui.feeds.polygon.stream_wire import FrameError, StreamMessage, StreamStatus, decode_frame
from orderflow_tui.feeds.polygon.subscriptions import KINDS, Subscriptions
from orderflow_tui.outbound.resolve import resolve_apart
from orderflow_tui.support.hosts import is_loopback
from orderflow_tui.support.masking import hide

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 5.0
"""The server answers a sign-in and a subscription within this."""
PING_SECONDS: Final = 10.0
TICK_SECONDS: Final = 0.25
SILENCE_SECONDS: Final[dict[MarketState, float]] = {"open": 15.0, "unknown": 60.0, "extended-hours": 60.0}
"""No frame at all for so long is a dead stream; a closed market may be silent for ever."""
POLITE_SECONDS: Final = 60.0
"""Told that there are too many of us, or that we are too slow, we poll at least so long, twice as long each time."""
POLITE_MOST: Final = 1_800.0
ABSENT_SECONDS: Final = 900.0
"""A stream that is not in the plan is tried again after so long."""
FIRST_RETRY_SECONDS: Final = 1.0
LONGEST_RETRY_SECONDS: Final = 30.0
STEADY_SECONDS: Final = 60.0
"""A stream that lasted so long has proved itself: the next trouble is the first one again."""
TELL_EVERY_SECONDS: Final = 60.0
MAX_FRAME: Final = 4 * 2**20
FRAMES_WAITING: Final = 256
_TOLD: Final = {"max_connections", "slow_consumer", "force_disconnect"}
_WORDS: Final = {
    "max_connections": "another program streams with this key",
    "slow_consumer": "we read too slowly",
    "force_disconnect": "the server ended it",
}
_POLICY_VIOLATION: Final = 1008
_QUIET: Final = logging.getLogger("orderflow_tui.stream")
_QUIET.setLevel(logging.WARNING)


class StreamConfig(Protocol):
    """The part of the configuration the stream reads."""

    @property
    def data_source(self) -> str:
        """`polygon` or `simulator`."""
        ...

    @property
    def polygon_base_url(self) -> str:
        """Where the REST host is."""
        ...

    @property
    def polygon_ws_url(self) -> str:
        """Where the stream is."""
        ...

    @property
    def stream(self) -> str:
        """`auto`, `on` or `off`."""
        ...


def stream_url(config: StreamConfig, *, vendor: str, delayed: bool) -> str:
    """The stream's address: a REST host on this machine brings its own, a delayed key has a host of its own."""
    base = urlsplit(config.polygon_base_url)
    if config.polygon_ws_url == vendor and (config.data_source == "simulator" or is_loopback(base.hostname or "")):
        scheme = "wss" if base.scheme == "https" else "ws"
        return urlunsplit((scheme, base.netloc, "/stocks", "", ""))
    parts = urlsplit(config.polygon_ws_url)
    host = parts.netloc
    if delayed and host.startswith("socket."):
        host = "delayed." + host.removeprefix("socket.")
    return urlunsplit((parts.scheme, host, parts.path or "/stocks", "", ""))


class _TroubleError(Exception):
    """The connection is of no use any more.

    Attributes:
        error_type: The journal's word for it.
        absent: The plan has no stream: this is a fact, not a fault.
        polite: The server said that we are too many or too slow.
    """

    def __init__(
        self,
        message: str,
        error_type: ErrorType = "network",
        *,
        absent: bool = False,
        polite: bool = False,
    ) -> None:
        super().__init__(one_line(message))
        self.error_type: ErrorType = error_type
        self.absent = absent
        self.polite = polite


class _Connect(connect):
    """The library's connection without its redirects: the key goes to the configured host and nowhere else."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Follow none: what refused the handshake is what is told."""
        return exc


class StreamHooks(Struct, frozen=True):
    """What the supervisor asks of the feed and tells it; called in the stream's thread, all return at once.

    Attributes:
        url: The address to connect to now.
        symbols: What is to be streamed.
        quotes: Whether quotes are wanted too (not where the source shows more than their one level).
        market: The market's state.
        delay_ns: How late the data is by contract.
        began: Prints of these symbols are in the stream from this instant on; quotes too, where the flag says so.
        ended: These symbols are not streamed any more.
        state: How the stream stands, in a word or two.
    """

    url: Callable[[], str]
    symbols: Callable[[], tuple[str, ...]]
    quotes: Callable[[], bool]
    market: Callable[[], MarketState]
    delay_ns: Callable[[], int]
    began: Callable[[Iterable[str], int, bool], None]
    ended: Callable[[Iterable[str]], None]
    state: Callable[[str], None]


class StreamSupervisor:
    """One connection, in a daemon thread of its own.

    Args:
        key: The API key; it is sent in one message to the configured host, over the connection, and nowhere else.
        required: Whether a stream that is not there is a fault to be journaled (`stream = "on"`).
        hooks: The feed.
        frames: Takes what comes.
        put: Where faults go.
        clock: Nanoseconds UTC.
        pace: Divides every wait; tests hurry.
    """

    def __init__(
        self,
        key: str,
        *,
        required: bool,
        hooks: StreamHooks,
        frames: Frames,
        put: Put,
        clock: Callable[[], int] = time.time_ns,
        pace: float = 1.0,
    ) -> None:
        hide(key)
        self._key = key
        self._required = required
        self._hooks = hooks
        self._frames = frames
        self._put = put
        self._clock = clock
        self._pace = pace
        self._thread = threading.Thread(target=self._run, name="polygon-stream", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = threading.Event()
        self._ended: asyncio.Event | None = None
        self._failures = self._polite = 0
        self._told_at = 0.0
        self._heard = 0.0
        self._streaming: set[str] = set()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

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

    @property
    def thread(self) -> threading.Thread:
        """For whoever waits for its end."""
        return self._thread

    # --- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.run(self._supervise())

    async def _supervise(self) -> None:
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        resolve_apart(self._loop)
        if self._ending.is_set():
            return
        ended = asyncio.create_task(self._ended.wait())
        while not ended.done():
            attempt = asyncio.create_task(self._attempt())
            await asyncio.wait({attempt, ended}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                attempt.cancel()
            wait = (await asyncio.gather(attempt, return_exceptions=True))[0]
            self._leave()
            if isinstance(wait, float):
                await asyncio.wait({ended}, timeout=wait / self._pace)
            elif isinstance(wait, Exception):
                self._tell(_TroubleError(f"{type(wait).__name__}: {wait}", "malformed"))
                await asyncio.wait({ended}, timeout=LONGEST_RETRY_SECONDS / self._pace)

    async def _attempt(self) -> float:
        """One connection from beginning to end; seconds until the next one."""
        began = time.monotonic()
        try:
            await self._connection()
        except _TroubleError as trouble:
            return self._judged(trouble, time.monotonic() - began)
        except InvalidStatus as refused:
            return self._judged(_refusal(refused), time.monotonic() - began)
        except TimeoutError:
            return self._judged(_TroubleError("no answer in time", "timeout"), time.monotonic() - began)
        except (OSError, WebSocketException, InvalidHandshake, InvalidURI) as error:
            return self._judged(_TroubleError(f"{type(error).__name__}: {error}"), time.monotonic() - began)
        raise AssertionError("a connection ends by trouble only")

    def _judged(self, trouble: _TroubleError, lasted: float) -> float:
        """What a trouble amounts to: for how many seconds the polls are alone, and what is said of it."""
        if lasted >= STEADY_SECONDS / self._pace and self._streaming:
            self._failures = self._polite = 0
        if trouble.polite:
            wait = min(POLITE_SECONDS * 2.0**self._polite, POLITE_MOST)
            self._polite += 1
        elif trouble.absent:
            wait = ABSENT_SECONDS
        else:
            wait = min(FIRST_RETRY_SECONDS * 2.0**self._failures, LONGEST_RETRY_SECONDS)
            wait *= random.uniform(0.75, 1.25)  # noqa: S311 spreads load, guards nothing
            self._failures = min(self._failures + 1, 16)
        if trouble.absent:
            self._hooks.state(f"poll: {trouble}")
            if self._required:
                self._tell(trouble)
        else:
            self._hooks.state(f"poll for {wait:.0f} s: {trouble}")
            self._tell(trouble)
        return wait

    def _tell(self, trouble: _TroubleError) -> None:
        """Journal it; a stream that keeps failing is told of once a minute."""
        now = time.monotonic()
        if trouble.polite or not self._told_at or now - self._told_at >= TELL_EVERY_SECONDS:
            self._told_at = now
            arrival = Arrival(time.monotonic_ns(), self._clock())
            self._put(ApiFault(trouble.error_type, f"stream: {trouble}", arrival, endpoint="stream"))

    def _leave(self) -> None:
        """Nothing is streamed any more."""
        gone, self._streaming = self._streaming, set()
        self._hooks.ended(gone)

    # --- one connection -----------------------------------------------------------------------------------------

    async def _connection(self) -> None:
        self._hooks.state("connecting")
        async with _Connect(
            self._hooks.url(),
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
            await connection.send(msgspec.json.encode({"action": "auth", "params": self._key}).decode())
            await self._answer(connection, "auth_success")
            self._heard = time.monotonic()
            channels = Subscriptions(KINDS if self._hooks.quotes() else ("T", "LULD"))
            parts = {
                asyncio.create_task(self._tend(connection, channels)),
                asyncio.create_task(self._read(connection, channels)),
            }
            try:
                done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for part in parts:
                    part.cancel()
                await asyncio.gather(*parts, return_exceptions=True)
            for part in done:
                part.result()

    async def _answer(self, connection: ClientConnection, wanted: str) -> None:
        """Read until the server says this word; what it says otherwise is trouble."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                for event in _decoded(await connection.recv(decode=False)).events:
                    if isinstance(event, StreamStatus):
                        if event.status == wanted:
                            return
                        _judge(event)

    async def _tend(self, connection: ClientConnection, channels: Subscriptions) -> None:
        """Subscribe what is wanted, vouch for what is quiet, end what is dead."""
        asked_at = time.monotonic()
        while True:
            now = time.monotonic()
            if self._hooks.quotes() and "Q" not in channels.kinds:
                # The books turned out to have one level: the stream's quotes are wanted after all.
                channels.kinds = KINDS
                self._leave()
            request = channels.next_request((*self._hooks.symbols(), HEARTBEAT))
            if request is not None:
                asked_at = now
                await connection.send(msgspec.json.encode(request).decode())
            elif channels.waiting is not None and now - asked_at > ANSWER_SECONDS / self._pace:
                raise _TroubleError("no answer to a subscription", "timeout")
            self._forget(channels)
            self._watch_silence(now)
            if self._streaming:
                arrival = Arrival(time.monotonic_ns(), self._clock())
                self._frames.vouch(arrival.wall_ns, self._hooks.delay_ns(), arrival)
            await asyncio.sleep(TICK_SECONDS if channels.waiting is None else TICK_SECONDS / 5)

    def _forget(self, channels: Subscriptions) -> None:
        """Symbols that were unsubscribed are not streamed any more."""
        gone = self._streaming - channels.active.get("T", set())
        if gone:
            self._streaming -= gone
            self._hooks.ended(gone)

    def _watch_silence(self, now: float) -> None:
        limit = SILENCE_SECONDS.get(self._hooks.market())
        if limit is not None and now - self._heard > limit / self._pace:
            raise _TroubleError(f"silent for {now - self._heard:.0f} s", "timeout")

    async def _read(self, connection: ClientConnection, channels: Subscriptions) -> None:
        said = ""
        try:
            while True:
                data = await connection.recv(decode=False)
                arrival = Arrival(time.monotonic_ns(), self._clock())
                self._heard = time.monotonic()
                frame = _decoded(data)
                for event in frame.events:
                    if isinstance(event, StreamStatus):
                        said = event.message or event.status
                        self._on_status(event, channels, arrival)
                holes = self._frames.take(frame, arrival)
                if holes:
                    # Polls fill the hole; the stream of these symbols joins again behind them.
                    self._begin(holes, channels, arrival)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd is not None else 1006
            reason = said if code == _POLICY_VIOLATION and said else (closed.rcvd.reason if closed.rcvd else "")
            text = f"the server closed the stream ({code}{': ' + reason if reason else ''})"
            raise _TroubleError(text, polite=code == _POLICY_VIOLATION) from None

    def _on_status(self, event: StreamStatus, channels: Subscriptions, arrival: Arrival) -> None:
        if event.status == "success":
            settled = channels.confirmed(event.message)
            if settled is not None:
                self._settled(channels, arrival)
        elif event.status == "error" and channels.waiting is not None:
            kind = channels.refuse()
            if kind == "T":
                raise _TroubleError("the stream is not in your plan", "403", absent=True)
            self._settled(channels, arrival)
        else:
            _judge(event)

    def _settled(self, channels: Subscriptions, arrival: Arrival) -> None:
        """A subscription was answered: whoever has all that can be had is streamed from now on."""
        whole = set(channels.active.get("T", ()))
        if "Q" in channels.kinds and "Q" not in channels.refused:
            whole &= channels.active.get("Q", set())
        fresh = whole - self._streaming - {HEARTBEAT}
        self._streaming |= fresh
        if fresh:
            self._begin(fresh, channels, arrival)
        if channels.waiting is None:
            self._hooks.state("stream")

    def _begin(self, symbols: Iterable[str], channels: Subscriptions, arrival: Arrival) -> None:
        quotes = "Q" in channels.kinds and "Q" not in channels.refused
        self._hooks.began(symbols, arrival.wall_ns - self._hooks.delay_ns(), quotes)


def _decoded(data: bytes) -> StreamMessage:
    try:
        return decode_frame(data)
    except FrameError as error:
        raise _TroubleError(str(error), "malformed") from None


def _judge(event: StreamStatus) -> None:
    """What the server says when it is not what was asked for."""
    text = event.message or event.status
    if event.status in _TOLD:
        raise _TroubleError(f"{event.status}: {_WORDS.get(event.status, text)}", "429", polite=True)
    if event.status == "auth_failed":
        raise _TroubleError("the stream refuses the key", "403", absent=True)
    if event.status in ("auth_timeout", "error"):
        raise _TroubleError(f"{event.status}: {text}")


def _refusal(refused: InvalidStatus) -> _TroubleError:
    status = refused.response.status_code
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return _TroubleError("the stream is not in your plan", "403", absent=True)
    if status == HTTPStatus.NOT_FOUND:
        return _TroubleError("there is no stream at this address", "404", absent=True)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _TroubleError("too many connections", "429", polite=True)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return _TroubleError(f"HTTP {status}: the address points elsewhere, which is not followed")
    return _TroubleError(f"HTTP {status} instead of a stream", "5xx" if status >= 500 else "network")
