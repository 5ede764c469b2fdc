"""One engine and what looks at it: connections to the source, how far apart screens are, memory and CPU of both.

    python -m benchmarks.screens

Four screens of 10 frames a second read the engine's socket in one process, so that one clock says when each of them
had a state. Memory and CPU are those of an engine and a dashboard on a terminal of 200x50, on the simulated market.
A key's action is the answer to a recommendation: from the press to the instant its record in the journal bears, and to
the answer's words on the terminal. A key that answers is held for a moment first, to see that it is no part of a paste:
the targets are for what is beyond that. Each answer is taken back, so that the next has something to answer.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import dashboard
from benchmarks.measuring import ROOT, Figure, emit, median, percentile
from orderflow_tui import __version__
from orderflow_tui.engine.listener import connect
from orderflow_tui.engine.protocol import MOST_FROM_ENGINE, PROTOCOL, Hello, State, decode_from_engine, receive, send
from orderflow_tui.engine.runtime_folder import place_of
from orderflow_tui.feeds.simulator import DEMO_POSITIONS_TOML
from orderflow_tui.feeds.simulator.process import SimulatorProcess
from orderflow_tui.tui.keys.terminal_input import HOLD_SECONDS
from tests.tui.pty_terminal import QUIT, PtyTerminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCREENS = 4
FPS = 10.0
SECONDS = 10.0
START_SECONDS = 30.0
SETTLED_SECONDS = 12.0
ANSWERS = 40
ANSWER_SECONDS = 60.0
APART_SECONDS = 0.25
F2, KEEP, UNDO = b"\x1bOQ", b"h", b"u"
TICKS = os.sysconf("SC_CLK_TCK")


def furnish(folder: Path, market: SimulatorProcess) -> dict[str, str]:
    """The demo's positions and settings in a folder, and the environment of a watch of that market in it."""
    (folder / "positions.toml").write_text(DEMO_POSITIONS_TOML)
    (folder / "orderflow.toml").write_text(f'[ui]\non_quit = "end"\nfps = {FPS}\n')
    (folder / "run").mkdir(mode=0o700)
    return {
        "PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), "POLYGON_API_KEY": market.api_key,
        "XDG_RUNTIME_DIR": str(folder / "run"), "ORDER_FLOW_DATA_SOURCE": "simulator",
        "ORDER_FLOW_POLYGON_BASE_URL": market.url, "ORDER_FLOW_LOG_DIR": str(folder / "journal"),
    }  # fmt: skip


@contextmanager
def running() -> Iterator[tuple[Path, Mapping[str, str], PtyTerminal, dict[str, Any], SimulatorProcess]]:
    """A dashboard on its engine: its folder, environment, terminal, the engine's status and the market."""
    with tempfile.TemporaryDirectory() as name, SimulatorProcess(seed=7, scenario="mixed") as market:
        folder = Path(name)
        env = furnish(folder, market)
        with PtyTerminal("orderflow_tui", [], 200, 50, cwd=folder, env=env) as terminal:
            terminal.read_until(b"ACME", START_SECONDS)
            asked = subprocess.run(
                [sys.executable, "-m", "orderflow_tui", "status", "--json"],
                cwd=folder, env=env, capture_output=True, check=True,
            )  # fmt: skip
            yield folder, env, terminal, json.loads(asked.stdout), market
            os.write(terminal.master, QUIT)
            with suppress(AssertionError):
                terminal.await_true(lambda: terminal.child.poll() is not None, START_SECONDS)


def apart(directory: Path, env: Mapping[str, str]) -> list[float]:
    """Milliseconds between the first and the last screen that has a state, for each state that all of them had."""
    arrivals: list[dict[int, float]] = [{} for _ in range(SCREENS)]
    links = [connect(place_of(directory, env)) for _ in range(SCREENS)]

    def read(link: socket.socket, number: int) -> None:
        send(link, Hello(PROTOCOL, __version__, f"screen {number}", FPS))
        with suppress(OSError):
            while message := receive(link, MOST_FROM_ENGINE):
                state = decode_from_engine(message)
                if isinstance(state, State):
                    arrivals[number][state.version] = time.monotonic()

    threads = [threading.Thread(target=read, args=each) for each in zip(links, range(SCREENS), strict=True)]
    for link, thread in zip(links, threads, strict=True):
        link.settimeout(SECONDS)
        thread.start()
    time.sleep(SECONDS)
    for link in links:
        link.shutdown(socket.SHUT_RDWR)
    for link, thread in zip(links, threads, strict=True):
        thread.join()
        link.close()
    shared = set.intersection(*(set(one) for one in arrivals))
    moments = [[one[version] for one in arrivals] for version in sorted(shared)[5:]]
    return [(max(each) - min(each)) * 1_000 for each in moments]


def connections(port: int) -> set[int]:
    """Processes with an open connection to a port of this machine."""
    wanted = f":{port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {f"socket:[{row[9]}]" for row in rows if row[2].endswith(wanted) and row[3] == "01"}
    found = set()
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdigit() and any(str(link.readlink()) in inodes for link in (process / "fd").iterdir()):
                found.add(int(process.name))
    return found


def memory(pid: int, what: str) -> float:
    """Megabytes of a process: `Rss`, or `Pss`, in which shared pages count once."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:")) / 1_024


def cpu(pid: int) -> float:
    """Seconds of processor a process had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def answered(terminal: PtyTerminal, journal: Path) -> tuple[list[float], list[float]]:
    """Milliseconds beyond the hold, from the key that answers to its record and to its words on the terminal."""

    def records(event: str) -> list[bytes]:
        lines = b"".join(path.read_bytes() for path in journal.glob("*.jsonl")).splitlines()
        return [line for line in lines if line.startswith(f'{{"event":"order_flow.{event}"'.encode())]

    def wait(seconds: float) -> None:
        until = time.monotonic() + seconds
        terminal.await_true(lambda: time.monotonic() >= until, seconds + 10)

    terminal.await_true(lambda: bool(records("exit_signal_triggered")), ANSWER_SECONDS)
    pressed: list[float] = []
    words: list[float] = []
    for number in range(1, ANSWERS + 1):
        wait(APART_SECONDS)
        terminal.press(F2)
        terminal.read_until(b"keep", 10)
        wait(APART_SECONDS)
        pressed.append(time.time())
        terminal.press(KEEP)
        words.append((terminal.read_until(b"u takes it back", 10) - HOLD_SECONDS) * 1_000)
        terminal.await_true(lambda most=number: len(records("exit_acknowledged")) >= most, 10)
        wait(APART_SECONDS)
        terminal.press(UNDO)
        terminal.await_true(lambda most=number: len(records("exit_answer_taken_back")) >= most, 10)
    written = [
        datetime.fromisoformat(json.loads(line)["timestamp"]).timestamp() for line in records("exit_acknowledged")
    ]
    return [(at - press - HOLD_SECONDS) * 1_000 for at, press in zip(written, pressed, strict=True)], words


def figures() -> list[Figure]:
    bare = median([dashboard.start("bare")["rss"] for _ in range(3)])
    with running() as (folder, env, terminal, status, market):
        engine, screen = status["pid"], terminal.child.pid
        until = time.monotonic() + SETTLED_SECONDS
        terminal.await_true(lambda: time.monotonic() >= until, START_SECONDS)
        rss, pss = [[memory(pid, what) for pid in (engine, screen)] for what in ("Rss", "Pss")]
        recorded, words = answered(terminal, folder / "journal")
        reader = threading.Thread(target=terminal.drain, args=(SECONDS * 3,), daemon=True)
        reader.start()
        time.sleep(3.0)
        before, began = (cpu(engine), cpu(screen)), time.monotonic()
        time.sleep(SECONDS)
        wall = time.monotonic() - began
        used = [(cpu(pid) - had) * 100 / wall for pid, had in zip((engine, screen), before, strict=True)]
        after = [memory(pid, "Rss") for pid in (engine, screen)]
        gaps = apart(folder / "journal", env)
        port = int(market.url.rpartition(":")[2])
        lookers = connections(port) - {os.getpid()}
        reader.join(SECONDS)
    whose = len(lookers & {engine})
    load = f"load {os.getloadavg()[0]:.1f}"
    more, held = sum(rss) - bare, sum(pss) - bare
    return [
        Figure("screens", "processes with a connection to the source, of engine, dashboard and four screens",
               f"{whose + len(lookers & {screen})}", "the engine's", "<= 1", lookers & {engine, screen} == {engine}),
        Figure("screens", "how far apart four screens have one state, p95 ms", f"{percentile(gaps, 0.95):.1f}",
               f"median {median(gaps):.1f}, most {max(gaps):.1f} over {len(gaps)} states; {load}", "<= 100",
               percentile(gaps, 0.95) <= 100),
        Figure("screens", "the engine's memory, MB", f"{rss[0]:.1f}", f"{pss[0]:.1f} with shared pages counted once",
               "<= 45", rss[0] <= 45),
        Figure("screens", "engine and dashboard over a bare Textual app, MB", f"+{more:.1f}",
               f"resident {rss[0]:.1f}, {rss[1]:.1f} and {bare:.1f}; +{held:.1f} with shared pages counted once; "
               f"after {ANSWERS} answers {after[0]:.1f} and {after[1]:.1f}",
               "<= 50", more <= 50),
        Figure("screens", "a key that answers to its record in the journal, p95 ms",
               f"{percentile(recorded, 0.95):.1f}",
               f"median {median(recorded):.1f}, most {max(recorded):.1f} of {len(recorded)}; {load}", "<= 25",
               percentile(recorded, 0.95) <= 25),
        Figure("screens", "a key that answers to its words on the terminal, p95 ms", f"{percentile(words, 0.95):.1f}",
               f"median {median(words):.1f}, most {max(words):.1f} of {len(words)}; {load}"),
        Figure("screens", "CPU of engine and dashboard, % of a core", f"{sum(used):.0f}",
               f"{used[0]:.0f} and {used[1]:.0f}; four symbols of the simulated market; {load}"),
    ]  # fmt: skip


if __name__ == "__main__":
    emit(figures())
