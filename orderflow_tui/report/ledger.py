"""The regret ledger: what leaving at once, or not leaving, came to by the recorded book."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

_FOLLOWED: Final = frozenset({"exited", "trimmed"})


@dataclass(slots=True)
class Side:
    """Recommendations answered one way; dollars are what leaving at once gained over leaving 15 minutes later."""

    n: int = 0
    known: int = 0
    dollars: float = 0.0
    gained: int = 0


@dataclass(slots=True)
class Asked:
    """One recommendation until its outcome is known."""

    opened: str
    quantity: int
    answer: str = ""


@dataclass(slots=True)
class Ledger:
    """Followed (`exited`, `trimmed`) and not followed (`hold`, `snooze`, no answer).

    Leaving later is priced like leaving at once (the same distance from the middle price), so the difference is the
    move of the middle price times the shares: what the book does later cannot be known from one.
    """

    followed: Side = field(default_factory=Side)
    ignored: Side = field(default_factory=Side)
    big_falls: int = 0
    """Recommendations followed by a move of more than 5 % against the position within 15 minutes."""

    def settle(self, asked: Asked, mid: float | None, later: float | None) -> None:
        """The outcome of a recommendation."""
        side = self.followed if asked.answer in _FOLLOWED else self.ignored
        side.n += 1
        if mid is None or later is None or mid <= 0:
            return
        saved = asked.quantity * (mid - later)
        side.known += 1
        side.dollars += saved
        side.gained += saved > 0
        direction = 1 if asked.quantity > 0 else -1
        self.big_falls += direction * (mid - later) / mid > 0.05

    def figures(self) -> dict[str, Any]:
        """For JSON."""
        return {
            name: {
                "recommendations": side.n,
                "known": side.known,
                "leaving_at_once_gained_dollars": round(side.dollars, 2),
                "of_them_gained": side.gained,
            }
            for name, side in (("followed", self.followed), ("not_followed", self.ignored))
        } | {"moves_over_5_percent": self.big_falls}
