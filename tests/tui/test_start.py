"""What the first paint does not need is not loaded before it."""

from __future__ import annotations

import subprocess
import sys

from orderflow_tui import __version__
from orderflow_tui.commands.attach import _Controls
from orderflow_tui.commands.engine import ComingEngine
from orderflow_tui.commands.shutdown import Shutdown
from orderflow_tui.config.screen_settings import ScreenSettings
from orderflow_tui.engine.client import RemoteMonitor
from orderflow_tui.tui.app import OrderFlowApp
from tests.tui.driving import screen_text
from tests.tui.fake import busy_market

_START = """
import sys, orderflow_tui.commands.live
from orderflow_tui.support.memory import asyncio_without_tls
with asyncio_without_tls():
    import orderflow_tui.tui.run_dashboard, orderflow_tui.tui.keys.terminal_driver
print(*sys.modules)
from orderflow_tui.tui.look.theme import load_themes, theme_folders
from orderflow_tui.tui.screens import lazy
lazy.preload()
themes, problems = load_themes(theme_folders()[:1])
assert len(themes) > 5 and not problems
print(*sys.modules)
import ssl
"""


def test_the_dashboards_modules_load_nothing_heavy_beside_textual() -> None:
    done = subprocess.run([sys.executable, "-c", _START], capture_output=True, text=True, check=True)
    said, settled = (set(line.split()) for line in done.stdout.splitlines())
    heavy = {"pydantic", "httpx", "polygon", "websockets", "plotext", "starlette", "uvicorn", "tomlkit", "tenacity"}
    heavy |= {"ssl", "_ssl", "_hashlib", "orderflow_tui.core.model.data_models"}
    late = {name for name in said if name.startswith(("orderflow_tui.journal", "orderflow_tui.monitor"))}
    assert not heavy & said | late
    assert not {"yaml", "csv", "gzip", "orderflow_tui.core.rules.catalogue"} & settled


async def test_what_waits_for_the_first_frame_is_called_once_when_it_is_out() -> None:
    app = OrderFlowApp(busy_market())
    shown: list[str] = []
    app.when_painted = lambda: shown.append(screen_text(app))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        app.refresh()
        await pilot.pause()
    assert len(shown) == 1
    assert "BAC" in shown[0]


def test_a_watch_that_was_ended_before_its_engine_was_started_is_not_started() -> None:
    def start() -> ComingEngine:
        raise AssertionError

    monitor = RemoteMonitor(None, version=__version__, screen="pts/1", fps=1.0)
    controls = _Controls(monitor, ScreenSettings(), Shutdown(lambda _reason, _code: None, screen=False), start=start)
    controls.end()
    assert controls.begin() is None
