"""An app that takes an answer only from a key that a person pressed, and that tells what ended it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from typing import ClassVar, Final, Protocol

from rich.text import Text
from textual import constants, events
from textual.app import App
from textual.command import CommandPalette
from textual.driver import Driver
from textual.notifications import SeverityLevel

from orderflow_tui.support.output import crash_lines
from orderflow_tui.tui.keys.bindings import ANSWER_BINDINGS, APP_BINDINGS, named
from orderflow_tui.tui.keys.terminal_input import Key

TERMINAL_GONE: Final = 129
"""The exit code where the terminal is gone: what a shell calls the end by SIGHUP."""
MOST_TOASTS: Final = 5
_TOO_CLOSE: Final = "that key came together with other input and was not taken: press it again"
_HARMLESS: Final = frozenset({"answer-back", "answer-note"})


class EndPort(Protocol):
    """Who makes sure that the run ends, and keeps the first reason."""

    def ask(self, reason: str, code: int) -> None:
        """End the run. From any thread."""
        ...

    def when_asked(self, leave: Callable[[int], object]) -> None:
        """How the screen is asked, from any thread, to leave with an exit code."""
        ...


class GuardedApp(App[int]):
    """What stands between the terminal and the dashboard."""

    ANSWER_SCOPE: ClassVar[str] = "Answer"

    def __init__(self) -> None:
        super().__init__()
        self.defect = ""
        """What ended the screen against its will, in one line; empty while nothing did."""
        self.ending: EndPort | None = None

    def get_driver_class(self) -> type[Driver]:
        """Drivers that notice a terminal which is gone, and type nothing that is no key."""
        if (constants.DRIVER or "").endswith(":WebDriver"):
            from orderflow_tui.tui.keys.browser_driver import BrowserDriver  # noqa: PLC0415 only in a browser's tab

            return BrowserDriver
        if constants.DRIVER is not None or os.name != "posix":
            driver: type[Driver] = super().get_driver_class()
            return driver
        from orderflow_tui.tui.keys.terminal_driver import TerminalDriver  # noqa: PLC0415 only systems with terminals

        return TerminalDriver

    def keys_of(self, name: str, default: str) -> str:
        """The keys of a binding under the keymap in force, separated by commas."""
        return default if name else ""

    async def on_event(self, event: events.Event) -> None:
        """A key that nobody may have pressed answers nothing and ends nothing."""
        if isinstance(event, Key) and not event.is_forwarded and self._refuses(event):
            self.say_once(_TOO_CLOSE)
            return
        await super().on_event(event)

    def _refuses(self, key: Key) -> bool:
        typing = self.focused is not None
        if not key.by_person and (typing or isinstance(self.screen, CommandPalette)):
            return key.key == "enter" and self._answers()
        if not key.by_person and self._answers():
            return self._bound(key.key, {name.id or "" for name in named(ANSWER_BINDINGS)} - _HARMLESS)
        return not key.alone and not typing and self._bound(key.key, {"quit-letter"})

    def _answers(self) -> bool:
        """Whether what is open answers a recommendation, or may start what does."""
        return any(getattr(screen, "SCOPE", "") == self.ANSWER_SCOPE for screen in self.screen_stack) or isinstance(
            self.screen, CommandPalette
        )

    def _bound(self, key: str, names: set[str]) -> bool:
        return any(
            key in [one.strip() for one in self.keys_of(binding.id, binding.key).split(",")]
            for binding in named([*ANSWER_BINDINGS, *APP_BINDINGS])
            if binding.id in names
        )

    def say_once(self, message: str, severity: SeverityLevel = "warning") -> None:
        """A short-lived line in a corner, unless it stands there already or there are many."""
        standing = list(self._notifications)
        if len(standing) < MOST_TOASTS and all(one.message != message for one in standing):
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
            self.ending.ask(why, TERMINAL_GONE)
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.exit, TERMINAL_GONE, TERMINAL_GONE)

    def _fatal_error(self) -> None:
        """Tell where a defect ended the screen, without the values of variables, which textual would show."""
        self.bell()
        kind, error, trace = sys.exc_info()
        if kind is not None and error is not None:
            self.defect = self.defect or f"the screen failed: {kind.__name__}"
            if self.ending is not None:
                self.ending.ask(self.defect, 1)
            self._exit_renderables.append(Text("\n".join(crash_lines(kind, error, trace))))
        self._close_messages_no_wait()
