"""SPEC 3: commands, exit codes, one line for each refusal; SPEC 2: the public names."""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

import orderflow_tui
from orderflow_tui.cli import main
from orderflow_tui.commands.engine import run_engine
from orderflow_tui.config.screen_settings import screen_settings
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.feeds.simulator import DEMO_POSITIONS_TOML, SimulatorProcess
from orderflow_tui.support.memory import environment_that_spares_memory
from tests.commands.in_process import called

ROOT = Path(__file__).parents[2]
BAC = ROOT / "../shared/data/sessions/bac_20131007_1405_1435"
POSITIONS = '[[position]]\nsymbol = "BAC"\nquantity = 1000\naverage_cost = 13.86\n'


def run(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("ORDER_FLOW", "POLYGON", "MASSIVE"))
    }
    return subprocess.run(
        [sys.executable, "-m", "orderflow_tui", *arguments],
        cwd=cwd,
        env={**clean, "HOME": str(cwd), "XDG_CONFIG_HOME": str(cwd), **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a refusal."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def records(directory: Path) -> list[dict[str, object]]:
    return [json.loads(line) for path in sorted(directory.glob("*.jsonl")) for line in path.read_text().splitlines()]


def test_every_public_name_loads() -> None:
    for name in orderflow_tui.__all__:
        assert getattr(orderflow_tui, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = orderflow_tui.no_such_name


def ends_well(script: str) -> None:
    """A fresh interpreter runs the script without a complaint."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_the_live_dashboard_loads_only_what_it_runs() -> None:
    script = (
        "import sys\nimport orderflow_tui.commands.live, orderflow_tui.feeds.polygon.feed, orderflow_tui.tui.app\n"
        "unwanted = {'tenacity', 'tomlkit', 'plotext', 'starlette', 'uvicorn', 'polygon', 'numpy', 'multiprocessing', 'pydantic', 'yaml',\n"
        "            'orderflow_tui.recordings.replay_feed', 'orderflow_tui.evaluate', 'orderflow_tui.web'} & set(sys.modules)\n"
        "assert not unwanted, unwanted\n"
    )
    ends_well(script)


def test_an_engine_holds_nothing_it_does_not_use() -> None:
    script = (
        "import sys\nfrom orderflow_tui.support.memory import spare_memory\nspare_memory()\n"
        "import orderflow_tui.commands.engine, orderflow_tui.commands.headless, orderflow_tui.feeds.polygon.feed\n"
        "unwanted = {'argparse', 'gettext', 'zipfile', 'csv', 'gzip', 'difflib', 'polygon', 'pydantic', 'textual', "
        "'zstandard.backend_c'} | ({'ctypes'} if sys.platform == 'linux' else set())\n"
        "found = {name for name in sys.modules if name in unwanted or name.startswith('_sysconfigdata')}\n"
        "assert not found, found\n"
        "from importlib.metadata import version\nassert version('msgspec')\n"
    )
    env = {**os.environ, **environment_that_spares_memory()}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT, env=env
    )
    assert done.returncode == 0, done.stderr


def test_the_engines_command_reads_no_command_line(tmp_path: Path) -> None:
    settings: dict[str, object] = {
        "overrides": {"data_source": "nowhere"},
        "config": None,
        "ends_with_screens": True,
        "environment": [],
    }
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "orderflow_tui", "engine"],
        input=json.dumps(settings), capture_output=True, text=True, check=False, cwd=ROOT,
        env={**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
    )  # fmt: skip
    loaded: list[str] = []
    said: list[str] = []
    for line in done.stderr.splitlines():
        (loaded if line.startswith("import time:") else said).append(line)
    assert (done.returncode, len(said)) == (2, 1), said
    assert "data_source" in said[0]
    assert not any(line.endswith(" argparse") for line in loaded)


def test_what_an_engine_is_given_to_spare_memory_it_gives_to_no_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def watch(*_: object, **__: object) -> int:
        seen.extend(os.environ)
        return 0

    settings: dict[str, object] = {
        "overrides": {},
        "config": None,
        "ends_with_screens": True,
        "environment": ["MALLOC_ARENA_MAX"],
    }
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("POLYGON_API_KEY", "example-key")
    monkeypatch.setattr("orderflow_tui.commands.headless.run_watch", watch)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(settings).encode())))
    try:
        assert run_engine() == 0
    finally:
        gc.enable()
    assert "PATH" in seen
    assert "MALLOC_ARENA_MAX" not in seen


@pytest.mark.skipif(sys.platform != "linux", reason="the C library's heaps are counted in /proc")
def test_threads_share_one_heap() -> None:
    script = (
        "import threading, ctypes\nfrom orderflow_tui.support.memory import spare_memory\nspare_memory()\n"
        "libc = ctypes.CDLL(None)\nlibc.malloc.restype = ctypes.c_void_p\nfound = []\n"
        "work = lambda: found.append(libc.malloc(100))\n"
        "threads = [threading.Thread(target=work) for _ in range(4)]\n"
        "[thread.start() for thread in threads]\n[thread.join() for thread in threads]\n"
        "heap = next(line for line in open('/proc/self/maps') if '[heap]' in line).split()[0].split('-')\n"
        "low, high = (int(part, 16) for part in heap)\nassert all(low <= at < high for at in found)\n"
    )
    ends_well(script)


@pytest.mark.parametrize("command", ["", "demo", "replay", "headless", "simulate", "config"])
def test_help_stands_on_every_command_and_loads_neither_pydantic_nor_textual(command: str, tmp_path: Path) -> None:
    script = (
        "import sys\nfrom orderflow_tui.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "assert not {'pydantic', 'textual', 'httpx', 'polygon'} & set(sys.modules)\n"
    )
    words = [command, "--help"] if command else ["--help"]
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "usage: orderflow-tui" in done.stdout


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"orderflow-tui {orderflow_tui.__version__}\n"


@pytest.mark.parametrize("command", [(), ("headless",)])
def test_no_key_names_the_variable_and_the_demo(
    command: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    line = refusal(called(*command, cwd=tmp_path, capfd=capfd))
    assert "POLYGON_API_KEY" in line
    assert "orderflow-tui demo" in line


@pytest.mark.parametrize("command", [(), ("demo",)])
def test_a_screen_is_refused_where_no_terminal_is(
    command: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    done = called(*command, cwd=tmp_path, env={"POLYGON_API_KEY": "k" * 20}, capfd=capfd)
    assert "terminal" in refusal(done)


def test_headless_needs_its_positions_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert "positions.toml" in refusal(called("headless", cwd=tmp_path, env={"POLYGON_API_KEY": "k" * 20}, capfd=capfd))


def test_a_bad_positions_file_is_named_with_line_and_reason(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "positions.toml").write_text('[[position]]\nsymbol = "BAC"\nquantity = "many"\naverage_cost = 1\n')
    line = refusal(called("headless", cwd=tmp_path, env={"POLYGON_API_KEY": "k" * 20}, capfd=capfd))
    assert "positions.toml:3: " in line
    assert "'many'" in line


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ORDER_FLOW_LARGE_ORDER_SIZE", "999"),
        ("ORDER_FLOW_VOLUME_SPIKE_THRESHOLD", "nan"),
        ("ORDER_FLOW_PROFILE", "bold"),
        ("ORDER_FLOW_LARGE_ORDER", "5"),
    ],
)
def test_a_bad_value_in_the_environment_is_named(
    variable: str, value: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert variable in refusal(
        called("headless", cwd=tmp_path, env={variable: value, "POLYGON_API_KEY": "k" * 20}, capfd=capfd)
    )


def test_an_unwritable_log_directory_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "positions.toml").write_text(POSITIONS)
    (tmp_path / "file").write_text("")
    env = {"POLYGON_API_KEY": "k" * 20, "ORDER_FLOW_LOG_DIR": str(tmp_path / "file" / "logs")}
    assert str(tmp_path / "file") in refusal(called("headless", cwd=tmp_path, env=env, capfd=capfd))


def test_a_directory_belongs_to_one_class_of_source(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    if not Path(f"{BAC}.trades.csv.gz").exists():
        pytest.skip("../shared/data is not here")
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / ".source-class").write_text("live\n")
    line = refusal(called("replay", str(BAC), "--headless", "--log-dir", str(logs), cwd=tmp_path, capfd=capfd))
    assert "live" in line


@pytest.mark.parametrize(
    "words",
    [
        ["replay"],
        ["replay", "nothing-here"],
        ["--fps", "x"],
        ["headless", "--duration", "-1"],
        ["headless", "--tz", "Mars/Olympus"],
        ["demo", "--scenario", "foo"],
        ["simulate", "--port", "99999"],
        ["--no-such"],
        ["fly"],
    ],
)
def test_bad_use_is_one_line_and_two(words: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    refusal(called(*words, cwd=tmp_path, capfd=capfd))


@pytest.mark.parametrize(
    "words", [[str(BAC), str(BAC)], [str(BAC), "--position", "AAPL:5@1"], [str(BAC), "--position", "BAC:x"]]
)
def test_a_replay_that_cannot_be_right_is_refused(
    words: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if not Path(f"{BAC}.trades.csv.gz").exists():
        pytest.skip("../shared/data is not here")
    refusal(called("replay", "--headless", *words, cwd=tmp_path, capfd=capfd))


@pytest.mark.parametrize("values", [{"fps": 0}, {"fps": "many"}, {"tz": "Mars"}, {"colour": "red"}])
def test_screen_settings_are_refused_in_one_line(values: dict[str, object]) -> None:
    with pytest.raises(DataValidationError) as caught:
        screen_settings(values)
    assert next(iter(values)) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_config_tells_where_each_value_came_from(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    env = {"POLYGON_API_KEY": "sekret-0123456789", "ORDER_FLOW_PROFILE": "plan"}
    done = called("config", "--bucket-seconds", "20", cwd=tmp_path, env=env, capfd=capfd)
    assert done.returncode == 0
    assert "sekret" not in done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert any("profile" in line and "plan" in line and "ORDER_FLOW_PROFILE" in line for line in lines)
    assert any("bucket_seconds" in line and "20" in line and "command line" in line for line in lines)


def test_a_recording_replays_without_a_screen(tmp_path: Path) -> None:
    if not Path(f"{BAC}.trades.csv.gz").exists():
        pytest.skip("../shared/data is not here")
    words = ("replay", str(BAC), "--headless", "--profile", "plan", "--bucket-seconds", "60", "--log-dir", "j")
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "the recording has ended"
    bursts = [line for line in done.stdout.splitlines() if " red_burst: " in line]
    assert [line[11:16] for line in bursts] == ["14:13", "14:27"]
    alerts = [record for record in records(tmp_path / "j") if record["event"] == "order_flow_alert"]
    assert sum(alert["evidence"] == "bid_wall" for alert in alerts) == 8
    assert all(alert["data_source"] == "replay" for alert in alerts)


def test_headless_runs_against_a_server_and_ends_cleanly(tmp_path: Path) -> None:
    (tmp_path / "positions.toml").write_text(DEMO_POSITIONS_TOML)
    with SimulatorProcess(seed=7, scenario="burst") as market:
        env = {
            "POLYGON_API_KEY": market.api_key,
            "ORDER_FLOW_DATA_SOURCE": "simulator",
            "ORDER_FLOW_POLYGON_BASE_URL": market.url,
        }
        done = run("headless", "--duration", "4", cwd=tmp_path, env=env)
        assert done.returncode == 0, done.stderr
        first, *_, last = records(tmp_path / "logs/demo")
        assert first["event"] == "order_flow.run_started"
        assert last["event"] == "order_flow.run_stopped"
        assert market.api_key not in done.stdout + done.stderr + json.dumps(records(tmp_path / "logs/demo"))
        refused = run("headless", "--duration", "20", cwd=tmp_path, env={**env, "POLYGON_API_KEY": "wrong-key"})
        assert refused.returncode == 1
        assert "wrong-key" not in refused.stdout + refused.stderr


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_headless_ends_cleanly_on_a_signal_whatever_the_network_does(name: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "positions.toml").write_text(POSITIONS)
    env = {**os.environ, "POLYGON_API_KEY": "k" * 20, "ORDER_FLOW_POLYGON_BASE_URL": "http://127.0.0.1:9"}
    child = subprocess.Popen(
        [sys.executable, "-m", "orderflow_tui", "headless"],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 20
    while not records(tmp_path / "logs/order_flow"):  # with its first record it also heeds signals
        assert time.monotonic() < deadline
        time.sleep(0.05)
    child.send_signal(name)
    child.communicate(timeout=10)
    assert child.returncode == 0
    assert records(tmp_path / "logs/order_flow")[-1]["event"] == "order_flow.run_stopped"


def test_headless_tells_on_stderr_that_a_changed_file_was_refused(tmp_path: Path) -> None:
    path = tmp_path / "positions.toml"
    path.write_text(POSITIONS)
    env = {**os.environ, "POLYGON_API_KEY": "k" * 20, "ORDER_FLOW_POLYGON_BASE_URL": "http://127.0.0.1:9"}
    child = subprocess.Popen(
        [sys.executable, "-m", "orderflow_tui", "headless", "--duration", "30"],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None
    try:
        assert child.stderr.readline().startswith("journal: ")
        assert "armed again after 300 s" in child.stderr.readline()
        path.write_text("[[position\n")
        refused = child.stderr.readline()
        path.write_text(POSITIONS)
        taken_up = child.stderr.readline()
    finally:
        child.terminate()
        child.communicate(timeout=10)
    assert "positions.toml" in refused
    assert "still apply" in refused
    assert "valid again" in taken_up
