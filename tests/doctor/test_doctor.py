"""The doctor against a host that speaks the wire format, healthy and ill."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.cli import main
from orderflow_tui.core.model.units import NS
from orderflow_tui.support.findings import Finding, printed
from tests.feeds.fake_polygon import SNAPSHOTS, FakePolygon
from tests.feeds.fake_stream import FakeStream

KEY = "test-key-SECRET"
POSITIONS = '[[position]]\nsymbol = "BAC"\nquantity = 100\naverage_cost = 10\nstop = 9\n'


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("POLYGON_API_KEY", KEY)
    (tmp_path / "positions.toml").write_text(POSITIONS)


def doctor(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, dict[str, str]]]:
    code = main(["doctor", "--json", *arguments])
    out = capsys.readouterr()
    assert KEY not in out.out + out.err
    return code, {finding["name"]: finding for finding in json.loads(out.out)}


def host(server: FakePolygon, **market: Any) -> FakePolygon:
    for name, value in market.items():
        setattr(server.market, name, value)
    for symbol in ("BAC", "SPY"):
        quote = server.market.quote(symbol)["lastQuote"]
        server.market.nbbo[symbol] = {**quote, "T": symbol}
        server.market.trade(symbol)
    return server


def test_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    with host(FakePolygon(), timeframe="REAL-TIME") as server:
        code, found = doctor(capsys, "--base-url", server.url)
    states = {name: finding["state"] for name, finding in found.items()}
    assert code == 0
    assert states == {
        "settings": "ok", "positions": "ok", "journal": "ok", "terminal": "warn", "key": "ok", "clock": "ok",
        "market": "ok", "quotes": "ok", "freshness": "ok", "sizes": "ok", "trades": "ok", "delay": "ok",
        "stream": "ok", "budget": "ok",
    }  # fmt: skip
    assert found["quotes"]["said"] == "2 books, NBBO, 1 level"
    assert found["delay"]["said"] == "real time"
    assert found["stream"]["said"].startswith("not tried")
    assert not Path("logs").exists()


def test_the_stream_is_tried_where_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with host(FakePolygon(), timeframe="REAL-TIME") as server, FakeStream(server) as stream:
        monkeypatch.setenv("ORDER_FLOW_POLYGON_WS_URL", stream.url)
        _, found = doctor(capsys, "--base-url", server.url, "--stream")
        assert found["stream"]["said"] == "prints, quotes and halts are streamed"
        stream.refuse_kinds.add("T")
        _, found = doctor(capsys, "--base-url", server.url, "--stream")
        assert (found["stream"]["state"], found["stream"]["said"]) == ("warn", "poll: the stream is not in your plan")


def test_a_refused_key(capsys: pytest.CaptureFixture[str]) -> None:
    with host(FakePolygon()) as server:
        server.always("/v1/marketstatus/now", lambda handler: handler.reply(401, {"error": f"Unknown API Key {KEY}"}))
        code, found = doctor(capsys, "--base-url", server.url)
    assert code == 1
    assert found["key"]["state"] == "FAIL"
    assert found["key"]["advice"] == "check POLYGON_API_KEY"
    assert "quotes" not in found


def test_a_small_plan(capsys: pytest.CaptureFixture[str]) -> None:
    refused = {"status": "NOT_AUTHORIZED", "message": "You are not entitled to this data."}
    with host(FakePolygon(), timeframe="DELAYED", envelope="DELAYED") as server:
        for row in server.market.quotes.values():
            del row["lastQuote"]
        server.always("/v3/trades/BAC", lambda handler: handler.reply(403, refused))
        code, found = doctor(capsys, "--base-url", server.url)
    assert code == 1
    assert found["quotes"]["said"] == "not in the plan: tape rules only"
    assert found["trades"]["said"] == "not in the plan: no tape, no bursts"
    assert found["delay"]["said"] == "the data is 15 minutes late"


def test_stale_data_a_wrong_unit_and_a_symbol_nobody_knows(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "positions.toml").write_text(POSITIONS + POSITIONS.replace("BAC", "NIX"))
    old = time.time_ns() - 60 * NS
    with host(FakePolygon()) as server:
        for symbol in ("BAC", "SPY"):
            quote = server.market.quote(symbol, at=old)["lastQuote"]
            server.market.nbbo[symbol] = {**quote, "T": symbol, "S": quote["S"] * 100, "s": quote["s"] * 100}
        code, found = doctor(capsys, "--base-url", server.url)
    assert code == 1
    assert found["symbols"]["said"] == "the source does not know NIX"
    assert found["freshness"]["state"] == "warn"
    assert found["sizes"]["state"] == "warn"


def test_no_host_no_key_no_positions(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with FakePolygon() as server:
        url = server.url
    code, found = doctor(capsys, "--base-url", url)
    assert (code, found["host"]["state"]) == (1, "FAIL")
    monkeypatch.delenv("POLYGON_API_KEY")
    Path("positions.toml").unlink()
    code, found = doctor(capsys)
    assert code == 1
    assert found["settings"]["state"] == found["positions"]["state"] == "FAIL"
    Path("orderflow.toml").write_text("nonsense = 1\n")
    code, found = doctor(capsys)
    assert (code, list(found)) == (1, ["settings"])


def test_a_journal_of_another_class(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / ".source-class").write_text("simulated\n")
    with host(FakePolygon()) as server:
        code, found = doctor(capsys, "--base-url", server.url, "--log-dir", "mine")
    assert code == 1
    assert "belongs to simulated data" in found["journal"]["said"]


def test_a_failing_endpoint_is_one_row(capsys: pytest.CaptureFixture[str]) -> None:
    with host(FakePolygon()) as server:
        server.always(SNAPSHOTS, lambda handler: handler.reply(500, b"<html>\x1b[31m"))
        code, found = doctor(capsys, "--base-url", server.url)
    assert code == 1
    assert found["quotes"]["state"] == "FAIL"
    assert found["trades"]["state"] == "ok"


@pytest.mark.parametrize("width", [10, 80, 200])
def test_the_table_fits_and_holds_no_control_characters(width: int) -> None:
    lines = printed([Finding("host", "FAIL", "a\x1b]52;c\x07 " * 30, "do [/] " * 20), Finding("key", "ok", "")], width)
    assert all(line.isprintable() and len(line) <= max(width, 60) for line in lines)
