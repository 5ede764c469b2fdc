"""What waits for the trader, in the first rows of a dialog or page that may cover the card."""

from __future__ import annotations

from typing import cast

from orderflow_tui.tui.look.styled_lines import LineWidget
from orderflow_tui.tui.rows.bar_rows import asks_rows
from orderflow_tui.tui.state.dashboard_port import DashboardPort


class AskBar(LineWidget):
    """The rows the dashboard's bars and card begin with; none while nothing waits."""

    DEFAULT_CSS = """
    AskBar { dock: top; width: 1fr; height: 0; }
    """

    def on_mount(self) -> None:
        """Say what waits now."""
        self.follow()

    def on_resize(self) -> None:
        """Another width has room for other words."""
        self.follow()

    def follow(self) -> None:
        """Say what waits by the newest model."""
        app = cast("DashboardPort", self.app)
        rows = asks_rows(app.model, app.acknowledge_key, self.app.size.width)
        if self.styles.height is None or self.styles.height.value != len(rows):
            self.styles.height = len(rows)
        self.show(rows)
