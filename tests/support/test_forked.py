"""The settings are checked in a process of their own, and come out as if they had been checked here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from orderflow_tui.config.load import load_config
from orderflow_tui.config.values import Secret, invalid
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.support.forked import run_in_fork
from tests.docs.pages import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there it forks")


def refuse() -> None:
    raise invalid("fps = 0 refused: must be more")


def test_the_work_is_done_elsewhere_and_its_result_is_here() -> None:
    before = threading.active_count()
    pid = run_in_fork(os.getpid)()
    assert (pid != os.getpid()) == (before == 1)


def test_a_refusal_is_raised_here() -> None:
    with pytest.raises(DataValidationError) as caught:
        run_in_fork(refuse)()
    assert (caught.value.code, str(caught.value)) == ("CONFIG_INVALID", "fps = 0 refused: must be more")


def test_where_the_child_comes_to_nothing_the_work_is_done_here() -> None:
    def work() -> str:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return "done here"

    here = os.getpid()
    assert run_in_fork(work)() == "done here"


def test_where_no_child_can_be_had_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", fork)
    assert run_in_fork(os.getpid)() == os.getpid()


def test_a_run_that_ignores_its_children_has_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    def waitpid(*_: int) -> None:
        raise ChildProcessError

    monkeypatch.setattr(os, "waitpid", waitpid)
    assert run_in_fork(lambda: "done")() == "done"


def test_beside_threads_nothing_is_forked() -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        assert run_in_fork(os.getpid)() == os.getpid()
    finally:
        over.set()
        thread.join()


def test_settings_come_back_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "orderflow.toml").write_text("[symbols.AAPL]\nbucket_seconds = 20\n[ui]\nfps = 5\n")
    env = {"POLYGON_API_KEY": "sekret-0123456789"}
    there = run_in_fork(lambda: load_config(env=env, cwd=tmp_path))()
    assert there == load_config(env=env, cwd=tmp_path)
    assert there.config.polygon_api_key == Secret("sekret-0123456789")
    assert "sekret" not in f"{there} {there.config} {there.config.polygon_api_key}"
    assert "polygon_api_key" not in there.config.recorded()


WATCH = """
import sys
from pathlib import Path
from orderflow_tui.support.forked import run_in_fork
from orderflow_tui.config.load import load_config
from orderflow_tui.config.reload import ConfigWatcher
from orderflow_tui.monitor.guarded_reads import BoundedRead
loaded = run_in_fork(load_config)()
assert "pydantic" not in sys.modules
look = BoundedRead("settings", ConfigWatcher(loaded, load_config).poll)
Path("orderflow.toml").write_text("bucket_seconds = 21")
looks = 1
while (fresh := look.turn(0.001)) is None:
    looks += 1
assert fresh.config.bucket_seconds == 21
assert looks > 1, looks
"""


def test_a_first_change_does_not_wait_for_what_checks_it(tmp_path: Path) -> None:
    (tmp_path / "orderflow.toml").write_text("bucket_seconds = 20")
    env = {name: value for name, value in os.environ.items() if not name.startswith("ORDER_FLOW_")}
    done = subprocess.run(
        [sys.executable, "-c", WATCH], cwd=tmp_path, env={**env, "PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
