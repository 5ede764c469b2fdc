"""Who may speak to the server in the browser's name: known hosts, own pages, and whoever holds the token."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

COOKIE: Final = "orderflow_session"
_LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "::1")


def host_name(header: str) -> str:
    """The name in a Host header or of an origin, without its port, in lower case; empty when there is none."""
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""


class Guard:
    """Refuses requests by a foreign name (DNS rebinding), from foreign pages, and without the token.

    The token comes once in the address (`/?token=...`), is answered with a cookie that scripts cannot read and that
    other sites' requests do not carry, and is dropped from the address.

    Args:
        hosts: Names, besides this machine's own, that the server goes by.
        token: What the first request must bring; made anew for each run.
    """

    def __init__(self, hosts: Iterable[str] = (), token: str | None = None) -> None:
        self.token = token or secrets.token_urlsafe(24)
        self._hosts = {*_LOOPBACK_NAMES, *(host.lower() for host in hosts)}

    def middleware(self) -> Middleware:
        """The guard as aiohttp asks for it."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            if (refused := self._refusal(request)) is not None:
                return refused
            if request.path == "/" and "token" in request.query:
                return self._welcome(request)
            if not self._known(request.cookies.get(COOKIE, "")):
                return _plain(401, "open the address that `orderflow-tui serve` printed: it holds this run's token")
            return await handler(request)

        return guard

    def _refusal(self, request: web.Request) -> web.Response | None:
        if host_name(request.headers.get("Host", "")) not in self._hosts:
            return _plain(421, "this server does not go by that name (--allow-host adds one)")
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc.lower() != request.headers["Host"].lower():
            return _plain(403, "another page may not use this server")
        return None

    def _welcome(self, request: web.Request) -> web.Response:
        if not self._known(request.query["token"]):
            return _plain(401, "that is not this run's token")
        response = web.Response(status=303, headers={"Location": "/", "Referrer-Policy": "no-referrer"})
        secure = request.headers.get("X-Forwarded-Proto") == "https"
        response.set_cookie(COOKIE, self.token, httponly=True, samesite="Strict", secure=secure, path="/")
        return response

    def _known(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.token.encode())


def _plain(status: int, words: str) -> web.Response:
    return web.Response(status=status, text=f"{words}\n")
