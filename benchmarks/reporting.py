"""`report` beside DuckDB on the same journal, and its intervals beside statsmodels and scipy.

    python -m benchmarks.reporting [LINES]

Both read two million lines (1.6 GB) from files of the page cache in processes of their own, start included, and say the
same counts; DuckDB with its default threads, and with one as our report has.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.measuring import ROOT, Figure, emit, interleaved, median, ratios
from orderflow_tui.track_record.intervals import lift, wilson

LINES = 2_000_000
DAYS = 20
ROUNDS = 3
MOST_MB = 25
MOST_TIMES = 3.0
SYMBOLS = ("BAC", "AIG", "IBM", "AAPL", "NIO", "F", "T", "KO")
RULES = ("sell_print", "bid_wall", "bid_wall_hit", "ask_wall", "red_burst", "block")
COUNTS = [(7, 10, 3, 10), (426, 626, 400, 626), (0, 8, 3, 9), (56, 70, 48, 80), (1, 1_000, 5, 3_000), (5, 5, 0, 5)]
OURS = """
import sys
from orderflow_tui.cli import main
main(["report", "--json", *sys.argv[1:]])
"""
MEMORY = """
import sys
sys.stderr.write(open("/proc/self/status").read())
"""
"""A child's `ru_maxrss` begins with its parent's; the high-water mark of its own memory does not."""
DUCKDB = """
import sys, json, duckdb
threads, pattern = sys.argv[1:]
db = duckdb.connect(config={"threads": threads} if threads != "0" else {})
db.execute("SET enable_progress_bar = false")
beside = "STRUCT(seconds BIGINT, fell BIGINT, hits BIGINT)"
columns = {
    "event": "VARCHAR", "timestamp_utc": "VARCHAR", "latency_ms": "DOUBLE", "symbol": "VARCHAR", "severity": "VARCHAR",
    "evidence": "VARCHAR", "counts": "BOOLEAN", "error_type": "VARCHAR", "answer": "VARCHAR", "fell": "BOOLEAN",
    "success": "BOOLEAN", "fell_1s": "BOOLEAN", "fell_5s": "BOOLEAN", "around": beside, "alike": beside,
    "alert_utc": "VARCHAR",
}
db.execute(
    "CREATE TEMP TABLE t AS SELECT * FROM read_json(?, format='newline_delimited', columns=?)", [pattern, columns]
)
alert = "FROM t WHERE event = 'order_flow_alert'"
said = {
    "alerts": db.execute(f"SELECT count(*) {alert}").fetchone()[0],
    "kinds": db.execute(f"SELECT evidence, severity, count(*) {alert} GROUP BY ALL").fetchall(),
    "days": db.execute(f"SELECT timestamp_utc[:10], symbol, count(*) {alert} GROUP BY ALL").fetchall(),
    "latency": db.execute(f"SELECT quantile_cont(latency_ms, [.5, .95, .99]) {alert}").fetchall(),
    "errors": db.execute("SELECT error_type, count(*) FROM t WHERE error_type IS NOT NULL GROUP BY ALL").fetchall(),
    "answers": db.execute("SELECT answer, count(*) FROM t WHERE answer IS NOT NULL GROUP BY ALL").fetchall(),
    "rules": db.execute(
        "SELECT evidence, symbol, alert_utc[:15] AS block, count(fell), sum(fell::int), count(success), "
        "sum(success::int), sum(fell_1s::int), sum(fell_5s::int), sum(around.fell / around.seconds), "
        "sum(around.hits / around.seconds), sum(alike.fell / alike.seconds), sum(alike.hits / alike.seconds) "
        "FROM t WHERE event = 'order_flow.alert_outcome' GROUP BY ALL").fetchall(),
}
print(json.dumps({"alerts": said["alerts"], "outcomes": sum(row[3] for row in said["rules"])}))
"""


def day_lines(day: int, count: int) -> Iterator[str]:
    """Records of one day as the journal writes them: alerts, their outcomes, answers, errors."""
    random = Random(day)
    noon = datetime(2026, 1, 5, 14, tzinfo=UTC) + timedelta(days=day)
    for number in range(count):
        moment = (noon + timedelta(milliseconds=number * 250)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        head = {"event_id": f"20260105T140000-9f3a61-{number}", "timestamp": moment, "timestamp_utc": moment}
        head |= {"latency_ms": round(random.expovariate(0.2), 3), "run_id": "20260105T140000-9f3a61"}
        head |= {
            "data_source": "polygon",
            "profile": "guarded",
            "source_class": "live",
            "symbol": random.choice(SYMBOLS),
        }
        event, fields = record(random, day, number, moment)
        yield json.dumps({"event": event, **head, **fields}, separators=(",", ":"))


def record(random: Random, day: int, number: int, moment: str) -> tuple[str, dict[str, Any]]:
    """One record's event and fields."""
    rule = random.choice(RULES)
    kind = number % 20
    if kind < 10:
        return "order_flow_alert", {
            "alert_type": "large_seller", "severity": "critical", "order_size": 12_000, "price_level": 150.25,
            "volume_ratio": None, "evidence": rule, "sell_ratio": None,
            "episode_id": f"BAC:{rule}:bid:150.25:{day}-{number}",
            "counts": number % 40 == 0, "rank": 2, "exit_eligible": False, "single_print": False, "against": "long",
            "text": "SOLD INTO 150.25: 9,100 of 12,400 in 8 s", "late": False,
            "details": {"peak": 12_400, "seconds": 8, "threshold": 10_000},
        }  # fmt: skip
    if kind < 17:
        course = {"mid": 150.25, "mid_1m": 150.2, "mid_5m": 150.1, "mid_15m": 150.3, "worst_5m": 150.05}

        fell = random.random() < 0.55
        return "order_flow.alert_outcome", {
            "of": "alert", "subject": f"BAC:{rule}:bid:150.25:{day}-{number}", "evidence": rule, "severity": "critical",
            "counts": False, "exit_eligible": False, "against": "long", "alert_utc": moment, "spread": 0.01,
            "from_utc": moment, "usual_range": 0.08, **course, "fell": fell, "success": random.random() < 0.2,
            "fell_1s": fell, "fell_5s": fell, "around": {"seconds": 2_340, "fell": 1_100, "hits": 300},
            "alike": {"seconds": 20, "fell": 11, "hits": 3}, "truncated": False, "gap": False,
        }  # fmt: skip
    if kind == 17:
        fields = {
            "recommendation_id": f"BAC:exit:{day}-{number}",
            "kind": "flow",
            "reason": "3 large sellers in 60 s",
            "status": "open",
            "against": "long",
            "evidence": ["a", "b"],
            "episode_ids": ["c", "d"],
            **dict.fromkeys(("average_cost", "bid", "bid_60s_ago", "pnl"), 150.25),
            "prints": 6,
            "shares": 45,
        }
        return "order_flow.exit_signal_triggered", {**fields, "quantity": 1_000, "exit_cost": 5.0}
    if kind == 18:
        fields = {"recommendation_id": f"BAC:exit:{day}-{number - 1}", "answer": "hold", "shares": 0}
        fields |= {"minutes": 0, "note": "", "status": "held", "against": "long", "quantity": 1_000}
        return "order_flow.exit_acknowledged", {**fields, "price": 150.2}
    return "order_flow.api_error", {"error_type": "429", "code": "", "detail": "slow down", "status": 429}


def write(directory: Path, lines: int) -> None:
    """A journal of so many lines over twenty days."""
    for day in range(DAYS):
        name = (datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%d.jsonl")
        with (directory / name).open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in day_lines(day, lines // DAYS))


class Candidate:
    """A command, its times and the most memory it held."""

    def __init__(self, script: str, *arguments: str) -> None:
        self.command = [sys.executable, "-c", script + MEMORY, *arguments]
        self.most_mb = 0.0
        self.said: dict[str, Any] = {}

    def run(self) -> float:
        began = time.perf_counter()
        done = subprocess.run(self.command, cwd=ROOT, capture_output=True, text=True, check=True)
        taken = time.perf_counter() - began
        found = re.search(r"VmHWM:\s+(\d+) kB", done.stderr)
        self.most_mb = max(self.most_mb, int(found[1]) / 1_024 if found else float("nan"))
        self.said = json.loads(done.stdout)
        return taken


def speed(lines: int) -> list[Figure]:
    """Time and memory on one journal."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), lines)
        size = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6
        pattern = f"{folder}/*.jsonl"
        ours, many, one = Candidate(OURS, folder), Candidate(DUCKDB, "0", pattern), Candidate(DUCKDB, "1", pattern)
        found = interleaved(ROUNDS, {"ours": ours.run, "duckdb": many.run, "one thread": one.run})
    counts = (ours.said["alerts"]["total"], ours.said["outcomes"]["total"])
    if counts != (many.said["alerts"], many.said["outcomes"]):
        raise RuntimeError(f"the counts differ: {counts} and {many.said}")
    seconds = {name: median(taken) for name, taken in found.items()}
    against_all, spread_all = ratios(found["ours"], found["duckdb"])
    against_one, spread_one = ratios(found["ours"], found["one thread"])
    what = f"{lines:,} lines, {size:,.0f} MB"
    took = f"{seconds['ours']:.1f} s against {seconds['duckdb']:.1f} s ({many.most_mb:,.0f} MB)"
    alone = f"{seconds['ours']:.1f} s against {seconds['one thread']:.1f} s ({one.most_mb:,.0f} MB)"
    return [
        Figure("reporting", f"time over DuckDB's, {what}", f"{against_all:.2f}", f"{took}; {spread_all}",
               f"<= {MOST_TIMES:g}", met=against_all <= MOST_TIMES),
        Figure("reporting", "time over DuckDB's on one thread", f"{against_one:.2f}", f"{alone}; {spread_one}"),
        Figure("reporting", f"most memory, {what}", f"{ours.most_mb:.1f} MB", "resident, start included",
               f"<= {MOST_MB} MB", met=ours.most_mb <= MOST_MB),
    ]  # fmt: skip


def agreement() -> Figure:
    """The largest difference between our bounds and statsmodels' and scipy's on the same counts."""
    from scipy.stats import binomtest
    from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

    differences = []
    for hits, n, control_hits, control_n in COUNTS:
        own, between = wilson(hits, n), lift(hits, n, control_hits, control_n)
        assert own is not None
        assert between is not None
        peers = [
            ((own.low, own.high), proportion_confint(hits, n, method="wilson")),
            ((own.low, own.high), binomtest(hits, n).proportion_ci(0.95, method="wilson")),
            (
                (between.low, between.high),
                confint_proportions_2indep(hits, n, control_hits, control_n, method="newcomb", compare="diff"),
            ),
        ]
        differences += [abs(ours - theirs) for mine, other in peers for ours, theirs in zip(mine, other, strict=True)]
    worst = float(max(differences))
    return Figure(
        "reporting", "largest difference of a bound to statsmodels' and scipy's", f"{worst:.1e}",
        f"Wilson and Newcombe on {len(COUNTS)} pairs of counts", "<= 1e-9", met=bool(worst <= 1e-9),
    )  # fmt: skip


if __name__ == "__main__":
    emit([agreement(), *speed(int(sys.argv[1]) if len(sys.argv) > 1 else LINES)])
