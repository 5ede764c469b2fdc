"""Who may speak to the server in the browser's name: known hosts, own pages, and whoever holds the token."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Iterable, Mapping
from http.cookies import CookieError
from typing import Final
from urllib.parse import urlsplit
from weakref import WeakSet

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

COOKIE: Final = "orderflow_session_{port}"
"""Cookies of one name go to every port of a machine: each server needs one of its own."""
HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Server": "orderflow-tui",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer that has none of that name of its own."""
_LONGEST_PATH: Final = 200
"""A longer one names nothing here, and may be longer than a file system can look for."""
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
        self.port = 0
        """Where the server is reached, once it is known."""
        self._trusted: WeakSet[asyncio.BaseTransport] = WeakSet()
        self._hosts = {*_LOOPBACK_NAMES, *(host.lower() for host in hosts)}

    def middleware(self) -> Middleware:
        """The guard as aiohttp asks for it."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                if (refused := self._refusal(request)) is not None:
                    return refused
                if request.path == "/" and "token" in request.query:
                    return self._welcome(request)
                known = self._known(request.cookies.get(self.cookie, ""))
            except (ValueError, CookieError):  # headers that are none
                return _plain(400, "an unreadable request")
            if not known:
                return _plain(401, "open the address that `orderflow-tui serve` printed: it holds this run's token")
            self._trust(request)
            if len(request.rel_url.raw_path) > _LONGEST_PATH:
                return _plain(404, "there is no such page")
            return await handler(request)

        return guard

    @property
    def cookie(self) -> str:
        """The name of this server's cookie."""
        return COOKIE.format(port=self.port)

    def trusts(self, transport: asyncio.BaseTransport | None) -> bool:
        """Whether whoever is at the other end of a connection has shown the token."""
        return transport is not None and transport in self._trusted

    def _trust(self, request: web.Request) -> None:
        if request.transport is not None:
            self._trusted.add(request.transport)

    def _refusal(self, request: web.Request) -> web.Response | None:
        if host_name(request.headers.get("Host", "")) not in self._hosts:
            return _plain(421, "this server does not answer to that name (--allow-host adds one)")
        origin = request.headers.get("Origin")
        if origin is not None and _netloc(origin) != request.headers["Host"].lower():
            return _plain(403, "another page may not use this server")
        return None

    def _welcome(self, request: web.Request) -> web.Response:
        if not self._known(request.query["token"]):
            return _plain(401, "that is not this run's token")
        self._trust(request)
        response = web.Response(status=303, headers={"Location": "/"})
        secure = request.headers.get("X-Forwarded-Proto") == "https"
        response.set_cookie(self.cookie, self.token, httponly=True, samesite="Strict", secure=secure, path="/")
        return response

    def _known(self, token: str) -> bool:
        return hmac.compare_digest(token.encode("utf-8", "backslashreplace"), self.token.encode())


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Give every answer the headers a browser should see."""
    for name, value in HEADERS.items():
        if name == "Server":
            response.headers[name] = value
        else:
            response.headers.setdefault(name, value)


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _plain(status: int, words: str) -> web.Response:
    return web.Response(status=status, text=f"{words}\n")
