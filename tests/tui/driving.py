"""Running the app in a test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from orderflow_tui.tui.app import OrderFlowApp
from orderflow_tui.tui.look.styled_lines import LineWidget
from orderflow_tui.tui.state.view_choice import Layout
from tests.tui.fake import FakeMonitor


@asynccontextmanager
async def running(
    monitor: FakeMonitor, size: tuple[int, int] = (120, 36), layout: Layout = "panels", **options: Any
) -> AsyncIterator[tuple[OrderFlowApp, Pilot[int]]]:
    """The app over a monitor, its toasts and tooltips as on a real screen, its clock standing still."""
    app = OrderFlowApp(monitor, **{"monotonic": lambda: 0.0, **options})
    app.model.layout = layout
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await settled(pilot)
        yield app, pilot


async def settled(pilot: Pilot[int]) -> None:
    """The newest publication has been taken and laid out."""
    app = pilot.app
    assert isinstance(app, OrderFlowApp)
    await app.look()
    await pilot.pause()


async def press(pilot: Pilot[int], *keys: str) -> None:
    """Press keys and let the screen follow."""
    await pilot.press(*keys)


def screen_text(app: OrderFlowApp) -> str:
    """What the terminal shows, row by row."""
    lines = app.screen._compositor.render_strips(app.size)
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in lines)


def block(app: OrderFlowApp, name: str) -> str:
    """The rows of one block."""
    return "\n".join(row.plain for row in app.screen.query_one(f"#{name}", LineWidget).rows)


def toasts(app: OrderFlowApp) -> list[str]:
    """What was said in the row of the keys."""
    return [one.text for one in app.messages.standing]
