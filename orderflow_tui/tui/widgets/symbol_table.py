"""The table of all symbols; only rows that changed are painted."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from orderflow_tui.tui.look.styled_lines import EMPTY_ROW, Row, TokenStyles
from orderflow_tui.tui.rows.table_rows import table_row
from orderflow_tui.tui.state.screen_model import ScreenModel
from orderflow_tui.views.frozen_views import SymbolView


class SymbolTable(TokenStyles, ScrollView, can_focus=False):
    """A row a symbol, in the model's order."""

    DEFAULT_CSS = """
    SymbolTable { height: 0; scrollbar-size-vertical: 1; overflow-x: hidden; overflow-y: auto; }
    """

    @dataclass
    class Picked(Message):
        """A row was clicked."""

        symbol: str

    def __init__(self) -> None:
        super().__init__(id="table")
        self.rows: list[Row] = []
        self._names: tuple[str, ...] = ()
        self._made: dict[str, tuple[tuple[SymbolView, int, int, bool, bool], Row]] = {}

    def apply(self, model: ScreenModel, width: int) -> None:
        """Show the model's symbols in so many cells; a view that is the same is not made into a row again."""
        rows, made = [], {}
        for number, name in enumerate(model.order, 1):
            key = (model.views[name], number, width, name == model.selected, name in model.pinned)
            before = self._made.get(name)
            if before is not None and before[0][0] is key[0] and before[0][1:] == key[1:]:
                made[name] = before
            else:
                made[name] = (key, table_row(key[0], number, width, selected=key[3], pinned=key[4]))
            rows.append(made[name][1])
        old, self.rows, self._made, self._names = self.rows, rows, made, model.order
        if len(old) != len(rows):
            self.virtual_size = Size(self.size.width, len(rows))
            self.refresh()
            return
        top = self.scroll_offset.y
        changed = [at - top for at, row in enumerate(rows) if old[at] is not row and old[at] != row]
        for y in changed:
            if 0 <= y < self.size.height:
                self.refresh(Region(0, y, max(1, self.size.width), 1))

    def reveal(self, symbol: str) -> None:
        """Scroll a symbol's row into sight."""
        if symbol not in self._names or not self.size.height:
            return
        at, top = self._names.index(symbol), self.scroll_offset.y
        if not top <= at < top + self.size.height:
            self.scroll_to(y=at if at < top else at - self.size.height + 1, animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        """A click selects."""
        event.stop()
        at = event.y + self.scroll_offset.y
        if at < len(self._names):
            self.post_message(self.Picked(self._names[at]))

    def render_line(self, y: int) -> Strip:
        """One row in sight."""
        at = y + self.scroll_offset.y
        return self.draw(self.rows[at] if at < len(self.rows) else EMPTY_ROW, self.size.width)
