from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from orderflow_tui.feeds.simulator.faults import Fault, FaultFileError, FaultPlan, load_faults
from orderflow_tui.feeds.simulator.market_history import NANOS

from .conftest import Served

SNAPSHOT = "/v2/snapshot/locale/us/markets/stocks/tickers"


def add(served: Served, **fault: Any) -> None:
    served.faults.extend([msgspec.convert(fault, Fault)])


def test_a_fault_waits_hits_and_passes(served: Served) -> None:
    add(served, endpoint="trades", kind="status", after=1, times=2, status=503)
    codes = [served.client.get("/v3/trades/ACME").status_code for _ in range(4)]
    assert codes == [200, 503, 503, 200]
    assert served.client.get("/v3/quotes/ACME").status_code == 200


def test_faults_come_in_order_and_for_their_symbol(served: Served) -> None:
    add(served, endpoint="trades", kind="status", symbol="BOLT", status=500)
    add(served, endpoint="trades", kind="status", status=404)
    assert served.client.get("/v3/trades/ACME").status_code == 404
    assert served.client.get("/v3/trades/BOLT").status_code == 500
    assert served.client.get("/v3/trades/BOLT").status_code == 200


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 504])
def test_status_has_the_documented_body(served: Served, status: int) -> None:
    add(served, endpoint="snapshot", kind="status", status=status)
    response = served.client.get(SNAPSHOT)
    assert response.status_code == status
    body = response.json()
    assert body["status"] in ("ERROR", "NOT_AUTHORIZED", "NOT_FOUND")
    assert body.get("error") or body.get("message")


def test_status_with_retry_after_and_without_a_body(served: Served) -> None:
    add(served, endpoint="trades", kind="status", status=429, retry_after=1.5, empty_body=True)
    response = served.client.get("/v3/trades/ACME")
    assert (response.status_code, response.headers["retry-after"], response.content) == (429, "1.5", b"")


def test_hang_says_nothing_and_then_drops_the_connection(served: Served) -> None:
    add(served, endpoint="status", kind="hang", seconds=0.3)
    began = time.monotonic()
    with pytest.raises(httpx.RemoteProtocolError):
        served.client.get("/v1/marketstatus/now")
    assert 0.25 < time.monotonic() - began < 5
    add(served, endpoint="status", kind="hang", seconds=60)
    with pytest.raises(httpx.ReadTimeout):
        served.client.get("/v1/marketstatus/now", timeout=0.2)
    assert served.client.get("/v1/marketstatus/now").status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_cut_ends_in_the_middle_of_the_body(served: Served, encoding: str) -> None:
    add(served, endpoint="trades", kind="cut")
    with pytest.raises(httpx.RemoteProtocolError):
        served.client.get("/v3/trades/ACME", headers={"Accept-Encoding": encoding})
    assert served.client.get("/v3/trades/ACME").status_code == 200


def test_reset_breaks_the_connection(served: Served) -> None:
    add(served, endpoint="books", kind="reset")
    with pytest.raises(httpx.ReadError):
        served.client.get("/sim/v1/books")
    assert served.client.get("/sim/v1/books").status_code == 200


def test_garbage_is_no_json(served: Served) -> None:
    add(served, endpoint="trades", kind="garbage")
    response = served.client.get("/v3/trades/ACME")
    assert response.status_code == 200
    with pytest.raises(ValueError):
        response.json()


def test_slow_takes_its_time_and_is_whole(served: Served) -> None:
    add(served, endpoint="trades", kind="slow", seconds=0.4)
    began = time.monotonic()
    response = served.client.get("/v3/trades/ACME")
    assert time.monotonic() - began > 0.35
    assert len(response.json()["results"]) > 100


def rows_of(payload: dict[str, Any]) -> list[dict[str, Any]]:
    found = payload.get("tickers") or payload.get("ticker") or payload.get("results") or payload.get("books")
    return found if isinstance(found, list) else [found] if found else []


PATHS = {
    "snapshot": f"{SNAPSHOT}/ACME",
    "trades": "/v3/trades/ACME?limit=5",
    "quotes": "/v3/quotes/ACME?limit=5",
    "nbbo": "/v2/last/nbbo/ACME",
    "last_trade": "/v2/last/trade/ACME",
    "universal": "/v3/snapshot?ticker.any_of=ACME",
    "books": "/sim/v1/books?tickers=ACME",
}


@pytest.mark.parametrize("endpoint", [name for name in PATHS if name not in ("trades", "quotes")])
def test_wrong_symbol(served: Served, endpoint: str) -> None:
    add(served, endpoint=endpoint, kind="wrong_symbol")
    row = rows_of(served.get(PATHS[endpoint]))[0]
    assert row.get("ticker", row.get("T")) == "WRNG"


@pytest.mark.parametrize(("kind", "sign"), [("stale", -1), ("future", 1)])
@pytest.mark.parametrize("endpoint", PATHS)
def test_times_are_shifted(served: Served, endpoint: str, kind: str, sign: int) -> None:
    right = rows_of(served.get(PATHS[endpoint]))[0]
    add(served, endpoint=endpoint, kind=kind, seconds=40)
    wrong = rows_of(served.get(PATHS[endpoint]))[0]

    def instant(row: dict[str, Any]) -> int:
        value = row.get("sip_timestamp") or row.get("t") or row.get("updated") or row["last_quote"]["last_updated"]
        return int(value)

    assert instant(wrong) - instant(right) == sign * 40 * NANOS


def test_stale_shifts_every_time_of_a_snapshot(served: Served) -> None:
    right = rows_of(served.get(PATHS["snapshot"]))[0]
    add(served, endpoint="snapshot", kind="stale", seconds=40)
    wrong = rows_of(served.get(PATHS["snapshot"]))[0]
    assert right["lastQuote"]["t"] - wrong["lastQuote"]["t"] == 40 * NANOS
    assert right["lastTrade"]["t"] - wrong["lastTrade"]["t"] == 40 * NANOS
    assert right["min"]["t"] - wrong["min"]["t"] == 40_000


def test_negative_price_in_one_row(served: Served) -> None:
    add(served, endpoint="trades", kind="negative_price")
    assert [row["price"] < 0 for row in rows_of(served.get(PATHS["trades"]))] == [True] + [False] * 4
    add(served, endpoint="books", kind="negative_price")
    assert rows_of(served.get(PATHS["books"]))[0]["bids"][0][0] < 0
    add(served, endpoint="snapshot", kind="negative_price")
    assert rows_of(served.get(PATHS["snapshot"]))[0]["lastQuote"]["p"] < 0


def test_crossed(served: Served) -> None:
    for endpoint in ("snapshot", "quotes", "nbbo", "universal", "books"):
        add(served, endpoint=endpoint, kind="crossed")
    quote = rows_of(served.get(PATHS["snapshot"]))[0]["lastQuote"]
    assert quote["p"] > quote["P"]
    assert all(row["bid_price"] > row["ask_price"] for row in rows_of(served.get(PATHS["quotes"])))
    nbbo = rows_of(served.get(PATHS["nbbo"]))[0]
    assert nbbo["p"] > nbbo["P"]
    universal = rows_of(served.get(PATHS["universal"]))[0]["last_quote"]
    assert universal["bid"] > universal["ask"]
    book = rows_of(served.get(PATHS["books"]))[0]
    assert book["bids"][0][0] > book["asks"][0][0]


@pytest.mark.parametrize("endpoint", PATHS)
def test_malformed_row(served: Served, endpoint: str) -> None:
    add(served, endpoint=endpoint, kind="malformed_row")
    wrong, *others = rows_of(served.get(PATHS[endpoint]))
    assert '"n/a"' in msgspec.json.encode(wrong).decode()
    assert '"n/a"' not in msgspec.json.encode(others).decode()


@pytest.mark.parametrize("endpoint", PATHS)
def test_empty(served: Served, endpoint: str) -> None:
    add(served, endpoint=endpoint, kind="empty")
    payload = served.get(PATHS[endpoint])
    assert rows_of(payload) == []
    assert "next_url" not in payload


def test_a_payload_fault_of_one_symbol_leaves_the_others_alone(served: Served) -> None:
    right = {row["ticker"]: row for row in served.get(SNAPSHOT, tickers="ACME,BOLT")["tickers"]}
    for kind in ("crossed", "negative_price", "malformed_row", "stale", "empty"):
        add(served, endpoint="snapshot", kind=kind, symbol="BOLT")
        rows = {row["ticker"]: row for row in served.get(SNAPSHOT, tickers="ACME,BOLT")["tickers"]}
        assert rows["ACME"] == right["ACME"]
        assert rows.get("BOLT") != right["BOLT"]


def test_rules_count_for_themselves() -> None:
    plan = FaultPlan([Fault("trades", "cut", times=2), Fault("trades", "reset", after=1)])
    kinds = [fault.kind if (fault := plan.hit("trades", ["ACME"])) else None for _ in range(5)]
    assert kinds == ["cut", "cut", None, "reset", None]


def test_a_fault_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text('[[fault]]\nendpoint = "trades"\nkind = "status"\nstatus = 429\nretry_after = 2\ntimes = 3\n')
    assert load_faults(path) == [Fault("trades", "status", status=429, retry_after=2, times=3)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[fault]]\nendpoint = 'trades'\nkind = 'explode'\n", "explode"),
        ("[[fault]]\nendpoint = 'elsewhere'\nkind = 'cut'\n", "elsewhere"),
        ("[[fault]]\nendpoint = 'trades'\nkind = 'cut'\ncolour = 'red'\n", "colour"),
        ("[[fault]]\nendpoint = 'trades'\nkind = 'hang'\nseconds = 9999\n", "120"),
        ("[[fault]]\nendpoint = 'trades'\nkind = 'hang'\nseconds = nan\n", "seconds"),
        ("[[fault]]\nendpoint = 'trades'\nkind = 'cut'\ntimes = 0\n", "times"),
        ("[[fault]]\nendpoint = 'trades'\nkind = 'status'\nstatus = 200\n", "status"),
        ("[[fault]]\nendpoint = 'trades'\nkind = 'crossed'\n", "crossed cannot happen to trades"),
        ("[[fault]]\nendpoint = 'status'\nkind = 'stale'\n", "stale cannot happen to status"),
        ("[[fault]]\nkind = 'cut'\n", "endpoint"),
        ("rules = []\n", "rules"),
        ("", "fault"),
        ("[[fault\n", "line 1"),
    ],
)
def test_a_bad_fault_file_is_one_clear_line(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(text)
    with pytest.raises(FaultFileError) as caught:
        load_faults(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert reason in message
    assert "\n" not in message


def test_a_missing_fault_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(FaultFileError, match="No such file"):
        load_faults(tmp_path / "none.toml")
