"""Passes what was read on to the app, and of a flood only what the app keeps up with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from textual.message import Message

from orderflow_tui.tui.keys.guarded_app import GuardedApp
from orderflow_tui.tui.keys.terminal_input import Key

MOST_BEHIND: Final = 16
"""So many messages wait for the app at most; a key alone always passes, and is dealt with soon."""
_FORGET_SECONDS: Final = 1.0
"""A screen that was closed says nothing of what waited for it."""


class InputPacing:
    """A driver's, used in its input thread.

    Args:
        app: Deals with the messages.
        pass_on: Hands one over.
    """

    def __init__(self, app: GuardedApp, pass_on: Callable[[Message], None]) -> None:
        self._app = app
        self._pass_on = pass_on
        self._passed = self._done = 0
        self._at = 0.0
        self._late: Message | None = None
        """The last key the app could not keep up with: the one a person pressed after a flood."""

    @property
    def waits(self) -> bool:
        """Whether a key is to be passed on as soon as the app has dealt with what came before."""
        return self._late is not None

    def __call__(self, messages: Iterable[Message]) -> None:
        """Pass on what the app keeps up with."""
        before, now = self._passed, time.monotonic()
        if now - self._at > _FORGET_SECONDS:
            self._done = before
        late, self._late = self._late, None
        for message in messages if late is None else (late, *messages):
            if not (isinstance(message, Key) and message.alone):
                if self._passed - self._done >= MOST_BEHIND:
                    self._late = message if isinstance(message, Key) else self._late
                    continue
                self._passed += 1
            self._pass_on(message)
        if self._passed > before:
            self._at = now
            self._app.once_dealt_with(partial(self._dealt_with, self._passed))

    def _dealt_with(self, passed: int) -> None:
        """Called in the app's thread: nothing else there writes the number."""
        self._done = max(self._done, passed)
