"""What is written can be read: every row of every state, in each shipped theme.

The screens and dialogs as they are painted stand in `test_nothing_is_cut.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any, get_args

import pytest
from msgspec.structs import replace
from textual.app import ComposeResult
from textual.screen import Screen

from orderflow_tui.core.model.severity import Shown
from orderflow_tui.track_record.evidence_kinds import Weight
from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.look.styled_lines import LineWidget, Row
from orderflow_tui.tui.rows.answer_rows import Asked, asked_rows, choice_rows
from orderflow_tui.tui.rows.bar_rows import asks_rows, status_row, strip_rows
from orderflow_tui.tui.rows.card_rows import CardFrame, card_rows
from orderflow_tui.tui.rows.feed_rows import alert_row
from orderflow_tui.tui.rows.panel_rows import PanelSize, panel_rows
from orderflow_tui.tui.rows.small_rows import small_rows
from orderflow_tui.tui.rows.table_rows import table_head, table_row
from orderflow_tui.tui.state.screen_model import ScreenModel
from orderflow_tui.views.frozen_views import Chip
from tests.tui.contrast import Seen
from tests.tui.driving import running, settled
from tests.tui.fake import DEPTH, NBBO, NOW_NS, TAPE_ONLY, alert, busy_market, recommendation, symbol_view

ZONE = Zone("America/New_York")


def symbol_rows() -> Iterator[Row]:
    """Panels and table rows: each chip, fresh, old or blind, with each kind of source, selected or not, pinned or not."""
    for chip, source, stale, selected in product(
        get_args(Chip), (DEPTH, NBBO, TAPE_ONLY), (False, True), (False, True)
    ):
        view = replace(symbol_view("BRK.B", chip, capabilities=source, detail="LULD pause"), stale=stale, old=stale)
        yield from panel_rows(view, PanelSize(59, 30, 1, selected=selected, pinned=selected, zone=ZONE))
        yield table_row(view, 1, 200, selected=selected, pinned=not selected)


def asking_rows() -> Iterator[Row]:
    """Cards, their answers and the alerts in the feed, whatever each is worth."""
    for weight, kind in product(get_args(Weight), ("flow", "stop")):
        card = recommendation("BAC", weight=weight, kind=kind)
        yield from card_rows(card, CardFrame(1, 2, NOW_NS, ZONE, 120, 7, "F2"))
        yield from asked_rows(card, [Asked(card, 1_000)], 0, everything=False, width=74, most=8)
        yield from choice_rows(Asked(card, 1_000), everything=True, names=2, width=74)
    for severity, counts, late in product(get_args(Shown), (False, True), (False, True)):
        yield alert_row(alert("BAC", 0, "Bid wall hit", severity=severity, counts=counts, late=late), ZONE, 120)


def bar_rows() -> Iterator[Row]:
    """What stands above and below: with blind symbols, with a silent watch, with trouble, muted, paused, live."""
    monitor, model = busy_market(), ScreenModel()
    trouble: tuple[dict[str, Any], ...] = ({}, {"detail": "disk full", "logging": False}, {"source_class": "live"})
    for silent, changes in product((0.0, 7.0), trouble):
        monitor.put(paused=bool(silent), **changes)
        assert model.poll(monitor, 0.0)
        model.silent_seconds, model.muted = silent, bool(silent)
        yield from (status_row(model, ZONE, 120), table_head(model, 120), *strip_rows(model, ZONE, 120))
        yield from (*asks_rows(model, "F2", 120), *small_rows(model, "F2", 120, 3))


def looks(rows: Iterable[Row]) -> list[Row]:
    """One row of each look."""
    return list({(row.base, tuple(span.token for span in row.spans)): row for row in rows}.values())


class Rows(Screen[None]):
    """Nothing but these rows."""

    def __init__(self, rows: list[Row]) -> None:
        super().__init__()
        self._rows = rows

    def compose(self) -> ComposeResult:
        yield LineWidget(id="rows")

    def on_mount(self) -> None:
        self.query_one(LineWidget).show(self._rows)


@pytest.mark.parametrize("plain", [False, True], ids=["in color", "under NO_COLOR"])
async def test_every_row_can_be_read_in_every_theme(plain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if plain:
        monkeypatch.setenv("NO_COLOR", "1")
    rows = looks((*symbol_rows(), *asking_rows(), *bar_rows()))
    seen = Seen(plain=plain)
    async with running(busy_market(), size=(200, len(rows))) as (app, pilot):
        await app.push_screen(Rows(rows))
        await settled(pilot)
        await seen.look(app, pilot, "rows")
    assert len(seen.pairs) >= 15
    assert seen.strange + seen.poor() == []
