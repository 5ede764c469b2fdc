"""Getting the trader's attention through the terminal: its bell, its title, its desktop notification.

Sequences only: they are written by the app. A terminal that does not know one ignores it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from orderflow_tui.tui.look.text import clean

Notify = Literal["unfocused", "always", "never"]

SAVE_TITLE, RESTORE_TITLE = "\x1b[22;0t", "\x1b[23;0t"
_LIMIT = 200
_TITLED = ("foot", "rxvt")
"""Terminals that know OSC 777 (title and text) and not OSC 9."""


class Attention(Struct, frozen=True):
    """What may be used.

    Attributes:
        bell: Ring once for each new recommendation and each position that goes blind.
        title: Say in the terminal's title what is asked, blinking until it is answered.
        notify: A notification of the desktop: while another window has the focus, always, never.
    """

    bell: bool = True
    title: bool = True
    notify: Notify = "unfocused"

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
