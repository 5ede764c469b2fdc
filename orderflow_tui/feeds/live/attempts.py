"""Attempts at a connection, one after another, in a daemon thread of their own."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

from orderflow_tui.outbound import resolve


class Attempts:
    """They go on until they are stopped, whatever one of them ends by.

    Args:
        name: The thread's.
        attempt: One from beginning to end; returns the seconds until the next one.
        defect: An attempt failed in a way that nobody expects; returns the same.
        meanwhile: Called again and again while the next one is waited for.
        every: Seconds between two such calls.
    """

    def __init__(
        self,
        name: str,
        attempt: Callable[[], Coroutine[Any, Any, float]],
        defect: Callable[[Exception], float],
        *,
        meanwhile: Callable[[], None] = lambda: None,
        every: float = math.inf,
    ) -> None:
        self.thread = threading.Thread(target=lambda: resolve.run(self._supervise()), name=name, daemon=True)
        """For whoever starts it, and waits for its end."""
        self._attempt = attempt
        self._defect = defect
        self._meanwhile = meanwhile
        self._every = every
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = threading.Event()
        self._ended: asyncio.Event | None = None

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

    async def _supervise(self) -> None:
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        ended = asyncio.create_task(self._ended.wait())
        while not ended.done() and not self._ending.is_set():
            attempt = asyncio.create_task(self._attempt())
            await asyncio.wait({attempt, ended}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                attempt.cancel()
            wait = (await asyncio.gather(attempt, return_exceptions=True))[0]
            if isinstance(wait, Exception):
                # A defect is told and must not silence the feed.
                wait = self._defect(wait)
            if isinstance(wait, float):
                await self._pause(wait, ended)
        ended.cancel()

    async def _pause(self, seconds: float, ended: asyncio.Task[bool]) -> None:
        until = time.monotonic() + seconds
        while not ended.done() and (left := until - time.monotonic()) > 0:
            self._meanwhile()
            await asyncio.wait({ended}, timeout=min(left, self._every))
