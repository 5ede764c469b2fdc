"""How long commands take to start over bare Python, and what the live dashboard holds over a bare Textual app.

python -m benchmarks.startup
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import dashboard, endurance_real
from benchmarks.measuring import ROOT, Figure, emit, interleaved, median
from benchmarks.sampling import read
from tests.tui.journal_files import record

ROUNDS = 7
LIVE_SECONDS = 20.0
LIVE_ROUNDS = 2
MOST_MB = 35.0
COMMANDS = {"--help": ["--help"], "report": ["report", "journal"], "config": ["config"]}
LIMITS = {"--help": 150.0, "report": 150.0, "config": 500.0}


def started(command: list[str], folder: Path) -> float:
    """Milliseconds from start to end."""
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    subprocess.run([sys.executable, *command], cwd=folder, env=environment, check=True, **quiet)
    return (time.perf_counter() - began) * 1_000


def starts() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "journal").mkdir()
        lines = [json.dumps(record(number, event_id=f"e{number}"), separators=(",", ":")) for number in range(100)]
        (folder / "journal" / "2025-10-22.jsonl").write_text("\n".join(lines) + "\n")
        jobs = {"bare": lambda: started(["-c", "pass"], folder)}
        for label, words in COMMANDS.items():
            jobs[label] = lambda words=words: started(["-m", "orderflow_tui", *words], folder)  # type: ignore[misc]
        for job in jobs.values():
            job()
        found = interleaved(ROUNDS, jobs)
    figures = []
    for label in COMMANDS:
        over = median([a - b for a, b in zip(found[label], found["bare"], strict=True)])
        figures.append(
            Figure("start", f"`{label}` over bare Python, ms", f"+{over:.0f}",
                   f"{median(found[label]):.0f} and {median(found['bare']):.0f} ms, medians of {ROUNDS}",
                   f"<= {LIMITS[label]:.0f}", over <= LIMITS[label])
        )  # fmt: skip
    return figures


def live_mb() -> float:
    """Resident memory of the dashboard on the simulated market after twenty seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "faults.toml").write_text("fault = []\n")
        endurance_real.settings(folder)
        with endurance_real.child("dashboard", folder, folder / "faults.toml", []) as child:
            end = time.monotonic() + LIVE_SECONDS
            while time.monotonic() < end:
                if select.select([child.master], [], [], 0.2)[0]:
                    child.read()
            child.press(endurance_real.QUIT)
            child.drain_until_end(10)
        return read(folder / "dashboard" / "samples.jsonl")[-1].rss_mb


def live() -> Figure:
    found = interleaved(LIVE_ROUNDS, {"live": live_mb, "bare": lambda: dashboard.start("bare")["rss"]})
    more = median(found["live"]) - median(found["bare"])
    return Figure(
        "start", "the live dashboard's memory over a bare Textual app, MB", f"+{more:.1f}",
        f"{median(found['live']):.1f} MB after {LIVE_SECONDS:.0f} s on the simulated market, four held symbols, ten "
        f"levels, 200x50; {median(found['bare']):.1f} MB", f"<= {MOST_MB:.0f}", more <= MOST_MB,
    )  # fmt: skip


if __name__ == "__main__":
    emit([*starts(), live()])
