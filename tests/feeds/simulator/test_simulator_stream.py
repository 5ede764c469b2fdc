"""The simulated market's WebSocket, plans, halts and cancelled prints, over real sockets."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.websockets import WebSocket
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from orderflow_tui.feeds.simulator.faults import ENDPOINTS, Fault, FaultFileError, FaultPlan, load_faults
from orderflow_tui.feeds.simulator.instruments import instrument_for
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import NANOS
from orderflow_tui.feeds.simulator.plans import PLANS
from orderflow_tui.feeds.simulator.polygon_stream import StreamHub
from orderflow_tui.feeds.simulator.process import SimulatorProcess
from orderflow_tui.feeds.simulator.symbol_market import SymbolMarket

NOW = 1_769_700_000 * NANOS


@pytest.fixture(scope="module")
def market() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(seed=3, scenario="calm", symbols=("SPY",)) as running:
        yield running


@contextmanager
def stream_of(market: SimulatorProcess, key: str | None = None) -> Iterator[ClientConnection]:
    with connect(market.url.replace("http", "ws") + "/stocks", proxy=None) as connection:
        assert said(connection) == ["connected"]
        connection.send(json.dumps({"action": "auth", "params": key or market.api_key}))
        yield connection


def frame(connection: ClientConnection) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(connection.recv(timeout=60))
    return events


def said(connection: ClientConnection) -> list[str]:
    return [event["status"] for event in frame(connection) if event["ev"] == "status"]


def subscribe(connection: ClientConnection, *channels: str) -> None:
    connection.send(json.dumps({"action": "subscribe", "params": ",".join(channels)}))


def events_until(connection: ClientConnection, kind: str, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while sum(event["ev"] == kind for event in found) < count:
        found += frame(connection)
    return found


def test_it_says_what_the_vendor_says_and_tells_what_rest_tells(market: SimulatorProcess) -> None:
    with stream_of(market) as connection:
        assert said(connection) == ["auth_success"]
        subscribe(connection, "T.SPY", "Q.SPY", "LULD.SPY")
        first = events_until(connection, "T", 5)
        words = [event["message"] for event in first if event["ev"] == "status"]
        assert words == [f"subscribed to: {kind}.SPY" for kind in ("T", "Q", "LULD")]
        (band,) = [event for event in first if event["ev"] == "LULD"]
        assert band["l"] < band["h"]
        assert band["i"] == [21]
        trades = [event for event in first if event["ev"] == "T"]
    rows = httpx.get(
        f"{market.url}/v3/trades/SPY",
        params={"limit": 5_000, "order": "asc", "timestamp.gte": min(event["t"] for event in trades) * 1_000_000},
        headers={"Authorization": f"Bearer {market.api_key}"},
        trust_env=False,
        timeout=60,
    ).json()["results"]
    told = {(row["exchange"], row.get("trf_id", 0), row["id"]): row for row in rows}
    for event in trades:
        row = told[event["x"], event.get("trfi", 0), event["i"]]
        assert row["sip_timestamp"] // 1_000_000 == event["t"]
        assert (row["price"], row["size"], row["sequence_number"]) == (event["p"], event["s"], event["q"])
        assert row.get("conditions", []) == event.get("c", [])
        assert row.get("decimal_size") == event.get("ds")


def test_a_second_connection_pushes_the_older_one_out(market: SimulatorProcess) -> None:
    with stream_of(market) as older:
        assert said(older) == ["auth_success"]
        with stream_of(market) as newer:
            assert said(newer) == ["auth_success"]
            assert said(older) == ["max_connections"]
            with pytest.raises(ConnectionClosed) as closed:
                older.recv(timeout=60)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1008
            subscribe(newer, "Q.SPY")
            assert said(newer) == ["success"]


def test_a_wrong_key_and_a_wrong_word(market: SimulatorProcess) -> None:
    with stream_of(market, "bad") as connection:
        assert said(connection) == ["auth_failed"]
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=60)
    with stream_of(market) as connection:
        assert said(connection) == ["auth_success"]
        connection.send("nonsense")
        assert said(connection) == ["error"]
        subscribe(connection, "Q.SPY")
        assert said(connection) == ["success"]
        connection.send(json.dumps({"action": "unsubscribe", "params": "Q.SPY"}))


@pytest.mark.parametrize(
    ("plan", "gone", "there", "streams"),
    [
        ("starter", ["/v3/trades/SPY", "/v2/last/nbbo/SPY"], ["/v3/snapshot"], []),
        ("developer", ["/v3/quotes/SPY", "/v2/last/nbbo/SPY"], ["/v3/trades/SPY", "/v2/last/trade/SPY"], ["T"]),
        ("advanced", [], ["/v3/trades/SPY", "/v3/quotes/SPY"], ["T", "Q", "LULD"]),
    ],
)
def test_plans(plan: str, gone: list[str], there: list[str], streams: list[str]) -> None:
    with SimulatorProcess(seed=3, scenario="calm", symbols=("SPY",), plan=plan) as market:
        client = httpx.Client(headers={"Authorization": f"Bearer {market.api_key}"}, trust_env=False)

        def get(path: str) -> httpx.Response:
            return client.get(market.url + path, params={"limit": 10} if "v3" in path else {})

        for path in gone:
            assert get(path).status_code == 403
            assert get(path).json()["status"] == "NOT_AUTHORIZED"
        late = plan != "advanced"
        for path in there:
            assert get(path).json()["status"] == ("DELAYED" if late else "OK")
        row = client.get(market.url + "/v2/snapshot/locale/us/markets/stocks/tickers?tickers=SPY").json()["tickers"][0]
        assert ("lastQuote" in row, "lastTrade" in row) == (plan == "advanced", plan != "starter")
        now_ns = httpx.get(market.url + "/v1/marketstatus/now", headers=client.headers, trust_env=False).json()
        assert now_ns["market"] == "open"
        assert get("/sim/v1/books").status_code == 404
        for kind in ("T", "Q", "LULD"):
            with stream_of(market) as connection:
                assert said(connection) == ["auth_success"]
                subscribe(connection, f"{kind}.SPY")
                assert said(connection) == (["success"] if kind in streams else ["error"])
        client.close()


def test_basic_takes_five_requests_a_minute() -> None:
    with SimulatorProcess(seed=3, scenario="calm", symbols=("SPY",), plan="basic") as market:
        headers = {"Authorization": f"Bearer {market.api_key}"}
        codes = [
            httpx.get(market.url + "/v1/marketstatus/now", headers=headers, trust_env=False).status_code
            for _ in range(3)
        ]
    assert codes == [200, 429, 429]


def test_a_halt_stops_everything_and_ends_with_an_auction() -> None:
    market = SymbolMarket(instrument_for("ACME"), seed=1, start_ns=NOW)
    market.advance(NOW + 10 * NANOS)
    market.halt()
    halted = market.band()
    assert halted.indicator == 17
    assert halted.lower < halted.upper
    before = len(market.tape.prints)
    market.advance(NOW + 70 * NANOS)
    assert len(market.tape.prints) == before
    market.resume()
    assert market.band().indicator in (17, 18)
    market.advance(NOW + 80 * NANOS)
    assert market.band().indicator == 18
    rows = market.tape.prints.between(NOW + 10 * NANOS, NOW + 80 * NANOS)
    assert rows[0].conditions == (28,) or any(row.conditions == (28,) for row in rows[:3])
    assert len(rows) > 3


def test_cancelled_and_late_prints_stand_in_the_tape_as_the_vendor_shows_them() -> None:
    market = SymbolMarket(instrument_for("ACME"), seed=1, start_ns=NOW)
    market.advance(NOW + 30 * NANOS)
    market.report_late("sell", 5_000, 25.0)
    market.bust_largest(20.0)
    rows = market.tape.prints.between(NOW, NOW + 40 * NANOS)
    (busted,) = [row for row in rows if row.correction]
    assert busted.correction == 8
    assert busted.size == 5_000
    assert busted.sip_timestamp - busted.participant_timestamp == 25 * NANOS


def test_a_bad_day_is_the_same_however_it_is_advanced() -> None:
    def played(steps: int) -> list[Any]:
        market = Market(("ACME", "BOLT", "CRUX", "DYNO"), seed=5, now_ns=NOW, scenario="bad-day")
        for number in range(1, steps + 1):
            market.advance(NOW + 160 * NANOS * number // steps)
        bolt = market.get("BOLT")
        assert bolt is not None
        return [*bolt.tape.prints.between(NOW, NOW + 160 * NANOS), *bolt.bands.between(0, 1 << 62)]

    one = played(1)
    assert one == played(37)
    assert {row.indicator for row in one if hasattr(row, "indicator")} == {17, 18, 21}


def test_time_windows_and_probabilities_of_faults() -> None:
    now = 0.0
    plan = FaultPlan(
        [
            Fault("trades", "status", times=100, from_seconds=10, until_seconds=20),
            Fault("nbbo", "status", times=1_000, probability=0.25, seed=4),
        ],
        monotonic=lambda: now,
    )
    hits = []
    for at in (0.0, 9.9, 10.0, 19.9, 20.0):
        now = at
        hits.append(plan.hit("trades", ()) is not None)
    assert hits == [False, False, True, True, False]
    drawn = [plan.hit("nbbo", ()) is not None for _ in range(400)]
    assert 60 < sum(drawn) < 140
    again = FaultPlan([Fault("nbbo", "status", times=1_000, probability=0.25, seed=4)])
    assert [again.hit("nbbo", ()) is not None for _ in range(400)] == drawn


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('endpoint = "stream"\nkind = "bomb"', "bomb cannot happen to stream"),
        ('endpoint = "trades"\nkind = "silence"', "silence cannot happen to trades"),
        ('endpoint = "trades"\nkind = "status"\nfrom_seconds = 5\nuntil_seconds = 5', "until_seconds"),
        ('endpoint = "trades"\nkind = "status"\nprobability = 2', "probability"),
    ],
)
def test_refused_rules(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "faults.toml"
    file.write_text(f"[[fault]]\n{text}\n")
    with pytest.raises(FaultFileError, match=reason):
        load_faults(file)


def test_faults_of_the_stream(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    rules = [
        ("status", ""), ("auth_failed", ""), ("garbage", ""), ("unknown_event", ""), ("duplicate", ""),
        ("max_connections", ""), ("close", "code = 4001"),
    ]  # fmt: skip
    file.write_text(
        "".join(
            f'[[fault]]\nendpoint = "stream"\nkind = "{kind}"\ntimes = 1\nafter = 0\n{more}\n' for kind, more in rules
        )
    )
    assert "stream" in ENDPOINTS
    with SimulatorProcess(seed=3, scenario="calm", symbols=("SPY",), faults=file) as market:
        with pytest.raises(InvalidStatus), stream_of(market):
            pass
        with stream_of(market) as connection:
            assert said(connection) == ["auth_failed"]
        seen: dict[str, Any] = {}
        for kind, _ in rules[2:]:
            with stream_of(market) as connection:
                assert said(connection) == ["auth_success"]
                subscribe(connection, "Q.SPY", "T.SPY")
                texts: list[str] = []
                try:
                    while len(texts) < 12:
                        texts.append(str(connection.recv(timeout=60)))
                except ConnectionClosed as closed:
                    seen[kind] = closed.rcvd.code if closed.rcvd else None
                else:
                    seen[kind] = texts
    assert '[{"ev":"T","sym":' in seen["garbage"]
    assert any("FMV" in text for text in seen["unknown_event"])
    data = [text for text in seen["duplicate"] if "status" not in text]
    assert len(set(data)) < len(data)
    assert seen["max_connections"] == 1008
    assert seen["close"] == 4001


async def test_a_client_that_leaves_while_it_is_told_and_asks_leaves_no_defect_behind() -> None:
    """Both halves of its connection meet with its end in the same moment: each is asked for what became of it."""
    gone = asyncio.Event()
    asked = [{"action": "auth", "params": "any"}, {"action": "subscribe", "params": "T.SPY"}]
    said = iter(
        [{"type": "websocket.connect"}, *({"type": "websocket.receive", "text": json.dumps(one)} for one in asked)]
    )
    defects: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        for message in said:
            return message
        await gone.wait()
        return {"type": "websocket.disconnect", "code": 1006}

    async def send(message: MutableMapping[str, Any]) -> None:
        if '"ev":"T"' in message.get("text", ""):
            gone.set()
            raise ConnectionResetError

    steps = itertools.count(NOW, NANOS)
    market = Market(("SPY",), seed=3, now_ns=NOW)
    hub = StreamHub(market, clock=lambda: next(steps), key=None, plan=PLANS["advanced"], faults=FaultPlan())
    asyncio.get_running_loop().set_exception_handler(lambda _, defect: defects.append(defect))
    await asyncio.wait_for(hub.endpoint(WebSocket({"type": "websocket"}, receive, send)), 10)
    assert gone.is_set()
    gc.collect()
    assert defects == []
