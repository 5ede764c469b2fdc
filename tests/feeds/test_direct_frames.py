"""Frames go from the socket to their reader without a queue, in the order they were sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from orderflow_tui.feeds.live.reconnecting import DirectConnection, websocket

Send = Callable[[ServerConnection], None]


def _whole(*messages: bytes) -> Send:
    """All in one write: they are in the socket together."""

    def send(server: ServerConnection) -> None:
        for message in messages:
            server.protocol.send_text(message)
        server.send_data()

    return send


def _in_parts(server: ServerConnection) -> None:
    server.protocol.send_text(b"1")
    server.protocol.send_text(b"2", fin=False)
    server.protocol.send_continuation(b"3", fin=False)
    server.protocol.send_continuation(b"4", fin=True)
    server.protocol.send_binary(b"5")
    server.protocol.send_text(b"6")
    server.send_data()


async def _taken(send: Send, take: Callable[[bytes], object], *, before: bytes = b"") -> None:
    """Read what a server sends until it closes: `before` while nobody takes yet, the rest once somebody waits."""
    waits = asyncio.Event()

    async def talk(server: ServerConnection) -> None:
        if before:
            await server.send(before)
        await waits.wait()
        send(server)
        await server.close()

    async with serve(talk, "127.0.0.1", 0) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        async with websocket(f"ws://127.0.0.1:{port}") as connection:
            assert isinstance(connection, DirectConnection)
            if before:
                await connection.ping()  # the answer comes behind the message
            reading = asyncio.ensure_future(connection.take_all(take))
            await asyncio.sleep(0)
            waits.set()
            await reading


async def test_whole_frames_are_taken_as_they_are_read_and_by_no_task() -> None:
    taken: list[tuple[bytes, object]] = []

    with pytest.raises(ConnectionClosed):
        await _taken(_whole(b"1", b"2", b"3"), lambda data: taken.append((data, asyncio.current_task())))
    assert taken == [(b"1", None), (b"2", None), (b"3", None)]


async def test_a_message_in_parts_keeps_its_place() -> None:
    taken: list[bytes] = []

    with pytest.raises(ConnectionClosed):
        await _taken(_in_parts, taken.append)
    assert taken == [b"1", b"234", b"5", b"6"]


async def test_what_came_before_anybody_took_is_taken_first() -> None:
    taken: list[bytes] = []

    with pytest.raises(ConnectionClosed):
        await _taken(_whole(b"2", b"3"), taken.append, before=b"1")
    assert taken == [b"1", b"2", b"3"]


async def test_what_taking_raises_ends_the_reading() -> None:
    taken: list[bytes] = []

    def take(data: bytes) -> None:
        taken.append(data)
        if data == b"2":
            raise ValueError("unreadable")

    with pytest.raises(ValueError, match="unreadable"):
        await _taken(_whole(b"1", b"2", b"3"), take)
    assert taken == [b"1", b"2"]
