"""Positions from brokers: Alpaca over HTTP on loopback, the others through a child process with stand-in clients."""

from __future__ import annotations

import ast
import os
import re
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.core.model.data_models import Position, WorkingOrder
from orderflow_tui.positions import Holdings, PositionManager, PositionsError, source_of
from orderflow_tui.positions.alpaca import AlpacaAccount
from orderflow_tui.positions.broker_process import BrokerChild
from orderflow_tui.positions.polled import PolledPositions
from tests.positions.fake_brokers import KEYS, FakeAlpaca, row, stand_ins

ROOT = Path(__file__).parents[2]


def alpaca(server: FakeAlpaca, **more: Any) -> AlpacaAccount:
    return AlpacaAccount(KEYS, server.url, **more)


def test_alpacas_rows_become_positions() -> None:
    with FakeAlpaca() as server:
        server.body = [
            row("AAPL", "5", "100.25"),
            row("BRK.B", "-12", "480.5", side="short"),
            row("NIO", "10.75", "4.4"),
            row("F", "0.5", "11"),
            row("BTCUSD", "0.1", "60000", asset_class="crypto"),
        ]
        held = alpaca(server).fetch()
        method, path, headers = server.asked[0]
    assert held.positions == (
        Position("AAPL", 5, Decimal("100.25")),
        Position("BRK.B", -12, Decimal("480.5")),
        Position("NIO", 10, Decimal("4.4")),
    )
    assert held.notes == (
        "NIO: 10.75 shares held, whole ones counted (10)",
        "F: 0.5 shares held, whole ones counted (0)",
        "left out, no stock's ticker: BTCUSD (crypto)",
    )
    assert (method, path) == ("GET", "/v2/positions")
    assert headers["APCA-API-KEY-ID"] == KEYS["APCA_API_KEY_ID"]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, {"message": "as-SECRET-key"}, "Alpaca refused APCA_API_KEY_ID and APCA_API_SECRET_KEY (status 401)"),
        (403, {}, "Alpaca refused APCA_API_KEY_ID and APCA_API_SECRET_KEY (status 403)"),
        (500, b"<html>", "Alpaca: status 500"),
        (302, b"", "Alpaca: status 302"),
        (200, b"<html>", "Alpaca: an answer that is no list of positions"),
        (200, {"positions": []}, "Alpaca: an answer that is no list of positions"),
        (200, [row("AAPL", "many", "1")], "Alpaca: an answer that is no list of positions"),
        (200, [row("AAPL", "NaN", "1")], "Alpaca: an answer that is no list of positions"),
        (200, [row("AAPL", "1e40", "1")], "Alpaca: an answer that is no list of positions"),
        (200, b"[" * 100_000, "Alpaca: an answer that is no list of positions"),
        (200, b"\xff\xfe", "Alpaca: an answer that is no list of positions"),
        (200, b" " * 5_000_000, "Alpaca: an answer of more than 4,000,000 bytes"),
    ],
)
def test_what_alpaca_may_answer_besides(status: int, body: Any, reason: str) -> None:
    with FakeAlpaca() as server:
        server.status, server.body = status, body
        with pytest.raises(PositionsError) as caught:
            alpaca(server).fetch()
    assert str(caught.value) == reason


def test_a_silent_or_absent_alpaca() -> None:
    with FakeAlpaca() as server:
        server.delay = 1.0
        with pytest.raises(PositionsError, match=r"^Alpaca: no whole answer within 0\.2 s$"):
            alpaca(server, deadline_seconds=0.2).fetch()
        gone = server.url
    with pytest.raises(PositionsError, match=r"^Alpaca: cannot be reached: ConnectError$"):
        AlpacaAccount(KEYS, gone).fetch()


def test_an_alpaca_that_drips_its_answer_ends_at_the_deadline() -> None:
    with FakeAlpaca() as server:
        server.drip = 0.05
        begun = time.monotonic()
        with pytest.raises(PositionsError, match=r"^Alpaca: no whole answer within 0\.3 s$"):
            alpaca(server, deadline_seconds=0.3).fetch()
        # The answer would take as many times 0.05 s as it has bytes, without end.
        assert time.monotonic() - begun < 4


def test_the_keys_follow_no_redirect_and_no_cookie_is_kept() -> None:
    with FakeAlpaca() as server, FakeAlpaca() as elsewhere:
        account = alpaca(server)
        server.headers = {"Set-Cookie": f"a={'x' * 40_000}; Path=/"}
        account.fetch()
        server.status, server.headers = 307, {"Location": elsewhere.url + "/v2/positions"}
        with pytest.raises(PositionsError, match=r"^Alpaca: status 307$"):
            account.fetch()
        assert elsewhere.asked == []
        assert [asked[2].get("Cookie") for asked in server.asked] == [None, None]


@pytest.mark.parametrize("url", ["http://api.example", "http://10.0.0.5:8080", "ftp://api.example", "api.example", ""])
def test_the_keys_go_encrypted_or_stay_on_this_machine(url: str) -> None:
    with pytest.raises(PositionsError, match=r"need an https:// address in APCA_API_BASE_URL") as caught:
        AlpacaAccount(KEYS, url)
    assert "SECRET" not in str(caught.value).replace("APCA_API_SECRET_KEY", "")


def test_a_key_that_alpaca_sends_back_is_in_no_note() -> None:
    with FakeAlpaca() as server:
        server.body = [row("x" * 20 + KEYS["APCA_API_KEY_ID"], "1", "1", asset_class="us_option")]
        (note,) = alpaca(server).fetch().notes
    assert not any(KEYS["APCA_API_KEY_ID"][at : at + 6] in note for at in range(7))


def test_keys_that_are_missing_or_impossible_are_named_not_shown() -> None:
    with pytest.raises(PositionsError, match=r"need APCA_API_SECRET_KEY in the environment$"):
        AlpacaAccount({"APCA_API_KEY_ID": "AK-id-SECRET"})
    with pytest.raises(PositionsError) as caught:
        AlpacaAccount({"APCA_API_KEY_ID": "AK-id-SECRET", "APCA_API_SECRET_KEY": "a b"})
    assert "SECRET-key" not in str(caught.value)
    assert "a b" not in str(caught.value)


def test_no_key_in_any_text_of_the_client() -> None:
    with FakeAlpaca() as server:
        account = alpaca(server)
        source = source_of("alpaca", {**KEYS, "APCA_API_BASE_URL": server.url})
    for shown in (repr(account), repr(source), repr(vars(account)), repr(BrokerChild("robinhood", KEYS))):
        assert "SECRET" not in shown.replace("APCA_API_SECRET_KEY", "").replace("APCA-API-SECRET-KEY", "")


def test_a_broker_that_fails_leaves_the_last_good_positions_and_their_age() -> None:
    now = [100.0]
    answers: list[Holdings | PositionsError] = [
        Holdings((Position("AAPL", 5, Decimal(100)),)),
        PositionsError("Alpaca: status 500"),
        Holdings((Position("AAPL", 7, Decimal(100)),)),
    ]

    def fetch() -> Holdings:
        answer = answers.pop(0)
        if isinstance(answer, PositionsError):
            raise answer
        return answer

    source = PolledPositions(fetch, every=3600, clock=lambda: now[0])
    manager = PositionManager(source, clock=lambda: now[0])
    assert [position.quantity for position in manager.get_active_positions()] == [5]
    now[0] = 112.0
    assert not manager.refresh()
    assert manager.age_seconds == 12.0
    source._ask()
    assert not manager.refresh()
    assert manager.message == "Alpaca: status 500 (the last good positions still apply)"
    assert manager.age_seconds == 12.0
    now[0] = 120.0
    source._ask()
    assert manager.refresh()
    assert manager.message == ""
    assert manager.age_seconds == 0.0
    assert [position.quantity for position in manager.get_active_positions()] == [7]
    source.close(1.0)


def test_a_defect_of_a_client_is_told_and_the_asking_goes_on() -> None:
    calls: list[int] = []

    def fetch() -> Holdings:
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError("SECRET")
        return Holdings()

    source = PolledPositions(fetch, every=0.01)
    with pytest.raises(PositionsError, match=r"^positions: the client failed: ZeroDivisionError$"):
        source.read()
    until = time.monotonic() + 5
    while source.state() == 1 and time.monotonic() < until:
        time.sleep(0.005)
    assert source.read() == Holdings()
    source.close(1.0)


def test_a_positions_file_beside_adds_stops_orders_and_events(tmp_path: Path) -> None:
    beside = tmp_path / "positions.toml"
    beside.write_text(
        """
        watchlist = ["SPY"]
        [[position]]
        symbol = "AAPL"
        stop = 95.5
        working = [{side = "sell", price = 110, size = 300}]
        events = ["2026-01-29 after"]
        [[position]]
        symbol = "MSFT"
        quantity = 9999
        average_cost = 1
        stop = 300
        """
    )
    with FakeAlpaca() as server:
        server.body = [row("AAPL", "5", "100.25"), row("F", "20", "11")]
        source = source_of("alpaca-paper", {**KEYS, "APCA_API_BASE_URL": server.url}, beside=beside)
        manager = PositionManager(source)
    assert manager.get_active_positions() == [
        Position(
            "AAPL",
            5,
            Decimal("100.25"),
            stop=Decimal("95.5"),
            working=(WorkingOrder("sell", Decimal(110), 300),),
            events=("2026-01-29 after",),
        ),
        Position("F", 20, Decimal(11)),
    ]
    assert manager.get_watchlist() == ["SPY"]
    beside.write_text("watchlist = [1]")
    assert not manager.refresh()
    assert "is not a ticker" in manager.message
    beside.unlink()
    assert manager.refresh()
    assert manager.get_watchlist() == []


def test_robinhood_through_its_client(tmp_path: Path) -> None:
    env = {**os.environ, **stand_ins(tmp_path), "ROBINHOOD_USERNAME": "u", "ROBINHOOD_PASSWORD": "right"}
    held = BrokerChild("robinhood", env).fetch()
    assert held.positions == (Position("AAPL", 10, Decimal("150.2500")), Position("BRK.B", 3, Decimal("480.1")))
    assert held.notes == ("AAPL: 10.5 shares held, whole ones counted (10)",)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "needs ROBINHOOD_USERNAME and ROBINHOOD_PASSWORD in the environment"),
        ("wrong-SECRET", "the login was refused"),
        ("ask", "the client asks a question (a code?): log in once with it, then start again"),
        ("crash", "the client failed: RuntimeError"),
    ],
)
def test_robinhood_refusals(tmp_path: Path, password: str, reason: str) -> None:
    env = {**os.environ, **stand_ins(tmp_path), "ROBINHOOD_USERNAME": "u", "ROBINHOOD_PASSWORD": password}
    with pytest.raises(PositionsError) as caught:
        BrokerChild("robinhood", env).fetch()
    assert str(caught.value) == f"robinhood: {reason}"


def test_a_client_that_hangs_is_ended(tmp_path: Path) -> None:
    env = {**os.environ, **stand_ins(tmp_path), "ROBINHOOD_USERNAME": "u", "ROBINHOOD_PASSWORD": "hang"}
    with pytest.raises(PositionsError, match=r"^robinhood: no answer within 1\.5 s$"):
        BrokerChild("robinhood", env, seconds=1.5).fetch()


def test_interactive_brokers_through_its_client(tmp_path: Path) -> None:
    env = {**os.environ, **stand_ins(tmp_path)}
    held = BrokerChild("ibkr", env).fetch()
    assert held.positions == (Position("BRK.B", -7, Decimal("481.25")), Position("NIO", 500, Decimal("4.4")))
    assert held.notes == ("left out, no stock's ticker: ES (FUT USD)",)


def test_no_gateway_is_said_with_its_address(tmp_path: Path) -> None:
    env = {**os.environ, **stand_ins(tmp_path), "IBKR_PORT": "1"}
    with pytest.raises(PositionsError, match=r"^ibkr: no TWS or Gateway answers on 127\.0\.0\.1:1 "):
        BrokerChild("ibkr", env).fetch()
    with pytest.raises(PositionsError, match=r"^ibkr: IBKR_PORT must be a port"):
        BrokerChild("ibkr", {**env, "IBKR_PORT": "x"}).fetch()


def test_a_client_that_is_not_installed_is_named(tmp_path: Path) -> None:
    (tmp_path / "ib_async.py").write_text("raise ImportError")
    with pytest.raises(PositionsError, match=r"^ibkr: needs the extra of that name: pip install"):
        BrokerChild("ibkr", {**os.environ, "PYTHONPATH": str(tmp_path)}).fetch()


def test_nothing_in_the_package_names_a_way_to_order() -> None:
    """Read-only everywhere: no endpoint, method or client function that places, changes or cancels an order."""
    ordering = re.compile(
        r"/v2/orders|/orders\b|order_(buy|sell)|(buy|sell)_(market|limit|stop|fractional)|submit_?order|place_?order"
        r"|cancel_?(all_?)?(stock_?)?orders?|modify_?order|bracket_?order|close_?(all_?)?positions?\b",
        re.IGNORECASE,
    )
    writing = {"post", "patch", "delete"}  # put is a queue's too; the verb itself is looked for below
    for path in sorted((ROOT / "orderflow_tui").rglob("*.py")):
        source = path.read_text()
        found = ordering.search(source)
        assert found is None, f"{path.name} names {found and found[0]}"
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in writing, f"{path.name}:{node.lineno} writes to a host"
            if isinstance(node, ast.Constant) and node.value in {"POST", "PUT", "PATCH", "DELETE"}:
                raise AssertionError(f"{path.name}:{node.lineno} names {node.value}")
