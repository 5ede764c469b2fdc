"""How late the screen's loop is while a back-fill of 50,000 prints is fetched and decoded in another thread.

    python -m benchmarks.loop_lag

Against the same page through the vendor's decoder in a thread. A tick is due every 2 ms.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

from benchmarks.decoding import NOW_NS
from benchmarks.loopback import RECORDS, page
from benchmarks.measuring import ROOT, Figure, emit, median, percentile
from orderflow_tui.tui.run_dashboard import SWITCH_INTERVAL

TICK_SECONDS = 0.002
SECONDS = 3.0
ROUNDS = 3
MODES = ("idle", "ours", "vendor")


def poll(port: int) -> None:
    from orderflow_tui.feeds.polygon.rest_calls import Gateway
    from orderflow_tui.feeds.polygon.tape import SymbolTape

    settings = SimpleNamespace(
        data_source="simulator", polygon_api_key="k", polygon_base_url=f"http://127.0.0.1:{port}",
        requests_per_second=1_000.0,
    )  # fmt: skip
    tape = SymbolTape("TEST", lambda _: None, threading.Event())
    gateway = Gateway(settings, clock=lambda: NOW_NS)
    tape.poll(gateway, NOW_NS, delay=lambda: 0, gap_ns=0, told_until=lambda: NOW_NS)


def decode(body: bytes) -> None:
    from polygon.rest.models import Trade

    assert len([Trade.from_dict(row) for row in json.loads(body)["results"]]) == RECORDS


def lag(mode: str, port: int) -> list[float]:
    """Milliseconds each tick came too late."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    body = page(0, RECORDS, 1) if mode == "vendor" else b""
    work = {"idle": lambda: time.sleep(0.05), "ours": lambda: poll(port), "vendor": lambda: decode(body)}[mode]
    work()
    until = time.monotonic() + SECONDS

    def load() -> None:
        while time.monotonic() < until:
            work()
            time.sleep(0.02)

    async def ticks() -> list[float]:
        late = []
        while time.monotonic() < until:
            due = time.perf_counter() + TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
            late.append((time.perf_counter() - due) * 1_000)
        return late

    thread = threading.Thread(target=load)
    thread.start()
    found = asyncio.run(ticks())
    thread.join()
    return found


def figures() -> list[Figure]:
    command = [sys.executable, "-m", "benchmarks.loopback"]
    found: dict[str, list[list[float]]] = {mode: [] for mode in MODES}
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as host:
        assert host.stdin is not None
        assert host.stdout is not None
        port = host.stdout.readline().strip()
        for _ in range(ROUNDS):
            for mode in MODES:
                child = [sys.executable, "-m", "benchmarks.loop_lag", mode, port]
                done = subprocess.run(child, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
                found[mode].append(json.loads(done.stdout))
        host.stdin.close()
    p99 = {mode: median([percentile(each, 0.99) for each in runs]) for mode, runs in found.items()}
    worst = {mode: median([max(each) for each in runs]) for mode, runs in found.items()}
    words = ", ".join(f"{mode} p99 {p99[mode]:.1f} max {worst[mode]:.1f}" for mode in MODES)
    part = p99["ours"] / p99["vendor"]
    return [
        Figure("lag", "the loop's lateness during back-fills of 50,000 prints, p99 ms", f"{p99['ours']:.1f}",
               f"{words}; medians of {ROUNDS}", "<= 5", p99["ours"] <= 5),
        Figure("lag", "the same over the vendor's decoding in a thread", f"1/{1 / part:.0f}", "", "<= 1/20",
               part <= 1 / 20),
    ]  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) == 3:
        json.dump(lag(sys.argv[1], int(sys.argv[2])), sys.stdout)
    else:
        emit(figures())
