"""A page of 50,000 prints: from bytes to events, and what a whole fetch takes of memory, against the vendor's client.

python -m benchmarks.decoding
"""

from __future__ import annotations

import ctypes
import gc
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from benchmarks.loopback import RECORDS, START_NS, STEP_NS, page
from benchmarks.measuring import ROOT, Figure, emit, interleaved, median, ratios
from orderflow_tui.feeds.polygon import wire
from orderflow_tui.feeds.polygon.normalize import print_of
from orderflow_tui.feeds.polygon.tape import LIMIT, PIECE

ROUNDS = 5
NOW_NS = START_NS + (RECORDS + 10) * STEP_NS
FETCHES = ("feed", "remembered", "client", "list_trades")
_STATUS = Path("/proc/self/status")


def our_rows(body: bytes) -> list[wire.TradeRow]:
    """As the feed decodes: the envelope, then rows in pieces."""
    raw = wire.decode(body, wire.RowsPage).results or []
    rows: list[wire.TradeRow] = []
    for start in range(0, len(raw), PIECE):
        rows += wire.decode_rows(raw[start : start + PIECE], list[wire.TradeRow])
    return rows


def decode_figures() -> list[Figure]:
    from polygon.rest.models import Trade

    body = page(0, RECORDS, 1)
    assert len(our_rows(body)) == RECORDS

    def timed(work: Callable[[], object]) -> Callable[[], float]:
        def run() -> float:
            began = time.process_time()
            kept = work()
            took = time.process_time() - began
            del kept
            gc.collect()
            return took * 1_000

        return run

    found = interleaved(
        ROUNDS,
        {
            "vendor": timed(lambda: [Trade.from_dict(row) for row in json.loads(body)["results"]]),
            "ours": timed(lambda: our_rows(body)),
            "events": timed(lambda: [print_of(row, NOW_NS) for row in our_rows(body)]),
            "json": timed(lambda: json.loads(body)),
        },
    )
    faster, spread = ratios(found["vendor"], found["ours"])
    to_events, _ = ratios(found["vendor"], found["events"])
    over_json, _ = ratios(found["json"], found["ours"])
    words = ", ".join(
        f"{name} {median(found[key]):.0f} ms"
        for name, key in (
            ("ours", "ours"),
            ("and on to core events", "events"),
            ("json.loads", "json"),
            ("both", "vendor"),
        )
    )
    return [
        Figure("decode", "a page of 50,000 prints over json.loads + polygon Trade.from_dict", f"{faster:.1f}x",
               f"{words}; {spread}; on to core events {to_events:.1f}x", ">= 13x", faster >= 13),
        Figure("decode", "the same over json.loads alone", f"{over_json:.1f}x", "", ">= 3.5x", over_json >= 3.5),
    ]  # fmt: skip


def memory_figures() -> list[Figure]:
    if not _STATUS.exists():
        return [Figure("decode", "peak memory of a fetch", "not measured", "needs /proc")]
    command = [sys.executable, "-m", "benchmarks.loopback"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout is not None
        port = int(host.stdout.readline())
        found: dict[str, list[float]] = {name: [] for name in FETCHES}
        for _ in range(3):
            for name in FETCHES:
                child = [sys.executable, "-m", "benchmarks.decoding", name, str(port)]
                done = subprocess.run(child, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
                found[name].append(float(done.stdout))
        host.stdin.close()
    peaks = {name: median(values) for name, values in found.items()}
    part = peaks["feed"] / peaks["list_trades"]
    pages = peaks["feed"] - peaks["remembered"]
    return [
        Figure("decode", "peak memory of the pages of 50,000 prints as the feed fetches them, MB", f"+{pages:.1f}",
               f"gzip, 10 pages of {LIMIT:,} decoded and delivered; +{peaks['feed']:.1f} with the ids of all that stay "
               f"remembered; list(list_trades) +{peaks['list_trades']:.1f} MB; "
               f"the public client's one page of 50,000, kept as records, +{peaks['client']:.1f} MB",
               "<= 8", pages <= 8),
        Figure("decode", "the same as a part of list(list_trades)", f"1/{1 / part:.1f}", "", "<= 1/8", part <= 1 / 8),
    ]  # fmt: skip


# --- one fetch in a process of its own --------------------------------------------------------------------------


def peak_of(work: Callable[[], object]) -> float:
    """MB the resident set grew at most while this ran."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    before = _resident("VmRSS")
    kept = work()
    peak = _resident("VmHWM") - before
    del kept
    return peak


def _resident(name: str) -> float:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1_024


def fetch(name: str, port: int) -> float:
    base = f"http://127.0.0.1:{port}"
    settings = SimpleNamespace(
        data_source="simulator", polygon_api_key="k", polygon_base_url=base, requests_per_second=1_000.0
    )
    if name == "list_trades":
        from polygon import RESTClient

        client = RESTClient("k", base=base)
        next(client.list_trades("TEST", limit=10))
        return peak_of(lambda: list(client.list_trades("TEST", limit=RECORDS)))
    if name == "client":
        from datetime import UTC, datetime

        from orderflow_tui import PolygonClient

        day = datetime.fromtimestamp(START_NS // 10**9, UTC)
        with PolygonClient(settings, clock=lambda: NOW_NS) as ours:
            ours._gateway.page(_small(), deadline_seconds=20)  # noqa: SLF001 connects and imports before the count
            return peak_of(lambda: ours.get_time_and_sales("TEST", day, day.replace(hour=23, minute=59)))
    from orderflow_tui.feeds.feed import Batch
    from orderflow_tui.feeds.polygon.rest_calls import Gateway
    from orderflow_tui.feeds.polygon.tape import SymbolTape

    gateway = Gateway(settings, clock=lambda: NOW_NS)
    gateway.page(_small(), deadline_seconds=20)
    delivered = 0

    def put(message: object) -> None:
        nonlocal delivered
        if isinstance(message, Batch):
            delivered += len(message.events)

    tape = SymbolTape("TEST", put, threading.Event())
    if name == "remembered":
        before = _resident("VmRSS")
        tape.poll(gateway, NOW_NS, delay=lambda: 0, gap_ns=0, told_until=lambda: NOW_NS)
        gc.collect()
        # What the allocator still holds of the pages is not remembered by anybody.
        ctypes.CDLL(None).malloc_trim(0)
        return _resident("VmRSS") - before
    peak = peak_of(lambda: tape.poll(gateway, NOW_NS, delay=lambda: 0, gap_ns=0, told_until=lambda: NOW_NS))
    assert delivered > RECORDS * 0.99, delivered
    return peak


def _small() -> object:
    from orderflow_tui.feeds.polygon import endpoints

    return endpoints.trades("TEST", from_ns=START_NS, limit=10)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(fetch(sys.argv[1], int(sys.argv[2])))
    else:
        emit(decode_figures() + memory_figures())
