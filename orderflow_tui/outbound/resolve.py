"""Host names to addresses within a time; the system's resolver knows no deadline."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from concurrent.futures import Future
from typing import Any

_asked: dict[str, Future[list[str]]] = {}
_lock = threading.Lock()


def addresses(host: str, seconds: float | None) -> list[str]:
    """The addresses of a host, best first. One question a host is open at a time; who asks too shares its answer.

    Args:
        host: A name or an address.
        seconds: How long to wait; None for as long as it takes.

    Raises:
        TimeoutError: No answer in that time.
        OSError: There is no such host, or nobody to ask.
    """
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    with _lock:
        answer = _asked.get(host)
        if answer is None:
            answer = _asked[host] = Future()
            threading.Thread(target=_ask, args=(host, answer), name="resolver", daemon=True).start()
    return answer.result(seconds)


def _ask(host: str, answer: Future[list[str]]) -> None:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        _forget(host)
        answer.set_exception(error if isinstance(error, OSError) else OSError(None, "not a host name"))
    else:
        _forget(host)
        answer.set_result(list(dict.fromkeys(str(address[0]) for *_, address in found)))


def _forget(host: str) -> None:
    with _lock:
        del _asked[host]


def resolve_apart(loop: asyncio.AbstractEventLoop) -> None:
    """Let a loop look names up in daemon threads: the end of its own pool waits for a resolver that hangs."""

    async def getaddrinfo(host: Any, port: Any, **options: int) -> list[Any]:
        answer: Future[list[Any]] = Future()
        answer.set_running_or_notify_cancel()  # whoever no longer waits for it does not take it back

        def ask() -> None:
            try:
                answer.set_result(socket.getaddrinfo(host, port, **options))
            except OSError as error:
                answer.set_exception(error)

        threading.Thread(target=ask, name="resolver", daemon=True).start()
        return await asyncio.wrap_future(answer)

    loop.getaddrinfo = getaddrinfo  # type: ignore[method-assign]
