"""Getting the trader's attention through the terminal: its bell, its title, its desktop notification.

A terminal that does not know a sequence ignores it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from msgspec import Struct, field

from orderflow_tui.config.screen_settings import Sound, bells
from orderflow_tui.tui.look.formatting import clean

Notify = Literal["unfocused", "always", "never"]

SAVE_TITLE, RESTORE_TITLE = "\x1b[22;0t", "\x1b[23;0t"
TITLE_MARK = "● "
_LIMIT = 200
_TITLED = ("foot", "rxvt")
"""Terminals that know OSC 777 (title and text) and not OSC 9."""


class Attention(Struct, frozen=True):
    """What may be used.

    Attributes:
        bell: Whether to ring at all.
        bells: How often for each kind.
        title: Say in the terminal's title what is asked, blinking until it is answered.
        notify: A notification of the desktop: while another window has the focus, always, never.
    """

    bell: bool = True
    bells: Mapping[Sound, int] = field(default_factory=lambda: bells(""))
    title: bool = True
    notify: Notify = "unfocused"

    def rings(self, kinds: Iterable[Sound]) -> int:
        """How often the bell rings for what came together: as for the most urgent of it."""
        return max((self.bells[kind] for kind in kinds), default=0) if self.bell else 0

    def wants_notification(self, *, focused: bool) -> bool:
        """Whether to notify the desktop; a terminal that does not report its focus counts as focused."""
        return self.notify == "always" or (self.notify == "unfocused" and not focused)


def title_sequence(words: str) -> str:
    """OSC 0: the title of the window and its tab."""
    return f"\x1b]0;{clean(words, _LIMIT)}\x07"


def notification_sequence(title: str, words: str, environment: Mapping[str, str]) -> str:
    """OSC 9, or OSC 777 where the terminal is known to want that; handed through tmux where it runs in one.

    Args:
        title: What is asked.
        words: Why.
        environment: `TERM`, `VTE_VERSION` and `TMUX` tell which terminal it is.
    """
    name, reason = clean(title, _LIMIT).replace(";", ","), clean(words, _LIMIT).replace(";", ",")
    titled = "VTE_VERSION" in environment or environment.get("TERM", "").startswith(_TITLED)
    sequence = f"\x1b]777;notify;{name};{reason}\x07" if titled else f"\x1b]9;{name}: {reason}\x07"
    if "TMUX" in environment:
        inner = sequence.replace("\x1b", "\x1b\x1b")
        return f"\x1bPtmux;{inner}\x1b\\"
    return sequence


class TerminalSignals:
    """Writes them.

    Args:
        use: What may be used; it may be changed.
        write: Writes a sequence to the terminal.
    """

    def __init__(self, use: Attention, write: Callable[[str], None]) -> None:
        self.use = use
        self._write = write
        self._lit = False

    def save_title(self) -> None:
        """Keep the terminal's own title."""
        self._title(SAVE_TITLE)

    def restore_title(self) -> None:
        """Give it back."""
        self._title(RESTORE_TITLE)

    def show_title(self, words: str) -> None:
        """Say in the title what is asked, so that it shows in a tab or a task bar."""
        self._title(title_sequence(words))

    def blink(self, words: str) -> None:
        """The same with a mark every other time: a tab in the background shows it."""
        self._lit = not self._lit
        self._title(title_sequence(f"{TITLE_MARK if self._lit else ''}{words}"))

    def tell_desktop(self, fresh: Iterable[tuple[str, str]], *, focused: bool) -> None:
        """A desktop notification of each title and its words, where one is wanted."""
        if self.use.wants_notification(focused=focused):
            for title, words in fresh:
                self._write(notification_sequence(title, words, os.environ))

    def failed(self, name: str) -> None:
        """The screen has crashed: whoever looks elsewhere must hear of it."""
        if self.use.notify != "never":
            words = "alerts are no longer shown: restart it"
            self._write(notification_sequence(f"{name} failed", words, os.environ))

    def _title(self, sequence: str) -> None:
        if self.use.title:
            self._write(sequence)
