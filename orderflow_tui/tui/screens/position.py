"""Adds or changes a position in the positions file."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from orderflow_tui.positions.errors import PositionsError
from orderflow_tui.positions.typed import EXAMPLE, FORM
from orderflow_tui.tui.keys.bindings import DIALOG_BINDINGS
from orderflow_tui.tui.look.formatting import clean, wrap
from orderflow_tui.tui.look.styled_lines import LineWidget, Row, Span, make_row
from orderflow_tui.tui.screens.base import ModelModal
from orderflow_tui.tui.state.positions_desk import PositionsDesk
from orderflow_tui.tui.widgets.text_field import Field

_LONGEST = 100


class PositionScreen(ModelModal):
    """One line, as a trader types a position; what is refused stays to be corrected."""

    BINDINGS = DIALOG_BINDINGS
    DEFAULT_CSS = """
    PositionScreen { align: center bottom; }
    PositionScreen > Vertical { width: 1fr; height: auto; background: $surface; border: heavy $primary; }
    PositionScreen LineWidget { width: 1fr; }
    PositionScreen Input { width: 1fr; border: none !important; height: 1 !important; background: $panel; }
    """

    def __init__(self, desk: PositionsDesk, text: str) -> None:
        super().__init__()
        self._desk = desk
        self._text = text
        self._refusal = ""

    def compose(self) -> ComposeResult:
        """How it is typed, and the line."""
        with Vertical():
            yield LineWidget(id="position")
            yield Field(self._text, placeholder=EXAMPLE, max_length=_LONGEST, select_on_focus=False)

    def on_mount(self) -> None:
        """Say how it is typed."""
        self._draw()

    def on_resize(self) -> None:
        """The words wrap anew."""
        self._draw()

    async def update_model(self) -> None:
        """Nothing here follows the market."""

    def _draw(self) -> None:
        width = max(20, self.size.width - 4)
        words = [FORM, "Negative shares: a short position. 0 shares: closed. Enter saves, Esc goes back."]
        words.append(f"File: {self._desk.path}. You can also edit it in an editor: changes apply at once.")
        rows: list[Row] = [make_row(line) for text in words for line in wrap(clean(text), width, 3)]
        rows += [make_row(Span(line, "alert")) for line in wrap(clean(self._refusal), width, 2) if line]
        box = self.query_one("#position", LineWidget)
        box.styles.height = len(rows)
        box.show(rows)

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Write it, or say why not."""
        if not event.value.strip():
            self.dismiss(None)
            return
        try:
            said = self._desk.put(event.value)
        except PositionsError as refused:
            self._refusal = str(refused)
            self._draw()
            return
        self.dashboard.tell(said)
        self.dismiss(None)

    def action_close(self) -> None:
        """Change nothing."""
        self.dismiss(None)
