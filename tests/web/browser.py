"""A headless Chromium spoken to over its DevTools socket: what a page's own socket carries, keys, closing the tab."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0",
    "--window-size=1280,800", "--enable-unsafe-swiftshader",
)  # fmt: skip
_START_SECONDS = 30.0


class Tab:
    """One page: `text` is all that its socket has brought, `log` what the page complained about."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.text = ""
        self.log: list[str] = []
        self.requests: list[str] = []
        self._socket = socket
        self._number = 0
        self._answers: dict[int, Mapping[str, Any]] = {}

    async def listen(self) -> None:
        """Take what the browser says until the tab is gone."""
        async for message in self._socket:
            said = message.json()
            if "id" in said:
                self._answers[said["id"]] = said
                continue
            method, parameters = said["method"], said["params"]
            if method == "Network.webSocketFrameReceived":
                frame = parameters["response"]
                if frame["opcode"] == 2:
                    self.text += base64.b64decode(frame["payloadData"]).decode("utf-8", "replace")
            elif method == "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
            elif method in {"Runtime.exceptionThrown", "Log.entryAdded"}:
                self.log.append(str(parameters))

    async def call(self, method: str, **parameters: object) -> Mapping[str, Any]:
        """One command and its answer."""
        self._number += 1
        number = self._number
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        await until(lambda: number in self._answers, f"no answer to {method}")
        return self._answers.pop(number)

    async def press(self, key: str, code: int) -> None:
        """A key that is no letter, down and up, in the page's terminal."""
        for kind in ("rawKeyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    async def close(self) -> None:
        """Close the tab."""
        await self.call("Page.close")


async def until(done: Any, complaint: str, seconds: float = 60.0) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, complaint
        await asyncio.sleep(0.05)


@asynccontextmanager
async def tab(profile: Path) -> AsyncIterator[Tab]:
    """A browser with an empty page, closed at the end."""
    assert CHROMIUM is not None
    process = subprocess.Popen(  # noqa: ASYNC220 - it is started once, before anything waits
        [CHROMIUM, *_OPTIONS, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(profile)},
    )
    try:
        port_file = profile / "DevToolsActivePort"
        await until(lambda: port_file.exists() and port_file.read_text().count("\n"), "no browser", _START_SECONDS)
        port = port_file.read_text().split("\n", maxsplit=1)[0]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                page = next(target for target in await answer.json() if target["type"] == "page")
            async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                found = Tab(socket)
                listening = asyncio.create_task(found.listen())
                for domain in ("Network", "Page", "Runtime", "Log"):
                    await found.call(f"{domain}.enable")
                yield found
                listening.cancel()
                with suppress(asyncio.CancelledError):
                    await listening
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(60)
        if process.poll() is None:
            process.kill()
            process.wait()
