"""What to do next, when there is nothing to watch yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from textual.app import ComposeResult

from orderflow_tui.tui.bar_rows import title_row
from orderflow_tui.tui.bindings import DIALOG_BINDINGS
from orderflow_tui.tui.lines import LineWidget, Row, Span, make_row
from orderflow_tui.tui.screens.base import ModelScreen
from orderflow_tui.tui.text import Zone, clean, wrap
from orderflow_tui.tui.widgets.keybar import KeyBar

_HEADLINES = {
    "no_positions_file": "No positions yet: tell the dashboard what you hold",
    "nothing_held": "Nothing is held and nothing is on the watchlist",
    "message": "Before you start",
}
_EXAMPLE = (
    'watchlist = ["SPY"]',
    "",
    "[[position]]",
    'symbol = "BAC"',
    "quantity = 1000            # negative for a short position",
    "average_cost = 13.90",
    "stop = 13.50               # may be left out",
)


@dataclass(frozen=True, slots=True)
class FirstRun:
    """Why there is nothing to watch.

    Attributes:
        kind: No file, a file without positions, or something else that `message` says.
        path: The positions file that was looked for.
        message: A line of its own, may be empty.
    """

    kind: Literal["no_positions_file", "nothing_held", "message"]
    path: Path
    message: str = ""


class FirstRunScreen(ModelScreen):
    """Explains the next step; goes away by itself when there is something to watch."""

    BINDINGS = DIALOG_BINDINGS
    DEFAULT_CSS = """
    FirstRunScreen > LineWidget { width: 1fr; height: 1; }
    FirstRunScreen > #first-words { height: 1fr; }
    """

    def __init__(self, first_run: FirstRun, zone: Zone) -> None:
        super().__init__()
        self._first_run = first_run
        self._zone = zone

    def compose(self) -> ComposeResult:
        """A title, the words, the keys."""
        yield LineWidget(id="first-title")
        yield LineWidget(id="first-words")
        yield KeyBar(DIALOG_BINDINGS)

    async def update_model(self) -> None:
        """Draw, or leave when a position has appeared."""
        if self.model.views:
            self.dismiss(None)
            return
        width = max(10, self.size.width)
        self.query_one("#first-title", LineWidget).show([title_row(self.model, "welcome", self._zone, width)])
        self.query_one("#first-words", LineWidget).show(self._rows(width))

    async def on_resize(self) -> None:
        """The words wrap anew."""
        await self.update_model()

    def _rows(self, width: int) -> list[Row]:
        item = self._first_run
        rows = [make_row(""), make_row(Span(f"  {_HEADLINES[item.kind]}", "strong")), make_row("")]
        if item.message:
            rows += [make_row(f"  {line}") for line in wrap(clean(item.message), width - 4, 3)]
        rows += [make_row(f"  {line}") for line in wrap(f"Write this to {clean(str(item.path))}:", width - 4, 3)]
        rows += [make_row(""), *(make_row(Span(f"      {line}", "bid")) for line in _EXAMPLE), make_row("")]
        rows.append(make_row("  The file is read again when it changes: no need to start anew."))
        rows.append(make_row("  To look around first, on a simulated market:"))
        rows += [make_row(""), make_row(Span("      orderflow-tui demo", "bid")), make_row("")]
        rows.append(make_row(Span("  It recommends; it never sends an order.", "muted")))
        return rows

    def action_close(self) -> None:
        """To the empty dashboard."""
        self.dismiss(None)
