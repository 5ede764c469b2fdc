"""Who has one of the few lines: books and tick-by-tick tapes, by urgency and with patience."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

HOLD_SECONDS: Final = 60.0
"""Whoever got a line keeps it at least so long while it is wanted: hands do not change with every print."""


class MarketDataLines:
    """The lines of one kind that the login has.

    Args:
        most: How many; a refusal lowers them for the run.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._since: dict[str, float] = {}

    @property
    def holders(self) -> tuple[str, ...]:
        """Who has a line, in the order they got it."""
        return tuple(self._since)

    def assign(self, wanted: Sequence[str], now: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Who gains a line and who loses one.

        Args:
            wanted: Who wants one, the most urgent first.
            now: Seconds on a monotonic clock.
        """
        before = self.holders
        kept = [name for name in before if name in wanted]
        fresh = {name for name in kept if now - self._since[name] < HOLD_SECONDS}
        # Of those who held one long enough only the most urgent keep it; who got one lately keeps it in any case.
        ranked = [name for name in wanted if name in fresh] + [name for name in wanted if name not in fresh]
        chosen = ranked[: self.most]
        self._since = {name: self._since.get(name, now) for name in (*(n for n in kept if n in chosen), *chosen)}
        return tuple(n for n in chosen if n not in before), tuple(n for n in before if n not in chosen)

    def refused(self, name: str) -> None:
        """The server has no line for this one: so many there are, and no more in this run."""
        self._since.pop(name, None)
        self.most = min(self.most, len(self._since))

    def drop(self, names: Iterable[str]) -> None:
        """These have none any more, for a reason of their own."""
        for name in names:
            self._since.pop(name, None)

    def clear(self) -> None:
        """A new connection: nobody has one."""
        self._since.clear()
