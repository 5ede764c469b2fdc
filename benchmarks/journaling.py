"""One alert appended to the journal against stdlib logging with json, a line each.

python -m benchmarks.journaling
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measuring import Figure, emit, interleaved, median, percentile, ratios
from orderflow_tui.journal.records import AlertRecord
from orderflow_tui.journal.writer import JournalWriter, new_run_id

LINES = 3_000
ROUNDS = 7
FIELDS: dict[str, Any] = {
    "symbol": "AAPL", "alert_type": "large_seller", "severity": "critical", "order_size": 9_100, "price_level": 150.25,
    "volume_ratio": None, "evidence": "bid_wall_hit", "sell_ratio": None,
    "episode_id": "AAPL:bid_wall_hit:bid:150.25:1761143720123456789", "counts": True, "rank": 2, "exit_eligible": False,
    "single_print": False, "against": "long", "text": "SOLD INTO 150.25: 9,100 of 12,400 in 8 s", "late": False,
    "details": {"peak": 12_400, "seconds": 8, "threshold": 10_000},
}  # fmt: skip


class JsonFormatter(logging.Formatter):
    """The same record by the standard library: header, fields, one line."""

    def format(self, record: logging.LogRecord) -> str:
        now = datetime.now(UTC).isoformat()
        return json.dumps(
            {
                "event": record.getMessage(), "event_id": f"run-{record.relativeCreated}", "timestamp": now,
                "timestamp_utc": now, "latency_ms": 0.1, "run_id": "run", "data_source": "polygon",
                "profile": "guarded", "source_class": "live", **record.fields,  # type: ignore[attr-defined]
            },
            separators=(",", ":"),
        )  # fmt: skip


def timed(append: Callable[[], object], worst: list[float]) -> Callable[[], float]:
    def run() -> float:
        each = []
        for _ in range(LINES):
            began = time.perf_counter_ns()
            append()
            each.append((time.perf_counter_ns() - began) / 1_000)
        worst.append(percentile(each, 0.99))
        return median(each)

    return run


def ready_line(journal: JournalWriter) -> Callable[[], None]:
    """The append alone: a line that is made already, by the writer's own way to the file."""
    line = journal._line(AlertRecord(**FIELDS), time.time_ns(), time.monotonic_ns(), profile="guarded")  # noqa: SLF001

    def append() -> None:
        journal._queue.append(line)  # noqa: SLF001
        journal._drain()  # noqa: SLF001

    return append


def append_figure(folder: Path) -> Figure:
    """A ready line through the writer against one bare write of it, in turns."""
    journal = JournalWriter(
        folder, data_source="polygon", source_class="live", profile="guarded", run_id=new_run_id(time.time_ns())
    )
    bare = os.open(folder / "bare", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    line = journal._line(AlertRecord(**FIELDS), time.time_ns(), time.monotonic_ns(), profile="guarded")  # noqa: SLF001
    p99: dict[str, list[float]] = {"ours": [], "bare": []}
    found = interleaved(
        ROUNDS,
        {
            "ours": timed(ready_line(journal), p99["ours"]),
            "bare": timed(lambda: os.write(bare, line), p99["bare"]),
        },
    )
    os.close(bare)
    assert not journal.close()
    times, spread = ratios(found["ours"], found["bare"])
    words = (
        f"median {median(found['ours']):.2f} us, os.write {median(found['bare']):.2f} us; p99 "
        f"{median(p99['ours']):.1f} and {median(p99['bare']):.1f} us; {spread}; a line of {len(line)} bytes"
    )
    return Figure("journal", "a ready line's append over a bare os.write", f"{times:.1f}x", words, "<= 3x", times <= 3)


def figures() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        journal = JournalWriter(
            Path(folder) / "journal", data_source="polygon", source_class="live", profile="guarded",
            run_id=new_run_id(time.time_ns()),
        )  # fmt: skip
        handler = logging.FileHandler(Path(folder) / "peer.jsonl")
        handler.setFormatter(JsonFormatter())
        logger = logging.Logger("peer", logging.INFO)  # noqa: LOG001 a logger of its own, no one else's handlers
        logger.addHandler(handler)
        ours_p99: list[float] = []
        peer_p99: list[float] = []
        found = interleaved(
            ROUNDS,
            {
                "ours": timed(
                    lambda: journal.write(AlertRecord(**FIELDS), time.time_ns(), time.monotonic_ns()), ours_p99
                ),
                "peer": timed(lambda: logger.info("order_flow_alert", extra={"fields": FIELDS}), peer_p99),
            },
        )
        left = journal.close()
        handler.close()
        assert not left
        written = sum(len(path.read_bytes().splitlines()) for path in (Path(folder) / "journal").glob("*.jsonl"))
        assert written == LINES * ROUNDS, written
    faster, spread = ratios(found["peer"], found["ours"])
    words = (
        f"median append {median(found['ours']):.1f} us, logging {median(found['peer']):.1f} us; p99 "
        f"{median(ours_p99):.0f} and {median(peer_p99):.0f} us; {spread}; ours with a sync a second"
    )
    with tempfile.TemporaryDirectory() as folder:
        append = append_figure(Path(folder))
    return [
        append,
        Figure("journal", "append over stdlib logging + json", f"{faster:.1f}x", words, ">= 7x", faster >= 7),
    ]


if __name__ == "__main__":
    emit(figures())
