"""An app that says what it has to say in one row, where the keys stand: no toast ever covers data."""

from __future__ import annotations

from typing import Final

from textual.notifications import SeverityLevel
from textual.timer import Timer

from orderflow_tui.tui.keys.guarded_app import GuardedApp
from orderflow_tui.tui.state.messages import Messages
from orderflow_tui.tui.widgets.keybar import KeyBar

MESSAGE_SECONDS: Final = 4.0
"""How long a message, or a piece of a long one, stands."""


class MessageApp(GuardedApp):
    """Shows messages in the row of the keys of every screen that has one."""

    def __init__(self) -> None:
        super().__init__()
        self.messages = Messages()
        self._message_timer: Timer | None = None

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,  # noqa: ARG002 - textual's
        markup: bool = True,  # noqa: ARG002 - textual's: nothing said here is markup
    ) -> None:
        """Say this for a few seconds, instead of what is said now; text, never markup."""
        self.messages.say(f"{title}: {message}" if title else message, warning=severity != "information")
        self._show_message()

    def _show_message(self) -> None:
        if self._message_timer is not None:
            self._message_timer.stop()
        for screen in self.screen_stack:
            for bar in screen.query(KeyBar):
                bar.paint()
        waits = self.messages.standing and self.is_running
        self._message_timer = self.set_timer(MESSAGE_SECONDS, self._next_message) if waits else None

    def _next_message(self) -> None:
        self.messages.next(self.size.width - 1)
        self._show_message()
