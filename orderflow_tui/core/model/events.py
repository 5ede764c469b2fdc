"""What the core is fed: one symbol's prints, books and instants.

Prices are integers of $0.0001, sizes integers of the source's size unit (1 share for stocks), times nanoseconds UTC.
A field that is added goes last and has a default, and tags stay: recordings of earlier versions hold these events.
"""

from __future__ import annotations

from typing import Final

import msgspec

BUY: Final = 1
"""The buyer was the aggressor."""
SELL: Final = -1
"""The seller was the aggressor."""
UNKNOWN: Final = 0

# What a print counts for (SPEC section 4.4). A regular print has the three of REGULAR.
VOLUME: Final = 1
PRICE: Final = 2
SIDE: Final = 4
AUCTION: Final = 8
"""Open, close, reopening: volume and a real price, no aggressor, in no window."""
OFF_EXCHANGE: Final = 16
LATE_REPORT: Final = 32
"""Reported more than 10 s after it happened: volume of the day, in no window."""
HIDDEN: Final = 64
"""Against a hidden or midpoint order, where the source says so."""
SIDE_GIVEN: Final = 128
"""The source itself named the aggressor."""
REGULAR: Final = VOLUME | PRICE | SIDE

Levels = tuple[tuple[int, int], ...]
"""`(price, size)` pairs, best first."""


class Print(msgspec.Struct, gc=False, array_like=True, tag=1):
    """One trade as the tape reports it."""

    time_ns: int
    seq: int
    price: int
    size: int
    flags: int = REGULAR
    side: int = UNKNOWN
    venue: int = 0
    trf: int = 0
    trade_id: str = ""
    participant_ns: int = 0


class Book(msgspec.Struct, gc=False, array_like=True, tag=2):
    """The shown book after a change (or at a poll). One level a side is the NBBO.

    `since_ns`: since when its best prices are known to be in force, where that is before `time_ns`; else 0.
    """

    time_ns: int
    seq: int
    bids: Levels
    asks: Levels
    since_ns: int = 0


class Clock(msgspec.Struct, gc=False, array_like=True, tag=3):
    """Time has reached this instant, whether or not anything traded."""

    time_ns: int


class TapeCovered(msgspec.Struct, gc=False, array_like=True, tag=4):
    """Every print up to this instant has been delivered (a finished trades poll, or a stream's heartbeat)."""

    time_ns: int


class TapeCorrection(msgspec.Struct, gc=False, array_like=True, tag=5):
    """All prints of the seconds from `from_second` to before `time_ns`, as the tape has them now."""

    time_ns: int
    from_second: int
    prints: tuple[Print, ...]


class SideCheckResult(msgspec.Struct, gc=False, array_like=True, tag=6):
    """The answer to `outputs.SideCheckRequested`: the prints of its span and every quote in force in it.

    Before them the last prints with two different prices, from which the tick test starts. `answered` False: no quotes
    came in time, or none can be had.
    """

    time_ns: int
    key: int
    answered: bool
    prints: tuple[Print, ...] = ()
    quotes: tuple[Book, ...] = ()


class Gap(msgspec.Struct, gc=False, array_like=True, tag=7):
    """The tape is unknown before this instant: baselines start again here unless a back-fill follows.

    With `tape` False only the book was out of sight: what is gone from it when it returns was not seen to go.
    """

    time_ns: int
    reason: str
    tape: bool = True


class Halt(msgspec.Struct, gc=False, array_like=True, tag=8):
    """Trading stopped (`halted=True`) or reopened."""

    time_ns: int
    halted: bool
    reason: str = ""


class Quote(msgspec.Struct, gc=False, array_like=True, tag=9):
    """The tape's own best bid and offer where the book comes from another source: sides are read from it alone.

    Fields as those of `Book`.
    """

    time_ns: int
    seq: int
    bids: Levels
    asks: Levels
    since_ns: int = 0


Event = Print | Book | Clock | TapeCovered | TapeCorrection | SideCheckResult | Gap | Halt | Quote

_RANK = {Print: 1, Book: 2, Quote: 2, TapeCovered: 3, TapeCorrection: 5, SideCheckResult: 6, Halt: 0, Gap: 0, Clock: 4}


def live_order(event: Event) -> tuple[int, int, int]:
    """Sort key of what arrives together: time, print before quote, the channel's own sequence."""
    return (event.time_ns, _RANK[type(event)], getattr(event, "seq", 0))
