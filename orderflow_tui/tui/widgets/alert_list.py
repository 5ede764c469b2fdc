"""The alert feed: newest first, one line an episode, updated in place."""

from __future__ import annotations

from textual import events
from textual.message import Message

from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.look.styled_lines import EMPTY_ROW, Row, Span, make_row, restyle
from orderflow_tui.tui.rows.feed_rows import alert_row
from orderflow_tui.tui.widgets.newest_first_list import NewestFirst
from orderflow_tui.views.frozen_views import AlertLine


class AlertFeed(NewestFirst, can_focus=False):
    """Alerts of all symbols, or of one."""

    DEFAULT_CSS = """
    AlertFeed { height: 4; }
    """

    class Opened(Message):
        """An alert was clicked."""

        def __init__(self, alert: AlertLine) -> None:
            super().__init__()
            self.alert = alert

    def __init__(self, zone: Zone, *, id: str | None = None) -> None:  # noqa: A002 - textual's name
        super().__init__(id=id)
        self._zone = zone
        self.alerts: tuple[AlertLine, ...] = ()
        self._cursor = ""
        """The episode under the cursor; empty while there is none."""

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

    @property
    def chosen(self) -> AlertLine | None:
        """The alert under the cursor."""
        return (
            next((alert for alert in self.alerts if alert.episode_id == self._cursor), None) if self._cursor else None
        )

    def move_cursor(self, step: int) -> None:
        """Put the cursor on the newest alert in sight, or move it by rows."""
        if not self.alerts:
            return
        chosen = self.chosen
        at = self.scroll_offset.y if chosen is None else self.alerts.index(chosen) + step
        at = min(max(at, 0), len(self.alerts) - 1)
        self._cursor = self.alerts[at].episode_id
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if not top <= at < top + height:
            self.scroll_to(y=at if at < top else at - height + 1, animate=False, force=True)
        self.refresh()

    def leave_cursor(self) -> bool:
        """Take the cursor away; whether there was one."""
        had, self._cursor = bool(self._cursor), ""
        self.refresh()
        return had

    def on_click(self, event: events.Click) -> None:
        """A click opens the alert."""
        at = event.y + self.scroll_offset.y
        if at < len(self.alerts):
            self.post_message(self.Opened(self.alerts[at]))

    def row(self, index: int, width: int) -> Row:
        """One alert, or word that there is none."""
        if not self.alerts and index == 0:
            return make_row(Span(" none yet", "muted"))
        if index >= len(self.alerts):
            return EMPTY_ROW
        row = alert_row(self.alerts[index], self._zone, width)
        return Row(restyle(row, "cursor").spans, "cursor") if self.alerts[index].episode_id == self._cursor else row
