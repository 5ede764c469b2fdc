"""The one way a secret leaves over HTTP: to the configured host alone, within a deadline.

httpx's own timeouts are per read, so a server that drips bytes never trips them, and the look-up of a host's name has
none. Its cookies are kept and sent, however many. No redirect is followed, no cookie kept, and of the environment
nothing but the proxy is taken.
"""

from __future__ import annotations

import math
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore
import httpx

from orderflow_tui.config.proxies import proxy_of
from orderflow_tui.outbound.resolve import addresses
from orderflow_tui.support.hosts import is_loopback

CONNECT_SECONDS: Final = 5.0
KEEP_ALIVE_SECONDS: Final = 60.0


class Deadline(threading.local):
    """The instant this thread's exchange must end, on the monotonic clock; an exchange stays within one thread."""

    at: float = math.inf

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Let this thread's reads, writes and connects end after so many seconds in all."""
        self.at = time.monotonic() + seconds
        try:
            yield
        finally:
            self.at = math.inf

    def cut(self, timeout: float | None, error: type[httpcore.TimeoutException]) -> float | None:
        """The shorter of a timeout and what is left; raises `error` when nothing is."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise error("the exchange's deadline has passed")
        if timeout is None:
            return left if left < math.inf else None
        return min(timeout, left)


class DeadlineTransport(httpx.HTTPTransport):
    """httpx's transport with every socket operation cut at the deadline of its thread.

    httpx has no public way to pass a network backend; the two private names used here are held by the version bounds
    and by the slow-drip tests.
    """

    def __init__(self, deadline: Deadline, **options: Any) -> None:
        super().__init__(**options)
        self._pool._network_backend = _Backend(self._pool._network_backend, deadline)  # noqa: SLF001


def client_for(
    base_url: str, headers: Mapping[str, str], *, deadline: Deadline, seconds: float, connections: int = 1
) -> httpx.Client:
    """A client for one host; every exchange belongs into a `deadline.within`.

    Args:
        base_url: `http(s)://host[:port]`.
        headers: Sent with every request, the secret among them.
        deadline: Ends its exchanges.
        seconds: What a single read may take, where the deadline is later.
        connections: Kept open at most.

    Raises:
        DataValidationError: `CONFIG_INVALID`: the environment names a proxy that cannot be used.
    """
    transport = DeadlineTransport(
        deadline,
        verify=_tls(base_url),
        trust_env=not is_loopback(urlsplit(base_url).hostname or ""),
        proxy=proxy_of(base_url),
        limits=httpx.Limits(
            max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=KEEP_ALIVE_SECONDS
        ),
    )
    return httpx.Client(
        headers=dict(headers),
        transport=transport,
        timeout=httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds)),
        cookies=NoCookies(),
        follow_redirects=False,
        trust_env=False,
    )


def _tls(base_url: str) -> ssl.SSLContext | bool:
    """Whose certificates are trusted: the usual ones', and nobody's where nothing is encrypted, which spares 2 MB."""
    return True if urlsplit(base_url).scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class NoCookies(CookieJar):
    """Takes no cookie, and so sends none."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Leave them where they are."""


class _Backend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failed: httpcore.ConnectError | httpcore.ConnectTimeout = httpcore.ConnectError("no address")
        for address in self._addresses(host, self._deadline.cut(timeout, httpcore.ConnectTimeout)):
            left = self._deadline.cut(timeout, httpcore.ConnectTimeout)
            try:
                stream = self._inner.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
                continue
            return _Stream(stream, self._deadline)
        raise failed

    def _addresses(self, host: str, seconds: float | None) -> list[str]:
        try:
            return addresses(host, seconds)
        except TimeoutError:
            raise httpcore.ConnectTimeout("no address of the host within the deadline") from None
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.cut(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.cut(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = self._deadline.cut(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)
