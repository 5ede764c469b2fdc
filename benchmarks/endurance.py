"""Does it last a day? A fast day of 6.5 hours, then real minutes; exits with 1 where a limit is broken.

    python -m benchmarks.endurance [--minutes 60] [--day-only | --real-only] [--keep FOLDER]

Everything stays on 127.0.0.1 and ends by itself; Ctrl-C ends it at once and leaves no process behind. What is measured:
memory by Theil and Sen's slope after a warm-up in which windows and histories of fixed length fill; threads, files and
asyncio tasks by the middles of the first and the last third of that span; latency by the journal's own `latency_ms` of
alerts that were news.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks import endurance_day, endurance_real
from benchmarks.measuring import Figure, median, percentile, verdict
from benchmarks.sampling import Sample, growth, read, slope

MB_A_MINUTE = 0.1
MORE_THINGS = 1.0
"""Threads, files or tasks more in the last third than in the first; a connection comes and goes."""
MORE_TASKS = 3.0
"""The screen's own tasks come and go with what is open when it is looked at."""
SLOWER_MEDIAN = 1.5
SLOWER_P99 = 2.0
P99_MS = 10.0
FEWEST = 30
"""Alerts in a part of the run below which its p99 says nothing."""
DAY_WARM_MINUTES = 60.0
REAL_WARM_MINUTES = 30.0


@dataclass
class Part:
    """One program's run."""

    name: str
    samples: list[Sample]
    records: list[dict[str, Any]]
    warm_minutes: float
    minutes: float


def records(directory: Path) -> Iterator[dict[str, Any]]:
    """The journal's records in the order in which they were written, each with its `file`'s day."""
    for path in sorted(directory.glob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            yield {**json.loads(line), "file": path.stem}


def part(name: str, folder: Path, warm_minutes: float) -> Part:
    samples = read(folder / "samples.jsonl")
    minutes = samples[-1].minute
    return Part(name, samples, list(records(folder / "journal")), min(warm_minutes, minutes / 2), minutes)


def held(one: Part) -> list[Figure]:
    """Memory, threads, files and tasks."""
    warm = [sample for sample in one.samples if sample.minute >= one.warm_minutes]
    grown = slope(warm)
    span = f"minutes {one.warm_minutes:.0f} to {one.minutes:.0f}, {len(warm)} samples"
    most = max(sample.rss_mb for sample in one.samples)
    found = [
        Figure(one.name, "memory, MB a minute", f"{grown:+.3f}",
               f"{span}; {warm[0].rss_mb:.0f} to {warm[-1].rss_mb:.0f} MB, at most {most:.0f}",
               f"<= {MB_A_MINUTE}", grown <= MB_A_MINUTE)
    ]  # fmt: skip
    for name, limit in (("threads", MORE_THINGS), ("files", MORE_THINGS), ("tasks", MORE_TASKS)):
        more = growth(warm, name)
        values = [getattr(sample, name) for sample in warm]
        found.append(
            Figure(one.name, f"{name}, last third less first", f"{more:+.0f}",
                   f"{min(values)} to {max(values)}", f"<= {limit:.0f}", more <= limit)
        )  # fmt: skip
    return found


def latency(one: Part) -> list[Figure]:
    """Alerts that were news: how late at all, and later at the end than at the beginning."""
    began = _instant(one.records[0]["timestamp"])
    alerts = [
        ((_instant(record["timestamp"]) - began) / 60, record["latency_ms"])
        for record in one.records
        if record["event"] == "order_flow_alert" and not record["late"]
    ]
    each = 60.0 if one.minutes >= 180 else one.minutes / 3
    words = "hour" if one.minutes >= 180 else "third"
    first = [ms for minute, ms in alerts if minute < each]
    last = [ms for minute, ms in alerts if minute >= one.minutes - each]
    found = []
    if alerts:
        p99 = percentile([ms for _, ms in alerts], 0.99)
        found.append(
            Figure(one.name, "alert latency p99, ms", f"{p99:.2f}",
                   f"{len(alerts)} alerts, p50 {median([ms for _, ms in alerts]):.2f} ms", f"<= {P99_MS:.0f}",
                   p99 <= P99_MS)
        )  # fmt: skip
    if min(len(first), len(last)) < FEWEST:
        what = f"{len(first)} alerts in the first {words}, {len(last)} in the last: too few to compare"
        return [*found, Figure(one.name, f"last {words} over first", "not judged", what)]
    for part_of, words_of, limit in ((0.5, "median", SLOWER_MEDIAN), (0.99, "p99", SLOWER_P99)):
        before, after = percentile(first, part_of), percentile(last, part_of)
        ratio = after / before
        found.append(
            Figure(one.name, f"alert latency, {words_of} of the last {words} over the first", f"{ratio:.2f}",
                   f"{before:.2f} and {after:.2f} ms of {len(first)} and {len(last)} alerts", f"<= {limit}",
                   ratio <= limit)
        )  # fmt: skip
    return found


def journal(one: Part, days: int) -> list[Figure]:
    """Each record in the file of the day it was written on, none missing."""
    wrong = sum(record["file"] != record["timestamp"][:10] for record in one.records)
    numbers = [int(record["event_id"].rpartition("-")[2]) for record in one.records]
    missing = sum(number != place for place, number in enumerate(numbers, 1))
    files = len({record["file"] for record in one.records})
    whole = not wrong and not missing and files >= days
    stopped = one.records[-1]["event"] == "order_flow.run_stopped"
    return [
        Figure(one.name, "records in the wrong day's file, or missing", f"{wrong + missing}",
               f"{len(numbers):,} records in {files} day files, the last is{'' if stopped else ' not'} run_stopped",
               f"0, {days} files or more", whole and stopped)
    ]  # fmt: skip


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def fast_day(folder: Path) -> list[Figure]:
    print("the fast day: 6.5 hours of market, some minutes ...", file=sys.stderr, flush=True)
    folder.mkdir()
    took = endurance_day.run(folder)
    one = part("fast day", folder, DAY_WARM_MINUTES)
    speed = Figure("fast day", "times real time", f"{endurance_day.DAY_SECONDS / took:.0f}", f"{took:.0f} s for 6.5 h")
    return [speed, *held(one), *latency(one), *journal(one, days=2)]


def real(folder: Path, minutes: float) -> list[Figure]:
    print(f"{minutes:g} real minutes ...", file=sys.stderr, flush=True)
    folder.mkdir()
    endurance_real.run(minutes, folder)
    found: list[Figure] = []
    for name in ("dashboard", "headless"):
        one = part(name, folder / name, REAL_WARM_MINUTES)
        found += [*held(one), *latency(one), *journal(one, days=1)]
    return found


def table(figures: list[Figure]) -> str:
    rows = [(row.group, row.what, row.value, row.target, verdict(row), row.detail) for row in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)) + f"  {row[5]}"
             for row in rows]  # fmt: skip
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endurance", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="of the part in real time (60)")
    parser.add_argument("--day-only", action="store_true", help="only the fast day")
    parser.add_argument("--real-only", action="store_true", help="only the part in real time")
    parser.add_argument("--keep", type=Path, help="a new folder for journals and samples, kept afterwards")
    options = parser.parse_args()
    if not Path("/proc/self/statm").exists():
        print("endurance: needs /proc", file=sys.stderr)
        return 2
    folder = options.keep or Path(tempfile.mkdtemp(prefix="endurance-"))
    folder.mkdir(exist_ok=options.keep is None)
    began, figures = time.monotonic(), []
    try:
        if not options.real_only:
            figures += fast_day(folder / "day")
        if not options.day_only:
            figures += real(folder / "real", options.minutes)
    except RuntimeError as error:
        print(f"endurance: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(table(figures))
    broken = sum(figure.met is False for figure in figures)
    print(f"{time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}; {broken} limits broken")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
