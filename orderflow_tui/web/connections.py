"""Connections are few and short for whoever has not shown the token: nobody keeps the trader out by holding them."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web

from orderflow_tui.web.access import Guard

MOST_STRANGERS: Final = 32
"""So many connections without the token at once; the oldest goes when another comes."""
STRANGER_SECONDS: Final = 10.0
"""So long one may stay."""


class Connections:
    """Makes a protocol for each connection, and ends those of strangers.

    Args:
        server: aiohttp's, which serves each connection.
        guard: Knows who has shown the token.
        most: Strangers at once.
        seconds: How long a stranger may stay.
    """

    def __init__(
        self, server: web.Server, guard: Guard, *, most: int = MOST_STRANGERS, seconds: float = STRANGER_SECONDS
    ) -> None:
        self._server = server
        self._guard = guard
        self._most = most
        self._seconds = seconds
        self._waiting: dict[web.RequestHandler, asyncio.TimerHandle] = {}

    def __call__(self) -> web.RequestHandler:
        """The protocol of a new connection."""
        for known in [one for one in self._waiting if one.transport is None or self._guard.trusts(one.transport)]:
            self._forget(known)
        while len(self._waiting) >= self._most:
            self._end(next(iter(self._waiting)))
        handler = self._server()
        self._waiting[handler] = asyncio.get_running_loop().call_later(self._seconds, self._end, handler)
        return handler

    def _end(self, handler: web.RequestHandler) -> None:
        self._forget(handler)
        if isinstance(handler.transport, asyncio.Transport) and not self._guard.trusts(handler.transport):
            handler.transport.abort()

    def _forget(self, handler: web.RequestHandler) -> None:
        timer = self._waiting.pop(handler, None)
        if timer is not None:
            timer.cancel()
