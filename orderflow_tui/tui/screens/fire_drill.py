"""The fire drill on a screen of its own: what leaving costs now, and in slices."""

from __future__ import annotations

from textual.app import ComposeResult

from orderflow_tui.tui.keys.bindings import DRILL_BINDINGS
from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.look.styled_lines import LineWidget
from orderflow_tui.tui.rows.bar_rows import asks_rows, title_row
from orderflow_tui.tui.rows.drill_rows import drill_rows
from orderflow_tui.tui.screens.base import ModelScreen
from orderflow_tui.tui.widgets.keybar import KeyBar
from orderflow_tui.tui.widgets.scroll_text import RowPager


class DrillScreen(ModelScreen):
    """The selected name first, then the others by urgency."""

    SCOPE = "Exit planner"
    BINDINGS = DRILL_BINDINGS
    DEFAULT_CSS = """
    DrillScreen > LineWidget { width: 1fr; height: 1; }
    DrillScreen > #drill-asks { height: 0; }
    """

    def __init__(self, zone: Zone) -> None:
        super().__init__()
        self._zone = zone

    def compose(self) -> ComposeResult:
        """A title, what asks for an answer elsewhere, the tables, the keys."""
        yield LineWidget(id="drill-title")
        yield LineWidget(id="drill-asks")
        yield RowPager(id="drill-rows")
        yield KeyBar(DRILL_BINDINGS)

    async def update_model(self) -> None:
        """Work the drill out anew from the newest views."""
        if not self.is_mounted:
            return
        width, model = self.size.width, self.model
        title = "EXIT PLANNER: now or in slices"
        self.query_one("#drill-title", LineWidget).show([title_row(model, title, self._zone, width)])
        asks = self.query_one("#drill-asks", LineWidget)
        rows = asks_rows(model, self.dashboard.acknowledge_key, width)
        asks.styles.height = len(rows)
        asks.show(rows)
        names = sorted(model.order, key=lambda name: name != model.selected)
        views = [model.views[name] for name in names if name in model.views]
        self.query_one(RowPager).show(drill_rows(views, max(2, width - 1)))

    async def on_resize(self) -> None:
        """Another width, other columns."""
        await self.update_model()

    def action_scroll(self, pages: int) -> None:
        """Scroll the rows."""
        pager = self.query_one(RowPager)
        pager.scroll_relative(y=pages * max(1, pager.size.height - 1), animate=False)

    def action_close(self) -> None:
        """Back to where the reader was."""
        self.dismiss(None)
