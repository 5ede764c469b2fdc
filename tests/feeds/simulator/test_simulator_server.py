from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from orderflow_tui.feeds.simulator.gate import RateLimit
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import NANOS
from orderflow_tui.feeds.simulator.query import rfc3339

from .conftest import NOW_NS, Serve, Served

TICKERS = "/v2/snapshot/locale/us/markets/stocks/tickers"


def walk(served: Served, path: str, **params: Any) -> list[list[dict[str, Any]]]:
    """All pages from the first on, following `next_url` on the server's own host."""
    pages = []
    payload = served.get(path, **params)
    while True:
        pages.append(payload["results"])
        if "next_url" not in payload:
            return pages
        assert len(pages) < 100
        url = urlsplit(payload["next_url"])
        assert f"{url.scheme}://{url.netloc}" == "https://api.polygon.io"
        assert "apiKey" not in url.query
        payload = served.get(f"{url.path}?{url.query}")


def test_snapshot_of_one_ticker(served: Served) -> None:
    payload = served.get(f"{TICKERS}/ACME")
    assert payload["status"] == "OK"
    row = payload["ticker"]
    assert set(row) >= {"ticker", "todaysChange", "todaysChangePerc", "updated", "day", "min", "prevDay"}
    quote, trade = row["lastQuote"], row["lastTrade"]
    assert quote["p"] < quote["P"]
    assert quote["s"] > 0 < quote["S"]
    assert row["updated"] == max(quote["t"], trade["t"])
    assert 0 <= served.now_ns[0] - row["updated"] < 5 * NANOS
    assert row["min"]["t"] % 60_000 == 0
    assert row["day"]["l"] <= row["day"]["vw"] <= row["day"]["h"]


def test_snapshot_of_several_leaves_out_the_unknown(served: Served) -> None:
    payload = served.get(TICKERS, tickers="BOLT,NOPE,SPY")
    assert payload["count"] == 2
    assert [row["ticker"] for row in payload["tickers"]] == ["BOLT", "SPY"]
    assert [row["ticker"] for row in served.get(TICKERS)["tickers"]] == ["ACME", "BOLT", "SPY"]


def test_last_quote_and_trade_agree_with_the_snapshot(served: Served) -> None:
    row = served.get(f"{TICKERS}/ACME")["ticker"]
    nbbo = served.get("/v2/last/nbbo/ACME")["results"]
    trade = served.get("/v2/last/trade/ACME")["results"]
    assert {key: nbbo[key] for key in "pPsSt"} == row["lastQuote"]
    assert {key: trade[key] for key in "iptx"} == {key: row["lastTrade"][key] for key in "iptx"}
    assert {"T", "x", "X", "y", "q", "z"} <= set(nbbo)
    assert nbbo["y"] <= nbbo["t"]
    quotes = served.get("/v3/quotes/ACME", limit=1)["results"]
    assert (quotes[0]["bid_price"], quotes[0]["ask_size"]) == (nbbo["p"], nbbo["S"])


def test_trades_come_newest_first_by_default(served: Served) -> None:
    rows = served.get("/v3/trades/ACME")["results"]
    times = [row["sip_timestamp"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert all("aggressor" not in row for row in rows)
    regular = [row for row in rows if "conditions" not in row]
    assert regular
    assert all(row["trf_id"] in (201, 202) for row in rows if row["exchange"] == 4)
    assert all("trf_id" not in row for row in rows if row["exchange"] != 4)
    assert all(row["decimal_size"] for row in rows if row["size"] == 0)


@pytest.mark.parametrize("path", ["/v3/trades/ACME", "/v3/quotes/ACME"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_follow_each_other_without_a_gap_or_a_repeat(served: Served, path: str, order: str) -> None:
    window = {"timestamp.gte": NOW_NS - 60 * NANOS, "timestamp.lt": NOW_NS - 10 * NANOS, "order": order}
    whole = served.get(path, **window, limit=50_000)["results"]
    pages = walk(served, path, **window, limit=37)
    assert len(pages) > 3
    assert [len(page) for page in pages[:-1]] == [37] * (len(pages) - 1)
    assert [row for page in pages for row in page] == whole


def test_pages_hold_while_the_market_goes_on(served: Served) -> None:
    first = served.get("/v3/trades/BOLT", limit=20)
    served.pass_time(3)
    url = urlsplit(first["next_url"])
    second = served.get(f"{url.path}?{url.query}")["results"]
    newest, oldest = second[0], first["results"][-1]
    assert (newest["sip_timestamp"], newest["sequence_number"]) < (oldest["sip_timestamp"], oldest["sequence_number"])


def test_time_filters_in_every_spelling(served: Served) -> None:
    path = "/v3/trades/ACME"
    rows = served.get(path, order="asc", limit=50_000)["results"]
    one = rows[len(rows) // 2]["sip_timestamp"]
    at = [row for row in rows if row["sip_timestamp"] == one]

    def filtered(key: str, value: object) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = served.get(path, **{key: value}, order="asc", limit=50_000)["results"]
        return found

    for spelling in (one, rfc3339(one), rfc3339(one).replace("Z", "+00:00")):
        assert filtered("timestamp", spelling) == at
        assert filtered("timestamp.gte", spelling)[0] == at[0]
        assert filtered("timestamp.gt", spelling)[0]["sip_timestamp"] > one
        assert filtered("timestamp.lte", spelling)[-1] == at[-1]
        assert filtered("timestamp.lt", spelling)[-1]["sip_timestamp"] < one
    day = datetime.fromisoformat(served.get("/v1/marketstatus/now")["serverTime"]).date()
    assert len(served.get(path, timestamp=str(day), limit=50_000)["results"]) == len(rows)
    assert served.get(path, **{"timestamp.gt": str(day)})["results"] == []
    assert served.get(path, **{"timestamp.lt": str(day)})["results"] == []
    assert served.get(path, timestamp=str(day - timedelta(days=1)))["results"] == []


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "0"},
        {"limit": "50001"},
        {"limit": "ten"},
        {"limit": "-1"},
        {"order": "up"},
        {"sort": "price"},
        {"timestamp.gte": "yesterday"},
        {"timestamp": "2026-13-40"},
        {"timestamp.gte": "2026-01-01T25:00:00Z"},
        {"timestamp.about": "1"},
        {"cursor": "!!!"},
        {"cursor": "YWJj"},
    ],
)
def test_a_bad_filter_is_status_400(served: Served, params: dict[str, str]) -> None:
    response = served.client.get("/v3/trades/ACME", params=params)
    assert response.status_code == 400
    assert response.json()["status"] == "ERROR"
    assert response.json()["error"]


def test_limit_defaults_to_a_thousand(served: Served) -> None:
    assert len(served.get("/v3/quotes/SPY")["results"]) == 1_000


def test_universal_snapshot_says_real_time_and_names_the_unknown(served: Served) -> None:
    rows = served.get("/v3/snapshot", **{"ticker.any_of": "ACME,NOPE"})["results"]
    assert rows[0]["last_quote"]["timeframe"] == rows[0]["last_trade"]["timeframe"] == "REAL-TIME"
    assert rows[0]["last_quote"]["bid"] < rows[0]["last_quote"]["ask"]
    assert rows[1] == {"ticker": "NOPE", "error": "NOT_FOUND", "message": "Ticker not found."}
    pages = walk(served, "/v3/snapshot", **{"ticker.any_of": "ACME,BOLT,SPY", "limit": 2})
    assert [[row["ticker"] for row in page] for page in pages] == [["ACME", "BOLT"], ["SPY"]]
    too_many = ",".join(f"A{index}" for index in range(251))
    assert served.client.get("/v3/snapshot", params={"ticker.any_of": too_many}).status_code == 400


def test_the_market_is_always_open(served: Served) -> None:
    status = served.get("/v1/marketstatus/now")
    assert status["market"] == "open"
    assert "status" not in status
    server_time = datetime.fromisoformat(status["serverTime"])
    assert server_time.utcoffset() in (timedelta(hours=-5), timedelta(hours=-4))
    assert int(server_time.timestamp()) == served.now_ns[0] // NANOS
    upcoming = served.get("/v1/marketstatus/upcoming")
    assert isinstance(upcoming, list)
    assert upcoming
    assert all(row["date"] > str(server_time.date()) for row in upcoming)


def test_conditions_are_paged_ten_by_ten_unless_asked_otherwise(served: Served) -> None:
    path = "/v3/reference/conditions"
    assert len(served.get(path)["results"]) == 10
    pages = walk(served, path, limit=15)
    rules = {row["id"]: row["update_rules"]["consolidated"] for page in pages for row in page}
    assert [row for page in pages for row in page] == served.get(path, limit=1000)["results"]
    assert rules[15] == {"updates_high_low": False, "updates_open_close": False, "updates_volume": False}
    assert rules[37]["updates_volume"]
    assert not rules[10]["updates_open_close"]
    assert served.get(path, data_type="quote")["results"] == []
    assert served.client.get(path, params={"cursor": "YWJj"}).status_code == 400


def test_books_have_ten_levels_and_the_touch_of_the_nbbo(served: Served) -> None:
    books = served.get("/sim/v1/books", tickers="ACME,NOPE,SPY")["books"]
    assert [book["ticker"] for book in books] == ["ACME", "SPY"]
    for book in books:
        assert book["t"] == served.now_ns[0]
        assert len(book["bids"]) == len(book["asks"]) == 10
        assert book["bids"][0][0] < book["asks"][0][0]
        nbbo = served.get(f"/v2/last/nbbo/{book['ticker']}")["results"]
        assert (book["bids"][0][0], book["asks"][0][0]) == (nbbo["p"], nbbo["P"])
        assert nbbo["s"] <= book["bids"][0][1]


def test_truth_names_the_aggressor_and_adds_up(served: Served) -> None:
    truth = served.get("/sim/v1/truth/ACME")
    trades = served.get("/v3/trades/ACME", order="asc", limit=50_000)["results"]
    assert [{k: v for k, v in row.items() if k != "aggressor"} for row in truth["prints"]] == trades
    totals = truth["totals"]
    assert totals["buy_volume"] + totals["sell_volume"] == totals["volume"] == sum(row["size"] for row in trades)
    assert totals["prints"] == len(trades)


def test_time_passes_only_by_the_clock(served: Served) -> None:
    first = served.get(f"{TICKERS}/SPY")["ticker"]["updated"]
    assert served.get(f"{TICKERS}/SPY")["ticker"]["updated"] == first
    served.pass_time(5)
    assert served.get(f"{TICKERS}/SPY")["ticker"]["updated"] > first


@pytest.mark.parametrize(
    "path",
    [
        f"{TICKERS}/NOPE",
        "/v3/trades/NOPE",
        "/v3/quotes/acme",
        "/v2/last/nbbo/NOPE",
        "/v2/last/trade/NOPE",
        "/sim/v1/truth/NOPE",
    ],
)
def test_an_unknown_ticker_is_status_404(served: Served, path: str) -> None:
    response = served.client.get(path)
    assert response.status_code == 404
    body = response.json()
    assert (body["status"], body["message"]) == ("NOT_FOUND", "Ticker not found.")
    assert body["request_id"]


def test_an_unknown_path_is_status_404(served: Served) -> None:
    assert served.client.get("/v9/nothing").status_code == 404


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer"}, {"Authorization": "Bearer bad-key"}, {"Authorization": "Basic eDp5"}]
)
def test_without_a_good_key_status_401(served: Served, headers: dict[str, str]) -> None:
    response = httpx.get(f"{served.url}/v1/marketstatus/now", headers=headers, trust_env=False)
    assert response.status_code == 401
    body = response.json()
    assert (body["status"], body["error"]) == ("ERROR", "Unknown API Key")


def test_the_key_may_come_in_the_query_too(served: Served) -> None:
    url = f"{served.url}/v1/marketstatus/now"
    assert httpx.get(url, params={"apiKey": "some-key"}, trust_env=False).status_code == 200
    assert httpx.get(url, params={"apiKey": "bad-key"}, trust_env=False).status_code == 401


def test_with_a_key_set_only_that_one_is_taken_and_depth_may_be_the_nbbo(serve: Serve) -> None:
    market = Market(["ACME"], seed=3, now_ns=NOW_NS, history_ns=5 * NANOS)
    served = serve(market=market, key="green", depth="nbbo")
    assert served.client.get("/v1/marketstatus/now").status_code == 401
    served.client.headers["Authorization"] = "Bearer greenish"
    assert served.client.get("/v1/marketstatus/now").status_code == 401
    served.client.headers["Authorization"] = "Bearer green"
    assert served.client.get("/v1/marketstatus/now").status_code == 200
    assert served.client.get("/sim/v1/books").status_code == 404


def test_answers_are_compressed_for_those_who_accept_it(served: Served) -> None:
    packed = served.client.get("/v3/trades/ACME")
    plain = served.client.get("/v3/trades/ACME", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json()["results"] == plain.json()["results"]


@pytest.mark.parametrize("limit", [RateLimit(3), RateLimit(3, retry_after=2), RateLimit(3, empty_body=True)])
def test_above_the_rate_status_429(serve: Serve, limit: RateLimit) -> None:
    now = [100.0]
    market = Market(["ACME"], seed=3, now_ns=NOW_NS, history_ns=NANOS)
    served = serve(market=market, rate_limit=limit, monotonic=lambda: now[0])
    answers = [served.client.get("/v1/marketstatus/now") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].headers.get("retry-after") == ("2" if limit.retry_after else None)
    if limit.empty_body:
        assert answers[-1].content == b""
    else:
        assert answers[-1].json()["error"].startswith("You've exceeded the maximum requests per minute")
    now[0] += 1.01
    assert served.client.get("/v1/marketstatus/now").status_code == 200


def test_a_slow_rate_is_one_request_in_a_longer_time(serve: Serve) -> None:
    now = [100.0]
    market = Market(["ACME"], seed=3, now_ns=NOW_NS, history_ns=NANOS)
    served = serve(market=market, rate_limit=RateLimit(0.1), monotonic=lambda: now[0])
    codes = []
    for _ in range(3):
        codes.append(served.client.get("/v1/marketstatus/now").status_code)
        now[0] += 5.5
    assert codes == [200, 429, 200]
