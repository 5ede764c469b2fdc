"""The bars' words, where several symbols share them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from orderflow_tui.tui.rows.bar_rows import blind_rows
from orderflow_tui.tui.state.screen_model import ScreenModel
from tests.tui.fake import FakeMonitor, symbol_view


def blind(*names: str, quantity: int = 1_000) -> ScreenModel:
    """A screen that has lost sight of these symbols."""
    monitor, model = FakeMonitor(), ScreenModel()
    views = [symbol_view(name, "BLIND", quantity=quantity, stale=True) for name in names]
    monitor.put(*(replace(view, chip_detail="rate limited, 13 s") for view in views))
    assert model.poll(monitor, 0.0)
    return model


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize("count", [1, 4, 12])
def test_the_row_of_the_blind_says_why_and_what_to_press_however_many_there_are(count: int, width: int) -> None:
    names = ("ACME", "BOLT", "CRUX", "DYNO", "ECHO", "FLUX", "GRID", "HALO", "IRIS", "JADE", "KITE", "LYNX")
    (row,) = blind_rows(blind(*names[:count]), width)
    assert "r retries" in row.plain
    assert "(" not in row.plain or row.plain.count("held)") == count
    assert ("rate limited, 13 s" in row.plain) or (count, width) == (12, 80)
    assert len(row.plain) <= width


def test_shares_sold_short_are_not_held() -> None:
    (row,) = blind_rows(blind("CRUX", quantity=-600), 120)
    assert "CRUX (600 short)" in row.plain
