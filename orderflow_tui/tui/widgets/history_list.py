"""The journal's rows, of which only those in sight are ever drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from orderflow_tui.journal.history import HistoryRow
from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.look.styled_lines import EMPTY_ROW, Row
from orderflow_tui.tui.rows.history_rows import history_row
from orderflow_tui.tui.state.history_filter import Rows
from orderflow_tui.tui.widgets.newest_first_list import NewestFirst


class HistoryList(NewestFirst, can_focus=False):
    """Rows newest first with a cursor; follows new ones while the cursor is on the newest."""

    DEFAULT_CSS = """
    HistoryList { height: 1fr; }
    """

    @dataclass
    class Opened(Message):
        """A row was clicked while it had the cursor."""

    def __init__(self, zone: Zone) -> None:
        super().__init__(id="history-rows")
        self._zone = zone
        self.entries: Rows | Sequence[HistoryRow] = ()
        self.cursor = 0

    @property
    def following(self) -> bool:
        """On the newest row, with nothing scrolled."""
        return self.cursor == 0 and super().following

    @property
    def current(self) -> HistoryRow | None:
        """The row under the cursor."""
        return self.entries[self.cursor] if self.cursor < len(self.entries) else None

    def show(self, entries: Rows) -> None:
        """Other rows altogether, from the newest."""
        self.entries = entries
        self.cursor = 0
        self.resize_to(len(entries), 0)
        self.follow()
        self.refresh()

    def grew(self, entries: Rows, added: int) -> None:
        """The same rows with `added` new ones in front; a reader further down keeps his place."""
        if not self.following:
            self.cursor = min(len(entries) - 1, self.cursor + added)
        self.entries = entries
        self.resize_to(len(entries), added)
        self.refresh()

    def lengthened(self, entries: Rows) -> None:
        """The same rows with older ones behind; nothing in sight moves."""
        self.entries = entries
        self.resize_to(len(entries), 0)
        self.refresh()

    def move(self, step: int) -> None:
        """Move the cursor and keep it in sight."""
        if not self.entries:
            return
        before = self.cursor
        self.cursor = max(0, min(len(self.entries) - 1, self.cursor + step))
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if self.cursor < top or self.cursor >= top + height:
            target = self.cursor if self.cursor < top else self.cursor - height + 1
            self.scroll_to(y=target, animate=False, force=True)
        if self.cursor == 0:
            self.pending = 0
        self.refresh_rows(before)
        self.refresh_rows(self.cursor)

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; on the cursor's row it opens the record."""
        index = event.y + self.scroll_offset.y
        if index == self.cursor:
            self.post_message(self.Opened())
        elif index < len(self.entries):
            self.move(index - self.cursor)

    def row(self, index: int, width: int) -> Row:
        """One record."""
        if index >= len(self.entries):
            return EMPTY_ROW
        return history_row(self.entries[index], self._zone, width, cursor=index == self.cursor)
