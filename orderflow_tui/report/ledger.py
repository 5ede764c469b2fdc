"""The regret ledger: what leaving at once, or not leaving, came to by the recorded book."""

from __future__ import annotations

from collections import deque
from typing import Final

from msgspec import Struct, field
from msgspec.structs import asdict

from orderflow_tui.report.blind import seconds_between

SHOWN: Final = 200
"""The newest recommendations that are told one by one."""
CLOSED: Final = "position closed"
"""Why a recommendation ended whose shares were sold without an answer: it was followed."""


class Side(Struct):
    """Shares that left, or stayed, after recommendations; dollars are against leaving 15 minutes later."""

    n: int = 0
    known: int = 0
    dollars: float = 0.0
    cost: float = 0.0
    gained: int = 0

    def figures(self) -> dict[str, object]:
        """For JSON."""
        return {
            "recommendations": self.n,
            "known": self.known,
            "leaving_at_once_gained_dollars": round(self.dollars, 2),
            "of_them_gained": self.gained,
            "exit_cost_dollars": round(self.cost, 2),
        }


class Asked(Struct):
    """One recommendation until its outcome is known; `cost` is what leaving would have cost against the mid."""

    opened: str
    quantity: int
    symbol: str = ""
    cost: float | None = None
    answer: str = ""
    answered: str = ""
    trimmed: int = 0


class Entry(Struct, frozen=True):
    """One recommendation, settled; dollars, None where not known."""

    opened_utc: str
    symbol: str
    quantity: int
    answer: str
    seconds_to_answer: float | None
    leaving_at_once_gained_dollars: float | None
    exit_cost_dollars: float | None


class Ledger(Struct):
    """Followed (`exited`, position closed, the shares of `trimmed`) and not followed (the rest, held, unanswered).

    Leaving later is priced like leaving at once (the same distance from the middle price), so the difference is the
    move of the middle price times the shares: what the book does later cannot be known from one. The exit cost stands
    beside it: whoever would not have left at all paid it for nothing. An answer later than the outcome, 15 minutes,
    counts as none.
    """

    followed: Side = field(default_factory=Side)
    ignored: Side = field(default_factory=Side)
    big_falls: int = 0
    """Recommendations followed by a move of more than 5 % against the position within 15 minutes."""
    newest: deque[Entry] = field(default_factory=lambda: deque(maxlen=SHOWN))

    def settle(self, asked: Asked, mid: float | None, later: float | None) -> None:
        """The outcome of a recommendation."""
        whole = abs(asked.quantity)
        left = whole if asked.answer in {"exited", CLOSED} else 0
        if asked.answer == "trimmed":
            left = min(asked.trimmed, whole)
        saved: float | None = None
        if mid is not None and later is not None and mid > 0:
            saved = asked.quantity * (mid - later)
            direction = 1 if asked.quantity > 0 else -1
            self.big_falls += direction * (mid - later) / mid > 0.05
        for side, shares in ((self.followed, left), (self.ignored, whole - left)):
            if not shares and not (side is self.ignored and not left):
                continue
            side.n += 1
            if saved is not None:
                side.known += 1
                side.dollars += saved * shares / max(whole, 1)
                side.cost += (asked.cost or 0.0) * shares / max(whole, 1)
                side.gained += saved > 0
        waited = seconds_between(asked.opened, asked.answered) if asked.answered else None
        self.newest.append(
            Entry(
                asked.opened, asked.symbol, asked.quantity, asked.answer or "none", waited,
                None if saved is None else round(saved, 2), asked.cost,
            )
        )  # fmt: skip

    def figures(self) -> dict[str, object]:
        """For JSON."""
        return {
            "followed": self.followed.figures(),
            "not_followed": self.ignored.figures(),
            "moves_over_5_percent": self.big_falls,
            "newest": [asdict(entry) for entry in self.newest],
        }
