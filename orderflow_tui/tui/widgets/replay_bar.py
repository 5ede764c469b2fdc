"""The time bar of a replay: a click goes there."""

from __future__ import annotations

from typing import cast

from textual import events

from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.look.styled_lines import LineWidget
from orderflow_tui.tui.rows.replay_rows import TimeBar, time_bar
from orderflow_tui.tui.state.dashboard_port import DashboardPort
from orderflow_tui.views.replay_progress import ReplayView


class ReplayBar(LineWidget):
    """One row, or none where nothing is replayed."""

    DEFAULT_CSS = """
    ReplayBar { width: 1fr; height: 0; }
    """

    def __init__(self, zone: Zone) -> None:
        super().__init__(id="replay")
        self._zone = zone
        self._bar: TimeBar | None = None

    def apply(self, replay: ReplayView | None, width: int) -> int:
        """Show how far it is; returns the rows that takes."""
        self._bar = None if replay is None else time_bar(replay, self._zone, width)
        rows = [] if self._bar is None else [self._bar.row]
        if self.styles.height is None or self.styles.height.value != len(rows):
            self.styles.height = len(rows)
        self.show(rows)
        return len(rows)

    def on_click(self, event: events.Click) -> None:
        """Go where the click is."""
        app = cast("DashboardPort", self.app)
        time_ns = None if self._bar is None else self._bar.time_at(event.x)
        if time_ns is not None and not app.refuses_click():
            app.seek(time_ns)
