"""A source under load: ten names of ten levels through the real socket, from the server's write to the journal's line.

    python -m benchmarks.sources_load databento [--rate 20000] [--seconds 20]

A server in a process of its own changes books and prints without pause; every quarter of a second it puts up a wall.
Counted: prints lost or doubled, books thinned and whether the status says so, how late the alert is, how memory grows.
What the screen's keys take meanwhile: `python -m benchmarks.sources_keys`.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from benchmarks.measuring import ROOT, Figure, emit, percentile
from benchmarks.sources_servers import NAMES, serve
from orderflow_tui.config.load import load_config
from orderflow_tui.config.sources import feed_of, source_named
from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import Book, Print
from orderflow_tui.feeds.feed import Batch, FeedMessage, FeedStatus
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.positions import PositionManager

LATEST_MS: Final = 50.0
GROWTH_MB: Final = 10.0
KEY: Final = "db-loadtest00000000000000000LOAD1"


# --- the program --------------------------------------------------------------------------------------------------


class Fixed:
    """Thresholds that do not change."""

    message = ""

    def __init__(self, config: Any) -> None:
        self._config = config

    def poll(self) -> bool:
        return False

    def for_symbol(self, _: str) -> Any:
        return self._config


class Counted:
    """A feed whose messages are counted on their way."""

    def __init__(self, feed: Any) -> None:
        self.feed = feed
        self.prints: Counter[str] = Counter()
        self.volume: Counter[str] = Counter()
        self.books = 0
        self.words: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.feed, name)

    def start(self, symbols: Any, put: Any) -> None:
        def counted(message: FeedMessage) -> None:
            if isinstance(message, Batch):
                for event in message.events:
                    if type(event) is Print:
                        self.prints[message.symbol] += 1
                        self.volume[message.symbol] += event.size
                    elif type(event) is Book:
                        self.books += 1
            elif isinstance(message, FeedStatus):
                self.words.add(message.stream)
            put(message)

        self.feed.start(symbols, counted)


def memory_mb() -> float:
    """What this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4_096 / 1e6


def run(wire: str, rate: float, seconds: float) -> list[Figure]:
    """One server, one monitor."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.sources_load",
        wire,
        "--serve",
        f"--rate={rate}",
        f"--seconds={seconds}",
    ]
    with (
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        assert server.stdout is not None
        port = int(server.stdout.readline())
        settings: dict[str, Any] = {"data_source": wire, "profile": "plan"}
        settings |= (
            {"databento_gateway": f"127.0.0.1:{port}"}
            if wire == "databento"
            else {"ibkr_port": port, "ibkr_books": len(NAMES), "ibkr_tapes": len(NAMES)}
        )
        config = load_config(settings, env={"DATABENTO_API_KEY": KEY}, files=False).config
        feed = Counted(feed_of(source_named(wire))(config))
        positions = PositionManager.fixed([Position(name, 1_000, Decimal(20)) for name in NAMES])
        journal = JournalWriter(Path(folder), data_source=wire, source_class="live", profile="plan", run_id="load")
        monitor = Monitor(feed, positions, Fixed(config), journal, profile="plan", source_label=wire, publish_hz=20.0)
        memory: list[float] = []
        over = threading.Event()

        def sample() -> None:
            while not over.wait(0.5):
                memory.append(memory_mb())

        sampler = threading.Thread(target=sample)
        began_cpu = time.process_time()
        gc.freeze()  # as the program does
        monitor.start()
        sampler.start()
        truth = json.loads(server.stdout.read())
        cpu = time.process_time() - began_cpu
        time.sleep(0.5)
        monitor.stop(timeout=5)
        over.set()
        sampler.join()
        records = [json.loads(line) for path in Path(folder).glob("*.jsonl") for line in path.read_text().splitlines()]
    return figures(wire, truth, feed, records, (memory, cpu))


def figures(
    wire: str, truth: dict[str, Any], feed: Counted, records: Sequence[dict[str, Any]], used: tuple[list[float], float]
) -> list[Figure]:
    """What came of it; `used` is memory over time, MB, and seconds of CPU."""
    memory, cpu = used
    alerts = [one for one in records if one["event"].startswith("order_flow_alert") or "alert_updated" in one["event"]]
    late = [float(one["latency_ms"]) for one in alerts]
    whole = []
    for name, price, at in truth["walls"]:
        found = [
            one
            for one in alerts
            if one["symbol"] == name and one.get("evidence") == "bid_wall"
            and round((one["price_level"] or 0) * 10_000) == price and 0 <= _seconds(one["timestamp"]) - at < 2
        ]  # fmt: skip
        if found:
            whole.append((min(_seconds(one["timestamp"]) for one in found) - at) * 1_000)
    lost = sum((Counter(truth["prints"]) - feed.prints).values())
    doubled = sum((feed.prints - Counter(truth["prints"])).values())
    gaps = [one["reason"] for one in records if "gap" in one["event"]]
    steady = memory[len(memory) // 4 :] or [0.0]
    group = f"{wire} under load"
    said = sorted(word for word in feed.words if "thinned" in word)
    return [
        Figure(group, "changes sent", f"{truth['changes']:,}", f"server up to {truth['behind_s'] * 1000:.0f} ms late"),
        Figure(
            group, "prints lost / doubled", f"{lost} / {doubled}", f"of {sum(truth['prints'].values()):,}; gaps {gaps}",
            "0 / 0", lost == doubled == 0,
        ),
        Figure(group, "books delivered", f"{feed.books:,}", said[0] if said else "not thinned"),
        Figure(
            group, "alert: arrival to record, p99", f"{percentile(late, 0.99):.1f} ms" if late else "none",
            f"p50 {percentile(late, 0.5):.1f} ms, {len(late)} alerts" if late else "", f"<= {LATEST_MS} ms",
            bool(late) and percentile(late, 0.99) <= LATEST_MS,
        ),
        Figure(
            group, "wall: server's write to record, p99", f"{percentile(whole, 0.99):.1f} ms" if whole else "none",
            f"p50 {percentile(whole, 0.5):.1f} ms, {len(whole)} of {len(truth['walls'])} walls" if whole else "",
        ),
        Figure(
            group, "memory growth", f"{steady[-1] - steady[0]:+.1f} MB", f"at the end {steady[-1]:.0f} MB",
            f"<= {GROWTH_MB} MB", steady[-1] - steady[0] <= GROWTH_MB,
        ),
        Figure(group, "CPU", f"{cpu:.1f} s", f"{100_000 * cpu / max(truth['changes'], 1):.2f} s per 100,000 changes"),
    ]  # fmt: skip


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("wire", choices=["databento", "ibkr"])
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--rate", type=float, default=20_000)
    parser.add_argument("--seconds", type=float, default=20)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.wire, asked.rate, asked.seconds)
    else:
        emit(run(asked.wire, asked.rate, asked.seconds))


if __name__ == "__main__":
    main()
