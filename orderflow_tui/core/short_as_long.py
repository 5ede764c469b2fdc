"""Long and short in one place, so that every rule exists once.

For a short position what comes in is mirrored at the door: prices negated, bids and asks swapped, sides turned. The
rules then see what a holder of the opposite position would see. What goes out is turned back at the exit.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from orderflow_tui.core.model.data_models import Against
from orderflow_tui.core.model.events import Book, Event, Levels, Print, Quote, SideCheckResult, TapeCorrection

Side = Literal["bid", "ask", "sell"]
TapeRow = tuple[int, int, int, int, int]
"""`(time_ns, price, size, side, flags)` of a print."""
_OTHER: dict[str, str] = {"bid": "ask", "ask": "bid", "sell": "buy"}


class Mirror(Struct, frozen=True):
    """Which position the rules protect."""

    short: bool = False

    # --- the door ---------------------------------------------------------------------------------------------------

    def event(self, event: Event) -> Event:
        """What the rules see of an event."""
        return mirrored(event) if self.short else event

    def level(self, price: int) -> int:
        """A real price as the rules see it."""
        return -price if self.short else price

    def rests_near(self, order_side: Literal["buy", "sell"]) -> bool:
        """Whether an order of the holder rests on what the rules see as the bids."""
        return (order_side == "buy") != self.short

    # --- the exit ---------------------------------------------------------------------------------------------------

    @property
    def against(self) -> Against:
        """The position that alerts endanger."""
        return "short" if self.short else "long"

    @property
    def sign(self) -> int:
        """By which a change of price, a quantity or a profit is multiplied to have its real sign."""
        return -1 if self.short else 1

    def price(self, level: int) -> int:
        """The real price of what the rules see."""
        return -level if self.short else level

    def words(self, long: str, short: str) -> str:
        """The wording for the side that is held."""
        return short if self.short else long

    def side(self, side: Side) -> str:
        """The side of the real book, or the real aggressor."""
        return _OTHER[side] if self.short else side

    def row(self, row: TapeRow) -> TapeRow:
        """A print with its real price and side."""
        time_ns, price, size, side, flags = row
        return (time_ns, -price, size, -side, flags) if self.short else row


def mirrored(event: Event) -> Event:
    """The event as a holder of the opposite position would see it."""
    if isinstance(event, Print):
        return Print(
            event.time_ns, event.seq, -event.price, event.size, event.flags, -event.side, event.venue, event.trf,
            event.trade_id, event.participant_ns,
        )  # fmt: skip
    if isinstance(event, TapeCorrection):
        turned = tuple(one for one in map(mirrored, event.prints) if isinstance(one, Print))
        return TapeCorrection(event.time_ns, event.from_second, turned)
    if isinstance(event, SideCheckResult):
        turned = tuple(one for one in map(mirrored, event.prints) if isinstance(one, Print))
        quotes = tuple(one for one in map(mirrored, event.quotes) if isinstance(one, Book))
        return SideCheckResult(event.time_ns, event.key, event.answered, turned, quotes)
    if isinstance(event, Book | Quote):
        return type(event)(event.time_ns, event.seq, _negated(event.asks), _negated(event.bids), event.since_ns)
    return event


def _negated(levels: Levels) -> Levels:
    return tuple((-price, size) for price, size in levels)
