"""Help on F1."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from orderflow_tui.tui.keys.bindings import DIALOG_BINDINGS
from orderflow_tui.tui.look.styled_lines import LineWidget, make_row
from orderflow_tui.tui.rows.help_rows import help_rows
from orderflow_tui.tui.screens.base import ModelModal
from orderflow_tui.tui.widgets.scroll_text import RowPager


class HelpScreen(ModelModal):
    """Every key and every sign, scrollable."""

    SCOPE = "Help"
    BINDINGS = DIALOG_BINDINGS
    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > Vertical { width: 84; max-width: 100%; height: 90%; background: $surface; }
    HelpScreen LineWidget { width: 1fr; height: 1; }
    """

    def __init__(self, scope: str) -> None:
        super().__init__()
        self._scope = scope

    def compose(self) -> ComposeResult:
        """A title over the pages."""
        with Vertical():
            yield LineWidget(id="help-title")
            yield RowPager(id="help-pages")

    def on_mount(self) -> None:
        """The title; the pages are written once the size is known."""
        self.query_one("#help-title", LineWidget).show([make_row(" Help: arrows scroll, esc closes", base="picked")])
        self.query_one(RowPager).focus()

    def on_resize(self) -> None:
        """Write the pages; another width wraps the words anew."""
        width = min(82, self.app.size.width - 2)
        rows = help_rows(width, self.dashboard.all_keys, self._scope, browser=self.app.is_web)
        self.query_one(RowPager).show(rows)

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)
