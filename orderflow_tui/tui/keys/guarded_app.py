"""An app that takes an answer only from a key that a person pressed, and that tells what ended it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Final, Protocol

from rich.console import RenderableType
from rich.text import Text
from textual import constants, events
from textual.app import App
from textual.command import CommandPalette
from textual.driver import Driver
from textual.notifications import SeverityLevel
from textual.screen import Screen

from orderflow_tui.support.console import crash_lines
from orderflow_tui.support.terminal import GONE
from orderflow_tui.tui.keys.terminal_input import Key

TOO_CLOSE: Final = "that key arrived with other input and was ignored: press it again"
CLICKS: Final = "several clicks arrived at once and were ignored: click once"
CLICK_SECONDS: Final = 0.1
"""A click that follows another sooner is one of a flood."""
ONE_CLICK_SECONDS: Final = 0.3
"""A click that quits waits so long for another: a person clicks there once."""
NOT_SHOWN: Final = "the terminal had not shown this yet, so that key was ignored: press it again"


class EndPort(Protocol):
    """Who makes sure that the run ends, and keeps the first reason."""

    def ask(self, reason: str, code: int, words: str = "") -> None:
        """End the run. From any thread."""
        ...

    def when_asked(self, leave: Callable[[int], object]) -> None:
        """How the screen is asked, from any thread, to leave with an exit code."""
        ...


class GuardedApp(App[int]):
    """What stands between the terminal and the dashboard."""

    ANSWER_SCOPE: ClassVar[str] = "Answer"
    SETTINGS_SCOPE: ClassVar[str] = "Settings"

    def __init__(self) -> None:
        super().__init__()
        self.answering = False
        """Whether a key alone answers a recommendation: it is held for a moment to see whether more comes."""
        self.ascii_only = False
        """Whether the terminal is sent ASCII alone."""
        self._pressed: Key | None = None
        self._clicked_at, self._clicked_before = -1e9, -2e9
        self.defect = ""
        """What ended the screen against its will, in one line; empty while nothing did."""
        self.ending: EndPort | None = None
        self.when_painted: Callable[[], object] | None = None
        """Called once, when the first frame is out."""

    def get_driver_class(self) -> type[Driver]:
        """Drivers that notice a terminal which is gone, and type nothing that is not a key."""
        if (constants.DRIVER or "").endswith(":WebDriver"):
            from orderflow_tui.tui.keys.browser_driver import BrowserDriver  # noqa: PLC0415 only in a browser's tab

            return BrowserDriver
        if constants.DRIVER is not None or sys.platform == "win32":
            driver: type[Driver] = super().get_driver_class()
            return driver
        from orderflow_tui.tui.keys.terminal_driver import TerminalDriver  # noqa: PLC0415 only systems with terminals

        return TerminalDriver

    async def on_event(self, event: events.Event) -> None:
        """Remember which key is being acted on."""
        if isinstance(event, events.InputEvent) and not event.is_forwarded:
            self._pressed = event if isinstance(event, Key) else None
            if isinstance(event, events.MouseDown):
                self._clicked_before, self._clicked_at = self._clicked_at, time.monotonic()
        await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """A key that nobody may have pressed answers nothing and changes no setting.

        Asked where the key acts: what it acts on may have opened since it came.
        """
        self._pressed = event if isinstance(event, Key) else None
        if self._pressed is not None and (why := self._refusal(self._pressed)):
            event.prevent_default()
            self.say(why)

    def _refusal(self, key: Key) -> str:
        """Why a key is not taken, or empty."""
        scope = getattr(self.screen, "SCOPE", "")
        if key.key == "escape":
            return ""
        if scope in (self.ANSWER_SCOPE, self.SETTINGS_SCOPE) and getattr(self._driver, "behind", False):
            return NOT_SHOWN
        if isinstance(self.screen, CommandPalette):
            refused = key.key == "enter"
        else:
            refused = scope == self.ANSWER_SCOPE or (scope == self.SETTINGS_SCOPE and not key.repeated)
        return TOO_CLOSE if refused and not key.by_person else ""

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Paint, where the terminal has read the frames before; where not, its driver asks for a repaint later."""
        takes_frame: Callable[[], bool] = getattr(self._driver, "takes_frame", _always)
        if takes_frame():
            super()._display(screen, renderable)
            painted, self.when_painted = self.when_painted, None
            if painted is not None:
                painted()

    def once_dealt_with(self, told: Callable[[], None]) -> None:
        """Call back once the keys that came before have acted: they pass the screen, and come back. From any thread."""
        self.call_later(lambda: _discard(self.screen.call_later(self.call_later, told)))

    def refuses_to_quit(self) -> bool:
        """Whether the key being acted on may be nobody's; says so."""
        key = self._pressed
        if key is None or key.alone or key.repeated:
            return False
        self.say(TOO_CLOSE)
        return True

    def refuses_click(self, seconds: float = CLICK_SECONDS) -> bool:
        """Whether the click being acted on follows another within so many seconds; says so."""
        refused = self._clicked_at - self._clicked_before < seconds
        if refused:
            self.say(CLICKS)
        return refused

    def after_one_click(self, act: Callable[[], Awaitable[object]]) -> None:
        """Act upon a click once it is known that no other came with it."""
        at = self._clicked_at

        async def alone() -> None:
            if self._clicked_at == at:
                await act()
            else:
                self.say(CLICKS)

        if not self.refuses_click(ONE_CLICK_SECONDS):
            self.set_timer(ONE_CLICK_SECONDS, alone)

    def say(self, message: str, severity: SeverityLevel = "warning") -> None:
        """A short-lived message; text, never markup."""
        self.notify(message, severity=severity, markup=False)

    def follow_the_ending(self) -> None:
        """From here on whoever ends the run can ask the screen to leave. Called in the app's loop."""
        loop = asyncio.get_running_loop()

        def leave(code: int) -> None:
            loop.call_soon_threadsafe(self.exit, code, code)

        if self.ending is not None:
            self.ending.when_asked(leave)

    def leave(self, reason: str, code: int) -> None:
        """Leave, and see to it that the process ends. Called in the app's loop."""
        if self.ending is not None:
            self.ending.ask(reason, code)
        self.exit(code, code)

    def terminal_is_gone(self, why: str) -> None:
        """Leave: nobody looks any more. From any thread."""
        if self.ending is not None:
            self.ending.ask(why, GONE)
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.exit, GONE, GONE)

    def _fatal_error(self) -> None:
        """Tell where a defect ended the screen, without the values of variables, which textual would show."""
        self.bell()
        kind, error, trace = sys.exc_info()
        if kind is not None and error is not None:
            self.defect = self.defect or f"the screen failed: {kind.__name__}"
            words = "\n".join(crash_lines(kind, error, trace))
            if self.ending is not None:
                self.ending.ask(self.defect, 1, words)
            self._exit_renderables.append(Text(words))
        self._close_messages_no_wait()


def _always() -> bool:
    return True


def _discard(_: object) -> None:
    """For callbacks whose result nobody wants."""
