"""On a real terminal: one that stops reading, and leaving while every thread hangs."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.tui.pty_terminal import PtyTerminal

pytestmark = pytest.mark.serial
CHILD = "tests.tui.terminal_child"
STALL_SECONDS = 4.0
"""Long enough to fill the terminal's buffer and the writer's queue; the benchmark stalls for ten."""


def alerts(directory: Path) -> list[int]:
    """The numbers of the sellers that were journaled as alerts, by their prints' order in the run."""
    lines = [line for path in directory.glob("*.jsonl") for line in path.read_bytes().rpartition(b"\n")[0].splitlines()]
    records = [json.loads(line) for line in lines]
    return [1 for record in records if record["event"] == "order_flow_alert"]


def test_a_terminal_that_stops_reading_loses_no_alert_and_catches_up(tmp_path: Path) -> None:
    with PtyTerminal(CHILD, [str(tmp_path)]) as terminal:
        terminal.read_until(rb"\b[1-9]\d* alerts", 20)
        before = len(alerts(tmp_path))
        time.sleep(STALL_SECONDS)
        during = len(alerts(tmp_path))
        assert during - before >= STALL_SECONDS / 0.5 - 2, "the monitor waited for the terminal"
        fresh = rb"\b(?:%s) alerts" % b"|".join(str(during + more).encode() for more in range(8))
        terminal.read_until(fresh, 10)
        terminal.quit(10)
    assert terminal.child.returncode == 0


def test_keys_act_though_the_terminal_reads_nothing(tmp_path: Path) -> None:
    with PtyTerminal(CHILD, [str(tmp_path)]) as terminal:
        terminal.read_until(rb"\b[1-9]\d* alerts", 20)
        for _ in range(60):  # more frames than any buffer holds
            terminal.press(b"T")
            time.sleep(0.05)
        terminal.press(b"\x1b[24~")
        until = time.monotonic() + 5
        while not list(tmp_path.glob("screen-*.svg")):
            assert time.monotonic() < until, "the screen waits for the terminal"
            time.sleep(0.02)
        terminal.quit(10)


def test_leaving_waits_for_no_thread_and_gives_the_terminal_back(tmp_path: Path) -> None:
    with PtyTerminal(CHILD, [str(tmp_path)], 80, 24) as terminal:
        terminal.read_until(rb"\b[1-9]\d* alerts|S01", 20)
        terminal.quit(10)
        assert terminal.child.returncode == 0
        for sequence in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[23;0t"):
            assert sequence in terminal.seen
    stopped = [line for path in tmp_path.glob("*.jsonl") for line in path.read_text().splitlines()][-1]
    assert json.loads(stopped)["event"] == "order_flow.run_stopped"
