"""The outermost layer of the server: keys, the rate limit, and faults that happen to a connection."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import socket
import struct
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import uuid4

import msgspec
from msgspec import Struct
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from orderflow_tui.feeds.simulator.faults import PAYLOAD_KINDS, Endpoint, Fault, FaultPlan

REFUSED_KEY: Final = "bad-key"
FAULT_IN_SCOPE: Final = "orderflow_tui.fault"

_SLOW_PIECES = 8
_DROP_SECONDS = 2.0
_GARBAGE = b'{"status":"OK","results":[{"price":\xff\xfe<html><body>502 Bad Gateway</body></html>'
_NGINX = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
_BOMB_BYTES = 96 * 2**20
_MESSAGES: dict[int, tuple[str, str, str]] = {
    401: ("ERROR", "error", "Unknown API Key"),
    403: (
        "NOT_AUTHORIZED",
        "message",
        "You are not entitled to this data. Please upgrade your plan at https://massive.com/pricing",
    ),
    404: ("NOT_FOUND", "message", "Ticker not found."),
    429: (
        "ERROR",
        "error",
        "You've exceeded the maximum requests per minute, please wait or upgrade your subscription to continue.",
    ),
}

_transport: ContextVar[asyncio.Transport | None] = ContextVar("transport", default=None)


class AbortableProtocol(H11Protocol):
    """uvicorn's HTTP protocol, with its connection in reach of the faults that break it off."""

    def data_received(self, data: bytes) -> None:
        """Remembers the connection for the request that these bytes begin."""
        token = _transport.set(self.transport)
        try:
            super().data_received(data)
        finally:
            _transport.reset(token)


class RateLimit(Struct, frozen=True):
    """How many requests the server takes.

    Attributes:
        requests_per_second: Starts in any sliding second, or None for no limit.
        retry_after: Seconds for the Retry-After header of a refusal, or None for no header.
        empty_body: Refuse without a body, as the vendor also does.
    """

    requests_per_second: float | None = None
    retry_after: float | None = None
    empty_body: bool = False


def error_body(status: int, message: str | None = None) -> bytes:
    """The vendor's body of an error, as JSON.

    Args:
        status: HTTP status.
        message: Instead of the vendor's usual words.
    """
    word, key, text = _MESSAGES.get(status, ("ERROR", "error", "Something went wrong, please try again."))
    return msgspec.json.encode({"status": word, "request_id": uuid4().hex, key: message or text})


class Gate:
    """An ASGI layer in front of the simulated API.

    Args:
        app: What is behind it.
        route: Names a request's endpoint and symbols from path and query, or None for an unknown path.
        key: The only key accepted, or None for any but an empty one and `bad-key`.
        faults: What goes wrong.
        rate_limit: How many requests are taken.
        monotonic: Seconds, for the rate limit.
        missing: Endpoints that are not in the plan.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        route: Callable[[str, dict[str, str]], tuple[Endpoint, Sequence[str]] | None],
        key: str | None,
        faults: FaultPlan,
        rate_limit: RateLimit,
        monotonic: Callable[[], float],
        missing: frozenset[str] = frozenset(),
    ) -> None:
        self._missing = missing
        self._app = app
        self._route = route
        self._key = key
        self._faults = faults
        self._rate_limit = rate_limit
        self._monotonic = monotonic
        self._starts: deque[float] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or lets it through."""
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
        if scope["type"] != "http":
            return
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        if not self._admits(_given_key(scope, query)):
            await _send_error(send, 401)
            return
        if not self._within_rate():
            limit = self._rate_limit
            await _send_error(send, 429, retry_after=limit.retry_after, empty=limit.empty_body)
            return
        routed = self._route(scope["path"], query)
        if routed and routed[0] in self._missing:
            await _send_error(send, 403)
            return
        fault = self._faults.hit(*routed) if routed else None
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind in PAYLOAD_KINDS:
            await self._app({**scope, FAULT_IN_SCOPE: fault}, receive, send)
        else:
            await self._break(fault, scope, receive, send)

    def _admits(self, given: str) -> bool:
        if self._key is None:
            return given not in ("", REFUSED_KEY)
        return hmac.compare_digest(given.encode(), self._key.encode())

    def _within_rate(self) -> bool:
        rate = self._rate_limit.requests_per_second
        if rate is None:
            return True
        # Fewer than one a second is one in a longer time.
        span = max(1.0, 1.0 / rate)
        now = self._monotonic()
        while self._starts and self._starts[0] <= now - span:
            self._starts.popleft()
        if len(self._starts) >= max(1, int(rate)):
            return False
        self._starts.append(now)
        return True

    async def _break(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.kind:
            case "status":
                await _send_error(send, fault.status, retry_after=fault.retry_after, empty=fault.empty_body)
            case "garbage":
                await _send_body(send, 200, _GARBAGE, [(b"content-type", b"application/json")])
            case "html":
                await _send_body(send, fault.status, _NGINX, [(b"content-type", b"text/html")])
            case "bomb":
                packed = [(b"content-type", b"application/json"), (b"content-encoding", b"gzip")]
                await _send_body(send, 200, _bomb(), packed)
            case "hang":
                await _wait_for_disconnect(receive, fault.seconds)
                await _drop_connection(receive)
            case "reset":
                await _drop_connection(receive, reset=True)
            case _:
                start, body = await self._whole_response(scope, receive)
                if fault.kind == "cut":
                    await send(start)
                    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
                    await _drop_connection(receive)
                else:
                    await _trickle(send, start, body, fault.seconds)

    async def _whole_response(self, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, collect)
        return messages[0], b"".join(message.get("body", b"") for message in messages[1:])


def _given_key(scope: Scope, query: dict[str, str]) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if kind.lower() == "bearer" else ""
        if name == b"apca-api-key-id":
            return str(value.decode("latin-1"))
    return query.get("apiKey", "")


async def _send_error(send: Send, status: int, *, retry_after: float | None = None, empty: bool = False) -> None:
    headers = [(b"content-type", b"application/json")]
    if retry_after is not None:
        headers.append((b"retry-after", f"{retry_after:g}".encode()))
    await _send_body(send, status, b"" if empty else error_body(status), headers)


async def _send_body(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@cache
def _bomb() -> bytes:
    """A small body that unpacks to far more than any answer."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = b" " * 2**20
    return b"".join([*(packer.compress(piece) for _ in range(_BOMB_BYTES // len(piece))), packer.flush()])


async def _trickle(send: Send, start: Message, body: bytes, seconds: float) -> None:
    await send(start)
    step = max(1, -(-len(body) // _SLOW_PIECES))
    for offset in range(0, len(body), step):
        await asyncio.sleep(seconds / _SLOW_PIECES)
        await send({"type": "http.response.body", "body": body[offset : offset + step], "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _wait_for_disconnect(receive: Receive, seconds: float) -> None:
    async def disconnected() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(disconnected(), seconds)


async def _drop_connection(receive: Receive, *, reset: bool = False) -> None:
    transport = _transport.get()
    if transport is None:
        return
    if reset and not transport.is_closing():
        connection: Any = transport.get_extra_info("socket")
        # Lingering for no time makes the close a TCP reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    # Until uvicorn has learnt of the end it would answer in the handler's place.
    await _wait_for_disconnect(receive, _DROP_SECONDS)
