"""CPU of engine and dashboard together: 12 held names, 20 quotes a second each in frames of their own, 200x50.

python -m benchmarks.many_names
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from benchmarks.measuring import ROOT, Figure, emit
from benchmarks.screens import cpu
from orderflow_tui.feeds.simulator.process import SimulatorProcess
from tests.tui.pty_terminal import QUIT, PtyTerminal

NAMES = ("AAPL", "BAC", "MSFT", "NVDA", "F", "KO", "GME", "IBM", "AIG", "QQQ", "IWM", "XLF")
UPDATES = 20
SECONDS = 15.0
START_SECONDS = 40.0
MOST = 45.0


class Market:
    """The stream: quotes of all names in turn, evenly spread."""

    def __init__(self) -> None:
        self.sent = 0
        self.ready = asyncio.Event()

    async def client(self, link: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            await link.send('[{"ev":"status","status":"connected","message":"Connected Successfully"}]')
            telling = None
            async for text in link:
                asked: dict[str, Any] = json.loads(text)
                if asked["action"] == "auth":
                    await link.send('[{"ev":"status","status":"auth_success","message":"authenticated"}]')
                    continue
                for channel in asked["params"].split(","):
                    await link.send(json.dumps([{"ev": "status", "status": "success",
                                                 "message": f"subscribed to: {channel}"}]))  # fmt: skip
                if telling is None and "Q." in asked["params"]:
                    telling = asyncio.create_task(self.tell(link))

    async def tell(self, link: ServerConnection) -> None:
        self.ready.set()
        gap, due = 1 / (UPDATES * len(NAMES)), time.monotonic()
        with suppress(ConnectionClosed):
            while True:
                at = time.time_ns() // 1_000_000
                turn = self.sent // len(NAMES)
                price = round(40 + self.sent % len(NAMES) + turn % 5 / 100, 2)
                name, size, ask = NAMES[self.sent % len(NAMES)], 300 + turn % 7, round(price + 0.02, 2)
                quote = {"ev": "Q", "sym": name, "bx": 1, "bp": price, "bs": size, "ax": 1, "ap": ask, "as": 400,
                         "c": 0, "t": at, "q": at, "z": 1}  # fmt: skip
                await link.send(json.dumps([quote]))
                self.sent += 1
                due += gap
                await asyncio.sleep(max(0.0, due - time.monotonic()))


async def measure(folder: Path, rest: SimulatorProcess) -> tuple[float, float, float]:
    """Percent of a core of the engine and of the dashboard, and quotes a second that were sent."""
    market = Market()
    rows = "".join(f'[[position]]\nsymbol = "{name}"\nquantity = 300\naverage_cost = 40\n' for name in NAMES)
    (folder / "positions.toml").write_text(rows)
    (folder / "run").mkdir(mode=0o700)
    async with serve(market.client, "127.0.0.1", 0) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        env = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), "POLYGON_API_KEY": rest.api_key,
            "XDG_RUNTIME_DIR": str(folder / "run"), "ORDER_FLOW_POLYGON_BASE_URL": rest.url,
            "ORDER_FLOW_POLYGON_WS_URL": f"ws://127.0.0.1:{port}", "ORDER_FLOW_LOG_DIR": str(folder / "journal"),
        }  # fmt: skip
        words = ["--on-quit", "end"]
        with PtyTerminal("orderflow_tui", words, 200, 50, cwd=folder, env=env) as terminal:
            reader = threading.Thread(target=terminal.drain, args=(START_SECONDS,), daemon=True)
            reader.start()
            async with asyncio.timeout(START_SECONDS):
                await market.ready.wait()
            await asyncio.sleep(5.0)
            asked = await asyncio.to_thread(
                subprocess.run, [sys.executable, "-m", "orderflow_tui", "status", "--json"], cwd=folder, env=env,
                capture_output=True, check=True,
            )  # fmt: skip
            pids = (json.loads(asked.stdout)["pid"], terminal.child.pid)
            before, sent, began = [cpu(pid) for pid in pids], market.sent, time.monotonic()
            await asyncio.sleep(SECONDS)
            wall = time.monotonic() - began
            engine, screen = [(cpu(pid) - had) * 100 / wall for pid, had in zip(pids, before, strict=True)]
            rate = (market.sent - sent) / wall
            os.write(terminal.master, QUIT)
            await asyncio.to_thread(terminal.child.wait, 20)
    return engine, screen, rate


def figures() -> list[Figure]:
    with (
        tempfile.TemporaryDirectory() as folder,
        SimulatorProcess(scenario="calm", depth="nbbo", symbols=NAMES) as rest,
    ):
        engine, screen, rate = asyncio.run(measure(Path(folder), rest))
    both = engine + screen
    words = f"{engine:.0f} and {screen:.0f}; {rate:.0f} quotes a second were sent; load {os.getloadavg()[0]:.1f}"
    what = "12 names at 20 updates a second: CPU of engine and dashboard, % of a core"
    return [Figure("screens", what, f"{both:.0f}", words, f"<= {MOST:.0f}", both <= MOST)]


if __name__ == "__main__":
    emit(figures())
