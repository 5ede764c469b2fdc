"""A start on inputs that are no files, or others' files: refused in one line at once, and `doctor` has its rows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orderflow_tui import cli
from orderflow_tui.config.secrets import SECRET_NAMES
from tests.commands.in_process import called
from tests.commands.test_cli import POSITIONS, refusal


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def gigabytes(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(20 << 30)
    path.chmod(0o600)


INPUTS = ("positions.toml", "orderflow.toml", "orderflow-tui/secrets.env", "logs/order_flow/.source-class", "today")


@pytest.mark.parametrize("put_there", [pipe, device, gigabytes])
@pytest.mark.parametrize("name", INPUTS)
def test_a_start_hangs_on_nothing(
    name: str, put_there: Callable[[Path], None], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "positions.toml").write_text(POSITIONS)
    today = f"logs/order_flow/{time.strftime('%Y-%m-%d', time.gmtime())}.jsonl"
    path = tmp_path / (today if name == "today" else name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    put_there(path)
    env = {"POLYGON_API_KEY": "k" * 20, "ORDER_FLOW_POLYGON_BASE_URL": "http://127.0.0.1:9"}
    said = refusal(called("headless", "--duration", "5", cwd=tmp_path, env=env, capfd=capfd))
    assert path.name in said
    done = called("doctor", cwd=tmp_path, env=env, capfd=capfd)
    assert done.returncode in (0, 1)
    assert done.stderr == ""
    assert done.stdout.count("\n") > 3 or "settings" in done.stdout


def test_the_doctor_says_which_proxy_keeps_a_broker_away(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    keys = {"POLYGON_API_KEY": "k" * 20, "APCA_API_KEY_ID": "k" * 20, "APCA_API_SECRET_KEY": "s" * 20}
    env = {**keys, "all_proxy": "socks5://x", "COLUMNS": "200"}
    done = called("doctor", "--positions", "alpaca", cwd=tmp_path, env=env, capfd=capfd)
    assert done.stderr == ""
    rows = [line for line in done.stdout.splitlines() if "all_proxy refused" in line]
    assert [row.split()[:2] for row in rows] == [["FAIL", "settings"], ["FAIL", "positions"]]


@pytest.mark.parametrize("demo", [True, False])
def test_the_tabs_of_a_demo_get_no_secret(demo: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: list[dict[str, str]] = []

    def serve(argv: list[str], env: dict[str, str], **_: object) -> int:
        given.append(env)
        return 0

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("orderflow_tui.web.server.serve", serve)
    for name in SECRET_NAMES:
        monkeypatch.setenv(name, f"{name}-value")
    assert cli.main(["serve", *(["--demo"] if demo else [])]) == 0
    assert {name for name in SECRET_NAMES if name in given[0]} == (set() if demo else set(SECRET_NAMES))
    assert "PATH" in given[0]
