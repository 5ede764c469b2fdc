"""What the program has to say to the trader beside the data: one line, a piece at a time, newest first."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from orderflow_tui.tui.look.formatting import clean, wrap

MOST: Final = 5
"""More than so many are not kept waiting: the oldest goes unsaid."""
_PIECES: Final = 4


class Said(Struct, frozen=True):
    """One message: text, never markup."""

    text: str
    warning: bool


class Messages:
    """Messages that have not had their time yet. The newest is said at once; those it interrupts follow.

    A note about the same thing replaces the one before it: `BAC: kept` after `BAC: sold some`, `sorted by` again.
    """

    def __init__(self) -> None:
        self.standing: list[Said] = []
        """Oldest first."""
        self._piece = 0

    def say(self, text: str, *, warning: bool) -> None:
        """Say this now; what stands already is said anew."""
        said = Said(clean(text), warning)
        self.standing = [*(one for one in self.standing if not _replaces(said, one)), said][-MOST:]
        self._piece = 0

    def piece(self, width: int) -> Said | None:
        """What to show now in so many cells; a longer message comes in pieces. None where nothing is to be said."""
        if not self.standing:
            return None
        newest = self.standing[-1]
        pieces = wrap(newest.text, max(1, width), _PIECES) or [""]
        return Said(pieces[min(self._piece, len(pieces) - 1)], newest.warning)

    def next(self, width: int) -> None:
        """The piece has had its time."""
        if self.standing:
            self._piece += 1
            if self._piece >= len(wrap(self.standing[-1].text, max(1, width), _PIECES)):
                self.standing.pop()
                self._piece = 0


def _replaces(news: Said, old: Said) -> bool:
    """Whether the old one is said no more: the same, or a note about the same thing. A warning keeps its time."""
    return news.text == old.text or (not news.warning and not old.warning and _about(news) == _about(old))


def _about(said: Said) -> str:
    """The symbols or the file before a colon, or the first two words."""
    about, colon, _ = said.text.partition(":")
    return about if colon else " ".join(said.text.split()[:2])
