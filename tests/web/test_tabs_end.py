"""The server ends while tabs hang: none of them, and no process behind one, holds it up."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from orderflow_tui.web.access import Guard
from orderflow_tui.web.server import DashboardServer, listening
from tests.web.browser import until
from tests.web.test_strangers import COOKIE, request

STUBBORN = """
import os, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "w").write(str(os.getpid()))
sys.stdout.write("__GANGLION__\\n")
sys.stdout.flush()
while {paints}:
    os.write(1, b"D" + (50_000).to_bytes(4, "big") + bytes(50_000))
while not signal.pause():
    pass
"""


@asynccontextmanager
async def tab_of(folder: Path, *, paints: bool) -> AsyncIterator[tuple[int, asyncio.StreamReader]]:
    """A tab whose process never ends by itself; its pid, and the socket's reader, which nobody has read from yet."""
    noted = folder / "pid"
    guard = Guard(token="the-token-of-this-run")
    argv = [sys.executable, "-I", "-S", "-c", STUBBORN.format(paints=paints), str(noted)]
    async with listening(DashboardServer(argv, {}, guard), guard, "127.0.0.1", 0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
        handshake = request(b"/ws", COOKIE, b"Connection: Upgrade", b"Upgrade: websocket",
                            b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")  # fmt: skip
        writer.write(handshake.replace(b"PORT", str(port).encode()))
        await until(lambda: noted.exists() and noted.read_text(), "no process")
        yield int(noted.read_text()), reader
    writer.close()


@pytest.mark.parametrize("paints", [True, False], ids=["a tab that reads nothing", "a process that does not end"])
async def test_a_tab_that_hangs_holds_up_no_end(tmp_path: Path, *, paints: bool) -> None:
    async with asyncio.timeout(20) as bound, tab_of(tmp_path, paints=paints) as (pid, reader):
        assert await reader.readuntil(b"\r\n\r\n")
        bound.reschedule(asyncio.get_running_loop().time() + 2.0)  # the time any end may take
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
