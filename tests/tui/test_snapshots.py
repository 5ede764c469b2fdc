"""Pictures of the screen; `pytest tests/tui/test_snapshots.py --snapshot-update` after a look at the report."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orderflow_tui.tui.app import OrderFlowApp
from orderflow_tui.tui.state.view_choice import Layout
from tests.tui.fake import FakeMonitor, busy_market, calm_market, market_card

Snap = Callable[..., bool]


def still(monitor: FakeMonitor, theme: str = "dark", layout: Layout = "panels") -> OrderFlowApp:
    app = OrderFlowApp(monitor, theme=theme, monotonic=lambda: 0.0)
    app.model.layout = layout
    return app


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_bad_morning(snap_compare: Snap, size: tuple[int, int]) -> None:
    assert snap_compare(still(busy_market()), terminal_size=size)


def test_a_calm_small_screen(snap_compare: Snap) -> None:
    assert snap_compare(still(calm_market()), terminal_size=(80, 24))


def test_the_answer_in_the_light_theme(snap_compare: Snap) -> None:
    assert snap_compare(still(busy_market(), "light"), terminal_size=(100, 30), press=["f2"])


def test_without_colour(snap_compare: Snap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(still(busy_market()), terminal_size=(120, 36))


@pytest.mark.parametrize("theme", ["light", "colour-blind", "high-contrast", "terminal"])
def test_a_bad_morning_in_every_theme(snap_compare: Snap, theme: str) -> None:
    assert snap_compare(still(busy_market(), theme), terminal_size=(120, 36))


def test_twelve_calm_symbols_on_a_large_screen(snap_compare: Snap) -> None:
    assert snap_compare(still(calm_market(12)), terminal_size=(200, 50))


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_fire_drill(snap_compare: Snap, size: tuple[int, int]) -> None:
    assert snap_compare(still(busy_market()), terminal_size=size, press=["2", "d"])


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_detail_of_a_symbol(snap_compare: Snap, size: tuple[int, int]) -> None:
    assert snap_compare(still(busy_market()), terminal_size=size, press=["2", "enter"])


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_table(snap_compare: Snap, size: tuple[int, int]) -> None:
    assert snap_compare(still(busy_market(), layout="table"), terminal_size=size)


@pytest.mark.parametrize("theme", ["light", "high-contrast"])
def test_the_table_in_other_themes(snap_compare: Snap, theme: str) -> None:
    assert snap_compare(still(busy_market(), theme, "table"), terminal_size=(120, 36), press=["o", "2"])


@pytest.mark.parametrize("size", [(80, 3), (160, 2)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_pane_of_a_few_rows(snap_compare: Snap, size: tuple[int, int]) -> None:
    assert snap_compare(still(busy_market()), terminal_size=size)


def test_the_answer_of_several_symbols(snap_compare: Snap) -> None:
    monitor = busy_market()
    monitor.put(recommendations=(market_card("BAC", "MSFT", "KO"),))
    assert snap_compare(still(monitor), terminal_size=(80, 24), press=["f2", "e"])
