"""The real part of the endurance run: the dashboard and `headless`, each against a simulated market of its own.

Everything is a process of its own on 127.0.0.1. The market's faults come and go for as long as the run lasts: the
scenario `bad-day` again every eight minutes.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from benchmarks.measuring import ROOT
from orderflow_tui.feeds.simulator import DEMO_POSITIONS_TOML, SimulatorProcess
from orderflow_tui.feeds.simulator.bad_day import BAD_DAY
from orderflow_tui.feeds.simulator.faults import Fault

CYCLE_SECONDS = 480
SAMPLE_SECONDS = 5.0
KEY_SECONDS = 4.0
F1, F2, ENTER, ESCAPE, QUIT = b"\x1bOP", b"\x1bOQ", b"\r", b"\x1b", b"\x11"
KEYS = (ENTER, ESCAPE, b"h", ESCAPE, b"2", b"d", ESCAPE, F1, ESCAPE, b",", ESCAPE, b"1", F2, b"h", ESCAPE, ESCAPE)
"""What a trader opens and closes, over and over; F2 and `h` answer a recommendation where one is open."""
_LAST_WORDS = 15.0


def _script(minutes: float) -> str:
    """The faults of the cycles after the scenario's own first one."""
    tables = []
    for number in range(1, int(minutes * 60 / CYCLE_SECONDS) + 1):
        for fault in BAD_DAY:
            shift = number * CYCLE_SECONDS
            until = fault.until_seconds + shift if fault.until_seconds else 0.0
            tables.append(msgspec.structs.replace(fault, from_seconds=fault.from_seconds + shift, until_seconds=until))
    return "\n".join(_table(fault) for fault in tables)


def _table(fault: Fault) -> str:
    usual = msgspec.structs.asdict(Fault(fault.endpoint, fault.kind))
    given = {"endpoint": fault.endpoint, "kind": fault.kind}
    given |= {name: value for name, value in msgspec.structs.asdict(fault).items() if value != usual[name]}
    lines = [f"{name} = {msgspec.json.encode(value).decode()}" for name, value in given.items() if value is not None]
    return "[[fault]]\n" + "\n".join(lines) + "\n"


def settings(folder: Path) -> None:
    """What both programs read."""
    (folder / "positions.toml").write_text(DEMO_POSITIONS_TOML)
    (folder / "orderflow.toml").write_text("")


def run(minutes: float, folder: Path) -> None:
    """Leaves `dashboard/` and `headless/` in the folder, each with `samples.jsonl` and a journal.

    Raises:
        RuntimeError: A process ended early or with an exit code.
    """
    script = folder / "faults.toml"
    script.write_text(_script(minutes) or "fault = []\n")
    settings(folder)
    with ExitStack() as stack:
        dashboard = stack.enter_context(child("dashboard", folder, script, []))
        headless = stack.enter_context(child("headless", folder, script, ["headless"]))
        end = time.monotonic() + minutes * 60
        _drive(dashboard, headless, end)
        dashboard.press(QUIT)
        headless.process.terminate()
        for one in (dashboard, headless):
            one.drain_until_end(_LAST_WORDS)


class Child:
    """One of the two programs on its pseudo-terminal."""

    def __init__(self, name: str, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.name = name
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
        os.close(slave)

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def read(self) -> None:
        try:
            os.read(self.master, 1 << 16)
        except OSError:
            return

    def drain_until_end(self, seconds: float) -> None:
        limit = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < limit:
            if select.select([self.master], [], [], 0.1)[0]:
                self.read()
        if self.process.poll() is None:
            raise RuntimeError(f"{self.name} did not end within {seconds:g} s")
        if self.process.returncode:
            raise RuntimeError(f"{self.name} ended with exit code {self.process.returncode}")


@contextmanager
def child(name: str, folder: Path, script: Path, command: list[str]) -> Iterator[Child]:
    place = folder / name
    place.mkdir()
    with SimulatorProcess(seed=7, scenario="bad-day", faults=script) as market:
        environment = {
            **os.environ, "POLYGON_API_KEY": market.api_key, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
        }  # fmt: skip
        words = [
            sys.executable, "-m", "benchmarks.sampling", str(place / "samples.jsonl"), f"{SAMPLE_SECONDS:g}", "--",
            *command, "--config", str(folder / "orderflow.toml"), "--data-source", "simulator",
            "--base-url", market.url, "--positions", str(folder / "positions.toml"),
            "--requests-per-second", "20", "--log-dir", str(place / "journal"),
        ]  # fmt: skip
        made = Child(name, words, place, environment)
        try:
            yield made
        finally:
            if made.process.poll() is None:
                made.process.kill()
                made.process.wait()
            os.close(made.master)


def _drive(dashboard: Child, headless: Child, end: float) -> None:
    """Read both terminals and press the dashboard's keys until the end."""
    pressed = 0
    due = time.monotonic() + 2 * KEY_SECONDS
    while (now := time.monotonic()) < end:
        ready = select.select([dashboard.master, headless.master], [], [], min(0.5, end - now))[0]
        for one in (dashboard, headless):
            if one.master in ready:
                one.read()
            if one.process.poll() is not None:
                raise RuntimeError(f"{one.name} ended early, exit code {one.process.returncode}")
        if now >= due:
            dashboard.press(KEYS[pressed % len(KEYS)])
            pressed, due = pressed + 1, now + KEY_SECONDS
