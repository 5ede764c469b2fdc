"""What a sale condition lets a print count for.

A print counts for a measure only if every one of its conditions lets it ("a no on any one takes precedence"). The
table follows the vendor's list of sale conditions of 2026-09-27 (`/v3/reference/conditions`, consolidated update
rules), with two readings of our own: odd lots (37) and Form T (12) do not update the official last price, yet they are
real trades at a real price and are kept: most of the retail tape and all of the tape outside 9:30 to 16:00.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from orderflow_tui.core.events import AUCTION, LATE_REPORT, OFF_EXCHANGE, PRICE, REGULAR, SIDE, VOLUME
from orderflow_tui.core.units import NS

FINRA_VENUE: Final = 4
"""Polygon's exchange id of everything reported through FINRA: dark pools and wholesalers."""
LATE_REPORT_NS: Final = 10 * NS
"""An off-exchange print may be reported this late and still be news."""
DROPPED_CORRECTIONS: Final = frozenset({1, 7, 8, 10, 11})
"""Original later corrected, marked in error or cancelled, and the cancel and error records themselves (TAQ usage)."""

_NOTHING: Final = frozenset({15, 16, 38})
"""Official close and open, corrected consolidated close: they repeat volume that was printed before."""
_VOLUME_ONLY: Final = frozenset({2, 5, 7, 10, 20, 21, 22, 29, 52, 53})
"""Average price, bunched sold, cash, derivatively priced, next day, price variation, prior reference, seller,
contingent, qualified contingent: real volume at a price made elsewhere or at another time."""
_SOLD_LATE: Final = frozenset({13, 32, 33})
"""Sold out of sequence: volume of the day, reported after its moment."""
_AUCTION: Final = frozenset({8, 17, 18, 19, 25, 28, 55})
"""Opening, closing and reopening prints: a real price, nobody was the aggressor."""
_CROSS: Final = frozenset({9})
"""A cross: both sides agreed on it."""
_REGULAR: Final = frozenset({0, 1, 3, 4, 6, 11, 12, 14, 23, 24, 27, 30, 31, 34, 35, 36, 37, 41})

KNOWN_CONDITIONS: Final = _NOTHING | _VOLUME_ONLY | _SOLD_LATE | _AUCTION | _CROSS | _REGULAR
"""Every condition id with a rule here; others count as regular, and a feed counts how often they occur."""


@lru_cache(maxsize=4096)
def condition_flags(conditions: tuple[int, ...]) -> int:
    """The flags of `core.events` the conditions alone leave to a print; 0 means it counts for nothing."""
    ids = frozenset(conditions)
    if ids & _NOTHING:
        return 0
    flags = REGULAR
    if ids & _SOLD_LATE:
        flags = VOLUME | LATE_REPORT
    elif ids & _VOLUME_ONLY:
        flags = VOLUME
    elif ids & (_AUCTION | _CROSS):
        flags = VOLUME | PRICE
    if ids & _AUCTION:
        flags |= AUCTION
    return flags


@lru_cache(maxsize=4096)
def unknown_conditions(conditions: tuple[int, ...]) -> tuple[int, ...]:
    """The ids among these that no rule here knows."""
    return tuple(condition for condition in conditions if condition not in KNOWN_CONDITIONS)


def flags_for(
    conditions: Sequence[int],
    *,
    correction: int | None = None,
    venue: int = 0,
    trf_id: int | None = None,
    sip_ns: int = 0,
    participant_ns: int | None = None,
) -> int:
    """What one print counts for.

    Args:
        conditions: Sale condition ids; empty is a regular print.
        correction: The tape's correction indicator; None or 0 is an uncorrected print.
        venue: Exchange id of the source; 4 is off-exchange.
        trf_id: Trade reporting facility; one without an exchange id is off-exchange too.
        sip_ns: When the tape reported it, nanoseconds UTC.
        participant_ns: When it happened at the venue, nanoseconds UTC; None or 0 where the source does not say.

    Returns:
        Bit flags of `core.events`. Without `VOLUME` the print counts for nothing: it was cancelled or corrected, or it
        repeats an official price. A late report keeps its volume and loses price and side, which are of another moment.
    """
    if correction in DROPPED_CORRECTIONS:
        return 0
    flags = condition_flags(tuple(conditions))
    if not flags:
        return 0
    if venue == FINRA_VENUE or (trf_id and not venue):
        flags |= OFF_EXCHANGE
        if participant_ns and sip_ns - participant_ns > LATE_REPORT_NS:
            flags = (flags | LATE_REPORT) & ~(PRICE | SIDE)
    return flags
