"""A list that grows at its top and does not run away from a reader further down."""

from __future__ import annotations

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from orderflow_tui.tui.look.styled_lines import EMPTY_ROW, Row, TokenStyles


class NewestFirst(TokenStyles, ScrollView):
    """Draws only the rows in sight; `pending` counts what came while the reader was scrolled away."""

    DEFAULT_CSS = """
    NewestFirst { scrollbar-size-vertical: 1; overflow-x: hidden; overflow-y: scroll; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - textual's name
        super().__init__(id=id)
        self.pending = 0

    def row(self, index: int, width: int) -> Row:
        """The row at an index, newest 0."""
        raise NotImplementedError

    @property
    def following(self) -> bool:
        """Whether the newest row is what the reader looks at."""
        return self.scroll_offset.y == 0

    def resize_to(self, count: int, added: int) -> None:
        """The list has `count` rows now, `added` of them new at the top."""
        following = self.following
        rows = Size(self.size.width, count)
        if self.size:  # its place stays: setting `virtual_size` would lay out the whole screen for a row
            self.set_reactive(Widget.virtual_size, rows)
            self._scroll_update(rows)
        else:
            self.virtual_size = rows
        if following or not added:
            self.pending = 0 if following else self.pending
            return
        self.pending += added
        self.scroll_to(y=self.scroll_offset.y + added, animate=False, force=True)

    def follow(self) -> None:
        """Back to the newest row."""
        self.pending = 0
        self.scroll_to(y=0, animate=False, force=True)

    def refresh_rows(self, first: int, count: int = 1) -> None:
        """Repaint rows by index where they are in sight."""
        top = first - self.scroll_offset.y
        if top < self.size.height and top + count > 0:
            self.refresh(Region(0, max(0, top), max(1, self.size.width), count))

    def render_line(self, y: int) -> Strip:
        """One row in sight."""
        index = y + self.scroll_offset.y
        width = self.size.width
        return self.draw(self.row(index, width) if 0 <= index < self.virtual_size.height else EMPTY_ROW, width)
