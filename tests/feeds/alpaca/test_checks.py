"""What `doctor` says of Alpaca, against a server that speaks its wire."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.cli import main
from orderflow_tui.feeds.alpaca.entitlement import IEX_ONLY, NO_SIP
from orderflow_tui.feeds.simulator.faults import Fault
from tests.feeds.alpaca.serving import KEY, SECRET, served


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("APCA_API_KEY_ID", KEY)
    monkeypatch.setenv("APCA_API_SECRET_KEY", SECRET)
    (tmp_path / "positions.toml").write_text('[[position]]\nsymbol = "ACME"\nquantity = 100\naverage_cost = 10\n')


def doctor(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str, *arguments: str, feed: str = "auto"
) -> tuple[int, dict[str, Any]]:
    monkeypatch.setenv("ORDER_FLOW_ALPACA_DATA_URL", url)
    monkeypatch.setenv("ORDER_FLOW_ALPACA_STREAM_URL", url.replace("http", "ws", 1))
    monkeypatch.setenv("ORDER_FLOW_ALPACA_FEED", feed)
    code = main(["doctor", "--json", "--data-source", "alpaca", *arguments])
    out = capsys.readouterr()
    assert KEY not in out.out + out.err
    assert SECRET not in out.out + out.err
    return code, {finding["name"]: finding for finding in json.loads(out.out)}


@pytest.mark.parametrize("sip", [True, False])
def test_all_is_well(sip: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with served(sip=sip) as host:
        code, found = doctor(capsys, monkeypatch, host.url, "--stream")
    assert code == 0
    assert {name for name, finding in found.items() if finding["state"] != "ok"} == {"terminal"}
    assert ("SIP" if sip else IEX_ONLY) in found["plan"]["said"]
    assert bool(found["plan"]["advice"]) is not sip
    assert found["quotes"]["said"].startswith("1 quotes, 1 level")
    assert found["trades"]["said"].endswith("sip" if sip else "iex")
    assert found["stream"]["said"].startswith("prints, quotes")
    assert found["budget"]["said"].startswith("5.0" if sip else "3.3")


def test_sip_that_the_key_has_not(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with served() as host:
        code, found = doctor(capsys, monkeypatch, host.url, feed="sip")
    assert (code, found["plan"]["said"]) == (1, NO_SIP)
    assert "quotes" not in found


def test_a_refused_key(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APCA_API_KEY_ID", "PKSOMEOTHERKEY")
    with served() as host:
        code, found = doctor(capsys, monkeypatch, host.url)
    assert code == 1
    assert found["key"]["advice"] == "check APCA_API_KEY_ID and APCA_API_SECRET_KEY"


def test_a_host_that_is_not_there(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, found = doctor(capsys, monkeypatch, "http://127.0.0.1:9")
    assert (code, found["host"]["state"]) == (1, "FAIL")


def test_what_is_ill_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    Path("positions.toml").write_text('[[position]]\nsymbol = "NONE"\nquantity = 100\naverage_cost = 10\n')
    faults = [Fault("quotes", "status", status=500), Fault("stream", "max_connections")]
    with served(faults=faults) as host:
        code, found = doctor(capsys, monkeypatch, host.url, "--stream")
        assert code == 1
        assert found["quotes"]["state"] == "FAIL"
        assert found["stream"]["said"].startswith("poll")
        assert found["stream"]["state"] == "warn"
        code, found = doctor(capsys, monkeypatch, host.url)
    assert found["symbols"]["said"] == "no quote for NONE on this feed"
    assert found["stream"]["said"].startswith("not tried")
