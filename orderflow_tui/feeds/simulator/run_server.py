"""Runs the simulated market's server in this process until a signal ends it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import get_args

import uvicorn
from starlette.types import ASGIApp

from orderflow_tui.feeds.simulator.bad_day import BAD_DAY
from orderflow_tui.feeds.simulator.faults import Fault, load_faults
from orderflow_tui.feeds.simulator.gate import AbortableProtocol
from orderflow_tui.feeds.simulator.instruments import DEMO_SYMBOLS, Symbols, listed_symbols
from orderflow_tui.feeds.simulator.polygon_server import Depth
from orderflow_tui.feeds.simulator.scenarios import SCENARIOS
from orderflow_tui.feeds.simulator.tcp_server import TcpServer
from orderflow_tui.feeds.simulator.wire_apps import WIRES, application, check_plan, ibkr_wire, tcp_wire
from orderflow_tui.support.console import print_lines, print_note

LOOPBACK = "127.0.0.1"

_BACKLOG = 64
_MAX_CONNECTIONS = 128


class LoopbackServer(uvicorn.Server):
    """A uvicorn server for an application on a socket that is bound already.

    Args:
        app: What it serves.
        on_ready: Called once requests are answered.
    """

    def __init__(self, app: ASGIApp, on_ready: Callable[[], None] | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=AbortableProtocol,
                ws="websockets-sansio",
                ws_ping_interval=None,
                lifespan="off",
                loop="asyncio",
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=_MAX_CONNECTIONS,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=1,
            )
        )
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts listening, then says so."""
        await super().startup(sockets)
        if self._on_ready is not None:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends within its time; what nobody reads, or came while it ended, does not keep its connection."""
        await super().shutdown(sockets)
        for connection in tuple(self.server_state.connections):
            if isinstance(connection.transport, asyncio.Transport):
                connection.transport.abort()
        await asyncio.sleep(0)

    def stop(self) -> None:
        """Ask it to end; from any thread."""
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ends cleanly on SIGINT and SIGTERM; unlike uvicorn's own, does not raise the signal again afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def leave(_signal: int, _frame: FrameType | None) -> None:
            self.should_exit = True

        before = {number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def bind_loopback(port: int) -> socket.socket:
    """Binds 127.0.0.1.

    Args:
        port: 0 for a free one.

    Raises:
        OSError: The port is in use.
    """
    # asyncio switches Nagle's delay off only on sockets that name their protocol.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            # A port left a moment ago is free; on Windows the option would take one that is in use.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((LOOPBACK, port))
        bound.listen(_BACKLOG)
    except OSError:
        bound.close()
        raise
    return bound


def serve(
    *,
    port: int,
    seed: int,
    scenario: str,
    depth: str = "full",
    symbols: Symbols | str = DEMO_SYMBOLS,
    key: str | None,
    faults: Path | None = None,
    requests_per_second: float | None = None,
    plan: str | None = None,
    wire: str = "polygon",
    stop: threading.Event | None = None,
) -> int:
    """Serves a simulated market on 127.0.0.1 until SIGINT or SIGTERM; prints its URL on stdout once it answers.

    Args:
        port: TCP port, 0 for a free one.
        seed: Of all randomness.
        scenario: `calm`, `seller`, `burst`, `mixed` or `bad-day` (which brings its faults along).
        depth: `full` (ten levels, `/sim/v1/books`) or `nbbo` (one level, as the vendor has it).
        symbols: Tickers traded, or `AAA,BBB:25.10` with the dollars they start at; SPY comes on top.
        key: The only API key accepted, or None for any but an empty one and `bad-key`.
        faults: A TOML file of faults.
        requests_per_second: Requests above this rate get status 429; None for no limit.
        plan: What the key is worth: `basic`, `starter`, `developer`, `advanced`; None for everything. A plan shows one
            level, as the vendor does. Alpaca's are `basic` (IEX) and `advanced` (the whole tape).
        wire: Whose wire format: `polygon`, `alpaca`, `databento` or `ibkr` (the last two have no URL: `host:port` is
            printed).
        stop: Ends the server when set.

    Returns:
        Exit code: 0 after a clean end, 1 with one line on stderr if it could not start.
    """
    try:
        _check(port=port, scenario=scenario, depth=depth, requests_per_second=requests_per_second, wire=wire)
        check_plan(wire, plan)
        now_ns = time.time_ns()
        connection, rules = None, list[Fault]()
        traded = listed_symbols(symbols) if isinstance(symbols, str) else symbols
        if wire == "ibkr":
            connection = ibkr_wire(traded, seed=seed, scenario=scenario, faults=faults, now_ns=now_ns)
        else:
            rules = [*(load_faults(faults) if faults else ()), *(BAD_DAY if scenario == "bad-day" else ())]
        if wire == "databento":
            connection = tcp_wire(traded, seed=seed, scenario=scenario, key=key, faults=rules, now_ns=now_ns)
        bound = _bind_or_explain(port)
    except ValueError as error:
        print_note(f"simulate: {error}")
        return 1
    with bound:
        address = f"{LOOPBACK}:{bound.getsockname()[1]}"
        server: LoopbackServer | TcpServer
        if connection is not None:
            server = TcpServer(connection, on_ready=lambda: print_lines([address]))
        else:
            app = application(
                wire,
                traded,
                seed=seed,
                scenario=scenario,
                depth=depth,
                key=key,
                faults=rules,
                requests_per_second=requests_per_second,
                plan=plan,
                now_ns=now_ns,
            )
            server = LoopbackServer(app, on_ready=lambda: print_lines([f"http://{address}"]))
        if stop is not None:
            threading.Thread(target=_leave_when_set, args=(stop, server), daemon=True).start()
        server.run(sockets=[bound])
    return 0


def _leave_when_set(stop: threading.Event, server: LoopbackServer | TcpServer) -> None:
    stop.wait()
    server.stop()


def _check(*, port: int, scenario: str, depth: str, requests_per_second: float | None, wire: str) -> None:
    if not 0 <= port <= 65_535:
        raise ValueError(f"port must be from 0 to 65535, not {port}")
    if scenario not in SCENARIOS:
        raise ValueError(f"scenario must be one of {', '.join(SCENARIOS)}, not {scenario!r}")
    if wire not in WIRES:
        raise ValueError(f"wire must be one of {', '.join(WIRES)}, not {wire!r}")
    if depth not in get_args(Depth):
        raise ValueError(f"depth must be full or nbbo, not {depth!r}")
    if requests_per_second is not None and not requests_per_second > 0:
        raise ValueError("requests per second must be above 0")


def _bind_or_explain(port: int) -> socket.socket:
    try:
        return bind_loopback(port)
    except OSError as error:
        raise ValueError(f"port {port} on {LOOPBACK}: {error.strerror or error}") from error
