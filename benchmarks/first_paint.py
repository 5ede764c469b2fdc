"""From a process's start to its first paint: `orderflow-tui` with its engine, beside a bare Textual app on the same
terminal of 200x50, in turns.

    python -m benchmarks.first_paint
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from benchmarks.measuring import Figure, emit, median, ratios
from benchmarks.screens import cpu, furnish
from orderflow_tui.feeds.simulator.process import SimulatorProcess
from tests.tui.pty_terminal import QUIT, PtyTerminal

ROUNDS = 9
LIMIT = 60.0
MOST = 1.3


class App(NamedTuple):
    """What is started, what its first paint shows, and what its first whole one."""

    module: str
    words: list[str]
    painted: bytes
    whole: bytes


def start(app: App, folder: Path, env: dict[str, str]) -> tuple[float, float, float]:
    """Milliseconds to the first paint and to the full one, and the processor's milliseconds up to the first."""
    began = time.monotonic()
    with PtyTerminal(app.module, app.words, 200, 50, cwd=folder, env=env) as terminal:
        terminal.read_until(app.painted, LIMIT)
        first, used = time.monotonic() - began, cpu(terminal.child.pid)
        if app.whole != app.painted:
            terminal.read_until(app.whole, LIMIT)
        whole = time.monotonic() - began
        time.sleep(0.5)
        os.write(terminal.master, QUIT)
        with suppress(AssertionError):
            terminal.await_true(lambda: terminal.child.poll() is not None, LIMIT)
    return first * 1_000, whole * 1_000, used * 1_000


def figures() -> list[Figure]:
    found: dict[str, list[tuple[float, float, float]]] = {"ours": [], "bare": []}
    with tempfile.TemporaryDirectory() as name, SimulatorProcess(seed=7, scenario="calm") as market:
        folder = Path(name)
        env = furnish(folder, market)
        apps = {
            "ours": App("orderflow_tui", [], b"STARTING THE WATCH|ACME", b"ACME"),
            "bare": App("benchmarks.dashboard_child", ["bare", str(folder / "report.json")], b"READY", b"READY"),
        }
        for number in range(-1, ROUNDS):
            for which, app in apps.items() if number % 2 else reversed(apps.items()):
                one = start(app, folder, env)
                if number >= 0:  # the round before warms the disk's cache
                    found[which].append(one)
    ours, bare = [[one[0] for one in found[which]] for which in ("ours", "bare")]
    times, spread = ratios(ours, bare)
    used, _ = ratios([one[2] for one in found["ours"]], [one[2] for one in found["bare"]])
    return [
        Figure("start", "first paint over a bare Textual app, engine start included", f"{times:.2f}x",
               f"{median(ours):.0f} and {median(bare):.0f} ms, {spread}; {used:.2f}x the processor time; the engine's "
               f"first state on the screen after {median([one[1] for one in found['ours']]):.0f} ms; "
               f"load {os.getloadavg()[0]:.1f}", f"<= {MOST}x", times <= MOST)
    ]  # fmt: skip


if __name__ == "__main__":
    emit(figures())
