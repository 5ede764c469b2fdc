"""The dashboard on a real pseudo-terminal, 200x50, 20 fps: 12 symbols with 20 book updates a second each.

    python -m benchmarks.dashboard

Against a version of the same screen that makes the same rows and hands each panel to `Static.update`, and against a
bare Textual app for the first paint and the memory. Both clocks are the machine's monotonic one: an event is marked by
a word in the view it publishes, and painted when that word arrives at the terminal.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

from benchmarks.dashboard_child import FPS
from benchmarks.measuring import ROOT, Figure, emit, median, percentile
from tests.tui.pty_terminal import PtyTerminal

COLUMNS, ROWS = 200, 50
SECONDS = 20.0
START_SECONDS = 3.0
STARTS = 5
KEY_EVERY = 0.8
IDLE_SECONDS = 10.0
STALL_SECONDS = 10.0
F2, ESCAPE = b"\x1bOQ", b"\x1b"
_MARK = re.compile(rb"mark(\d{6})")
_ALARM = re.compile(rb"alarm(\d{6})")
_ALERTS = re.compile(rb"(\d+) alerts")
_ANSWER = b"decide later"


class Terminal:
    """A child on a pseudo-terminal, and what it painted when."""

    def __init__(self, mode: str) -> None:
        self.report = Path(tempfile.mkstemp(suffix=".json")[1])
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment.pop("NO_COLOR", None)
        self.began = time.monotonic()
        self.child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.dashboard_child", mode, str(self.report)],
            cwd=ROOT, env=environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.first_paint = 0.0
        self.marks: dict[int, float] = {}
        self.alarms: dict[int, float] = {}
        self.answer_seen = 0.0
        self.pressed: list[float] = []
        self.tail = b""
        self.bytes = 0

    def drain(self, until: float) -> None:
        """Read what is painted up to an instant."""
        while (left := until - time.monotonic()) > 0:
            if not select.select([self.master], [], [], left)[0]:
                return
            if not self._read():
                return

    def _read(self) -> bool:
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:
            return False
        now = time.monotonic()
        self.bytes += len(data)
        seen = self.tail + data
        if not self.first_paint and b"READY" in seen:
            self.first_paint = now - self.began
        for found in _MARK.finditer(seen):
            self.marks.setdefault(int(found.group(1)), now)
        for found in _ALARM.finditer(seen):
            self.alarms.setdefault(int(found.group(1)), now)
        if not self.answer_seen and _ANSWER in seen:
            self.answer_seen = now
        self.tail = data[-64:]
        return True

    def press(self, key: bytes) -> None:
        os.write(self.master, key)

    def answer_latency(self, limit: float = 2.0) -> float | None:
        """Press the acknowledge key and wait for its dialog; close it again."""
        self.answer_seen = 0.0
        pressed = time.monotonic()
        self.pressed.append(pressed)
        self.press(F2)
        while not self.answer_seen and time.monotonic() < pressed + limit:
            self.drain(time.monotonic() + 0.001)
        seen = self.answer_seen
        self.press(ESCAPE)
        return seen - pressed if seen else None

    def close(self) -> dict[str, float]:
        """End the child and read what it measured of itself."""
        self.press(b"\x11")
        limit = time.monotonic() + 5
        while self.child.poll() is None and time.monotonic() < limit:
            self.drain(time.monotonic() + 0.05)
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        os.close(self.master)
        text = self.report.read_text()
        self.report.unlink()
        return json.loads(text) if text else {}


def busy(mode: str) -> dict[str, float]:
    """Twenty seconds of updates; every 0.8 s the acknowledge key."""
    terminal = Terminal(mode)
    keys = []
    end = terminal.began + START_SECONDS + SECONDS
    terminal.drain(terminal.began + START_SECONDS)
    while time.monotonic() < end:
        terminal.drain(min(end, time.monotonic() + KEY_EVERY))
        latency = terminal.answer_latency()
        if latency is not None:
            keys.append(latency * 1_000)
    said = terminal.close()
    published = {int(number): at for number, at in said.pop("published").items()}
    alarmed = {int(number): at for number, at in said.pop("alarmed").items()}
    banners = [(seen - alarmed[number]) * 1_000 for number, seen in terminal.alarms.items() if number in alarmed]
    acted = said.pop("acknowledged")
    actions = [(at - max(p for p in terminal.pressed if p <= at)) * 1_000 for at in acted]
    paints = [(seen - published[number]) * 1_000 for number, seen in terminal.marks.items() if number in published]
    return {
        "cpu": said["cpu"], "looks": said["looks"], "each": said["cpu"] * 10 / said["looks"], "rss": said["rss"],
        "p50": median(paints), "p95": percentile(paints, 0.95), "painted": len(paints) / len(published),
        "alarm50": median(banners), "alarm": percentile(banners, 0.95), "alarms": len(banners) / len(alarmed),
        "act50": median(actions), "act": percentile(actions, 0.95),
        "key50": median(keys), "key": percentile(keys, 0.95), "keys": len(keys),
        "kB": terminal.bytes / 1_000 / (SECONDS + START_SECONDS), "updates": said["updates"],
    }  # fmt: skip


def start(mode: str) -> dict[str, float]:
    """Process start to first paint, and memory two seconds later."""
    terminal = Terminal(mode)
    terminal.drain(terminal.began + START_SECONDS)
    return {"paint": terminal.first_paint * 1_000, "rss": terminal.close()["rss"]}


def idle() -> float:
    """Percent of a core while nothing happens but the clock."""
    terminal = Terminal("quiet")
    terminal.drain(terminal.began + START_SECONDS + IDLE_SECONDS)
    return terminal.close()["cpu"]


def stalled() -> dict[str, float]:
    """A terminal that stops reading for ten seconds over a real monitor; then leaving while its threads hang."""
    with tempfile.TemporaryDirectory() as folder, PtyTerminal("tests.tui.terminal_child", [folder]) as terminal:
        terminal.read_until(rb"[1-9]\d* alerts", 20)
        before = _journaled(folder)
        time.sleep(STALL_SECONDS)
        during = _journaled(folder)
        wanted = b"|".join(str(during + more).encode() for more in range(20))
        caught_up = terminal.read_until(rb"\b(?:%s) alerts" % wanted, 20)
        left = terminal.quit(10)
        return {"alerts": during - before, "caught_up": caught_up, "quit": left}


def _journaled(folder: str) -> int:
    text = b"".join(path.read_bytes() for path in Path(folder).glob("*.jsonl"))
    return text.count(b'"event":"order_flow_alert"')


def figures() -> list[Figure]:
    starts: dict[str, list[dict[str, float]]] = {"quiet": [], "bare": []}
    for _ in range(STARTS):
        for mode, found in starts.items():
            found.append(start(mode))
    runs = {mode: busy(mode) for mode in ("ours", "naive")}
    ours, naive = runs["ours"], runs["naive"]
    still, stall = idle(), stalled()
    paint = {mode: median([one["paint"] for one in found]) for mode, found in starts.items()}
    rss = {mode: median([one["rss"] for one in found]) for mode, found in starts.items()}
    slower = paint["quiet"] / paint["bare"]
    more = rss["quiet"] - rss["bare"]

    def both(name: str, unit: str) -> str:
        return f"{ours[name]:.1f} {unit}, Static.update {naive[name]:.1f} {unit}"

    return [
        Figure("dashboard", "CPU of one painted look at the market over the Static.update version's",
               f"{ours['each'] / naive['each']:.2f}",
               f"{both('each', 'ms')}; {ours['updates']:.0f} and {naive['updates']:.0f} updates/s came in, "
               f"{ours['looks']:.1f} and {naive['looks']:.1f} looks/s of 20 were managed; "
               f"to the terminal {both('kB', 'kB/s')}", "< 1", ours["each"] < naive["each"]),
        Figure("dashboard", "CPU of the process, % of a core", f"{ours['cpu']:.0f}",
               f"Static.update {naive['cpu']:.0f}",
               "<= 40", ours["cpu"] <= 40),
        Figure("dashboard", "event to paint, p95 ms", f"{ours['p95']:.0f}",
               f"{both('p95', 'ms')}; p50 {both('p50', 'ms')}; a look is up to 50 ms away; marks painted "
               f"{ours['painted']:.0%}, {naive['painted']:.0%}", "<= 100", ours["p95"] <= 100),
        Figure("dashboard", "recommendation to its banner on the terminal, p95 ms", f"{ours['alarm']:.0f}",
               f"{both('alarm', 'ms')}; p50 {both('alarm50', 'ms')}; seen {ours['alarms']:.0%}, {naive['alarms']:.0%}",
               "<= 50", ours["alarm"] <= 50),
        Figure("dashboard", "acknowledge key to its action, p95 ms", f"{ours['act']:.0f}",
               f"{both('act', 'ms')}; p50 {both('act50', 'ms')}; {ours['keys']:.0f} and {naive['keys']:.0f} presses",
               "<= 25", ours["act"] <= 25),
        Figure("dashboard", "acknowledge key to its dialog on the terminal, p95 ms", f"{ours['key']:.0f}",
               f"{both('key', 'ms')}; p50 {both('key50', 'ms')}", "<= 60", ours["key"] <= 60),
        Figure("dashboard", "CPU while nothing happens, % of a core", f"{still:.1f}",
               f"12 symbols in sight, {FPS:.0f} looks a second, over {IDLE_SECONDS:.0f} s", "<= 2", still <= 2),
        Figure("dashboard", "a terminal that does not read for 10 s: seconds to catch up", f"{stall['caught_up']:.2f}",
               f"{stall['alerts']:.0f} alerts journaled meanwhile, 2 a second came", "<= 1", stall["caught_up"] <= 1),
        Figure("dashboard", "quit with twelve threads stuck in a read, s", f"{stall['quit']:.2f}", "key to end",
               "<= 0.5", stall["quit"] <= 0.5),
        Figure("dashboard", "first paint over a bare Textual app", f"{slower:.2f}x",
               f"{paint['quiet']:.0f} and {paint['bare']:.0f} ms from the process's start, medians of {STARTS}",
               "<= 1.3x", slower <= 1.3),
        Figure("dashboard", "memory over a bare Textual app, MB", f"+{more:.1f}",
               f"resident {rss['quiet']:.1f} and {rss['bare']:.1f} MB; "
               f"after {SECONDS:.0f} s of updates {ours['rss']:.1f} MB",
               "<= 20", more <= 20),
    ]  # fmt: skip


if __name__ == "__main__":
    emit(figures())
