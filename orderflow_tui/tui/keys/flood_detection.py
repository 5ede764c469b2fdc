"""What no hand sends: floods of sequences in one read, and more messages than the app deals with."""

from __future__ import annotations

import re
from typing import Final

MOST_BY_HAND: Final = 256
"""More bytes than these in one read are no hand's: only the last of its keys may be, and no click is."""
_ESC: Final = "\x1b"
_SHORTEST: Final = 16
_PASTES: Final = re.compile(r"(?:\x1b\[200~[^\x1b]*\x1b\[201~){8,}")
_SEQUENCES: Final = (
    re.compile(r"(?:\x1b(?:\[(?!\[|M|20[01]~)[\x20-\x3f]*[@-~]|O[!-~]|[!-NQ-WYZ`-~])){64,}"),
    re.compile(r"(?:\x1b\[M[^\x1b]{3}){8,}"),
    re.compile(r"\x1b{16,}"),
)


def flood_until(text: str, at: int) -> int:
    """Where the last sequence of a flood that begins at `at` begins, to be read for all of it; 0 where none does."""
    if len(text) - at < _SHORTEST:
        return 0
    if match := _PASTES.match(text, at):
        return text.rfind(_ESC, at, match.end() - len("\x1b[201~"))
    match = next((found for flood in _SEQUENCES if (found := flood.match(text, at))), None)
    return text.rfind(_ESC, at, match.end()) if match else 0


class FloodDetection:
    """Lets so many through a second, and no more than `most` at once."""

    def __init__(self, rate: float, most: float) -> None:
        self._rate, self._most = rate, most
        self._left, self._at = most, 0.0

    def take(self, now: float) -> bool:
        """Whether one more may pass."""
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
