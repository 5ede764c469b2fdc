"""One symbol's panel: a place on the screen that shows whichever symbol the order puts there."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from orderflow_tui.tui.look.styled_lines import LineWidget
from orderflow_tui.tui.rows.panel_rows import PanelSize, panel_rows
from orderflow_tui.views.frozen_views import SymbolView


class SymbolPanel(LineWidget):
    """Draws the newest view of a symbol; equal views cost nothing."""

    DEFAULT_CSS = """
    SymbolPanel { width: 1fr; height: 1fr; }
    """

    @dataclass
    class Picked(Message):
        """A panel was clicked."""

        symbol: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - textual's name
        super().__init__(id=id)
        self.symbol = ""
        self._shown: tuple[SymbolView, PanelSize] | None = None

    def apply(self, view: SymbolView, frame: PanelSize) -> int:
        """Show this view in this frame.

        Returns:
            How many rows were repainted.
        """
        self.symbol = view.symbol
        if self._shown is not None and self._shown[0] is view and self._shown[1] == frame:
            return 0
        self._shown = (view, frame)
        return self.show(panel_rows(view, frame))

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows that fit the place as it is now: the first layout is painted before anybody is told of it."""
        width, height = self.size
        if self._shown is not None and (self._shown[1].width, self._shown[1].height) != (width, height):
            view, frame = self._shown[0], replace(self._shown[1], width=width, height=height)
            self._shown, self.rows = (view, frame), panel_rows(view, frame)
        return super().render_lines(crop)

    def on_click(self, event: events.Click) -> None:
        """A click selects the symbol that stands here."""
        event.stop()
        self.post_message(self.Picked(self.symbol))
