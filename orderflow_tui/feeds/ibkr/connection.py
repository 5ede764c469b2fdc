"""One TCP connection to TWS or IB Gateway: the greeting, the pace of requests, and messages read by read."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Literal

from orderflow_tui.feeds.errors import FeedError, one_line
from orderflow_tui.feeds.feed import Arrival, ErrorType
from orderflow_tui.feeds.ibkr import outgoing, wire

CONNECT_SECONDS: Final = 5.0
READY_SECONDS: Final = 10.0
REQUESTS_A_SECOND: Final = 45
"""The server cuts connections that send more than 50 a second."""
SEND_LIMIT: Final = 1_000
READ: Final = 1 << 15
"""Bytes of one read: what comes after it waits no longer than these take."""
FULL_READS: Final = 2
"""So many full reads in a row find a queue: TWS tells more than this machine reads."""
ID_TAKEN: Final = 326
Trouble = Literal["cut", "refused", "silent", "foreign", "id"]


class TroubleError(Exception):
    """The connection is of no use; `kind` says what follows."""

    def __init__(self, message: str, kind: Trouble = "cut", error_type: ErrorType = "network") -> None:
        super().__init__(one_line(message))
        self.kind: Trouble = kind
        self.error_type: ErrorType = error_type


class Connection(asyncio.BufferedProtocol):
    """Reads messages and hands them on, those of one read together.

    Args:
        take: Gets the messages of a read and the requests whose answer could not be read.
        clock: Nanoseconds UTC and monotonic, at this instant.
    """

    def __init__(self, take: Callable[[list[wire.Message], list[wire.WireError], Arrival], None]) -> None:
        loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[TroubleError] = loop.create_future()
        self.ready: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._take = take
        self.behind_at = 0.0
        """When a read found a queue last, on the monotonic clock; 0 for never."""
        self._buffer = bytearray(READ)
        self._full_reads = 0
        self._frames = wire.FrameReader()
        self._greeted = False
        self._version = wire.NEWEST
        self._steps: set[str] = set()
        self._client_id = 0
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[bytes] = deque()
        self._sent: deque[float] = deque(maxlen=REQUESTS_A_SECOND)
        self._timer: asyncio.TimerHandle | None = None

    async def open(self, host: str, port: int, client_id: int) -> None:
        """Connect and wait until requests are taken. Raises TroubleError."""
        self._client_id = client_id
        place = f"{host}:{port}"
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._loop.create_connection(lambda: self, host, port)
        except TimeoutError:
            raise TroubleError(f"no answer from {place}", "refused", "timeout") from None
        except (OSError, ValueError) as error:
            raise TroubleError(
                f"no TWS or IB Gateway at {place} ({error.__class__.__name__}): start it, log in, enable its API",
                "refused",
            ) from None
        assert self._transport is not None
        self._transport.write(outgoing.hello())
        first: set[asyncio.Future[Any]] = {self.ready, self.closed}
        await asyncio.wait(first, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if self.closed.done():
            raise self.closed.result()
        if not self.ready.done():
            what = "goes silent after its greeting" if self._greeted else "does not answer"
            raise TroubleError(
                f"{place} accepts the connection but {what}: enable the API and confirm the connection in TWS",
                "silent",
                "timeout",
            )

    def send(self, message: bytes) -> None:
        """Send a request now or, where too many were sent in this second, as soon as it may."""
        if len(self._waiting) < SEND_LIMIT:
            self._waiting.append(message)
        self._drain()

    def close(self) -> None:
        """End it without waiting."""
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()

    # --- asyncio.BufferedProtocol -----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._end(
            TroubleError(f"TWS cut the connection ({type(exc).__name__})" if exc else "TWS closed the connection")
        )

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 one read is this large, whatever waits
        """Where the next read goes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes came."""
        arrival = Arrival.now()
        self._full_reads = self._full_reads + 1 if nbytes == READ else 0
        if self._full_reads >= FULL_READS:
            self.behind_at = self._loop.time()
        self._read(memoryview(self._buffer)[:nbytes], arrival)

    # --- parts ----------------------------------------------------------------------------------------------------

    def _read(self, data: memoryview, arrival: Arrival) -> None:
        messages: list[wire.Message] = []
        unread: list[wire.WireError] = []
        try:
            frames = self._frames.feed(data)
            if frames and not self._greeted:
                self._greet(wire.greeting(frames.pop(0)))
        except wire.WireError as error:
            self._fail(TroubleError(str(error), "foreign", "malformed"))
            return
        for fields in frames:
            try:
                message = wire.message_of(fields, self._version)
            except FeedError as error:
                unread.append(error if isinstance(error, wire.WireError) else wire.WireError(str(error)))
                continue
            if message is not None:
                messages.append(message)
        if not self.ready.done():
            self._begin(messages)
        if messages or unread:
            try:
                self._take(messages, unread, arrival)
            except Exception as error:  # noqa: BLE001 - asyncio would write a defect to the terminal: it ends the connection
                self._fail(TroubleError(f"{type(error).__name__}: {error}", "cut", "malformed"))

    def _greet(self, said: wire.Version) -> None:
        self._greeted, self._version = True, said.version
        if said.version < wire.OLDEST:
            self._fail(TroubleError("this TWS or IB Gateway is too old: install version 10 or newer", "foreign"))
            return
        assert self._transport is not None
        self._transport.write(outgoing.request(outgoing.HELLO, 2, self._client_id, ""))

    def _begin(self, messages: list[wire.Message]) -> None:
        for message in messages:
            if isinstance(message, wire.Ready):
                self._steps.add(message.what)
            elif isinstance(message, wire.Failure) and message.code == ID_TAKEN:
                self._fail(TroubleError(f"client id {self._client_id} is in use", "id"))
                return
        if len(self._steps) > 1:
            self.ready.set_result(None)

    def _drain(self) -> None:
        now = self._loop.time()
        transport = self._transport
        while self._waiting and transport is not None and not transport.is_closing():
            if len(self._sent) == REQUESTS_A_SECOND and now - self._sent[0] < 1.0:
                if self._timer is None:
                    self._timer = self._loop.call_at(self._sent[0] + 1.0, self._late)
                return
            self._sent.append(now)
            transport.write(self._waiting.popleft())

    def _late(self) -> None:
        self._timer = None
        self._drain()

    def _fail(self, trouble: TroubleError) -> None:
        self._end(trouble)
        self.close()

    def _end(self, trouble: TroubleError) -> None:
        if not self.closed.done():
            self.closed.set_result(trouble)
