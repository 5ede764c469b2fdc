"""Every figure in one run: `make bench`. Writes `benchmarks/results/latest.md` and `latest.json`.

    python -m benchmarks.run [core_cost engines ...]

Each group runs in a process of its own, one after the other; inside a group the candidates take turns in rounds.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT, Figure, verdict

GROUPS = (
    "core_cost", "engines", "sides_oracle", "decoding", "loop_lag", "journaling", "recording", "streaming", "screens",
    "many_names", "first_paint", "startup", "dashboard", "history", "evaluating", "reporting",
)  # fmt: skip
PACKAGES = (
    "msgspec",
    "httpx",
    "polygon-api-client",
    "textual",
    "websockets",
    "nautilus_trader",
    "tclf",
    "numpy",
    "scikit-learn",
    "duckdb",
    "statsmodels",
    "scipy",
)
LIMIT_SECONDS = 240
RESULTS = Path(__file__).resolve().parent / "results"


def machine() -> dict[str, Any]:
    """What it ran on, and how busy that was."""
    model = platform.processor() or platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpus.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    return {
        "cpu": model, "cores": os.cpu_count(), "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(), "load_before": round(os.getloadavg()[0], 1),
        "commit": _git("rev-parse", "--short", "HEAD"), "changed": bool(_git("status", "--porcelain", "orderflow_tui")),
        "versions": {name: _version(name) for name in PACKAGES},
    }  # fmt: skip


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def measure(group: str) -> list[Figure]:
    """One group in its own process; a failure is a row, not silence."""
    command = [sys.executable, "-m", f"benchmarks.{group}"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        return [Figure(group, group, "failed", f"longer than {LIMIT_SECONDS} s", met=False)]
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no word"]
        return [Figure(group, group, "failed", f"exit code {done.returncode}: {last[0][:200]}", met=False)]
    return [Figure(**row) for row in json.loads(done.stdout)]


def table(facts: dict[str, Any], figures: list[Figure]) -> str:
    versions = ", ".join(f"{name} {found}" for name, found in facts["versions"].items())
    changed = " with uncommitted changes" if facts["changed"] else ""
    missed = [figure for figure in figures if figure.met is False]
    met = sum(figure.met is True for figure in figures)
    said = f"{met} targets met, {len(missed)} missed."
    lines = [
        "# Benchmarks, one run",
        "",
        f"{facts['date']}, commit {facts['commit']}{changed}, {facts['seconds']:.0f} s in all.",
        f"{facts['cpu']}, {facts['cores']} cores, {facts['system']}, CPython {facts['python']};",
        f"load average {facts['load_before']} before and {facts['load_after']} after. {versions}.",
        "",
        "Work that only computes is timed in CPU time of its process, what waits in wall time. Figures are medians of",
        "rounds in which the candidates took turns, ratios medians of the rounds' own ratios with their spread.",
        "On a shared machine trust the ratios.",
        "",
        said,
        "",
        "| group | figure | value | target | | how |",
        "|---|---|---|---|---|---|",
    ]
    for row in figures:
        cells = (row.group, row.what, f"**{row.value}**", row.target, verdict(row), row.detail)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    asked = sys.argv[1:] or list(GROUPS)
    if unknown := [name for name in asked if name not in GROUPS]:
        print(f"no such group: {', '.join(unknown)}; there are {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    facts = machine()
    began = time.monotonic()
    figures = []
    for group in asked:
        print(f"{group} ...", file=sys.stderr, flush=True)
        figures += measure(group)
    facts |= {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), "seconds": time.monotonic() - began,
        "load_after": round(os.getloadavg()[0], 1),
    }  # fmt: skip
    text = table(facts, figures)
    print(text)
    if asked == list(GROUPS):
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "latest.md").write_text(text)
        rows = [asdict(figure) for figure in figures]
        (RESULTS / "latest.json").write_text(json.dumps({**facts, "figures": rows}, indent=1) + "\n")
    return int(any(figure.value == "failed" for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
