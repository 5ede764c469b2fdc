"""What `doctor` says of Databento, against a gateway that speaks its wire."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.cli import main
from orderflow_tui.feeds.simulator.faults import Fault
from tests.feeds.databento.serving import KEY, served


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("DATABENTO_API_KEY", KEY)
    (tmp_path / "positions.toml").write_text('[[position]]\nsymbol = "ACME"\nquantity = 100\naverage_cost = 10\n')


def doctor(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, gateway: str, dataset: str = "XNAS.ITCH"
) -> tuple[int, dict[str, Any]]:
    monkeypatch.setenv("ORDER_FLOW_DATABENTO_GATEWAY", gateway)
    monkeypatch.setenv("ORDER_FLOW_DATABENTO_DATASET", dataset)
    code = main(["doctor", "--json", "--data-source", "databento"])
    out = capsys.readouterr()
    assert KEY not in out.out + out.err
    return code, {finding["name"]: finding for finding in json.loads(out.out)}


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        ("XNAS.ITCH", "Nasdaq book and prints only, 10 levels"),
        ("EQUS.MINI", "best of some venues, not the NBBO, 1 level"),
    ],
)
def test_all_is_well(
    dataset: str, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with served() as host:
        code, found = doctor(capsys, monkeypatch, host.address, dataset)
    assert code == 0
    assert {name for name, finding in found.items() if finding["state"] != "ok"} == {"terminal"}
    assert words in found["session"]["said"]
    assert bool(found["session"]["advice"]) is (dataset != "XNAS.ITCH")
    assert found["books"]["said"].startswith("1 books; the newest changed")


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("auth_failed", "key", "the gateway refuses the key"),
        ("status", "dataset", "A live data license is required"),
        ("max_connections", "session", "too many sessions with this key"),
    ],
)
def test_what_is_refused_is_said_with_what_to_do(
    kind: str, name: str, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(faults=[Fault("stream", kind)]) as host:  # type: ignore[arg-type]
        code, found = doctor(capsys, monkeypatch, host.address)
    assert words in found[name]["said"]
    assert found[name]["advice"]
    assert code == (0 if found[name]["state"] == "warn" else 1)
    assert "books" not in found


def test_beside_another_tape_both_are_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYGON_API_KEY", "another-key-of-a-test")
    monkeypatch.setenv("ORDER_FLOW_POLYGON_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ORDER_FLOW_DEPTH_SOURCE", "databento")
    with served() as host:
        monkeypatch.setenv("ORDER_FLOW_DATABENTO_GATEWAY", host.address)
        code = main(["doctor", "--json"])
    found = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert code == 1
    assert found["depth session"]["state"] == "ok"


def test_nobody_is_there(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, found = doctor(capsys, monkeypatch, "127.0.0.1:9")
    assert (code, found["gateway"]["state"]) == (1, "FAIL")


@pytest.mark.parametrize("gateway", ["somewhere", ":13000", "host:0", "host:70000", "http://host:13000"])
def test_a_gateway_that_is_none_is_one_line(
    gateway: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDER_FLOW_DATABENTO_GATEWAY", gateway)
    assert main(["headless", "--data-source", "databento", "--duration", "1"]) == 2
    assert "must be host:port, such as 127.0.0.1:13000" in capsys.readouterr().err
