"""What the holder says: positions, resting orders, answers.

The public records that a screen needs; the others, whose classes take it ten milliseconds, stand in `data_models`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

RecommendationStatus = Literal["open", "held", "snoozed", "exited", "trimmed", "resolved", "unanswered"]
AnswerKind = Literal["exited", "trimmed", "hold", "snooze"]
TAKE_BACK: Final = "take_back"
"""What is given in the place of an answer to take the latest one back."""
TOGETHER_NS: Final = 50_000_000
"""Answers so near each other were one key: they are taken back together."""


@dataclass(frozen=True, slots=True)
class WorkingOrder:
    """One of the holder's own resting orders, subtracted from the book before any rule.

    Attributes:
        side: `buy` rests on the bids, `sell` on the asks.
        price: Dollars.
        size: Shares.
    """

    side: Literal["buy", "sell"]
    price: Decimal
    size: int


@dataclass(frozen=True, slots=True)
class Position:
    """What is held in one symbol.

    Attributes:
        symbol: Ticker.
        quantity: Shares; negative is short.
        average_cost: Dollars a share; 0 where it is not known, and then there is no P&L.
        stop: The holder's stop in dollars, if any.
        working: Own resting orders.
        events: `"2026-01-29 after"` entries: relative-volume rules are off within 30 minutes of them.
        hypothetical: Assumed for a replay, not held.
    """

    symbol: str
    quantity: int
    average_cost: Decimal
    stop: Decimal | None = None
    working: tuple[WorkingOrder, ...] = ()
    events: tuple[str, ...] = ()
    hypothetical: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the trader answered to a recommendation.

    Attributes:
        kind: `exited`, `trimmed`, `hold` or `snooze`; `take_back` takes the latest answer back.
        shares: For `trimmed`: how many shares were sold (bought back, for a short).
        minutes: For `snooze`: 1, 5 or 15.
        note: Free text, may be empty.
        screen: Where it was given, such as a terminal's name; empty where there is one screen only.
    """

    kind: AnswerKind | Literal["take_back"]
    shares: int = 0
    minutes: int = 0
    note: str = ""
    screen: str = ""
