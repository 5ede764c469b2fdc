"""One exchange with the host: budgeted, bounded in time and size, its failures typed."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
from msgspec import Struct, field

from orderflow_tui.feeds.errors import (
    AuthError,
    FeedError,
    FeedStoppedError,
    NetworkError,
    NotEntitledError,
    PayloadError,
    RateLimitError,
    ServerError,
    SymbolNotFoundError,
)
from orderflow_tui.feeds.feed import Arrival
from orderflow_tui.feeds.live.budget import RateLimiter
from orderflow_tui.feeds.live.retry import DEFAULT_POLICY, RetryPolicy
from orderflow_tui.outbound.http import Deadline, client_for
from orderflow_tui.support.decoding import NO_JSON
from orderflow_tui.support.masking import hide

MAX_BODY: Final = 64 * 2**20
"""Bytes a body may unpack to; a full page of 50,000 prints is 13 MB."""
MAX_ERROR_BODY: Final = 64 * 2**10
CONNECTIONS: Final = 4
_AUTO_GZIP_OR_ZLIB: Final = 47


class Request(Struct, frozen=True):
    """One GET: where, with what, and whose answer it is.

    Attributes:
        path: Absolute path, without host and query.
        params: Query parameters; times are as the vendor takes them.
        endpoint: The word for it in faults: `snapshot`, `trades`, ...
        symbol: The symbol the path names, or None.
        query: A page's cursor as the server wrote it, instead of `params`.
    """

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    endpoint: str = ""
    symbol: str | None = None
    query: str = ""


class Reply(Struct, frozen=True):
    """A 200's body.

    Attributes:
        body: Unpacked.
        arrival: When its last byte was in hand.
        started_ns: When the request started, nanoseconds UTC.
    """

    body: bytes
    arrival: Arrival
    started_ns: int


class HttpSession:
    """The only place that talks to the host; safe from any thread.

    The key travels in a header to the configured host and nowhere else: no redirect is followed, no cookie kept.

    Args:
        base_url: `http(s)://host[:port]`.
        api_key: Sent as a bearer header; may be empty.
        keys: Headers that carry the key instead.
        limiter: The budget all threads share.
        stop: Ends waits for the budget when set.
        deadline_seconds: A whole exchange ends within this.
        clock: Nanoseconds UTC.
        policy: How long a 429 without `Retry-After` slows everything.
        max_body: Bytes a body may unpack to.
        on_reply: Told of each success before its caller is.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str = "",
        *,
        keys: Mapping[str, str] | None = None,
        limiter: RateLimiter,
        stop: threading.Event | None = None,
        deadline_seconds: float = 10.0,
        clock: Callable[[], int] = time.time_ns,
        policy: RetryPolicy = DEFAULT_POLICY,
        max_body: int = MAX_BODY,
        on_reply: Callable[[Arrival], None] | None = None,
    ) -> None:
        for value in (api_key, *(keys or {}).values()):
            if not (value.isascii() and value.isprintable()) or " " in value:
                raise ValueError("the API key holds characters that no header can carry")
            hide(value)
        self.host = urlsplit(base_url).netloc
        self.deadline_seconds = deadline_seconds
        self._base_url = base_url.rstrip("/")
        self._limiter = limiter
        self._stop = stop
        self._clock = clock
        self._policy = policy
        self._max_body = max_body
        self._on_reply = on_reply
        self._throttled = 0
        self._deadline = Deadline()
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "orderflow-tui"}
        if api_key:
            headers["Authorization"] = f"Bearer {api_key}"
        headers |= keys or {}
        self._client = client_for(
            base_url, headers, deadline=self._deadline, seconds=deadline_seconds, connections=CONNECTIONS
        )

    def get(self, request: Request, *, deadline_seconds: float | None = None) -> Reply:
        """Wait for a start in the budget, then exchange.

        Raises:
            FeedError: One of its subclasses; `FeedStoppedError` when asked to stop while waiting.
        """
        if not self._limiter.acquire(self._stop):
            raise FeedStoppedError(message="stopped while waiting for the request budget")
        seconds = deadline_seconds if deadline_seconds is not None else self.deadline_seconds
        started_ns = self._clock()
        try:
            with self._deadline.within(seconds):
                status, headers, body = self._exchange(request)
        except httpx.TimeoutException:
            message = f"{request.endpoint}: no whole answer within {seconds:g} s"
            raise NetworkError(message=message, error_type="timeout") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # The exception's own text may quote headers and addresses; its kind and the system's reason do not.
            raise NetworkError(message=f"{request.endpoint}: {_reason(error)}", error_type="network") from None
        arrival = Arrival(time.monotonic_ns(), self._clock())
        if status != HTTPStatus.OK:
            raise self._failure(request, status, headers, body)
        self._throttled = 0
        if self._on_reply is not None:
            self._on_reply(arrival)
        return Reply(body, arrival, started_ns)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _exchange(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        query = request.query or urlencode(request.params)
        url = f"{self._base_url}{request.path}{'?' if query else ''}{query}"
        with self._client.stream("GET", url) as response:
            headers = dict(response.headers)
            encoding = headers.get("content-encoding", "").strip().lower()
            if response.status_code != HTTPStatus.OK:
                try:
                    body = _read(response, encoding, MAX_ERROR_BODY)
                except FeedError:
                    # The status says enough; the words of a bloated or broken error body are not needed.
                    body = b""
                return response.status_code, headers, body
            return response.status_code, headers, _read(response, encoding, self._max_body)

    def _failure(self, request: Request, status: int, headers: dict[str, str], body: bytes) -> FeedError:
        message = f"{request.endpoint}: HTTP {status} {error_text(body)}"
        kind: type[FeedError] = FeedError
        if status == HTTPStatus.UNAUTHORIZED:
            kind = AuthError
        elif status == HTTPStatus.FORBIDDEN:
            kind = NotEntitledError
        elif status == HTTPStatus.TOO_MANY_REQUESTS:
            kind = RateLimitError
        elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            kind = ServerError
        elif request.symbol is not None and status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
            kind = SymbolNotFoundError
        failure = kind(status, headers, message)
        if kind is RateLimitError:
            self._throttled += 1
            self._limiter.hold(self._policy.delay(self._throttled, failure.retry_after))
        return failure


def _read(response: httpx.Response, encoding: str, limit: int) -> bytes:
    """The body, unpacked here because httpx would unpack a bomb in one piece."""
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise PayloadError(message="the answer's encoding was not asked for")
    unpacker = zlib.decompressobj(_AUTO_GZIP_OR_ZLIB) if encoding not in ("", "identity") else None
    pieces: list[bytes] = []
    size = received = 0
    for chunk in response.iter_raw():
        received += len(chunk)
        try:
            piece = unpacker.decompress(chunk, limit - size + 1) if unpacker is not None else chunk
        except zlib.error:
            raise PayloadError(message="the answer's compression is broken") from None
        size += len(piece)
        if size > limit:
            raise PayloadError(message=f"the answer is larger than {limit:,} bytes")
        pieces.append(piece)
    if unpacker is not None and received and not unpacker.eof:
        raise NetworkError(message="the answer ended early", error_type="network")
    return b"".join(pieces)


def _reason(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


class _ErrorBody(msgspec.Struct, gc=False):
    """What an error says, in one of two fields."""

    message: object = None
    error: object = None


def error_text(body: bytes) -> str:
    """What an error body says: JSON's `message` or `error`, an HTML title, plain text, or nothing."""
    try:
        said = msgspec.json.decode(body, type=_ErrorBody)
    except NO_JSON:
        text = body[:2_000].decode("utf-8", "replace")
        lowered = text.lower()
        if "<title>" in lowered:
            begin = lowered.index("<title>") + len("<title>")
            return text[begin:].split("<", 1)[0]
        return "" if "<" in text else text
    return str(said.message or said.error or "")
