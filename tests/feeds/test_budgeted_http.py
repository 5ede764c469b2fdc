from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from orderflow_tui.feeds.errors import (
    AuthError,
    FeedError,
    FeedStoppedError,
    NetworkError,
    NotEntitledError,
    PayloadError,
    RateLimitError,
    ServerError,
    SymbolNotFoundError,
)
from orderflow_tui.feeds.live.budget import RateLimiter
from orderflow_tui.feeds.live.budgeted_http import HttpSession, Request
from orderflow_tui.feeds.polygon import endpoints
from orderflow_tui.support.hosts import is_loopback
from tests.feeds.fake_polygon import FakePolygon, Handler, bomb, cut_body, drip_body, drip_head, drop, hang, say, status

KEY = "test-key-SECRET"
TRADES = Request("/v3/trades/AAPL", {"timestamp.gte": "1", "limit": "10"}, "trades", "AAPL")
STATUS = Request("/v1/marketstatus/now", {}, "market_status")


@pytest.fixture
def limiter() -> RateLimiter:
    return RateLimiter(1000)


@pytest.fixture
def session(host: FakePolygon, limiter: RateLimiter) -> Iterator[HttpSession]:
    found = HttpSession(host.url, KEY, limiter=limiter, deadline_seconds=0.4, max_body=2**20)
    yield found
    found.close()


def test_the_key_is_a_header_and_nothing_else(host: FakePolygon, session: HttpSession) -> None:
    session.get(TRADES)
    seen = host.seen[0]
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.query == {"timestamp.gte": "1", "limit": "10"}
    assert KEY not in repr(session)


def test_no_key_no_header(host: FakePolygon, limiter: RateLimiter) -> None:
    session = HttpSession(host.url, "", limiter=limiter)
    session.get(STATUS)
    session.close()
    assert "authorization" not in host.seen[0].headers


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "caf\u00e9"])
def test_a_key_that_no_header_can_carry_is_refused_unseen(key: str, limiter: RateLimiter) -> None:
    with pytest.raises(ValueError, match="header can carry") as caught:
        HttpSession("http://127.0.0.1:1", key, limiter=limiter)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "kind", "word"),
    [
        (400, SymbolNotFoundError, "404"),
        (401, AuthError, "401"),
        (403, NotEntitledError, "403"),
        (404, SymbolNotFoundError, "404"),
        (500, ServerError, "5xx"),
        (502, ServerError, "5xx"),
        (302, FeedError, "malformed"),
        (418, FeedError, "malformed"),
        (204, FeedError, "malformed"),
    ],
)
def test_statuses(host: FakePolygon, session: HttpSession, code: int, kind: type[FeedError], word: str) -> None:
    host.script("/v3/trades", status(code))
    with pytest.raises(FeedError) as caught:
        session.get(TRADES)
    assert (type(caught.value), caught.value.status, caught.value.error_type) == (kind, code, word)


def test_not_found_without_a_symbol_is_not_about_one(host: FakePolygon, session: HttpSession) -> None:
    host.script("/v1", status(404))
    with pytest.raises(FeedError) as caught:
        session.get(STATUS)
    assert type(caught.value) is FeedError


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"status": "ERROR", "error": "Unknown API Key"}, "trades: HTTP 401 Unknown API Key"),
        ({"status": "ERROR", "message": "Unknown API Key"}, "trades: HTTP 401 Unknown API Key"),
        (b"<html><head><title>401 Gone\nWrong</title>", "trades: HTTP 401 401 Gone Wrong"),
        (b"404 page not found", "trades: HTTP 401 404 page not found"),
        (b"<p>no title", "trades: HTTP 401"),
        (b"\xff\xfe\x00", "trades: HTTP 401 \ufffd\ufffd"),
        (b"", "trades: HTTP 401"),
        ([1, 2], "trades: HTTP 401 [1, 2]"),
        ({"message": {"a": 1}}, "trades: HTTP 401 {'a': 1}"),
        ({"error": f"no key {KEY} at https://x/y?apiKey={KEY}"}, "trades: HTTP 401 no key *** at https://x/y"),
        ({"error": "x" * 180 + KEY}, "trades: HTTP 401 " + "x" * 180 + "***"),
        ({"error": f"you sent {KEY[:9]} and {KEY[6:]}"}, "trades: HTTP 401 you sent *** and ***"),
    ],
)
def test_error_bodies(host: FakePolygon, session: HttpSession, body: Any, text: str) -> None:
    host.script("/v3/trades", status(401, body))
    with pytest.raises(AuthError) as caught:
        session.get(TRADES)
    assert str(caught.value) == text


def test_an_error_body_may_be_endless_or_broken(host: FakePolygon, session: HttpSession) -> None:
    host.script("/v3/trades", status(500, b"x" * 10**6), status(503, b"not gzip", Content_Encoding="gzip"))
    for code in (500, 503):
        with pytest.raises(ServerError) as caught:
            session.get(TRADES)
        assert str(caught.value) == f"trades: HTTP {code}"


def test_too_many_requests_slows_everybody(host: FakePolygon, session: HttpSession, limiter: RateLimiter) -> None:
    host.script("/v3/trades", status(429, Retry_After="7"))
    with pytest.raises(RateLimitError) as caught:
        session.get(TRADES)
    assert caught.value.retry_after == 7
    assert 6 < limiter.held_for() <= 7


def test_without_retry_after_the_hold_grows(host: FakePolygon) -> None:
    held: list[float] = []

    class Noting(RateLimiter):
        def hold(self, seconds: float) -> None:
            held.append(seconds)

    session = HttpSession(host.url, KEY, limiter=Noting(1000))
    host.script("/v3/trades", *[status(429)] * 3)
    for _ in range(3):
        with pytest.raises(RateLimitError):
            session.get(TRADES)
    session.get(TRADES)
    host.script("/v3/trades", status(429))
    with pytest.raises(RateLimitError):
        session.get(TRADES)
    session.close()
    assert [round(seconds / base) for seconds, base in zip(held, (1, 2, 4, 1), strict=True)] == [1, 1, 1, 1]


@pytest.mark.parametrize("fault", [hang, drip_body, drip_head])
def test_the_whole_exchange_ends_at_its_deadline(host: FakePolygon, session: HttpSession, fault: Any) -> None:
    host.script("/v3/trades", fault)
    begun = time.monotonic()
    with pytest.raises(NetworkError, match="no whole answer within") as caught:
        session.get(TRADES)
    assert caught.value.error_type == "timeout"
    # Far from the hang's 30 s and the drip's 5,000: the deadline is what ended it.
    assert time.monotonic() - begun < 4
    assert session.get(STATUS).body


@pytest.mark.parametrize("fault", [cut_body, drop])
def test_half_an_answer_is_a_network_error(host: FakePolygon, session: HttpSession, fault: Any) -> None:
    host.script("/v3/trades", fault)
    with pytest.raises(NetworkError) as caught:
        session.get(TRADES)
    assert caught.value.error_type == "network"
    assert str(caught.value) == "trades: RemoteProtocolError"


def test_nobody_listens(limiter: RateLimiter) -> None:
    session = HttpSession("http://127.0.0.1:9", KEY, limiter=limiter)
    with pytest.raises(NetworkError, match="trades: Connection refused") as caught:
        session.get(TRADES)
    session.close()
    assert caught.value.__cause__ is None


def test_a_bomb_stops_at_the_cap(host: FakePolygon, session: HttpSession) -> None:
    host.script("/v3/trades", bomb(8), status(200, b"x" * (2**20 + 1), Content_Encoding="identity"))
    for _ in range(2):
        with pytest.raises(PayloadError, match="larger than"):
            session.get(TRADES)


def test_encodings(host: FakePolygon, session: HttpSession) -> None:
    packed = gzip.compress(b"x" * 999)
    host.script(
        "/v3/trades",
        status(200, packed, Content_Encoding="GZIP"),
        status(200, b"plain", Content_Encoding="identity"),
        status(200, b"", Content_Encoding="gzip"),
    )
    assert [session.get(TRADES).body for _ in range(3)] == [b"x" * 999, b"plain", b""]
    host.script("/v3/trades", status(200, packed[:-20], Content_Encoding="gzip"))
    with pytest.raises(NetworkError, match="ended early"):
        session.get(TRADES)
    for encoding in ("gzip", "br"):
        host.script("/v3/trades", status(200, b"nonsense", Content_Encoding=encoding))
        with pytest.raises(PayloadError):
            session.get(TRADES)


def test_no_redirect_is_followed(host: FakePolygon, session: HttpSession) -> None:
    with FakePolygon() as other:
        host.script("/v3/trades", status(302, b"", Location=other.url + "/steal"))
        with pytest.raises(FeedError):
            session.get(TRADES)
        assert other.seen == []


def test_no_cookie_is_kept_however_many_come(host: FakePolygon, session: HttpSession) -> None:
    for number in range(3):
        host.script("/v1", status(200, b"{}", Set_Cookie=f"c{number}={'x' * 40_000}; Path=/"))
    for _ in range(4):
        session.get(STATUS)
    assert [seen.headers.get("cookie") for seen in host.seen] == [None] * 4


def test_a_foreign_next_page_goes_to_the_configured_host(host: FakePolygon, session: HttpSession) -> None:
    following = endpoints.next_page(TRADES, "https://evil.example:99/v3/trades/AAPL?cursor=YXA9%3D&limit=2#frag")
    assert following is not None
    host.script("/v3/trades", say({}))
    session.get(following)
    assert (host.seen[0].path, host.seen[0].query) == ("/v3/trades/AAPL", {"cursor": "YXA9=", "limit": "2"})
    assert (following.endpoint, following.symbol) == ("trades", "AAPL")


@pytest.mark.parametrize(
    "url", ["http://[x", "mailto:a@b", "https://h", "https://h/a b?c", "//h/../\u0100?x", "https://h/a?\u0100"]
)
def test_a_next_page_that_is_no_address_is_none(url: str) -> None:
    assert endpoints.next_page(TRADES, url) is None


def test_stopped_while_waiting_for_the_budget(host: FakePolygon) -> None:
    stop = threading.Event()
    stop.set()
    session = HttpSession(host.url, KEY, limiter=RateLimiter(5), stop=stop)
    with pytest.raises(FeedStoppedError):
        session.get(TRADES)
    session.close()
    assert host.seen == []


def test_thirty_rounds_of_four_symbols_use_four_connections(host: FakePolygon, session: HttpSession) -> None:
    requests = [Request(f"/v3/trades/{name}", TRADES.params, "trades", name) for name in ("A", "B", "C", "D")]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(30):
            list(pool.map(session.get, requests))
    assert len(host.seen) == 120
    assert host.connections <= 4


def test_the_budget_holds_at_the_server(host: FakePolygon) -> None:
    session = HttpSession(host.url, KEY, limiter=RateLimiter(20, margin=0.3))  # what a busy machine delays on the way
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(session.get, [STATUS] * 30))
    session.close()
    at = sorted(seen.at for seen in host.seen)
    assert all(later - earlier >= 1 for earlier, later in zip(at, at[20:], strict=False))


def test_reply_times_are_of_the_injected_clock(host: FakePolygon, limiter: RateLimiter) -> None:
    moments = iter([5, 9])
    session = HttpSession(host.url, KEY, limiter=limiter, clock=lambda: next(moments))
    reply = session.get(STATUS)
    session.close()
    assert (reply.started_ns, reply.arrival.wall_ns) == (5, 9)


@pytest.mark.parametrize(
    ("name", "own"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("1.2.3.4", False), ("a.b", False)]
)
def test_loopback(name: str, own: bool) -> None:
    assert is_loopback(name) is own


def test_a_proxy_of_the_environment_is_not_used_on_loopback(
    host: FakePolygon, limiter: RateLimiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    session = HttpSession(host.url, KEY, limiter=limiter)
    assert session.get(STATUS).body
    session.close()


def test_a_proxy_of_the_environment_is_used_elsewhere(
    host: FakePolygon, limiter: RateLimiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", host.url)
    monkeypatch.delenv("no_proxy", raising=False)
    session = HttpSession("http://vendor.invalid", KEY, limiter=limiter, deadline_seconds=2)

    def as_proxy(handler: Handler) -> None:
        say({"via": handler.headers["Host"]})(handler)

    host.always("/v1", as_proxy)
    assert session.get(STATUS).body == b'{"via": "vendor.invalid"}'
    session.close()
