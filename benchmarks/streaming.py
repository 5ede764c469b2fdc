"""From a frame's send to the journal's line: the dashboard, painting, beside the official client, over loopback.

    python -m benchmarks.streaming

Both are connected to one server, which tells them the same quotes in turn. A script around the vendor's client
compares one size with 10,000 and writes a line of the same fields; ours does everything it does on a live day. The
instant of a line is the one it bears, the machine's clock just before the line is encoded. An alert is on the terminal
when the status row counts it: engine, socket, screen and pseudo-terminal are between.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from benchmarks.measuring import ROOT, Figure, emit, median, percentile
from orderflow_tui.feeds.simulator import SimulatorProcess

SYMBOL = "ACME"
ALERTS = 400
GAP_SECONDS = 0.012
WALL = 14_000
READY_SECONDS = 20.0
P50_MS = 0.8
P99_MS = 2.5
SHOWN_MS = 50.0
_COUNTED = re.compile(rb"(\d+) alerts?\b")
POSITIONS = f'[[position]]\nsymbol = "{SYMBOL}"\nquantity = 3000\naverage_cost = 47.65\n'
VENDOR = """
import json, sys
from datetime import datetime, timezone
from polygon import WebSocketClient

def take(events):
    for event in events:
        if (event.bid_size or 0) > 10_000:
            now = datetime.now(timezone.utc).isoformat()
            line = {"event": "order_flow_alert", "timestamp": now, "symbol": event.symbol,
                    "order_size": event.bid_size, "price_level": event.bid_price, "evidence": "bid_wall"}
            file.write(json.dumps(line) + "\\n")
            file.flush()

url, path = sys.argv[1:]
with open(path, "a") as file:
    host = url.removeprefix("ws://")
    WebSocketClient("k", feed=host, market="stocks", secure=False, subscriptions=["Q.ACME"]).run(take)
"""


class Server:
    """The vendor's order of messages, and one quote after the other."""

    def __init__(self) -> None:
        self.ready: list[ServerConnection] = []
        self.sent: dict[float, dict[int, float]] = {}

    async def client(self, socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            await self._serve(socket)

    async def _serve(self, socket: ServerConnection) -> None:
        await socket.send('[{"ev":"status","status":"connected","message":"Connected Successfully"}]')
        async for text in socket:
            asked: dict[str, Any] = json.loads(text)
            if asked["action"] == "auth":
                await socket.send('[{"ev":"status","status":"auth_success","message":"authenticated"}]')
                continue
            for channel in asked["params"].split(","):
                said = {"ev": "status", "status": "success", "message": f"subscribed to: {channel}"}
                await socket.send(json.dumps([said]))
                if channel == f"Q.{SYMBOL}":
                    self.ready.append(socket)

    async def tell(self) -> None:
        """A small quote, then a large bid, five cents higher each time, to both clients in turn."""
        for number in range(ALERTS):
            price = round(40 + number / 20, 2)  # five cents on: a wall that steps one tick would be the same wall
            for size in (300, WALL):
                at_ms = time.time_ns() // 1_000_000
                quote = {"ev": "Q", "sym": SYMBOL, "bx": 1, "bp": price, "bs": size, "ax": 1,
                         "ap": round(price + 0.02, 2), "as": 300, "c": 0, "t": at_ms, "q": at_ms, "z": 1}  # fmt: skip
                frame = json.dumps([quote])
                order = list(enumerate(self.ready))
                for place, socket in order if number % 2 else order[::-1]:
                    if size == WALL:
                        self.sent.setdefault(price, {})[place] = time.time()
                    await socket.send(frame)
                    await asyncio.sleep(GAP_SECONDS)


def _latencies(path: Path, sent: dict[float, dict[int, float]], place: int) -> list[float]:
    found = []
    for line in path.read_text().splitlines():
        record = json.loads(line)
        if record.get("evidence") != "bid_wall" or record["event"] != "order_flow_alert":
            continue
        at = sent.get(round(float(record["price_level"]), 2), {}).get(place)
        if at is not None:
            found.append((datetime.fromisoformat(record["timestamp"]).timestamp() - at) * 1_000)
    return found


def _shown(path: Path, counted: list[tuple[float, int]]) -> list[float]:
    """Milliseconds from each alert's line to the terminal's count of it."""
    found = []
    records = [json.loads(line) for line in path.read_text().splitlines()]
    alerts = [one for one in records if one["event"] == "order_flow_alert"]
    for number, alert in enumerate(alerts, 1):
        at = datetime.fromisoformat(alert["timestamp"]).timestamp()
        seen = next((when for when, count in counted if count >= number and when >= at), None)
        if seen is not None:
            found.append((seen - at) * 1_000)
    return found


async def measure(folder: Path, rest: SimulatorProcess) -> tuple[list[float], list[float], list[float]]:
    """Latencies of ours and of the official client's script, and from our line to the terminal, milliseconds."""
    server = Server()
    (folder / "positions.toml").write_text(POSITIONS)
    (folder / "orderflow.toml").write_text("")
    async with serve(server.client, "127.0.0.1", 0) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        url = f"ws://127.0.0.1:{port}"
        environment = {
            **os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor",
            "POLYGON_API_KEY": rest.api_key, "ORDER_FLOW_POLYGON_WS_URL": url, "PYTHONPATH": str(ROOT)
        }  # fmt: skip
        words = [
            sys.executable, "-m", "orderflow_tui", "--config", str(folder / "orderflow.toml"),
            "--positions", str(folder / "positions.toml"), "--base-url", rest.url, "--profile", "plan",
            "--log-dir", str(folder / "journal"), "--fps", "20", "--on-quit", "end",
        ]  # fmt: skip
        painted, screen = _terminal()
        quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
        ours: Any = {"stdin": screen, "stdout": screen, "stderr": screen, "cwd": folder, "start_new_session": True}
        children = [subprocess.Popen(words, env=environment, **ours)]  # noqa: ASYNC220 nothing waits yet
        os.close(screen)
        counted: list[tuple[float, int]] = []
        threading.Thread(target=_read_all, args=(painted, counted), daemon=True).start()
        try:
            await _until(server, 1)
            vendor = [sys.executable, "-c", VENDOR, url, str(folder / "vendor.jsonl")]
            children.append(subprocess.Popen(vendor, **quiet))  # noqa: ASYNC220 nor here
            await _until(server, 2)
            await asyncio.sleep(2.0)
            await server.tell()
            await asyncio.sleep(0.5)
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait(10)
    journal = next((folder / "journal").glob("*.jsonl"))
    ours_ms, vendor_ms = (_latencies(journal, server.sent, 0), _latencies(folder / "vendor.jsonl", server.sent, 1))
    return ours_ms, vendor_ms, _shown(journal, counted)


def _terminal() -> tuple[int, int]:
    """Both ends of a pseudo-terminal of 200x50."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    return master, slave


def _read_all(painted: int, counted: list[tuple[float, int]]) -> None:
    """Be the terminal: take what is painted, and note when how many alerts were counted on it."""
    tail = b""
    with suppress(OSError):
        while data := os.read(painted, 1 << 16):
            now = time.time()
            counted += [(now, int(found[1])) for found in _COUNTED.finditer(tail + data)]
            tail = data[-64:]


async def _until(server: Server, clients: int) -> None:
    limit = time.monotonic() + READY_SECONDS
    while len(server.ready) < clients:
        if time.monotonic() > limit:
            raise RuntimeError(f"client {clients} did not subscribe within {READY_SECONDS:g} s")
        await asyncio.sleep(0.05)


def figures() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, SimulatorProcess(scenario="calm", depth="nbbo") as rest:
        ours, vendor, shown = asyncio.run(measure(Path(folder), rest))
    if min(len(ours), len(vendor)) < ALERTS * 0.95:
        raise RuntimeError(f"{len(ours)} and {len(vendor)} lines of {ALERTS}")
    p50, p99 = median(ours), percentile(ours, 0.99)
    words = (
        f"p50 {p50:.2f} ms, the official client {median(vendor):.2f} ms; p99 {p99:.2f} and "
        f"{percentile(vendor, 0.99):.2f} ms; {len(ours)} and {len(vendor)} lines"
    )
    return [
        Figure("stream", "frame sent to journal line, p50 ms", f"{p50:.2f}", words, f"<= {P50_MS:g}", p50 <= P50_MS),
        Figure("stream", "frame sent to journal line, p99 ms", f"{p99:.2f}", words, f"<= {P99_MS:g}", p99 <= P99_MS),
        Figure(
            "stream",
            "alert's journal line to the terminal through the engine, p95 ms",
            f"{percentile(shown, 0.95):.1f}",
            f"p50 {median(shown):.1f} ms, most {max(shown):.1f}; {len(shown)} of {len(ours)} seen; "
            f"load {os.getloadavg()[0]:.1f}",
            f"<= {SHOWN_MS:g}",
            percentile(shown, 0.95) <= SHOWN_MS,
        ),
    ]


if __name__ == "__main__":
    emit(figures())
