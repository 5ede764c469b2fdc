"""A connection that comes back by itself, whoever's it is: its thread, its pauses, and what is said of its troubles.

A vendor's stream is a subclass: what it sends and reads, and how long each kind of trouble keeps it away. While there
is no connection the polls have everything, or the gap is stated.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI, WebSocketException
from websockets.frames import Frame, Opcode

from orderflow_tui.feeds.errors import FeedError, one_line
from orderflow_tui.feeds.feed import ApiFault, Arrival, ErrorType, Put
from orderflow_tui.feeds.live.attempts import Attempts

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 5.0
"""A server answers a sign-in and a subscription within this."""
PING_SECONDS: Final = 10.0
TICK_SECONDS: Final = 0.25
FIRST_RETRY_SECONDS: Final = 1.0
STEADY_SECONDS: Final = 60.0
"""A connection that lasted so long has proved itself: the next trouble is the first one again."""
TELL_EVERY_SECONDS: Final = 60.0
MAX_FRAME: Final = 4 * 2**20
FRAMES_WAITING: Final = 256
_MOST_DOUBLINGS: Final = 16
_MESSAGES: Final = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})
_QUIET: Final = logging.getLogger("orderflow_tui.stream")
_QUIET.setLevel(logging.WARNING)


class TroubleError(Exception):
    """The connection is of no use any more.

    Attributes:
        error_type: The journal's word for it.
        kind: Why, for whoever decides how long it is left alone: `cut`, or a word of the vendor's stream.
    """

    def __init__(self, message: str, error_type: ErrorType = "network", kind: str = "cut") -> None:
        super().__init__(one_line(message))
        self.error_type: ErrorType = error_type
        self.kind = kind


class DirectConnection(ClientConnection):
    """Hands frames to whoever takes them as they are read from the socket, without the library's queue and its task.

    A frame goes by the queue where something is in there before it, or where it is a part of a message: order holds.
    """

    _take: Callable[[bytes], object] | None = None
    """Set while a reader waits and nothing waits for it."""
    _failure: Exception | None = None

    async def take_all(self, take: Callable[[bytes], object]) -> None:
        """Call `take` with each message until the connection ends.

        Raises:
            ConnectionClosed: It has ended.
            Exception: What `take` raised; it is called no more.
        """
        while True:
            self._take = take
            try:
                data = await self.recv(decode=False)
            finally:
                self._take = None
            if self._failure is not None:
                raise self._failure
            take(data)

    def process_event(self, event: Any) -> None:
        """Take a whole message at once; the queue has everything else."""
        if self._take is not None and isinstance(event, Frame) and event.opcode in _MESSAGES:
            if event.fin and event.opcode is not Opcode.CONT:
                try:
                    self._take(bytes(event.data))
                except Exception as failure:  # noqa: BLE001 the reader raises it
                    self._failure = failure
                else:
                    return
            self._take = None  # the reader is woken by what goes to the queue now, and waits again behind it
        super().process_event(event)


class _Connect(connect):
    """The library's connection without its redirects, which does not outlive its use.

    The key goes to the configured host and nowhere else.
    """

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Say goodbye; whoever is ended meanwhile leaves nothing open."""
        transport = self.connection.transport
        try:
            await super().__aexit__(exc_type, exc, traceback)
        finally:
            transport.abort()

    async def __aenter__(self) -> DirectConnection:
        """The connection, which hands its frames on directly where that is asked."""
        connection = await super().__aenter__()
        assert isinstance(connection, DirectConnection)
        return connection

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Follow none: what refused the handshake is what is told."""
        return exc


def websocket(url: str) -> _Connect:
    """A WebSocket to this address: bounded in time, frames and queue; no proxy, no redirect, no word in a log."""
    return _Connect(
        url,
        open_timeout=CONNECT_SECONDS,
        close_timeout=0.2,
        ping_interval=PING_SECONDS,
        ping_timeout=PING_SECONDS,
        max_size=MAX_FRAME,
        max_queue=FRAMES_WAITING,
        compression=None,  # frames are small and every moment counts; without it a frame is as large as it says, too
        user_agent_header="orderflow-tui",
        proxy=None,
        create_connection=DirectConnection,
        # At its debug level the library writes every frame to the log, the one with the key among them.
        logger=_QUIET,
    )


async def together(*parts: Coroutine[Any, Any, None]) -> None:
    """Run the parts of a connection until the first one ends; the others end with it, and its trouble is raised."""
    tasks = {asyncio.create_task(part) for part in parts}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


class Reconnecting(ABC):
    """One connection after another, in a daemon thread of its own.

    Args:
        name: The thread's.
        put: Where faults go.
        clock: Nanoseconds UTC.
        pace: Divides every wait; tests hurry.
        longest: Seconds between two tries at most, where trouble is no refusal.
    """

    def __init__(
        self,
        name: str,
        *,
        put: Put,
        clock: Callable[[], int] = time.time_ns,
        pace: float = 1.0,
        longest: float = 60.0,
    ) -> None:
        self._attempts = Attempts(name, self._attempt, self._defect)
        self.thread = self._attempts.thread
        """For whoever waits for its end."""
        self._put = put
        self._clock = clock
        self._pace = pace
        self._longest = longest
        self._failures = 0
        self._told_at = 0.0

    def start(self) -> None:
        """Start the thread."""
        self.thread.start()

    def stop(self) -> None:
        """Ask the thread to end; returns at once."""
        self._attempts.stop()

    # --- a vendor's -----------------------------------------------------------------------------------------------

    @abstractmethod
    async def _connection(self) -> None:
        """One connection from beginning to end; it ends by `TroubleError` or by what `_trouble` knows."""

    @abstractmethod
    def _left_for(self, trouble: TroubleError) -> float:
        """Say how the stream stands now; seconds until the next try."""

    @abstractmethod
    def _leave(self) -> None:
        """Nothing is streamed any more."""

    @property
    @abstractmethod
    def _stands(self) -> bool:
        """Whether something is streamed."""

    def _proved(self) -> None:
        """A connection has lasted: earlier troubles are forgotten."""
        self._failures = 0

    def _trouble(self, error: Exception) -> TroubleError | None:
        """What an error of the library or the system means; None for one that nobody expects."""
        if isinstance(error, TroubleError):
            return error
        if isinstance(error, FeedError):
            return TroubleError(str(error), "malformed")
        if isinstance(error, TimeoutError):
            return TroubleError("no answer in time", "timeout")
        if isinstance(error, ConnectionClosed):
            code = error.rcvd.code if error.rcvd is not None else 1006
            return TroubleError(f"the server closed the stream ({code})")
        if isinstance(error, OSError | WebSocketException | InvalidHandshake | InvalidURI):
            return TroubleError(_why(error))
        return None

    # --- everybody's ----------------------------------------------------------------------------------------------

    def _backoff(self) -> float:
        """Seconds to leave a host that fails: twice as long each time, spread so that not all come back at once."""
        wait = min(FIRST_RETRY_SECONDS * 2.0**self._failures, self._longest)
        self._failures = min(self._failures + 1, _MOST_DOUBLINGS)
        return wait * random.uniform(0.75, 1.25)  # noqa: S311 spreads load, guards nothing

    def _tell(self, trouble: TroubleError, *, always: bool = False) -> None:
        """Journal it; a connection that keeps failing is told of once a minute."""
        now = time.monotonic()
        if always or not self._told_at or now - self._told_at >= TELL_EVERY_SECONDS / self._pace:
            self._told_at = now
            arrival = Arrival(time.monotonic_ns(), self._clock())
            self._put(ApiFault(trouble.error_type, f"stream: {trouble}", arrival, endpoint="stream"))

    def _defect(self, error: Exception) -> float:
        self._tell(TroubleError(f"{type(error).__name__}: {error}", "malformed"))
        return self._longest / self._pace

    async def _attempt(self) -> float:
        """One connection; seconds until the next one."""
        began = time.monotonic()
        try:
            await self._connection()
        except Exception as error:
            trouble = self._trouble(error)
            if trouble is None:
                raise
            if time.monotonic() - began >= STEADY_SECONDS / self._pace and self._stands:
                self._proved()
            return self._left_for(trouble) / self._pace
        finally:
            self._leave()
        raise AssertionError("a connection ends by trouble only")


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno:
        return f"cannot be reached: {os.strerror(error.errno).lower()}"
    return f"{type(error).__name__}: {error}"
