"""How fast one screen may talk: more than a hand can press waits in its own socket, and holds up nobody else."""

from __future__ import annotations

from typing import Final

A_SECOND: Final = 50.0
AT_ONCE: Final = 200
"""Messages that come together and are taken together, such as an answer for every symbol of a card."""


class MessagePace:
    """Says how long each message waits before it is obeyed."""

    def __init__(self) -> None:
        self._due = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the message that has come is obeyed.

        Args:
            now: Seconds on a clock that never goes back.
        """
        self._due = max(self._due, now) + 1 / A_SECOND
        return max(0.0, self._due - now - AT_ONCE / A_SECOND)
