"""Serves a wire that is plain TCP, on a socket that is bound already, until it is asked to end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
import weakref
from collections.abc import Callable, Coroutine, Iterator, Sequence
from types import FrameType
from typing import Final

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[object, object, None]]

_LAST_SECONDS: Final = 0.05
_LINE_LIMIT: Final = 1 << 16
_MOST_CONNECTIONS: Final = 128


class TcpServer:
    """One task a connection; started and ended as uvicorn's server is.

    Args:
        serve: What is done with a connection.
        on_ready: Called once connections are accepted.
    """

    def __init__(self, serve: Serve, on_ready: Callable[[], None] | None = None) -> None:
        self._serve = serve
        self._on_ready = on_ready
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers = weakref.WeakSet[asyncio.StreamWriter]()

    def run(self, sockets: Sequence[socket.socket]) -> None:
        """Serve until `stop` is called, or a signal calls it."""
        with self._signals():
            asyncio.run(self._run(sockets))

    def stop(self) -> None:
        """Ask it to end; from any thread, once it is ready."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._ended.set)

    async def _run(self, sockets: Sequence[socket.socket]) -> None:
        self._loop = asyncio.get_running_loop()
        servers = [await asyncio.start_server(self._accept, sock=bound, limit=_LINE_LIMIT) for bound in sockets]
        if self._on_ready is not None:
            self._on_ready()
        await self._ended.wait()
        for server in servers:
            server.close()
        # A connection that was being accepted in this moment is ended like the others.
        await asyncio.sleep(_LAST_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # A task ended before its first step has closed nothing, and what nobody reads keeps a closed connection open.
        for writer in tuple(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= _MOST_CONNECTIONS:
            writer.transport.abort()
            return
        self._writers.add(writer)
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM end it cleanly."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def leave(_signal: int, _frame: FrameType | None) -> None:
            self.stop()

        before = {number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
