"""The alerts of the dashboard: scrolled through, chosen, opened."""

from __future__ import annotations

from textual import on

from orderflow_tui.tui.look.formatting import Zone, clean
from orderflow_tui.tui.screens import lazy
from orderflow_tui.tui.screens.base import ModelScreen
from orderflow_tui.tui.widgets.alert_list import AlertFeed
from orderflow_tui.views.frozen_views import AlertLine


class AlertsScreen(ModelScreen):
    """A screen with an alert feed."""

    def __init__(self, zone: Zone) -> None:
        super().__init__()
        self._zone = zone

    def action_alerts(self) -> None:
        """A cursor on the alerts, or none."""
        feed = self.query_one(AlertFeed)
        if feed.leave_cursor():
            return
        if not feed.alerts or not feed.size.height:
            self.dashboard.tell("no alert yet" if feed.size.height else "the alerts have no room in this window")
            return
        feed.move_cursor(0)
        self.dashboard.tell("up and down choose an alert, Enter opens it, Escape leaves")

    def open_alert(self, alert: AlertLine) -> None:
        """The detail of its symbol, with the alert first and the symbol's open recommendation."""
        if alert.symbol not in self.model.views:
            self.dashboard.tell(f"{clean(alert.symbol, 12)} is no longer watched")
            return
        self.model.choose(alert.symbol)
        self.model.show_card_of(alert.symbol)
        self.app.push_screen(lazy.detail_screen(self._zone, alert))

    @on(AlertFeed.Opened)
    def open_clicked(self, event: AlertFeed.Opened) -> None:
        """A click on an alert opens it."""
        if not self.dashboard.refuses_click():
            self.open_alert(event.alert)

    async def action_feed_page(self, pages: int) -> None:
        """Scroll the alerts."""
        feed = self.query_one(AlertFeed)
        step = max(1, feed.size.height - 1) * pages
        if feed.chosen is not None:
            feed.move_cursor(step)
            return
        feed.scroll_to(y=feed.scroll_offset.y + step, animate=False, force=True)
        await self.update_model()

    async def action_feed_newest(self) -> None:
        """Back to the newest alert."""
        self.query_one(AlertFeed).follow()
        await self.update_model()
