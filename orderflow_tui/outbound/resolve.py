"""Host names to addresses within a time; the system's resolver knows no deadline."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Callable, Coroutine, Hashable
from concurrent.futures import Future
from functools import partial
from typing import Any

_asked: dict[Hashable, Future[list[Any]]] = {}
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
    found = _question(host, partial(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)).result(seconds)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def run(main: Coroutine[Any, Any, None]) -> None:
    """As `asyncio.run`, with a loop whose deadlines cover names too, and whose end waits for no resolver."""
    with asyncio.Runner(loop_factory=_loop) as runner:
        runner.run(main)


def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()

    async def getaddrinfo(host: Any, port: Any, **options: int) -> list[Any]:
        ask = partial(socket.getaddrinfo, host, port, **options)
        return await asyncio.wrap_future(_question((host, port, *options.items()), ask))

    loop.getaddrinfo = getaddrinfo  # type: ignore[method-assign]
    return loop


def _question(key: Hashable, ask: Callable[[], list[Any]]) -> Future[list[Any]]:
    """The answer to the open question of this key, which is put now if there is none; a daemon thread waits for it."""
    with _lock:
        answer = _asked.get(key)
        if answer is None:
            answer = Future()
            answer.set_running_or_notify_cancel()  # whoever no longer waits for it takes it from nobody else
            try:
                threading.Thread(target=_ask, args=(key, ask, answer), name="resolver", daemon=True).start()
            except RuntimeError as error:
                raise OSError(None, str(error)) from None
            _asked[key] = answer
    return answer


def _ask(key: Hashable, ask: Callable[[], list[Any]], answer: Future[list[Any]]) -> None:
    found: list[Any] = []
    failed: OSError | None = None
    try:
        found = ask()
    except OSError as error:
        failed = error
    except UnicodeError:
        failed = OSError(None, "not a host name")
    with _lock:
        del _asked[key]
    if failed is not None:
        answer.set_exception(failed)
    else:
        answer.set_result(found)
