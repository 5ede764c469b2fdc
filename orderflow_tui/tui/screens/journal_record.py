"""One record of the journal in full."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Vertical

from orderflow_tui.tui.keys.bindings import DIALOG_BINDINGS
from orderflow_tui.tui.look.formatting import clean, wrap
from orderflow_tui.tui.look.styled_lines import LineWidget, Span, make_row
from orderflow_tui.tui.rows.history_rows import record_rows
from orderflow_tui.tui.screens.base import ModelModal
from orderflow_tui.tui.widgets.scroll_text import RowPager


class RecordScreen(ModelModal):
    """Every field and value, scrollable.

    Args:
        fields: The record.
        words: What is to be said of its rule, above them; may be empty.
    """

    BINDINGS = DIALOG_BINDINGS
    DEFAULT_CSS = """
    RecordScreen { align: center middle; }
    RecordScreen > Vertical { width: 100; max-width: 100%; height: 80%; background: $surface; }
    RecordScreen LineWidget { width: 1fr; height: 1; }
    """

    def __init__(self, fields: Mapping[str, object], words: str = "") -> None:
        super().__init__()
        self._fields = fields
        self._words = words

    def compose(self) -> ComposeResult:
        """A title over the fields."""
        with Vertical():
            yield LineWidget(id="record-title")
            yield RowPager(id="record-fields")

    def on_mount(self) -> None:
        """The title; the fields are written once the size is known."""
        self.query_one("#record-title", LineWidget).show(
            [make_row(" Record: arrows scroll, esc closes", base="picked")]
        )
        self.query_one(RowPager).focus()

    def on_resize(self) -> None:
        """Write the fields; another width wraps them anew."""
        width = min(98, self.app.size.width - 2)
        told = [make_row(Span(f" {line}", "muted")) for line in wrap(clean(self._words), width - 2, 2)]
        self.query_one(RowPager).show([*(told if self._words else []), *record_rows(self._fields, width)])

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)
