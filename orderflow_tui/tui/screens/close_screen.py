"""Asks, when the last screen is closed, whether the engine goes on watching."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from orderflow_tui.tui.keys.bindings import QUIT_BINDINGS
from orderflow_tui.tui.look.styled_lines import LineWidget, Span, make_row
from orderflow_tui.tui.screens.base import ModelModal

_ROWS = (
    ("k", "keep watching without a screen; alerts go on, to your [notify] too"),
    ("", "`orderflow-tui attach` shows it again, `orderflow-tui stop` ends it"),
    ("e", "end the watch: nothing is watched any more"),
    ("Esc", "stay"),
)


class LeaveScreen(ModelModal):
    """One key a choice; its result is `keep`, `end` or None."""

    AUTO_FOCUS = ""
    SCOPE = "Quit"
    BINDINGS = QUIT_BINDINGS
    DEFAULT_CSS = """
    LeaveScreen { align: center middle; }
    LeaveScreen > Vertical {
        width: 74; max-width: 100%; height: auto; max-height: 100%;
        background: $surface; border: heavy $primary;
    }
    LeaveScreen LineWidget { width: 1fr; }
    """

    def compose(self) -> ComposeResult:
        """The choices."""
        with Vertical():
            yield LineWidget(id="leave")

    def on_mount(self) -> None:
        """Show them."""
        rows = [make_row(Span("This is the last screen on the engine", "strong")), make_row("")]
        rows += [make_row(Span(f" {key:<4}", "strong" if key else "muted"), words) for key, words in _ROWS]
        block = self.query_one("#leave", LineWidget)
        block.styles.height = len(rows)
        block.show(rows)

    def action_keep(self) -> None:
        """The engine goes on."""
        self.dismiss("keep")

    def action_end(self) -> None:
        """The engine ends too."""
        self.dismiss("end")

    def action_close(self) -> None:
        """Nothing is closed."""
        self.dismiss(None)
