"""Terminals taken away in many ways from a dashboard that runs: who stays, for how long, and what its journal says.

    python -m tests.commands.taken_away [WORD ...]

Without words every way with each kind of market, and thirty starts ended by SIGTERM at different moments; else those
whose name has one of the words (`start` for the starts). Nothing here leaves this
machine; each trial ends by itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.recordings.reader_files import as_lobster
from tests.recordings.recordings import quiet

ROOT = Path(__file__).parents[2]
START_SECONDS = 40.0
GONE_SECONDS = 10.0
STARTS = 30
RUNS = re.compile(rb"SIMULATED|LIVE|REPLAY")
POSITIONS = "".join(f'[[position]]\nsymbol = "{name}"\nquantity = 1000\naverage_cost = 10\n' for name in ("BAC", "NIO"))


@dataclass
class Trial:
    """One dashboard on a terminal of its own, below whatever starts it there.

    Attributes:
        folder: Its own; the journal is in it.
        command: The dashboard's command line, for a shell.
        master: The terminal's other end.
        launcher: The process that has the terminal: the dashboard or what starts it.
    """

    folder: Path
    command: str
    env: Mapping[str, str]
    master: int = -1
    launcher: int = 0
    seen: bytes = b""
    tidy: list[Callable[[], object]] = field(default_factory=list)

    @property
    def journal(self) -> Path:
        return self.folder / "journal"

    def launch(self, *argv: str) -> None:
        """Start a program on a new terminal, as a terminal program does."""
        self.launcher, self.master = pty.fork()
        if not self.launcher:
            try:
                os.chdir(self.folder)
                os.execvpe(argv[0], argv, dict(self.env))
            finally:
                os._exit(127)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def shell(self, script: str) -> None:
        """Start it below `sh -c`."""
        self.launch("/bin/sh", "-c", script.replace("DASHBOARD", self.command))

    def read(self, seconds: float) -> None:
        if select.select([self.master], [], [], seconds)[0]:
            with contextlib.suppress(OSError):
                self.seen += os.read(self.master, 1 << 16)

    def read_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.read(left)

    def runs(self) -> None:
        """Wait until the dashboard is painted and journals."""
        until = time.monotonic() + START_SECONDS
        while not (RUNS.search(self.seen) and self.events()):
            assert time.monotonic() < until, self.seen[-500:]
            self.read(0.05)
        self.read_for(0.3)

    def events(self) -> list[str]:
        """The events journaled, oldest first."""
        lines = [line for path in sorted(self.journal.glob("*.jsonl")) for line in path.read_bytes().splitlines()]
        return [json.loads(line)["event"].removeprefix("order_flow.") for line in lines]

    def dashboards(self) -> list[int]:
        """The dashboard and whatever it started."""
        ours = [pid for pid in processes() if str(self.journal) in words(pid) and "orderflow_tui" in words(pid)]
        found = [pid for pid in ours if not words(pid).startswith(("/bin/sh", "bash", "make", "script", "tmux"))]
        for pid in found:  # grows while it is walked
            found += [child for child in children(pid) if child not in found]
        return found

    def close(self) -> None:
        """The window is closed."""
        os.close(self.master)
        self.master = -1

    def clean(self) -> None:
        for tidy in self.tidy:
            tidy()
        if self.master >= 0:
            self.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.launcher, signal.SIGKILL)
        os.waitpid(self.launcher, 0)


def processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


Way = Callable[[Trial], Callable[[], object]]
"""Starts the dashboard; what it returns takes the terminal away from it."""


def direct(trial: Trial) -> Callable[[], object]:
    trial.launch(*shlex.split(trial.command))
    return trial.close


def below(script: str) -> Way:
    """A shell script that starts it, and then the window is closed."""

    def way(trial: Trial) -> Callable[[], object]:
        trial.shell(script)
        return trial.close

    return way


def parent_killed(script: str) -> Way:
    def way(trial: Trial) -> Callable[[], object]:
        trial.shell(script)
        return lambda: os.kill(parents(trial)[0], signal.SIGKILL)

    return way


def parents(trial: Trial) -> list[int]:
    """Who started the dashboard, nearest first, up to what has the terminal."""
    found = []
    pid = trial.dashboards()[0]
    while pid != trial.launcher:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        found.append(pid)
    return found


def interactive(trial: Trial) -> Callable[[], object]:
    trial.launch("bash", "--norc", "--noprofile", "-i")
    trial.read_for(0.3)
    os.write(trial.master, trial.command.encode() + b"\n")
    return trial.close


def in_a_shell_whose_job_is_killed(trial: Trial) -> Callable[[], object]:
    trial.launch("bash", "--norc", "--noprofile", "-i")
    trial.read_for(0.3)
    os.write(trial.master, f"sh -c '{trial.command}; true'\n".encode())
    return lambda: os.kill(parents(trial)[0], signal.SIGKILL)


def in_tmux(*end: str) -> Way:
    def way(trial: Trial) -> Callable[[], object]:
        server = ["tmux", "-L", f"{trial.folder.name}-{os.getpid()}", "-f", "/dev/null"]
        trial.tidy.append(lambda: subprocess.run([*server, "kill-server"], check=False, capture_output=True))
        trial.launch(*server, "new-session", "-s", "watch", "-x", "120", "-y", "40", f"{trial.command}; sleep 60")
        if end == ("kill -9",):
            return lambda: os.kill(tmux_server(server), signal.SIGKILL)
        return lambda: subprocess.run([*server, *end], check=True, capture_output=True)

    return way


def tmux_server(server: list[str]) -> int:
    said = subprocess.run([*server, "display", "-p", "#{pid}"], check=True, capture_output=True, text=True).stdout
    return int(said)


def in_make(trial: Trial) -> Callable[[], object]:
    (trial.folder / "Makefile").write_text(f"demo:\n\t@{trial.command}\n")
    trial.launch("make", "demo")
    return trial.close


def in_script(kill: bool) -> Way:
    def way(trial: Trial) -> Callable[[], object]:
        trial.launch("script", "-qfc", trial.command, "/dev/null")
        return (lambda: os.kill(trial.launcher, signal.SIGKILL)) if kill else trial.close

    return way


RELAY = "import pty, sys; pty.spawn(['/bin/sh', '-c', sys.argv[1]])"


def behind_a_relay(trial: Trial) -> Callable[[], object]:
    """As over SSH or socat: another process has the terminal's other end, and dies."""
    trial.launch(sys.executable, "-c", RELAY, trial.command)
    return lambda: os.kill(trial.launcher, signal.SIGKILL)


def after(*keys: bytes) -> Way:
    """Keys are pressed, and then the window is closed."""

    def way(trial: Trial) -> Callable[[], object]:
        trial.launch(*shlex.split(trial.command))

        def end() -> None:
            for key in keys:
                os.write(trial.master, key)
                trial.read_for(0.4)
            trial.close()

        return end

    return way


def while_it_reads_nothing(trial: Trial) -> Callable[[], object]:
    trial.launch(*shlex.split(trial.command))

    def end() -> None:
        for _ in range(40):
            os.write(trial.master, b"t")
            time.sleep(0.03)
        trial.close()

    return end


def stopped(number: signal.Signals, script: str = "exec DASHBOARD") -> Way:
    def way(trial: Trial) -> Callable[[], object]:
        trial.shell(script)

        def end() -> None:
            os.kill(trial.dashboards()[0], number)
            trial.read_for(0.5)
            trial.close()

        return end

    return way


def signalled(number: signal.Signals) -> Way:
    def way(trial: Trial) -> Callable[[], object]:
        trial.launch(*shlex.split(trial.command))
        return lambda: os.kill(trial.launcher, number)

    return way


IGNORED = "trap '' HUP; "
WAYS: dict[str, Way] = {
    "closed": direct,
    "closed, SIGHUP ignored": below(IGNORED + "exec DASHBOARD"),
    "closed, SIGHUP and SIGTERM ignored below sh": below("trap '' HUP TERM; DASHBOARD; true"),
    "closed below sh -c": below("DASHBOARD; true"),
    "closed below setsid": below("setsid -w DASHBOARD; true"),
    "closed below timeout": below("timeout --foreground 600 DASHBOARD"),
    "closed below an interactive shell": interactive,
    "closed below make": in_make,
    "closed below script": in_script(kill=False),
    "script killed": in_script(kill=True),
    "the shell killed": parent_killed("DASHBOARD; true"),
    "the shell killed, SIGHUP ignored": parent_killed(IGNORED + "DASHBOARD; true"),
    "the job's shell killed": in_a_shell_whose_job_is_killed,
    "tmux kill-server": in_tmux("kill-server"),
    "tmux kill-session": in_tmux("kill-session", "-t", "watch"),
    "tmux kill-pane": in_tmux("kill-pane", "-t", "watch"),
    "tmux killed": in_tmux("kill -9"),
    "relay killed": behind_a_relay,
    "closed on the help": after(b"\x1bOP"),
    "closed on the history": after(b"h"),
    "closed in the settings": after(b",", b"\r", b"5"),
    "closed in a paste": after(b"\x1b[200~" + b"x" * 2_000),
    "closed in a sequence": after(b"\x1b]11;rgb:"),
    "closed while it reads nothing": while_it_reads_nothing,
    "stopped by SIGSTOP, then closed": stopped(signal.SIGSTOP),
    "stopped by SIGTSTP, then closed": stopped(signal.SIGTSTP),
    "stopped below sh -c, then closed": stopped(signal.SIGSTOP, "DASHBOARD; true"),
    "stopped, SIGHUP ignored, then closed": stopped(signal.SIGSTOP, IGNORED + "exec DASHBOARD"),
    "SIGTERM": signalled(signal.SIGTERM),
    "SIGHUP": signalled(signal.SIGHUP),
    "SIGINT": signalled(signal.SIGINT),
}
ENGINE = "orderflow_tui engine"
PROGRAM = f"{sys.executable} -m orderflow_tui"


@contextmanager
def markets(folder: Path) -> Iterator[dict[str, str]]:
    """The command lines of a dashboard on the simulated market, a live source whose engine ends with its last screen,
    one whose engine goes on, and a recording.
    """
    (folder / "positions.toml").write_text(POSITIONS)
    recording = as_lobster(folder, "BAC", [event for second in range(900) for event in quiet(second)], levels=1)
    server = subprocess.Popen([sys.executable, "-m", "orderflow_tui", "simulate"], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().decode().strip()
        yield {
            "demo": f"{PROGRAM} demo",
            "live": f"{PROGRAM} --on-quit end --base-url {url} --positions {folder}/positions.toml",
            "kept": f"{PROGRAM} --base-url {url} --positions {folder}/positions.toml",
            "replay": f"{PROGRAM} replay {recording}",
        }
    finally:
        server.kill()
        server.communicate()


def environment(folder: Path) -> dict[str, str]:
    unwanted = ("ORDER_FLOW", "POLYGON", "MASSIVE", "TEXTUAL", "NO_COLOR", "TMUX", "MAKE", "MFLAGS")
    env = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    own = {"TERM": "xterm-256color", "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "POLYGON_API_KEY": "k" * 20}
    return {**env, **own, "PYTHONPATH": str(ROOT)}


def take_away(way: Way, command: str, folder: Path) -> tuple[float, str]:
    """Run one trial: the seconds until nothing was left, and what is wrong, or empty."""
    folder.mkdir()
    trial = Trial(folder, "", environment(folder))
    trial.command = f"{command} --log-dir {trial.journal}"
    try:
        end = way(trial)
        trial.runs()
        there = trial.dashboards()
        assert there, "no dashboard is found"
        engines = [pid for pid in there if ENGINE in words(pid)]
        forks = {child for pid in engines for child in children(pid)}  # each checks a file and ends
        engines = [pid for pid in engines if pid not in forks]
        if engines and "--on-quit" not in command:
            there = [pid for pid in there if pid not in engines]
        began = time.monotonic()
        end()
        began = max(began, time.monotonic() - 0.1) if trial.master < 0 else began
        while any(alive(pid) for pid in there) and time.monotonic() < began + GONE_SECONDS:
            if trial.master >= 0:
                trial.read(0.02)
            else:
                time.sleep(0.02)
        took = time.monotonic() - began
        left = [words(pid) for pid in there if alive(pid)]
        for pid in there:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        if left:
            return took, f"stayed: {left}"
        if engines and "--on-quit" not in command:
            gone_too = not all(alive(pid) for pid in engines)
            for pid in engines:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            while any(alive(pid) for pid in engines) and time.monotonic() < began + GONE_SECONDS:
                time.sleep(0.02)
            if gone_too:
                return took, "the engine went with its screen"
        last = trial.events()[-1]
        return took, "" if last == "run_stopped" else f"the journal ends with {last}"
    finally:
        trial.clean()


def end_a_start(command: str, folder: Path, seconds: float) -> tuple[float, str]:
    """End a dashboard by SIGTERM so long after its start: the seconds until nothing was left, and what is wrong."""
    folder.mkdir()
    trial = Trial(folder, f"{command} --log-dir {folder}/journal", environment(folder))
    try:
        trial.launch(*shlex.split(trial.command))
        trial.read_for(seconds)
        there = trial.dashboards()
        began = time.monotonic()
        os.kill(trial.launcher, signal.SIGTERM)
        while (left := [pid for pid in there if alive(pid)]) and time.monotonic() < began + GONE_SECONDS:
            trial.read(0.02)
        took = time.monotonic() - began
        wrong = f"stayed: {[words(pid) for pid in left]}" if left else ""
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        events = trial.events()
        if not wrong and events and events[-1] != "run_stopped":
            wrong = f"the journal ends with {events[-1]}"
        return took, wrong
    finally:
        trial.clean()


def main() -> int:
    wanted = sys.argv[1:]
    failed = 0
    folder = Path(tempfile.mkdtemp())
    try:
        with markets(folder) as commands:
            for number, (name, way) in enumerate(WAYS.items()):
                for market, command in commands.items():
                    title = f"{market}: {name}"
                    if wanted and not any(word in title for word in wanted):
                        continue
                    try:
                        took, wrong = take_away(way, command, folder / f"{number}-{market}")
                    except AssertionError as never:
                        took, wrong = 0.0, f"no trial: {never}"
                    failed += bool(wrong) or took > 2
                    print(f"{took:5.2f} s  {title}  {wrong}", flush=True)
            for number in range(STARTS if not wanted or "start" in wanted else 0):
                seconds = 0.1 + number * 0.1
                took, wrong = end_a_start(commands["demo"], folder / f"start-{number}", seconds)
                failed += bool(wrong) or took > 2
                print(f"{took:5.2f} s  SIGTERM {seconds:.1f} s after the start  {wrong}", flush=True)
    finally:
        shutil.rmtree(folder)
    print(f"{failed} stayed longer than 2 s or without a closed journal")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
