"""A position added or changed on the screen: the file is the truth, and a refusal stays to be corrected."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from orderflow_tui.positions.toml_file import TomlPositions
from orderflow_tui.tui.app import OrderFlowApp
from orderflow_tui.tui.screens.position import PositionScreen
from orderflow_tui.tui.state.positions_desk import PositionsDesk
from tests.tui.driving import press, running, toasts
from tests.tui.fake import calm_market

MINE = '# mine\n[[position]]\nsymbol = "BAC"\nquantity = 1000 # since May\naverage_cost = 13.90\nstop = 13.50\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "positions.toml"
    path.write_text(MINE)
    return path


def test_what_is_put_into_the_file(file: Path) -> None:
    desk = PositionsDesk(file)
    assert desk.line_of("BAC") == "BAC 1000 13.90 stop 13.50"
    assert desk.line_of("KO") == ""
    assert desk.put("ko -200 61.20") == "KO added: KO -200 61.20"
    assert desk.put("BAC 900 13.90") == "BAC changed: BAC 900 13.90"
    assert desk.put("KO 0").startswith("KO closed in ")
    assert [(one.symbol, one.quantity, one.stop) for one in TomlPositions(file).read().positions] == [
        ("BAC", 900, None)
    ]
    assert "# since May" in file.read_text()


async def test_edit_and_new_on_the_screen(file: Path) -> None:
    app = OrderFlowApp(calm_market(), positions=PositionsDesk(file))
    async with app.run_test(size=(100, 40)) as pilot:
        app.model.choose("BAC")
        await pilot.press("e")
        field = app.screen.query_one(Input)
        assert field.value == "BAC 1000 13.90 stop 13.50"
        field.value = "BAC 10.5"
        await pilot.press("enter")
        assert isinstance(app.screen, PositionScreen), "what is refused stays to be corrected"
        assert PositionsDesk(file).line_of("BAC") == "BAC 1000 13.90 stop 13.50"
        field.value = "BAC 900 13.95 stop 13.40"
        await pilot.press("enter")
        assert not isinstance(app.screen, PositionScreen)
        await pilot.press("n")
        assert app.screen.query_one(Input).value == ""
        app.screen.query_one(Input).value = "XOM 50 110"
        await pilot.press("enter")
        await pilot.press("n", "escape")
    held = TomlPositions(file).read().positions
    assert [(one.symbol, one.quantity, str(one.average_cost)) for one in held] == [
        ("BAC", 900, "13.95"),
        ("XOM", 50, "110"),
    ]


async def test_positions_of_a_demo_are_not_changed_here() -> None:
    async with running(calm_market(), size=(100, 40)) as (app, pilot):
        await press(pilot, "e")
        assert not isinstance(app.screen, PositionScreen)
        assert "cannot be changed" in toasts(app)[-1]
