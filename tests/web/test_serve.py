from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from orderflow_tui import cli
from orderflow_tui.commands.options import make_parser
from orderflow_tui.commands.run_command import EXIT_FAILED, EXIT_USE
from orderflow_tui.commands.serve import dashboard_command
from orderflow_tui.support.hosts import is_loopback
from orderflow_tui.web.access import COOKIE
from tests.web.browser import CHROMIUM, tab, until

DASHBOARD = "ACME"
PATIENCE = 60
"""Seconds after which a test gives up; nothing is asserted about how soon anything comes."""


@contextmanager
def serving(cwd: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`orderflow-tui serve` on the demo; gives its address with the token."""
    unwanted = ("ORDER_FLOW", "POLYGON", "MASSIVE", "TEXTUAL", "NO_COLOR")
    env = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    process = subprocess.Popen(
        [sys.executable, "-m", "orderflow_tui", "serve", "--port", "0", *options],
        cwd=cwd,
        env={**env, "HOME": str(cwd), "XDG_CONFIG_HOME": str(cwd)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=PATIENCE)
        finally:
            process.kill()


def children(pid: int) -> list[int]:
    """The processes a process has started."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has asked about since its end does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


async def read_until(socket: aiohttp.ClientWebSocketResponse, words: str) -> str:
    """What the socket brings until the words have come."""
    text, deadline = "", time.monotonic() + PATIENCE
    while words not in text:
        assert time.monotonic() < deadline, text[-500:]
        message = await socket.receive(timeout=PATIENCE)
        assert message.type == aiohttp.WSMsgType.BINARY, message
        text += message.data.decode("utf-8", "replace")
    return text


async def test_the_dashboard_over_its_socket_ends_with_it(tmp_path: Path) -> None:
    with serving(tmp_path, "--demo", "--theme", "light") as (url, process):
        base = url.split("?", maxsplit=1)[0]
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            async with session.get(url) as page:
                assert page.status == 200
                text = await page.text()
                assert "token" not in str(page.url)
                assert "http://" not in text
                assert "https://" not in text.replace('"https:"', "")
                assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
            async with session.ws_connect(f"{base}ws?width=100&height=30", origin=base.rstrip("/")) as socket:
                await read_until(socket, DASHBOARD)
                started = children(process.pid)
                assert started
                await socket.send_json(["resize", {"width": 120, "height": 36}])
                await socket.send_json(["focus"])
                await socket.send_json(["stdin", "\x1bOP"])
                await read_until(socket, "Help: arrows scroll")
            await until(lambda: not set(started) & set(children(process.pid)), "the tab's process is still there")
            assert len(list((tmp_path / "logs" / "demo").glob("*.jsonl"))) == 1
            async with session.ws_connect(f"{base}ws") as socket:
                await read_until(socket, DASHBOARD)
                await socket.send_str("{not json")
                while (message := await socket.receive(timeout=PATIENCE)).type == aiohttp.WSMsgType.BINARY:
                    pass
                assert message.data == 1008
            async with session.ws_connect(f"{base}ws") as socket:
                await read_until(socket, DASHBOARD)
                await socket.send_json(["stdin", "\x11"])
                while (message := await socket.receive(timeout=PATIENCE)).type == aiohttp.WSMsgType.BINARY:
                    pass
                assert message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
            await until(lambda: not children(process.pid), "a process has stayed")


async def test_foreign_names_pages_and_strangers_are_kept_out(tmp_path: Path) -> None:
    with serving(tmp_path, "--demo", "--allow-host", "desk.example") as (url, process):
        base, token = url.split("?token=")
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:

            async def status(path: str, **headers: str) -> int:
                named = {name.title(): value for name, value in headers.items()}
                async with session.get(base + path, headers=named, allow_redirects=False) as answer:
                    return answer.status

            cookie = COOKIE.format(port=base.rstrip("/").rpartition(":")[2])
            known = f"{cookie}={token}"
            assert await status("", cookie=known) == 200
            assert await status("", host="desk.example:443", cookie=known) == 200
            assert await status("", host="rebound.example", cookie=known) == 421
            assert await status("", host="[", cookie=known) == 421
            assert await status("ws", origin="http://evil.example", cookie=known) == 403
            assert await status("ws", origin="null", cookie=known) == 403
            assert await status("ws", cookie=f"{cookie}=guess") == 401
            assert await status("static/js/textual.js") == 401
            assert await status("?token=guess") == 401
            assert await status(f"?token={token}") == 303
            assert await status("static/../server.py", cookie=known) == 404
            async with session.get(url, headers={"X-Forwarded-Proto": "https"}, allow_redirects=False) as answer:
                made = answer.headers["Set-Cookie"]
                assert all(word in made for word in (f"{cookie}=", "HttpOnly", "SameSite=Strict", "Secure"))
        assert children(process.pid) == []


async def test_no_more_tabs_than_four_and_all_end_with_the_server(tmp_path: Path) -> None:
    with serving(tmp_path, "--demo") as (url, process):
        base = url.split("?", maxsplit=1)[0]
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            await (await session.get(url)).release()
            sockets = [await session.ws_connect(f"{base}ws") for _ in range(4)]
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(f"{base}ws")
            assert refused.value.status == 503
            await until(lambda: len(children(process.pid)) == 4, "four processes")
            started = children(process.pid)
            process.send_signal(signal.SIGTERM)
            await until(lambda: process.poll() is not None, "the server is still there")
            assert process.returncode == 0
            assert not any(alive(pid) for pid in started)
            for socket in sockets:
                await socket.close()


async def test_a_killed_server_leaves_no_dashboard_behind(tmp_path: Path) -> None:
    with serving(tmp_path, "--demo") as (url, process):
        base = url.split("?", maxsplit=1)[0]
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            await (await session.get(url)).release()
            async with session.ws_connect(f"{base}ws") as socket:
                await read_until(socket, DASHBOARD)
                started = children(process.pid)
                assert started
                process.kill()
        await until(lambda: not any(alive(pid) for pid in started), "a dashboard without its server")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
async def test_in_a_browser(tmp_path: Path) -> None:
    (tmp_path / "profile").mkdir()
    with serving(tmp_path, "--demo") as (url, process):
        async with tab(tmp_path / "profile") as page:
            await page.call("Page.navigate", url=url)
            await until(lambda: DASHBOARD in page.text, f"the dashboard is not painted: {page.log}")
            assert len(children(process.pid)) == 1
            await page.press("F1", 112)
            await until(lambda: "Help: arrows scroll" in page.text, f"F1 opened no help: {page.log}")
            place = await page.call("Runtime.evaluate", expression="location.href")
            assert "token" not in place["result"]["result"]["value"]
            base = url.split("?", maxsplit=1)[0]
            outside = [address for address in page.requests if not address.startswith((base, "data:", "blob:"))]
            assert outside == []
            await page.close()
            await until(lambda: not children(process.pid), "the process has outlived its tab")


def test_only_this_machine_unless_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost", "0.0.0.0", "desk")] == [
        True, True, True, True, False, False,
    ]  # fmt: skip
    assert cli.main(["serve", "--demo", "--host", "0.0.0.0"]) == EXIT_USE
    assert "--expose" in capsys.readouterr().err


def test_an_address_in_use_is_said(tmp_path: Path) -> None:
    with serving(tmp_path, "--demo") as (url, _):
        port = url.split(":")[2].split("/")[0]
        with serving(tmp_path, "--demo", "--port", port) as (nothing, second):
            assert nothing == ""
            assert second.wait(PATIENCE) == EXIT_FAILED


def test_a_wrong_setting_is_said_before_anything_is_served(tmp_path: Path) -> None:
    with serving(tmp_path) as (nothing, process):
        assert nothing == ""
        assert process.wait(PATIENCE) == EXIT_USE


def test_a_tab_gets_what_was_given_to_serve() -> None:
    parser = make_parser()
    given = parser.parse_args(
        ["serve", "--demo", "--fps", "2", "--no-mouse", "--profile", "plan", "--config", "x.toml"]
    )
    words = dashboard_command(given)
    assert words[4:] == ["demo", "--profile=plan", "--fps=2.0", "--no-mouse"]
    live = parser.parse_args(["serve", "--config", "x.toml", "--requests-per-second", "9"])
    assert dashboard_command(live)[4:] == ["--requests-per-second=9", "--config=x.toml"]
