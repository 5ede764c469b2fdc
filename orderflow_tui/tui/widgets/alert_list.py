"""The alert feed: newest first, one line an episode, updated in place."""

from __future__ import annotations

from orderflow_tui.tui.look.lines import EMPTY_ROW, Row, Span, make_row
from orderflow_tui.tui.look.text import Zone
from orderflow_tui.tui.rows.feed_rows import alert_row
from orderflow_tui.tui.widgets.newest_first_list import NewestFirst
from orderflow_tui.views.model import AlertLine


class AlertFeed(NewestFirst, can_focus=False):
    """Alerts of all symbols, or of one."""

    DEFAULT_CSS = """
    AlertFeed { height: 4; }
    """

    def __init__(self, zone: Zone, *, id: str | None = None) -> None:  # noqa: A002 - textual's name
        super().__init__(id=id)
        self._zone = zone
        self.alerts: tuple[AlertLine, ...] = ()

    def on_mount(self) -> None:
        """An empty feed says so."""
        self.resize_to(1, 0)

    def apply(self, alerts: tuple[AlertLine, ...]) -> None:
        """Take the newest alerts; rows that say the same are not repainted."""
        old, self.alerts = self.alerts, alerts
        if alerts is old:
            return
        known = {line.episode_id for line in old}
        added = sum(line.episode_id not in known for line in alerts)
        if added or len(alerts) != len(old):
            self.resize_to(max(1, len(alerts)), added)
            self.refresh()
            return
        for index, (before, now) in enumerate(zip(old, alerts, strict=True)):
            if before is not now and before != now:
                self.refresh_rows(index)

    def row(self, index: int, width: int) -> Row:
        """One alert, or word that there is none."""
        if not self.alerts and index == 0:
            return make_row(Span(" none yet", "muted"))
        return alert_row(self.alerts[index], self._zone, width) if index < len(self.alerts) else EMPTY_ROW
