"""Data looks old from 3 s on wherever it is shown, and what only live data tells goes at 10 s: by a clock of ours."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from orderflow_tui.core.model.units import NS
from orderflow_tui.monitor.watched_symbol import WatchedSymbol
from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.look.styled_lines import Row
from orderflow_tui.tui.rows.bar_rows import strip_rows
from orderflow_tui.tui.rows.card_rows import CardFrame, card_rows
from orderflow_tui.tui.rows.panel_rows import PanelSize, panel_rows
from orderflow_tui.tui.rows.small_rows import small_rows
from orderflow_tui.tui.rows.table_rows import table_row
from orderflow_tui.tui.screens.answer import AnswerScreen
from orderflow_tui.tui.state.screen_model import ScreenModel
from orderflow_tui.views.build_symbol import symbol_view
from orderflow_tui.views.frozen_views import SymbolView
from tests.core.kit import NOON, Tape, held, make
from tests.tui.driving import press, running, screen_text, settled
from tests.tui.fake import FakeMonitor, market_card, recommendation

ZONE = Zone()
AGES = (0.0, 2.9, 3.0, 9.9, 10.1, 29.0)


def view_after(age_s: float) -> SymbolView:
    """A held symbol so many seconds after the source last vouched for it."""
    core = make(position=held(100, "99.00", stop="99.50"))
    tape = Tape().book(0, [(100.00, 500)], [(100.02, 300)]).steady(0, 60)
    core.process(tape.events)
    watched = WatchedSymbol(core, vouched_ns=NOON + 60 * NS)
    now_ns = NOON + 60 * NS + round(age_s * NS)
    return symbol_view(core, watched.standing(now_ns, closed=False), now_ns)


def tokens(rows: list[Row]) -> set[str]:
    return {token for row in rows for span in row.spans if span.text.strip() for token in span.token.split()}


def texts(rows: list[Row]) -> str:
    return "\n".join(row.plain for row in rows)


@pytest.mark.parametrize("age_s", AGES)
@pytest.mark.parametrize("selected", [False, True])
def test_panel_table_and_strips_are_painted_old_from_three_seconds_on(age_s: float, selected: bool) -> None:
    view, old = view_after(age_s), age_s >= 3
    assert (view.old, view.stale) == (old, age_s > 10)
    panel = panel_rows(view, PanelSize(59, 17, 1, selected=selected, pinned=False, zone=ZONE))
    assert (tokens(panel[1:]) == {"stale"}) == old
    assert ("P&L +$" in texts(panel)) == (age_s < 10)
    assert ("50c below" in texts(panel)) == (age_s < 10)
    row = table_row(view, 1, 200, selected=selected, pinned=False)
    cells = Row(row.spans[1:], row.base)
    assert (cells.base == "" and tokens([cells]) == {"stale"}) == old
    monitor, model = FakeMonitor({"TEST": view}), ScreenModel()
    assert model.poll(monitor, 0.0)
    for rows in (strip_rows(model, ZONE, 120), small_rows(model, "F2", 120, 3)):
        assert ("stale" in tokens(rows)) == old


@pytest.mark.parametrize("age_s", AGES)
def test_a_card_does_not_price_what_it_does_not_see(age_s: float) -> None:
    view = view_after(age_s)
    views = {name: replace(view, symbol=name) for name in ("BAC", "KO")}
    for card in (recommendation("BAC"), market_card("BAC", "KO")):
        rows = card_rows(card, CardFrame(1, 1, NOON, ZONE, 120, 9, "F2", views))
        words = texts(rows)
        assert ("stale" in tokens(rows)) == (age_s >= 3)
        assert (f"Data {age_s:.1f}s old" in words) == (3 <= age_s < 10)
        assert ("cost not known now" in words) == (age_s > 10)
        assert ("Sell all now" in words) == (age_s < 10)
        assert ("c below" in words) == (age_s < 10)
        assert "Stop 13.45" in words


async def test_an_answer_says_how_old_the_figures_are_that_it_rests_on() -> None:
    monitor = FakeMonitor({"BAC": replace(view_after(23.0), symbol="BAC")})
    monitor.put(recommendations=(recommendation("BAC"),))
    async with running(monitor) as (app, pilot):
        await press(pilot, "f2")
        await settled(pilot)
        assert isinstance(app.screen, AnswerScreen)
        assert "Data 23s old: cost not known now" in screen_text(app)
