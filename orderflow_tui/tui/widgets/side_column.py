"""The right column of a wide screen."""

from __future__ import annotations

import time
from typing import Final

from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.look.styled_lines import LineWidget
from orderflow_tui.tui.rows.map_rows import MapFrame
from orderflow_tui.tui.rows.side_rows import SideRows
from orderflow_tui.tui.state.screen_model import ScreenModel
from orderflow_tui.views.frozen_views import MonitorPort

FROM_WIDTH: Final = 200
"""From this width there is a right column."""
COLUMN_WIDTH: Final = 72
LEAST_HEIGHT: Final = 30
_ASK_SECONDS: Final = 1.0


class SideColumn(LineWidget):
    """The selected symbol's price, map, ladder and tape, beside everything else."""

    DEFAULT_CSS = """
    SideColumn { dock: right; }
    """

    def __init__(self, zone: Zone) -> None:
        super().__init__(id="side")
        self._zone = zone
        self._made = SideRows()
        self._asked = ("", 0.0)

    def apply(self, model: ScreenModel, monitor: MonitorPort, width: int, height: int) -> int:
        """Show the selected symbol where the screen is wide enough.

        Returns:
            How many cells of the width it takes, the gap before it among them.
        """
        view = model.views.get(model.selected)
        shown = view is not None and width >= FROM_WIDTH and height >= LEAST_HEIGHT
        taken = COLUMN_WIDTH if shown else 0
        if self.styles.width is None or self.styles.width.value != taken:
            self.styles.width = taken
        if view is None or not shown:
            if self._asked[0] and self.app.screen is self.screen:
                monitor.watch_detail("")
                self._asked = ("", 0.0)
            return 0
        detail = monitor.detail()
        if detail is None or detail.symbol != view.symbol:
            detail = None
            self._ask(view.symbol, monitor)
        mine = [line for line in model.alerts if line.symbol == view.symbol]
        text = self.app.no_color or self.app.current_theme.ansi
        self.show(self._made.rows(view, detail, mine, MapFrame(taken, height, self._zone, text)))
        return taken + 1

    def _ask(self, symbol: str, monitor: MonitorPort) -> None:
        """Ask for the detail, and again after a while: another screen may have ended it."""
        now = time.monotonic()
        if symbol != self._asked[0] or now - self._asked[1] >= _ASK_SECONDS:
            self._asked = (symbol, now)
            monitor.watch_detail(symbol)
