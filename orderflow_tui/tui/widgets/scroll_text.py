"""Rows that do not fit the screen, to scroll through."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from orderflow_tui.tui.keys.bindings import PAGER_BINDINGS
from orderflow_tui.tui.look.styled_lines import EMPTY_ROW, Row, TokenStyles


class RowPager(TokenStyles, ScrollView, can_focus=True):
    """A fixed list of rows, scrolled with the arrow and page keys."""

    BINDINGS = PAGER_BINDINGS
    DEFAULT_CSS = """
    RowPager { height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; overflow-y: scroll; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - textual's name
        super().__init__(id=id)
        self.rows: Sequence[Row] = ()

    def show(self, rows: Sequence[Row]) -> None:
        """Take new rows; the place in them is kept."""
        if rows == self.rows:
            return
        self.rows = rows
        self.virtual_size = Size(self.size.width, len(rows))
        self.refresh()

    def action_half_page(self, direction: int) -> None:
        """Scroll by half a page."""
        self.scroll_relative(y=direction * max(1, self.size.height // 2), animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """One row in sight."""
        index = y + self.scroll_offset.y
        return self.draw(self.rows[index] if index < len(self.rows) else EMPTY_ROW, self.size.width)
