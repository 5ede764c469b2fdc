from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from orderflow_tui.feeds.simulator import SimulatorError, SimulatorProcess
from orderflow_tui.feeds.simulator.process import KEY_VARIABLE
from orderflow_tui.feeds.simulator.run_server import bind_loopback, serve

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def answers(url: str, key: str) -> bool:
    try:
        found = httpx.get(f"{url}/v1/marketstatus/now", headers={"Authorization": f"Bearer {key}"}, trust_env=False)
    except httpx.TransportError:
        return False
    return found.status_code == 200


def gone(url: str, seconds: float = 8.0) -> bool:
    address = (urlsplit(url).hostname, urlsplit(url).port)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(address, 1).close()
        except OSError:
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(symbols=["ACME"], scenario="calm") as process:
        yield process


def test_the_child_answers_with_its_own_key_only(running: SimulatorProcess) -> None:
    assert running.alive()
    assert urlsplit(running.url).hostname == "127.0.0.1"
    assert answers(running.url, running.api_key)
    assert not answers(running.url, "some-key")


@POSIX
def test_the_key_is_not_on_the_command_line(running: SimulatorProcess) -> None:
    listed = subprocess.run(["ps", "-o", "args=", "-p", str(running.pid)], capture_output=True, text=True, check=True)
    assert "orderflow_tui.feeds.simulator" in listed.stdout
    assert running.api_key not in listed.stdout


def test_history_is_there_at_once(running: SimulatorProcess) -> None:
    headers = {"Authorization": f"Bearer {running.api_key}"}
    params = {"order": "asc", "limit": "1", "timestamp.gte": "0"}
    found = httpx.get(f"{running.url}/v3/trades/ACME", params=params, headers=headers, trust_env=False).json()
    assert 890 < time.time() - found["results"][0]["sip_timestamp"] / 1e9 < 1_000


def test_close_ends_the_child_and_may_be_repeated() -> None:
    process = SimulatorProcess(symbols=[], scenario="calm").start()
    url = process.url
    assert answers(url, process.api_key)
    process.close()
    process.close()
    assert not process.alive()
    assert process.pid is None
    assert gone(url, 1)


def test_a_bad_start_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match=r"ended at its start: simulate: scenario must be one of calm") as caught:
        SimulatorProcess(scenario="storm").start()
    assert "\n" not in str(caught.value)
    bad = tmp_path / "faults.toml"
    bad.write_text("[[fault]]\nendpoint = 'trades'\n")
    with pytest.raises(SimulatorError, match="missing required field `kind`"):
        SimulatorProcess(faults=bad).start()


def test_a_start_that_takes_too_long_is_given_up() -> None:
    process = SimulatorProcess(timeout_seconds=0.01)
    with pytest.raises(SimulatorError, match=r"did not answer within 0\.01 s"):
        process.start()
    assert not process.alive()


def test_the_childs_noise_is_kept_within_bounds(running: SimulatorProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert len(running.stderr_tail) < 20_000
    assert capfd.readouterr() == ("", "")


PARENT = """
import sys, time
from orderflow_tui.feeds.simulator import SimulatorProcess
process = SimulatorProcess(symbols=[], scenario="calm").start()
print(process.url, process.api_key, flush=True)
time.sleep(60)
"""


@POSIX
def test_the_child_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        url, key = parent.stdout.readline().split()
        assert answers(url, key)
        parent.send_signal(signal.SIGKILL)
        parent.wait(60)
        assert gone(url)


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_ends_cleanly_on_a_signal(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "orderflow_tui.feeds.simulator", "--symbols", "", "--scenario", "calm"]
    environment = {name: value for name, value in os.environ.items() if name != KEY_VARIABLE}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        url = server.stdout.readline().strip()
        assert answers(url, "any-key")
        assert not answers(url, "bad-key")
        server.send_signal(number)
        assert server.wait(60) == 0
        assert server.stdout.read() == ""
        assert server.stderr.read() == ""


def test_a_port_in_use_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    with bind_loopback(0) as taken:
        port = taken.getsockname()[1]
        assert serve(port=port, seed=1, scenario="calm", key=None) == 1
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.startswith(f"simulate: port {port} on 127.0.0.1: ")
    assert written.err.count("\n") == 1


@pytest.mark.parametrize(
    "wrong",
    [{"scenario": "storm"}, {"depth": "l3"}, {"port": 70_000}, {"port": -1}, {"requests_per_second": 0.0}],
)
def test_a_wrong_option_is_one_clear_line(wrong: dict[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    options: dict[str, object] = {"port": 0, "seed": 1, "scenario": "calm", "key": None, **wrong}
    assert serve(**options) == 1  # type: ignore[arg-type]
    assert capsys.readouterr().err.count("\n") == 1
