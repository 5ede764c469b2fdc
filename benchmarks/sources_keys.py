"""A source's flood, and a trader at the keys: the dashboard with ten names of ten levels, and two keys meanwhile.

    python -m benchmarks.sources_keys databento [--rate 20000] [--seconds 20]

The server is that of `sources_load`. Measured is from the key to its answer on the terminal (200x50): `M` is answered
by a line, F1 by a page, which is built and painted whole. `--rate 20` is the same without a flood.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.measuring import ROOT, Figure, emit, percentile
from benchmarks.sources_load import KEY
from benchmarks.sources_servers import NAMES
from tests.tui.pty_terminal import PtyTerminal

F1, ESCAPE, MUTE = b"\x1bOP", b"\x1b", b"M"
LATEST_MS: Final = 25.0
KEY_EVERY: Final = 0.4
WARM_SECONDS: Final = 3.0


def _read_for(terminal: PtyTerminal, seconds: float) -> None:
    """Read what is painted for so long."""
    until = time.monotonic() + seconds
    terminal.await_true(lambda: time.monotonic() >= until, seconds + 10)


def run(wire: str, rate: float, seconds: float) -> list[Figure]:
    """One server, one dashboard, its engine in a process of its own."""
    served = ["benchmarks.sources_load", wire, "--serve", f"--rate={rate}", f"--seconds={seconds}"]
    with (
        subprocess.Popen([sys.executable, "-m", *served], cwd=ROOT, stdout=subprocess.PIPE, text=True) as server,
        tempfile.TemporaryDirectory() as name,
    ):
        assert server.stdout is not None
        port, folder = int(server.stdout.readline()), Path(name)
        (folder / "run").mkdir(mode=0o700)
        positions = folder / "positions.toml"
        positions.write_text(
            "".join(f'[[position]]\nsymbol = "{one}"\nquantity = 1000\naverage_cost = 20\n' for one in NAMES)
        )
        env = {
            "PATH": os.environ["PATH"], "HOME": name, "XDG_RUNTIME_DIR": str(folder / "run"), "PYTHONPATH": str(ROOT),
            "ORDER_FLOW_DATA_SOURCE": wire, "DATABENTO_API_KEY": KEY,
            "ORDER_FLOW_DATABENTO_GATEWAY": f"127.0.0.1:{port}", "IBKR_PORT": str(port),
            "ORDER_FLOW_IBKR_BOOKS": str(len(NAMES)), "ORDER_FLOW_IBKR_TAPES": str(len(NAMES)),
            "ORDER_FLOW_POSITIONS": str(positions), "ORDER_FLOW_LOG_DIR": str(folder / "journal"),
        }  # fmt: skip
        lines: list[float] = []
        pages: list[float] = []
        with PtyTerminal("orderflow_tui", ["--on-quit", "end", "--no-bell"], 200, 50, cwd=folder, env=env) as terminal:
            terminal.read_until(NAMES[0].encode(), 20)
            until = time.monotonic() + seconds
            _read_for(terminal, WARM_SECONDS)
            while time.monotonic() < until:
                terminal.press(MUTE)
                lines.append(1_000 * terminal.read_until(b"bell o", 10))
                _read_for(terminal, KEY_EVERY)
                terminal.press(F1)
                pages.append(1_000 * terminal.read_until(b"HELP|Help", 10))
                terminal.press(ESCAPE)
                _read_for(terminal, KEY_EVERY)
            terminal.quit(20)
        server.kill()
    return [_figure(wire, "line", lines, LATEST_MS), _figure(wire, "page", pages, None)]


def _figure(wire: str, what: str, took: list[float], limit: float | None) -> Figure:
    p95 = percentile(took, 0.95)
    detail = f"p50 {percentile(took, 0.5):.0f} ms, {len(took)} presses"
    asked = f"<= {limit:.0f} ms" if limit is not None else ""
    name = f"key to its {what} on the terminal, p95"
    return Figure(f"{wire} under load", name, f"{p95:.0f} ms", detail, asked, limit is None or p95 <= limit)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("wire", choices=["databento", "ibkr"])
    parser.add_argument("--rate", type=float, default=20_000)
    parser.add_argument("--seconds", type=float, default=20)
    asked = parser.parse_args()
    emit(run(asked.wire, asked.rate, asked.seconds))


if __name__ == "__main__":
    main()
