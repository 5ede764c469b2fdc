"""The programs this one starts: what they are given, what they import, what is left of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from orderflow_tui.config.notify import notify_settings
from orderflow_tui.config.secrets import SECRET_NAMES
from orderflow_tui.feeds.simulator import SimulatorProcess
from orderflow_tui.notify.channels import ChannelError, Program, channels_of
from orderflow_tui.notify.message import Message
from orderflow_tui.outbound.children import end_all, module_command, module_environment, run_to_its_end
from orderflow_tui.positions import PositionsError
from orderflow_tui.positions.broker_process import BrokerChild

SECRETS = {name: f"{name}-value" for name in SECRET_NAMES}
MESSAGE = Message(3, "BAC", "t", "b", 0, None)
ROOT = Path(__file__).parents[2]
SHOW = "import json, os, pathlib; pathlib.Path(__file__).with_name('env').write_text(json.dumps(dict(os.environ)))\n"


def until(done: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def full_environment(monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """Every secret, and one of another program's."""
    for name, value in {**SECRETS, "GITHUB_TOKEN": "other-value", "HTTPS_PROXY": "http://u:p@proxy:1"}.items():
        monkeypatch.setenv(name, value)
    return os.environ


def secrets_in(env: Mapping[str, str]) -> set[str]:
    return {name for name in env if name in {*SECRETS, "GITHUB_TOKEN", "HTTPS_PROXY"}}


def test_the_simulated_market_gets_no_secret(full_environment: Mapping[str, str]) -> None:
    with SimulatorProcess() as market:
        raw = Path(f"/proc/{market.pid}/environ").read_bytes()
    env = dict(entry.split("=", 1) for entry in raw.decode().split("\0") if "=" in entry)
    assert secrets_in(env) == set()
    assert "PATH" in env


@pytest.mark.parametrize(
    ("broker", "module", "own"),
    [
        ("robinhood", "robin_stocks", {"ROBINHOOD_USERNAME", "ROBINHOOD_PASSWORD", "ROBINHOOD_MFA_CODE"}),
        ("ibkr", "ib_async", set()),
    ],
)
def test_a_broker_gets_its_own_secrets_and_no_others(
    broker: str, module: str, own: set[str], tmp_path: Path, full_environment: Mapping[str, str]
) -> None:
    (tmp_path / f"{module}.py").write_text(SHOW + "raise ImportError")
    child = BrokerChild(broker, {**full_environment, "PYTHONPATH": str(tmp_path), "IBKR_PORT": "4001"})  # type: ignore[arg-type]
    with pytest.raises(PositionsError):
        child.fetch()
    env = json.loads((tmp_path / "env").read_text())
    assert secrets_in(env) == own | {"HTTPS_PROXY"}
    assert ("IBKR_PORT" in env) == (broker == "ibkr")


def test_push_gets_its_addresses_and_no_others(tmp_path: Path, full_environment: Mapping[str, str]) -> None:
    (tmp_path / "apprise.py").write_text(SHOW + "raise ImportError")
    ((channel, _),) = channels_of(notify_settings({"push": {}}), {**full_environment, "PYTHONPATH": str(tmp_path)})
    with pytest.raises(ChannelError):
        channel.say(MESSAGE)
    assert secrets_in(json.loads((tmp_path / "env").read_text())) == {"APPRISE_URLS", "HTTPS_PROXY"}


PLANTED = ("json", "msgspec", "orderflow_tui", "apprise", "robin_stocks", "uvicorn", "multiprocessing", "sitecustomize")


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory full of modules that tell when they are imported."""
    for name in PLANTED:
        (tmp_path / f"{name}.py").write_text(
            f"open({str(tmp_path / 'imported')!r}, 'a').write({name!r})\nraise SystemExit"
        )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", ".", *filter(None, [os.environ.get("PYTHONPATH")])]))
    return tmp_path / "imported"


def test_no_child_imports_from_the_working_directory(planted: Path) -> None:
    with SimulatorProcess() as market:
        assert market.alive()
    with pytest.raises(PositionsError, match=r"needs the extra|needs ROBINHOOD"):
        BrokerChild("robinhood", os.environ).fetch()
    ((push, _),) = channels_of(notify_settings({"push": {}}), os.environ)
    with pytest.raises(ChannelError, match=r"ended with [34]"):
        push.say(MESSAGE)
    tab = subprocess.run(
        module_command("orderflow_tui", "--version"),
        env=module_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert tab.stdout.startswith("orderflow-tui ")
    assert not planted.exists()


EVALUATE = """
from orderflow_tui.evaluate.executors import processes
if __name__ == "__main__":
    with processes(1).executor() as pool:
        print(pool.submit(len, "abc").result(60))
"""


def test_no_worker_of_evaluate_imports_from_the_working_directory(planted: Path) -> None:
    script = planted.parent / "elsewhere" / "script.py"
    script.parent.mkdir()
    script.write_text(EVALUATE)
    done = subprocess.run(
        [sys.executable, "-P", str(script)], env=module_environment(), capture_output=True, text=True, check=False
    )
    assert done.stdout == "3\n", done.stderr
    assert not planted.exists()


def test_python_minus_m_takes_nothing_from_the_working_directory(planted: Path) -> None:
    (planted.parent / "orderflow_tui.py").unlink()
    done = subprocess.run(
        [sys.executable, "-m", "orderflow_tui", "--version"],
        env={**module_environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("orderflow-tui "), done.stderr
    assert not planted.exists()


LEAVES_ONE = """
sleep 300 &
echo $! > {}
"""


def started(tmp_path: Path) -> int:
    until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().endswith("\n"))
    return int((tmp_path / "pid").read_text())


@pytest.mark.parametrize(("tail", "problem"), [("exit 0", ""), ("exit 7", "ended with 7"), ("wait", "not done within")])
def test_what_a_command_started_ends_with_it(tail: str, problem: str, tmp_path: Path) -> None:
    argv = ["/bin/sh", "-c", LEAVES_ONE.format(tmp_path / "pid") + tail]
    program = Program("command", argv, dict(os.environ), seconds=2.0)
    if problem:
        with pytest.raises(ChannelError, match=problem):
            program.say(MESSAGE)
    else:
        program.say(MESSAGE)
    until(lambda: not alive(started(tmp_path)))


def test_what_a_brokers_client_started_ends_with_it(tmp_path: Path) -> None:
    (tmp_path / "ib_async.py").write_text(
        f"import subprocess, time\nchild = subprocess.Popen(['sleep', '300'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(f'{{child.pid}}\\n')\ntime.sleep(300)"
    )
    with pytest.raises(PositionsError, match="no answer within"):
        BrokerChild("ibkr", {**os.environ, "PYTHONPATH": str(tmp_path)}, seconds=3.0).fetch()
    until(lambda: not alive(started(tmp_path)))


def test_whoever_leaves_takes_all_along(tmp_path: Path) -> None:
    argv = ["/bin/sh", "-c", LEAVES_ONE.format(tmp_path / "pid") + "wait"]
    codes: list[int] = []

    def run() -> None:
        codes.append(run_to_its_end(argv, env=os.environ, seconds=60).code)

    thread = threading.Thread(target=run)
    thread.start()
    pid = started(tmp_path)
    end_all()
    thread.join(20)
    assert codes == [-9]
    until(lambda: not alive(pid))


def test_a_program_that_reads_nothing_and_says_much(tmp_path: Path) -> None:
    done = run_to_its_end(["/bin/sh", "-c", "exit 3"], env={}, seconds=20, given=b"x" * 1_000_000)
    assert (done.code, done.output) == (3, b"")
    done = run_to_its_end([sys.executable, "-c", "print('y' * 1_000_000)"], env={}, seconds=20, wants_output=True)
    assert len(done.output) == 1_000_001
