"""Whoever has no token: what malformed requests are answered with, what every answer carries, how long one may stay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from orderflow_tui.web import connections
from orderflow_tui.web.access import HEADERS, Guard
from orderflow_tui.web.server import DashboardServer, listening

TOKEN = "the-token-of-this-run"


@asynccontextmanager
async def served() -> AsyncIterator[tuple[int, Guard]]:
    guard = Guard(token=TOKEN)
    async with listening(DashboardServer(["/bin/true"], {}, guard), guard, "127.0.0.1", 0) as port:
        yield port, guard


async def asked(port: int, request: bytes, seconds: float = 20) -> bytes:
    """The whole answer to a request; the connection is closed behind it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request.replace(b"PORT", str(port).encode()))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), seconds)
    except (asyncio.IncompleteReadError, ConnectionError) as cut:
        return getattr(cut, "partial", b"")
    finally:
        writer.close()
    return head


def request(target: bytes = b"/", *headers: bytes) -> bytes:
    lines = [b"GET " + target + b" HTTP/1.1", b"Host: 127.0.0.1:PORT", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n"


COOKIE = b"Cookie: orderflow_session_PORT=" + TOKEN.encode()
MALFORMED = [
    request(b"/", b"Origin: http://["),
    request(b"/", b"Origin: http://[::1"),
    request(b"/", b"Origin: \xff\xfe"),
    request(b"/", b"Origin: http://127.0.0.1:99999999999999999999"),
    b"GET / HTTP/1.1\r\nHost: [\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1:port\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a@127.0.0.1:PORT\r\nOrigin: http://[\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
    b"CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
    b"BREW / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
    request(b"/?token=%ff"),
    request(b"/?token=\xff\xfe"),
    request(b"/?token=%ED%A0%80"),
    request(b"/?token=" + b"x" * 6_000),
    request(b"/?" + b"&" * 2_000),
    request(b"/", b"Cookie: orderflow_session_PORT=\xff\xfe"),
    request(b"/", b'Cookie: orderflow_session_PORT="\\777\\"'),
    request(b"/", b"Cookie: ;;;=;=,\x7f"),
    request(b"/", b"X-Forwarded-Proto: \xff"),
    request(b"/", b"Content-Length: -1"),
    request(b"/", b"Content-Length: 99999999999999999999"),
    request(b"/", b"Transfer-Encoding: chunked, gzip"),
    request(b"/", b"Expect: a-miracle"),
    *(
        request(target, COOKIE, *headers)
        for target, headers in [
            (b"/?fontsize=" + b"9" * 5_000, []),
            (b"/?fontsize=%00", []),
            (b"/%00", []),
            (b"/static/%00", []),
            (b"/static/..%2f..%2fserver.py", []),
            (b"/static/%ff", []),
            (b"/static/" + b"a" * 3_000, []),
            (b"/static/js/textual.js", [b"Range: bytes=9-1"]),
            (b"/static/js/textual.js", [b"Range: bytes=" + b"9" * 400 + b"-"]),
            (b"/static/js/textual.js", [b"If-Modified-Since: Fri, 31 Dec 99999 23:59:59 GMT"]),
            (b"/static/js/textual.js", [b"If-Unmodified-Since: \xff"]),
            (b"/static/js/textual.js", [b"If-Range: Fri, 99 Foo 2020 99:99:99 GMT"]),
            (b"/static/js/textual.js", [b"If-None-Match: \xff"]),
            (b"/static/js/textual.js", [b"Accept-Encoding: \xff"]),
            (b"/ws", []),
            (b"/ws", [b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: x"]),
            (b"/ws", [b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: \xff"]),
        ]
    ),
]  # fmt: skip


async def test_no_malformed_request_is_a_defect_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    async with served() as (port, _):
        for one in MALFORMED:
            answer = await asked(port, one)
            assert not answer.startswith(b"HTTP/1.1 5"), (one, answer)
            assert not answer.startswith(b"HTTP/1.0 5"), (one, answer)
        assert (await asked(port, request(b"/", COOKIE))).startswith(b"HTTP/1.1 200 ")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("one", "status"),
    [
        (request(b"/", COOKIE), 200),
        (request(b"/static/js/textual.js", COOKIE), 200),
        (request(b"/nothing", COOKIE), 404),
        (request(b"/?token=" + TOKEN.encode()), 303),
        (request(), 401),
        (request(b"/", b"Origin: http://evil.example"), 403),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
    ],
)
async def test_every_answer_carries_the_usual_headers(one: bytes, status: int) -> None:
    async with served() as (port, _):
        first, *lines = (await asked(port, one)).decode().split("\r\n")
        assert first.split()[1] == str(status)
        found = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        for name in HEADERS:
            assert found[name.lower()], name
        assert found["x-content-type-options"] == "nosniff"
        assert found["x-frame-options"] == "DENY"
        assert found["server"] == "orderflow-tui"
        assert "frame-ancestors 'none'" in found["content-security-policy"]
        assert ("script-src" in found["content-security-policy"]) == (status == 200 and b"static" not in one)


async def test_each_server_has_a_cookie_of_its_own() -> None:
    async with served() as (one, first), served() as (other, second):
        assert (first.cookie, second.cookie) == (f"orderflow_session_{one}", f"orderflow_session_{other}")
        both = b"; ".join([f"{first.cookie}={TOKEN}".encode(), f"{second.cookie}=x".encode()])
        assert (await asked(one, request(b"/", b"Cookie: " + both))).startswith(b"HTTP/1.1 200 ")
        assert (await asked(other, request(b"/", b"Cookie: " + both))).startswith(b"HTTP/1.1 401 ")


async def ends(reader: asyncio.StreamReader, seconds: float = 20) -> bool:
    try:
        return await asyncio.wait_for(reader.read(), seconds) == b""
    except ConnectionError:
        return True


async def test_strangers_are_few_and_the_trader_comes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    async with served() as (port, _):
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections.MOST_STRANGERS + 8)]
        for reader, _ in idle[:8]:
            assert await ends(reader)
        assert (await asked(port, request(b"/", COOKIE))).startswith(b"HTTP/1.1 200 ")
        for _, writer in idle:
            writer.close()


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: 127", request()])
async def test_a_stranger_does_not_stay_and_whoever_showed_the_token_does(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections.Connections.__init__, "__kwdefaults__", {"most": 32, "seconds": 0.3})
    async with served() as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        known_reader, known = await asyncio.open_connection("127.0.0.1", port)
        known.write(request(b"/", COOKIE).replace(b"PORT", str(port).encode()))
        await known_reader.readuntil(b"\r\n\r\n")
        writer.write(sent.replace(b"PORT", str(port).encode()))
        while await asyncio.wait_for(reader.read(65_536), 20):
            pass
        known.write(request(b"/nothing", COOKIE).replace(b"PORT", str(port).encode()))
        await asyncio.wait_for(known_reader.readuntil(b"404"), 20)
        writer.close()
        known.close()
