"""However a connection ends, on either side, its socket ends with it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.server import serve

from orderflow_tui.feeds.live.reconnecting import websocket
from orderflow_tui.feeds.simulator.run_server import LoopbackServer, bind_loopback
from orderflow_tui.feeds.simulator.tcp_server import TcpServer

MORE_THAN_SOCKETS_HOLD = b"x" * (1 << 24)


def is_open(transport: asyncio.BaseTransport) -> bool:
    return bool(transport.get_extra_info("socket").fileno() != -1)


async def test_a_stream_ended_while_it_says_goodbye() -> None:
    used: asyncio.Future[asyncio.Transport] = asyncio.get_running_loop().create_future()

    async def use(url: str) -> None:
        async with websocket(url) as connection:
            used.set_result(connection.transport)
            connection.transport.pause_reading()  # the goodbye is not answered

    async with serve(lambda connection: connection.wait_closed(), "127.0.0.1", 0) as server:
        using = asyncio.create_task(use(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
        transport = await used
        using.cancel()
        with pytest.raises(asyncio.CancelledError):
            await using
        await asyncio.sleep(0)
        assert not is_open(transport)


def ended_before_a_client_has_read(
    server: TcpServer | LoopbackServer, ready: threading.Event, until: Callable[[], Any]
) -> None:
    bound = bind_loopback(0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        assert ready.wait(60)
        with socket.create_connection(bound.getsockname()) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            until()
            server.stop()
            thread.join(60)
    finally:
        server.stop()
        thread.join(60)
        bound.close()
    assert not thread.is_alive()


def test_a_tcp_server_with_a_client_that_does_not_read() -> None:
    ready, wrote = threading.Event(), threading.Event()
    used: list[asyncio.BaseTransport] = []

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        used.append(writer.transport)
        writer.write(MORE_THAN_SOCKETS_HOLD)
        writer.close()
        wrote.set()

    ended_before_a_client_has_read(TcpServer(pour, on_ready=ready.set), ready, lambda: wrote.wait(60))
    assert not is_open(used[0])


def test_a_web_server_with_a_client_that_does_not_read() -> None:
    ready, wrote = threading.Event(), threading.Event()
    used: list[asyncio.BaseTransport] = []

    async def pour(scope: Any, receive: Any, send: Any) -> None:
        used.extend(connection.transport for connection in server.server_state.connections)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        wrote.set()
        await send({"type": "http.response.body", "body": MORE_THAN_SOCKETS_HOLD})

    server = LoopbackServer(pour, on_ready=ready.set)
    ended_before_a_client_has_read(server, ready, lambda: wrote.wait(60))
    assert not is_open(used[0])
