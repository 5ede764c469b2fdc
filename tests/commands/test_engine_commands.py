"""The watch outlives its terminal: dashboards, attach, status, stop and headless as processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.feeds.simulator import DEMO_POSITIONS_TOML
from orderflow_tui.feeds.simulator.process import SimulatorProcess
from tests.commands.fake_ssh import installed
from tests.commands.in_process import called
from tests.commands.test_endings import alive, close_terminal, last_record
from tests.tui.pty_terminal import QUIT, PtyTerminal

pytestmark = pytest.mark.serial

LIMIT = 20.0


class Desk:
    """A folder with positions, a market, and the commands run there."""

    def __init__(self, folder: Path, market: SimulatorProcess, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.market = market
        self._capfd = capfd
        (folder / "positions.toml").write_text(DEMO_POSITIONS_TOML)
        (folder / "run").mkdir(mode=0o700)
        self.journal = folder / "journal"
        path = [str(installed(folder / "bin")), str(Path(sys.executable).parent), os.environ["PATH"]]
        self.env: Mapping[str, str] = {
            **{name: os.environ[name] for name in ("HOME", "PYTHONPATH") if name in os.environ},
            "PATH": os.pathsep.join(path),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "POLYGON_API_KEY": market.api_key,
            "ORDER_FLOW_DATA_SOURCE": "simulator",
            "ORDER_FLOW_POLYGON_BASE_URL": market.url,
            "ORDER_FLOW_LOG_DIR": str(self.journal),
            "ORDER_FLOW_REQUESTS_PER_SECOND": "20",
        }

    def screen(self, *arguments: str) -> PtyTerminal:
        return PtyTerminal("orderflow_tui", arguments, 120, 40, cwd=self.folder, env=self.env)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "orderflow_tui", *arguments],
            cwd=self.folder, env=self.env, capture_output=True, text=True, check=False, timeout=LIMIT,
        )  # fmt: skip

    def called(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The same in this process, which looks on and is asked often."""
        return called(*arguments, cwd=self.folder, env=self.env, capfd=self._capfd, timeout=LIMIT)

    def status(self) -> dict[str, Any]:
        done = self.called("status", "--json")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def stop(self) -> None:
        self.run("stop")


@pytest.fixture(scope="module")
def market() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(seed=7, scenario="burst") as market:
        yield market


@pytest.fixture
def desk(market: SimulatorProcess, capfd: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    with tempfile.TemporaryDirectory() as name:
        desk = Desk(Path(name), market, capfd)
        yield desk
        desk.stop()


def gone(pid: int) -> None:
    until = time.monotonic() + LIMIT
    while alive(pid):
        assert time.monotonic() < until, f"{pid} stayed"
        time.sleep(0.02)


def test_a_screen_that_dies_leaves_the_watch_and_another_shows_it(desk: Desk) -> None:
    with desk.screen() as first:
        first.read_until(b"ACME", LIMIT)
        engine = desk.status()["pid"]
        first.child.kill()
        first.child.wait()
        assert alive(engine)
        with desk.screen("attach") as second, desk.screen() as third:
            second.read_until(b"ACME", LIMIT)
            third.read_until(b"ACME", LIMIT)
            third.await_true(lambda: len(desk.status()["screens"]) == 2, LIMIT)
            assert desk.status()["pid"] == engine
            close_terminal(second)
            second.child.wait(LIMIT)
            third.await_true(lambda: len(desk.status()["screens"]) == 1, LIMIT)
            assert last_record(desk.journal)["event"] != "order_flow.run_stopped"
            done = desk.run("stop")
            assert done.returncode == 0, done.stderr
            third.read_until(b"ENGINE GONE", LIMIT)
            third.child.send_signal(signal.SIGTERM)
            third.child.wait(LIMIT)
    gone(engine)
    assert last_record(desk.journal)["event"] == "order_flow.run_stopped"
    assert desk.run("status").returncode == 2
    assert "no engine is running" in desk.run("stop").stderr


def test_an_engine_that_is_killed_is_said_and_started_again_by_a_key(desk: Desk) -> None:
    with desk.screen("--on-quit", "end") as screen:
        screen.read_until(b"ACME", LIMIT)
        engine = desk.status()["pid"]
        os.kill(engine, signal.SIGKILL)
        screen.read_until(b"ENGINE GONE", LIMIT)
        os.write(screen.master, b"r")
        screen.await_true(lambda: desk.called("status").returncode == 0, LIMIT)
        again = desk.status()
        assert again["pid"] != engine
        screen.await_true(lambda: len(desk.status()["screens"]) == 1, LIMIT)
        text = b"".join(path.read_bytes() for path in desk.journal.glob("*.jsonl"))
        assert text.count(b'"reason":"not watched: the last run did not end cleanly"') == 1
        os.write(screen.master, QUIT)
        screen.await_true(lambda: screen.child.poll() is not None, LIMIT)
    gone(again["pid"])


def test_the_last_screen_asks_what_becomes_of_the_watch(desk: Desk) -> None:
    with desk.screen() as screen:
        screen.read_until(b"ACME", LIMIT)
        os.write(screen.master, QUIT)
        screen.read_until(b"keep watching without a screen", LIMIT)
        time.sleep(0.2)  # an answer needs a key that came alone
        os.write(screen.master, b"k")
        screen.await_true(lambda: screen.child.poll() is not None, LIMIT)
    assert desk.status()["screens"] == []
    with desk.screen("attach") as screen:
        screen.read_until(b"ACME", LIMIT)
        os.write(screen.master, QUIT)
        screen.read_until(b"keep watching without a screen", LIMIT)
        time.sleep(0.2)
        os.write(screen.master, b"e")
        screen.await_true(lambda: screen.child.poll() is not None, LIMIT)
    assert last_record(desk.journal)["reason"] == "quit"


def test_headless_is_the_engine_in_the_foreground(desk: Desk) -> None:
    headless = subprocess.Popen(
        [sys.executable, "-m", "orderflow_tui", "headless"], cwd=desk.folder, env=desk.env, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + LIMIT
        while desk.called("status").returncode:
            assert time.monotonic() < until
        assert desk.status()["pid"] == headless.pid
        refused = desk.run("headless", "--duration", "5")
        assert refused.returncode == 2
        assert "an engine already watches this journal" in refused.stderr
        with desk.screen("attach", "--ssh", "desk") as screen:
            screen.read_until(b"ACME", LIMIT)
            words = desk.run("status").stdout
            assert "ACME" in words
            assert desk.market.api_key not in words
        assert desk.run("stop").returncode == 0
        assert headless.wait(LIMIT) == 0
    finally:
        headless.kill()
        headless.wait()


def test_why_an_engine_did_not_start_is_one_line(desk: Desk) -> None:
    desk.env = {**desk.env, "ORDER_FLOW_LOG_DIR": "/proc/nowhere"}
    with desk.screen() as screen:
        screen.await_true(lambda: screen.child.poll() is not None, LIMIT)
        assert screen.child.returncode == 2
        assert b"/proc/nowhere" in screen.seen
