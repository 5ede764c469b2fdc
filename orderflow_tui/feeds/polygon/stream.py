"""The WebSocket's supervisor: connects, subscribes, watches, gives up politely and comes back by itself.

The vendor's own client reconnects without a pause, forgets its subscriptions, never notices silence and hides the
server's status messages, so the exchange is ours. While there is no stream the polls have everything; a stream that
comes and goes costs nothing but requests.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Struct
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Arrival, MarketState, Put
from orderflow_tui.feeds.live.reconnecting import (
    ANSWER_SECONDS,
    TICK_SECONDS,
    DirectConnection,
    Reconnecting,
    TroubleError,
    together,
    websocket,
)
from orderflow_tui.feeds.polygon.rest_calls import HEARTBEAT
from orderflow_tui.feeds.polygon.stream_events import StreamEvents
from orderflow_tui.feeds.polygon.stream_wire import FrameError, StreamMessage, StreamStatus, decode_frame
from orderflow_tui.feeds.polygon.subscriptions import KINDS, Subscriptions
from orderflow_tui.support.hosts import is_loopback
from orderflow_tui.support.masking import hide

SILENCE_SECONDS: Final[dict[MarketState, float]] = {"open": 15.0, "unknown": 60.0, "extended-hours": 60.0}
"""No frame at all for so long is a dead stream; a closed market may be silent for ever."""
POLITE: Final = "polite"
"""The server said that we are too many or too slow."""
ABSENT: Final = "absent"
"""The plan has no stream: this is a fact, not a fault."""
POLITE_SECONDS: Final = 60.0
"""Told that there are too many of us, or that we are too slow, we poll at least so long, twice as long each time."""
POLITE_MOST: Final = 1_800.0
ABSENT_SECONDS: Final = 900.0
"""A stream that is not in the plan is tried again after so long."""
LONGEST_RETRY_SECONDS: Final = 30.0
_TOLD: Final = {"max_connections", "slow_consumer", "force_disconnect"}
_WORDS: Final = {
    "max_connections": "another program streams with this key",
    "slow_consumer": "we read too slowly",
    "force_disconnect": "the server ended it",
}
_POLICY_VIOLATION: Final = 1008


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


class StreamSupervisor(Reconnecting):
    """The stream of one key.

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
        frames: StreamEvents,
        put: Put,
        clock: Callable[[], int] = time.time_ns,
        pace: float = 1.0,
    ) -> None:
        super().__init__("polygon-stream", put=put, clock=clock, pace=pace, longest=LONGEST_RETRY_SECONDS)
        hide(key)
        self._key = key
        self._required = required
        self._hooks = hooks
        self._frames = frames
        self._polite = 0
        self._heard = 0.0
        self._said = ""
        """What the server said last."""
        self._streaming: set[str] = set()

    @property
    def _stands(self) -> bool:
        return bool(self._streaming)

    def _proved(self) -> None:
        self._failures = self._polite = 0

    def _left_for(self, trouble: TroubleError) -> float:
        if trouble.kind == ABSENT:
            self._hooks.state(f"poll: {trouble}")
            if self._required:
                self._tell(trouble)
            return ABSENT_SECONDS
        if trouble.kind == POLITE:
            wait = min(POLITE_SECONDS * 2.0**self._polite, POLITE_MOST)
            self._polite += 1
        else:
            wait = self._backoff()
        self._hooks.state(f"poll for {wait:.0f} s: {trouble}")
        self._tell(trouble, always=trouble.kind == POLITE)
        return wait

    def _leave(self) -> None:
        gone, self._streaming = self._streaming, set()
        self._hooks.ended(gone)

    def _trouble(self, error: Exception) -> TroubleError | None:
        return _refusal(error) if isinstance(error, InvalidStatus) else super()._trouble(error)

    # --- one connection -----------------------------------------------------------------------------------------

    async def _connection(self) -> None:
        self._hooks.state("connecting")
        async with websocket(self._hooks.url()) as connection:
            self._frames.begin()
            await self._answer(connection, "connected")
            await connection.send(msgspec.json.encode({"action": "auth", "params": self._key}).decode())
            await self._answer(connection, "auth_success")
            self._heard = time.monotonic()
            channels = Subscriptions(KINDS if self._hooks.quotes() else ("T", "LULD"))
            await together(self._tend(connection, channels), self._read(connection, channels))

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
                raise TroubleError("no answer to a subscription", "timeout")
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
            raise TroubleError(f"silent for {now - self._heard:.0f} s", "timeout")

    async def _read(self, connection: DirectConnection, channels: Subscriptions) -> None:
        self._said = ""
        try:
            await connection.take_all(partial(self._take, channels))
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd is not None else 1006
            told = self._said if code == _POLICY_VIOLATION else ""
            reason = told or (closed.rcvd.reason if closed.rcvd else "")
            text = f"the server closed the stream ({code}{': ' + reason if reason else ''})"
            raise TroubleError(text, kind=POLITE if code == _POLICY_VIOLATION else "cut") from None

    def _take(self, channels: Subscriptions, data: bytes) -> None:
        arrival = Arrival(time.monotonic_ns(), self._clock())
        self._heard = arrival.mono_ns / NS
        frame = _decoded(data)
        for event in frame.events:
            if type(event) is StreamStatus:
                self._said = event.message or event.status
                self._on_status(event, channels, arrival)
        holes = self._frames.take(frame, arrival)
        if holes:
            # Polls fill the hole; the stream of these symbols joins again behind them.
            self._begin(holes, channels, arrival)

    def _on_status(self, event: StreamStatus, channels: Subscriptions, arrival: Arrival) -> None:
        if event.status == "success":
            settled = channels.confirmed(event.message)
            if settled is not None:
                self._settled(channels, arrival)
        elif event.status == "error" and channels.waiting is not None:
            kind = channels.refuse()
            if kind == "T":
                raise TroubleError("the stream is not in your plan", "403", ABSENT)
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
        raise TroubleError(str(error), "malformed") from None


def _judge(event: StreamStatus) -> None:
    """What the server says when it is not what was asked for."""
    text = event.message or event.status
    if event.status in _TOLD:
        raise TroubleError(f"{event.status}: {_WORDS.get(event.status, text)}", "429", POLITE)
    if event.status == "auth_failed":
        raise TroubleError("the stream refuses the key", "403", ABSENT)
    if event.status in ("auth_timeout", "error"):
        raise TroubleError(f"{event.status}: {text}")


def _refusal(refused: InvalidStatus) -> TroubleError:
    status = refused.response.status_code
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return TroubleError("the stream is not in your plan", "403", ABSENT)
    if status == HTTPStatus.NOT_FOUND:
        return TroubleError("there is no stream at this address", "404", ABSENT)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TroubleError("too many connections", "429", POLITE)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return TroubleError(f"HTTP {status}: the address points elsewhere, which is not followed")
    return TroubleError(f"HTTP {status} instead of a stream", "5xx" if status >= 500 else "network")
