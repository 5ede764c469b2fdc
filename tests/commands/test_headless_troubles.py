"""What befalls a run without a screen is said on stderr, and the run goes on: disks, folders, readers, proxies."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.commands.in_process import called
from tests.commands.test_cli import POSITIONS, refusal, run

UNREACHABLE = "http://127.0.0.1:9"


class Headless:
    """A run whose stderr is read line by line, each waited for at most 20 s."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: queue.Queue[str] = queue.Queue()
        assert process.stderr is not None
        self._thread = threading.Thread(target=self._read, args=(process.stderr,), daemon=True)
        self._thread.start()

    def _read(self, pipe: IO[str]) -> None:
        for line in pipe:
            self._lines.put(line)
        self._lines.put("")

    def said(self, words: str) -> str:
        """The next line with these words in it."""
        while words not in (line := self._lines.get(timeout=20)):
            assert line, f"{words!r} was never said"
        return line

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self._thread.join(20)
        return code


STANDS_STILL = (
    "import runpy, orderflow_tui.monitor.monitor as monitor; monitor.LAST_TRY_SECONDS = 30.0; "
    "runpy.run_module('orderflow_tui', run_name='__main__')"
)
"""A journal that is still being tried when the run has to be gone."""


@contextmanager
def headless(
    cwd: Path,
    *,
    shell: str = "",
    stdout: int | IO[str] = subprocess.DEVNULL,
    program: tuple[str, str] = ("-m", "orderflow_tui"),
) -> Iterator[Headless]:
    (cwd / "positions.toml").write_text(POSITIONS)
    env = {**os.environ, "POLYGON_API_KEY": "k" * 20, "ORDER_FLOW_POLYGON_BASE_URL": UNREACHABLE, "HOME": str(cwd)}
    words = [sys.executable, "-P", *program, "headless", "--duration", "60"]
    with subprocess.Popen(
        ["sh", "-c", f'{shell} exec "$@"', "sh", *words],
        cwd=cwd,
        env=env,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Headless(process)
        finally:
            process.kill()


def test_a_folder_that_is_taken_away_is_said_and_so_is_one_that_cannot_be_made_again(tmp_path: Path) -> None:
    logs = tmp_path / "logs/order_flow"
    with headless(tmp_path) as one:
        one.said("journal: ")
        shutil.rmtree(logs)
        one.said("the journal file was removed, moved or packed; a new one was started")
        shutil.rmtree(logs)
        logs.write_text("in the way")
        assert one.said("NOT LOGGING").startswith("orderflow-tui: NOT LOGGING: ")
        logs.unlink()
        one.said("logging again; the backlog is written")
        assert one.end() == 0


def test_a_disk_that_takes_no_more_is_said(tmp_path: Path) -> None:
    with headless(tmp_path, shell="ulimit -f 4;") as one:
        one.said("NOT LOGGING: file too large; records wait")
        assert one.end() == 0
        one.said("records could not be written to")


def test_records_lost_by_a_run_that_is_ended_from_outside_are_said(tmp_path: Path) -> None:
    with headless(tmp_path, shell="ulimit -f 4;", program=("-c", STANDS_STILL)) as one:
        one.said("NOT LOGGING: file too large; records wait")
        assert one.end() == 0
        assert one.said("records could not be written to").startswith("orderflow-tui: ")


def test_lines_that_cannot_be_written_are_said_and_end_nothing(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full, headless(tmp_path, stdout=full) as one:
        one.said("alert lines cannot be written: no space left on device; they wait")
        assert one.end() == 0
        one.said("alert lines could not be written; the journal has them")


def test_a_reader_who_leaves_is_said_and_ends_nothing(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone, headless(tmp_path, stdout=gone) as one:
        one.said("alert lines cannot be written: broken pipe; they wait")
        assert one.end() == 0


def test_a_closed_stderr_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "positions.toml").write_text(POSITIONS)
    env = {**os.environ, "POLYGON_API_KEY": "k" * 20, "ORDER_FLOW_POLYGON_BASE_URL": UNREACHABLE, "HOME": str(tmp_path)}
    for closed in ("2>&-", "2>/dev/full"):
        words = [sys.executable, "-P", "-m", "orderflow_tui", "headless", "--duration", "1"]
        done = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *words], cwd=tmp_path, env=env, check=False)
        assert done.returncode == 0


PROXIES = [{"ALL_PROXY": "socks5://127.0.0.1:9"}, {"https_proxy": "127.0.0.1:9"}]


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_proxy_that_cannot_be_used_is_one_line(
    proxy: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "positions.toml").write_text(POSITIONS)
    env = {"POLYGON_API_KEY": "k" * 20, **proxy}
    said = refusal(called("headless", "--duration", "5", cwd=tmp_path, env=env, capfd=capfd))
    assert f"{next(iter(proxy))} refused: must be http://host:port" in said


@pytest.mark.parametrize("proxy", PROXIES)
def test_the_doctor_has_a_row_for_it(proxy: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    env = {"POLYGON_API_KEY": "k" * 20, "COLUMNS": "200", **proxy}
    done = called("doctor", cwd=tmp_path, env=env, capfd=capfd)
    assert done.returncode == 1
    assert done.stderr == ""
    (row,) = [line for line in done.stdout.splitlines() if "PROXY" in line.upper()]
    assert row.startswith("FAIL  settings")


@pytest.mark.parametrize(
    "words",
    [
        ["\x1b[2J"],
        ["--fps", "\x1b[31m"],
        ["--no-such\x1b]0;x\x07"],
        ["headless", "--tz", "\x1b[2J"],
        ["headless", "--log-dir", "a\x1bb"],
        ["headless", "--config", "\x1b[2J.toml"],
        ["replay", "\x1b[2J\r"],
        ["replay", "x", "--position", "\x1b[2J"],
        ["replay", "--alert", "\x1b[2J", "--record", "\x1b[2J"],
        ["report", "\x1b[2J"],
        ["report", ".", "--since", "\x1b[2J"],
        ["evaluate", "\x1b[2J"],
        ["evaluate", "x", "--grid", "\x1b[2J"],
        ["evaluate", "x", "--cluster", "\x1b[2J"],
        ["simulate", "--faults", "\x1b[2J"],
        ["serve", "--host", "\x1b[2J"],
        ["notify", "--config", "\x1b[2J"],
        ["config", "--positions", "\x1b[2J"],
    ],
)
def test_no_argument_reaches_the_terminal_as_a_command(
    words: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # The cluster's library leaves event loops open behind it.
    done = run(*words, cwd=tmp_path) if "--cluster" in words else called(*words, cwd=tmp_path, capfd=capfd)
    assert done.returncode in (1, 2)
    said = (done.stdout + done.stderr).replace("\n", "")
    assert said
    assert said.isprintable()
