"""`evaluate` over generated symbol-days: one process against two, and whether its time grows as its days do.

python -m benchmarks.evaluating
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT, Figure, emit
from tests.evaluate.generated import recording

DAYS = 200
FEW = 50
SECONDS = 800
"""Five minutes of warm-up and one burst of sells."""


def evaluated(prefixes: list[str], workers: int) -> tuple[float, Any]:
    """Seconds, and what it said."""
    command = [sys.executable, "-m", "orderflow_tui", "evaluate", "--json", "--profile", "guarded", "--no-mirror"]
    command += ["--workers", str(workers), *prefixes]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return time.perf_counter() - began, json.loads(done.stdout)


def figures() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prefixes = [
            recording(folder, f"S{number % 10}_{number:03d}", seed=number, day=number // 10, seconds=SECONDS)
            for number in range(DAYS)
        ]
        evaluated(prefixes[:4], 2)
        few, _ = evaluated(prefixes[:FEW], 1)
        one, said_one = evaluated(prefixes, 1)
        two, said_two = evaluated(prefixes, 2)
    faster = one / two
    linear = (one / DAYS) / (few / FEW)
    same = said_one == said_two
    return [
        Figure("evaluate", f"{DAYS} symbol-days on two processes over one", f"{faster:.2f}x",
               f"{one:.1f} s and {two:.1f} s, start included; results {'identical' if same else 'DIFFERENT'}",
               ">= 1.7x, identical", faster >= 1.7 and same),
        Figure("evaluate", f"time a day over {DAYS} days to that over {FEW}", f"{linear:.2f}",
               f"{one / DAYS * 1_000:.0f} and {few / FEW * 1_000:.0f} ms a day, one process", "<= 1.15",
               linear <= 1.15),
    ]  # fmt: skip


if __name__ == "__main__":
    emit(figures())
