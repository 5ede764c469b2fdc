"""Every test here runs without the developer's own settings, and waits for no clock where it waits for the screen."""

from __future__ import annotations

import asyncio
import contextlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from textual._context import active_app
from textual.app import App, ScreenStackError
from textual.screen import Screen
from textual.timer import Timer

from orderflow_tui.tui.app import OrderFlowApp

MOST_TURNS = 100_000
MOST_ROUNDS = 10
IDLE_TURNS = 3
"""Turns of the loop in which nothing ran: what a turn has begun runs in the next one."""


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_FILTERS", "COLORTERM", "TEXTUAL_COLOR_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    for module in ("app", "pilot"):
        monkeypatch.setattr(f"textual.{module}.wait_for_idle", at_rest)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


async def at_rest(*_seconds: float) -> None:
    """Return once every message was dealt with, what it changed is painted and only timers are left.

    Textual's own way looks whether the process was idle for a fiftieth of a second: two of them a key, and on a busy
    machine a process that was not let run looks idle. The timers of a hundredth of a second are not waited for: what
    they would do is done.
    """
    app = active_app.get()
    gone = _gone(app)
    assert not gone, f"at_rest of tests/tui/conftest.py looks at {gone}, gone in Textual {version('textual')}: mend it"
    await _turns_until_idle()
    with contextlib.suppress(ScreenStackError):
        for _ in range(MOST_ROUNDS):
            if isinstance(app, OrderFlowApp):
                await app.look()
            if app._resize_timer is not None:
                app._check_resize()
            elif app.screen._update_timer._active.is_set():
                app.screen._on_timer_update()
            else:
                break
            await _turns_until_idle()


def _gone(app: App[Any]) -> list[str]:
    """What `at_rest` looks at and is not there: neither Textual nor asyncio says in public that nothing is left to do."""
    private = [
        (app, "_resize_timer"), (App, "_check_resize"), (Screen, "_update_timer"), (Screen, "_on_timer_update"),
        (Timer, "_active"), (asyncio.get_running_loop(), "_ready"),
    ]  # fmt: skip
    return [name for owner, name in private if not hasattr(owner, name)]


async def _turns_until_idle() -> None:
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    idle = 0
    for _ in range(MOST_TURNS):
        await asyncio.sleep(0)
        idle = 0 if ready else idle + 1
        if idle == IDLE_TURNS:
            return
    raise AssertionError("the screen never comes to rest")
