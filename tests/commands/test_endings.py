"""However a dashboard ends, it is gone within two seconds, with its children, and its journal says why."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.pty_terminal import ROOT, PtyTerminal

pytestmark = pytest.mark.serial

SECONDS = 2.0
LEEWAY = 3.0
"""The machine that runs the tests may be busy."""


def demo(journal: Path) -> PtyTerminal:
    return PtyTerminal("orderflow_tui", ["demo", "--log-dir", str(journal)], 120, 40)


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def last_record(journal: Path) -> dict[str, object]:
    lines = [line for path in journal.glob("*.jsonl") for line in path.read_text().splitlines()]
    found: dict[str, object] = json.loads(lines[-1])
    return found


def wait(child: subprocess.Popen[bytes], pids: list[int]) -> None:
    child.wait(SECONDS + LEEWAY)
    until = time.monotonic() + LEEWAY
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < until, "a child stayed"
        time.sleep(0.02)


def close_terminal(terminal: PtyTerminal) -> None:
    os.close(terminal.master)
    terminal.master = os.open(os.devnull, os.O_RDONLY)


def signalled(number: signal.Signals) -> Callable[[PtyTerminal], None]:
    return lambda terminal: terminal.child.send_signal(number)


WAYS: dict[str, tuple[Callable[[PtyTerminal], None], str, int]] = {
    "SIGTERM": (signalled(signal.SIGTERM), "ended by SIGTERM", 0),
    "SIGINT": (signalled(signal.SIGINT), "ended by SIGINT", 0),
    "SIGHUP": (signalled(signal.SIGHUP), "the terminal is gone", 129),
    "the terminal is closed": (close_terminal, "the terminal", 129),
    "the quit key": (lambda terminal: terminal.press(b"\x11"), "quit", 0),
}


@pytest.mark.parametrize("reads", [True, False], ids=["a terminal that reads", "one that does not"])
@pytest.mark.parametrize("way", WAYS)
def test_a_dashboard_is_gone_with_its_children_however_it_ends(way: str, reads: bool, tmp_path: Path) -> None:
    end, reason, code = WAYS[way]
    journal = tmp_path / "journal"
    with demo(journal) as terminal:
        terminal.read_until(rb"SIMULATED", 30)
        if reads:
            terminal.drain(0.2)
        else:
            for _ in range(30):  # more frames than any buffer holds
                terminal.press(b"t")
                time.sleep(0.03)
        pids = children(terminal.child.pid)
        assert pids
        end(terminal)
        if reads and not way.endswith("closed"):
            terminal.await_true(lambda: terminal.child.poll() is not None, SECONDS + LEEWAY)
            flags = termios.tcgetattr(terminal.master)[3]
            terminal.drain(0.05)
            assert b"\x1b[?1049l" in terminal.seen
            assert flags & termios.ICANON
        wait(terminal.child, pids)
    assert terminal.child.returncode == code
    stopped = last_record(journal)
    assert stopped["event"] == "order_flow.run_stopped"
    assert reason in str(stopped["reason"])


def test_a_dashboard_started_by_nohup_in_a_terminal_that_is_closed_is_gone(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    script = f"trap '' HUP; {sys.executable} -m orderflow_tui demo --log-dir {journal}; exit $?"
    with PtyTerminal("", ["-c", script], 120, 40, program=Path("/bin/sh")) as terminal:
        terminal.read_until(rb"SIMULATED", 30)
        pids = [pid for child in children(terminal.child.pid) for pid in (child, *children(child))]
        close_terminal(terminal)
        wait(terminal.child, pids)
    assert "the terminal" in str(last_record(journal)["reason"])


@pytest.mark.parametrize("seconds", [0.15, 0.4, 0.8])
def test_a_terminal_closed_during_the_start_without_a_signal_ends_it(seconds: float, tmp_path: Path) -> None:
    """It is closed before the screen begins, which under load takes many seconds."""
    journal = tmp_path / "journal"
    script = f"trap '' HUP; exec {sys.executable} -m orderflow_tui demo --log-dir {journal}"
    with PtyTerminal("", ["-c", script], 120, 40, program=Path("/bin/sh")) as terminal:
        time.sleep(seconds)
        pids = children(terminal.child.pid)
        close_terminal(terminal)
        wait(terminal.child, pids)
    assert terminal.child.returncode == 129


def test_headless_is_gone_and_says_so_when_its_terminal_is(tmp_path: Path) -> None:
    (tmp_path / "positions.toml").write_text('[[position]]\nsymbol = "BAC"\nquantity = 1000\n')
    env = {**os.environ, "POLYGON_API_KEY": "k" * 20, "ORDER_FLOW_POLYGON_BASE_URL": "http://127.0.0.1:9"}
    env["PYTHONPATH"] = str(ROOT)
    child = subprocess.Popen(
        [sys.executable, "-m", "orderflow_tui", "headless"], cwd=tmp_path, env=env, stdout=subprocess.PIPE
    )
    folder = tmp_path / "logs/order_flow"
    until = time.monotonic() + 30
    while not any(path.stat().st_size for path in folder.glob("*.jsonl")):  # with its first record it heeds signals
        assert time.monotonic() < until
        time.sleep(0.05)
    child.send_signal(signal.SIGHUP)
    wait(child, [])
    assert child.stdout is not None
    child.stdout.close()
    assert child.returncode == 129
    assert last_record(folder)["reason"] == "the terminal is gone"


@pytest.mark.parametrize("hurry", [{}, {"ENDED_AT_ONCE": "1"}])
def test_a_defect_of_the_screen_is_no_quit(tmp_path: Path, hurry: dict[str, str]) -> None:
    journal = tmp_path / "journal"
    arguments = ["demo", "--log-dir", str(journal), "--notify", "always"]
    with PtyTerminal("tests.commands.failing_child", arguments, 120, 40, env={**os.environ, **hurry}) as terminal:
        terminal.read_until(rb"SIMULATED", 30)
        terminal.drain(0.2)
        pids = children(terminal.child.pid)
        terminal.press(b"T")
        terminal.read_until(rb"\x1b\[\?1049l[\s\S]*RuntimeError: a defect of 15", 20)
        terminal.drain(0.1)
        wait(terminal.child, pids)
        assert b"not-to-be-shown" not in terminal.seen
        assert hurry or b"\x1b]9;orderflow-tui failed" in terminal.seen
    assert terminal.child.returncode == 1
    stopped = last_record(journal)
    assert stopped["reason"] == "the screen failed: RuntimeError"
    assert stopped["exit_code"] == 1
