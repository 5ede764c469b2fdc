"""`orderflow-tui serve`: one dashboard process a browser tab, over textual-serve's protocol and its terminal page."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import textual_serve
from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.http_exceptions import HttpProcessingError
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from orderflow_tui.support.console import print_error, print_lines, print_note
from orderflow_tui.web.access import Guard, add_headers
from orderflow_tui.web.connections import Connections

MOST_TABS: Final = 4
"""Each tab is a process with a feed of its own."""
_STATICS: Final = Path(textual_serve.__file__).parent / "static"
_BACKLOG: Final = 64
_LARGEST_MESSAGE: Final = 1 << 16
_SECONDS_TO_END: Final = 3.0
_SECONDS_TO_SHUT: Final = 1.0
"""When the server ends, all tabs end at once and within this; one that reads or does nothing more is cut off."""
_SECONDS_TO_BURY: Final = 0.2
_LARGEST_SIDE: Final = 500
_SIDES: Final = ("width", "height")
_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"><title>orderflow-tui</title>
<link rel="stylesheet" href="/static/css/xterm.css">
<style nonce="{nonce}">
@font-face {{ font-family: "Roboto Mono"; src: url("/static/fonts/RobotoMono-VariableFont_wght.ttf"); }}
html, body {{ margin: 0; height: 100%; background: #0f1216; color: #c8ccd2; font-family: monospace; }}
#terminal {{ width: 100vw; height: 100vh; }}
#ended {{ display: none; padding: 2em; }}
body.-closed #ended {{ display: block; }}
body.-closed #terminal {{ display: none; }}
</style>
</head>
<body>
<div id="terminal" class="textual-terminal" data-font-size="{font_size}"></div>
<p id="ended">The dashboard in this tab has ended. Reload the page to start it again.</p>
<script nonce="{nonce}">
const scheme = location.protocol === "https:" ? "wss://" : "ws://";
const terminal = document.getElementById("terminal");
terminal.dataset.sessionWebsocketUrl = scheme + location.host + "/ws";
const focus = () => {{ const keys = terminal.querySelector("textarea"); if (keys) keys.focus(); return keys; }};
const whole = {{childList: true, subtree: true}};
new MutationObserver((_, seen) => {{ if (focus()) seen.disconnect(); }}).observe(terminal, whole);
window.addEventListener("focus", focus);
</script>
<script src="/static/js/textual.js"></script>
</body>
</html>
"""


class _Defects(logging.Handler):
    """Tells of a defect in one line; that a stranger's request is none is no defect."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError):
            print_error(f"serve: {record.getMessage()}: {type(error).__name__}: {error}")


_LOGGER: Final = logging.getLogger("orderflow_tui.web")
_LOGGER.addHandler(_Defects())
_LOGGER.propagate = False


class _Service(AppService):
    """A dashboard process: started without a shell, ended with its tab."""

    argv: Sequence[str] = ()
    env: Mapping[str, str] = MappingProxyType({})

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        added = super()._build_environment(width=width, height=height)
        return {**self.env, **{name: value for name, value in added.items() if os.environ.get(name) != value}}

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        environment = self._build_environment(width=width, height=height)
        self._process = await asyncio.create_subprocess_exec(
            *self.argv, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
        )
        self._stdin = self._process.stdin
        return self._process

    async def run(self) -> None:
        """Pass on what the process paints; its end, also one at the start, ends the tab."""
        await super().run()
        if self._process is not None:
            await self.remote_close()

    async def end(self, seconds: float) -> None:
        """Ask the process to end and make it after `seconds`; nothing more of it is passed on."""
        process, painting = self._process, self._task
        self._process = self._task = None
        if process is None:
            return
        if painting is not None:
            painting.cancel()  # it may wait for a tab that reads nothing
            await asyncio.wait({painting})
            if not painting.cancelled() and (failed := painting.exception()) is not None:
                _LOGGER.error("a tab's picture failed", exc_info=failed)
        try:
            await _within(seconds, process.communicate(self.encode_packet(b"M", b'{"type": "quit"}')))
        finally:
            if process.returncode is None:
                process.kill()
                await _within(_SECONDS_TO_BURY, process.communicate())  # `wait` waits for ever behind a full pipe


async def _within(seconds: float, work: Awaitable[object]) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(work, seconds)


class _Tab(NamedTuple):
    socket: web.WebSocketResponse
    service: _Service
    connection: asyncio.BaseTransport | None

    async def end(self) -> None:
        await asyncio.gather(self.service.end(_SECONDS_TO_SHUT), self._close())

    async def _close(self) -> None:
        closing = asyncio.create_task(self.socket.close(code=WSCloseCode.GOING_AWAY, drain=False))
        await asyncio.wait({closing}, timeout=_SECONDS_TO_SHUT)
        closing.cancel()
        if isinstance(self.connection, asyncio.Transport):
            self.connection.abort()


class DashboardServer:
    """The page, its files, and the socket behind each tab.

    Args:
        argv: The dashboard's command line; the API key is in the environment and never here.
        env: The dashboard's environment.
        guard: Who may speak to it.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], guard: Guard) -> None:
        self._argv, self._env = argv, env
        self._guard = guard
        self._tabs: set[_Tab] = set()
        self._ending = False

    def app(self) -> web.Application:
        """The web application."""
        app = web.Application(middlewares=[self._guard.middleware()], client_max_size=1)
        app.add_routes([web.get("/", self._index), web.get("/ws", self._tab), web.static("/static", _STATICS)])
        app.on_shutdown.append(self._close_tabs)
        app.on_response_prepare.append(add_headers)
        return app

    async def _close_tabs(self, _: web.Application) -> None:
        self._ending = True
        await asyncio.gather(*(tab.end() for tab in self._tabs))

    async def _index(self, request: web.Request) -> web.Response:
        nonce = secrets.token_urlsafe(12)
        page = _PAGE.format(nonce=nonce, font_size=_whole(request.query.get("fontsize"), 16, 64))
        policy = (
            f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        )
        return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": policy})

    async def _tab(self, request: web.Request) -> web.StreamResponse:
        if self._ending:
            return web.Response(status=503, text="the server ends\n")
        if len(self._tabs) >= MOST_TABS:
            return web.Response(status=503, text=f"{MOST_TABS} tabs are open already\n")
        socket = web.WebSocketResponse(heartbeat=15, max_msg_size=_LARGEST_MESSAGE)
        service = _Service(
            "",
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=_closer(socket),
            download_manager=DownloadManager(),
        )
        service.argv, service.env = self._argv, self._env
        opened = _Tab(socket, service, request.transport)
        self._tabs.add(opened)
        try:
            try:
                await socket.prepare(request)
            except ValueError:  # a key that is no text
                return web.Response(status=400, text="no handshake of a WebSocket\n")
            width, height = (_whole(request.query.get(name), 80, _LARGEST_SIDE) for name in _SIDES)
            await service.start(width, height)
            await _listen(socket, service)
        finally:
            self._tabs.discard(opened)
            await service.end(_SECONDS_TO_SHUT if self._ending else _SECONDS_TO_END)
        return socket


def _closer(socket: web.WebSocketResponse) -> Callable[[], Awaitable[None]]:
    async def close() -> None:
        await socket.close()

    return close


async def _listen(socket: web.WebSocketResponse, service: AppService) -> None:
    """Pass keys, sizes and focus on until the tab closes; what is no message of the page's ends it."""
    async for message in socket:
        try:
            kind, *rest = message.json() if message.type == WSMsgType.TEXT else ("none",)
            if kind == "stdin":
                await service.send_bytes(str(rest[0]).encode())
            elif kind == "resize":
                await service.set_terminal_size(*(_whole(rest[0][side], 80, _LARGEST_SIDE) for side in _SIDES))
            elif kind == "ping":
                await socket.send_json(["pong", rest[0]])
            elif kind == "blur":
                await service.blur()
            elif kind == "focus":
                await service.focus()
        except (ValueError, TypeError, LookupError, RecursionError):
            await socket.close(code=1008, message=b"not a message of the page")


def _whole(value: object, otherwise: int, most: int) -> int:
    try:
        return max(1, min(int(str(value)), most))
    except ValueError:
        return otherwise


@contextlib.asynccontextmanager
async def listening(dashboards: DashboardServer, guard: Guard, host: str, port: int) -> AsyncIterator[int]:
    """The server, answering; the port it is reached at. Raises OSError where it cannot be bound."""
    runner = web.AppRunner(dashboards.app(), access_log=None, logger=_LOGGER, shutdown_timeout=_SECONDS_TO_SHUT / 4)
    await runner.setup()
    try:
        if runner.server is None:
            raise AssertionError("a runner that is set up has a server")
        connections = Connections(runner.server, guard)
        bound = await asyncio.get_running_loop().create_server(connections, host, port, backlog=_BACKLOG)
        async with bound:
            guard.port = bound.sockets[0].getsockname()[1]
            yield guard.port
    finally:
        await runner.cleanup()


async def _run(dashboards: DashboardServer, guard: Guard, host: str, port: int) -> None:
    asked = asyncio.Event()
    hangup = getattr(signal, "SIGHUP", None)  # which nohup ignores
    closed = [] if hangup is None or signal.getsignal(hangup) == signal.SIG_IGN else [hangup]
    for name in (signal.SIGINT, signal.SIGTERM, *closed):
        asyncio.get_running_loop().add_signal_handler(name, asked.set)
    async with listening(dashboards, guard, host, port) as bound:
        shown = f"[{host}]" if ":" in host else host
        print_lines([f"http://{shown}:{bound}/?token={guard.token}"])
        print_note("each tab is a separate screen; Ctrl+C closes them all")
        await asked.wait()


def serve(argv: Sequence[str], env: Mapping[str, str], *, host: str, port: int, hosts: Sequence[str]) -> int:
    """Serve until it is asked to end; the address with this run's token goes to stdout.

    Args:
        argv: The dashboard's command line.
        env: Its environment.
        host: The address to bind.
        port: 0 takes a free one.
        hosts: Names it goes by besides this machine's own.

    Returns:
        The exit code.
    """
    guard = Guard([*hosts, host])
    try:
        asyncio.run(_run(DashboardServer(argv, env, guard), guard, host, port))
    except OSError as error:
        print_error(f"cannot serve on {host}:{port}: {os.strerror(error.errno or 0)}")
        return 1
    return 0
