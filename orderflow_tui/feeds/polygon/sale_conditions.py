"""What a sale condition lets a print count for.

A print counts for a measure only if every one of its conditions lets it ("a no on any one takes precedence"). The
table follows the vendor's list of sale conditions of 2026-09-27 (`/v3/reference/conditions`, consolidated update
rules), with two readings of our own: odd lots (37) and Form T (12) do not update the official last price, yet they are
real trades at a real price and are kept: most of the retail tape and all of the tape outside 9:30 to 16:00.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct

from orderflow_tui.core.model.events import AUCTION, LATE_REPORT, OFF_EXCHANGE, PRICE, REGULAR, SIDE, VOLUME
from orderflow_tui.core.model.units import NS

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

_JUDGED: Final = _SOLD_LATE | _AUCTION | _CROSS | {12, 14, 37, 41}
"""What update rules cannot say (late, no aggressor) or say for another reason than a bad price: ours to judge."""


class UpdateRule(Struct, frozen=True):
    """What the vendor's list says of one sale condition, on the consolidated tape.

    Attributes:
        condition: Its id.
        volume: It updates the day's volume.
        last: It updates open and close, which is the last price.
    """

    condition: int
    volume: bool
    last: bool


class ConditionTable:
    """Which sale conditions leave a print what; never changed once made.

    Args:
        nothing: Ids that count for nothing.
        volume_only: Ids that leave volume.
        regular: Ids without an effect.
    """

    __slots__ = ("_nothing", "_volume_only", "flags", "known", "unknown")

    def __init__(self, nothing: frozenset[int], volume_only: frozenset[int], regular: frozenset[int]) -> None:
        self._nothing = nothing
        self._volume_only = volume_only
        self.known: Final = nothing | volume_only | regular | _JUDGED
        """Every id with a rule here; others count as regular, and a feed counts how often they occur."""
        self.flags = lru_cache(maxsize=4096)(self._flags)
        """The flags of `core.events` some conditions alone leave to a print; 0 means it counts for nothing."""
        self.unknown = lru_cache(maxsize=4096)(self._unknown)
        """The ids among some conditions that no rule here knows."""

    def _flags(self, conditions: tuple[int, ...]) -> int:
        ids = frozenset(conditions)
        if ids & self._nothing:
            return 0
        flags = REGULAR
        if ids & _SOLD_LATE:
            flags = VOLUME | LATE_REPORT
        elif ids & self._volume_only:
            flags = VOLUME
        elif ids & (_AUCTION | _CROSS):
            flags = VOLUME | PRICE
        if ids & _AUCTION:
            flags |= AUCTION
        return flags

    def _unknown(self, conditions: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(condition for condition in conditions if condition not in self.known)


EMBEDDED: Final = ConditionTable(_NOTHING, _VOLUME_ONLY, _REGULAR)
"""The list of 2026-09-27, in force until the vendor's own is read."""
KNOWN_CONDITIONS: Final = EMBEDDED.known
condition_flags: Final = EMBEDDED.flags
unknown_conditions: Final = EMBEDDED.unknown


def table_from_rules(rules: Iterable[UpdateRule]) -> ConditionTable:
    """The table of a vendor's list: the embedded one with the list's update rules in the place of its own.

    Late, auction and cross conditions, odd lots (37), Form T (12), sweeps (14) and trade-through exempt (41) stay as
    they are judged here, whatever the list says.

    Raises:
        ValueError: An id stands twice, official prices would be volume, or most ordinary prints would not count.
    """
    listed: dict[int, UpdateRule] = {}
    for rule in rules:
        if rule.condition in listed:
            raise ValueError(f"condition {rule.condition} is listed twice")
        listed[rule.condition] = rule
    repeated = [condition for condition in (15, 16) if condition in listed and listed[condition].volume]
    if repeated:
        raise ValueError(f"condition {repeated[0]}, an official price, would be volume")
    said = {condition: rule for condition, rule in listed.items() if condition not in _JUDGED}
    nothing = {condition for condition, rule in said.items() if not rule.volume}
    volume_only = {condition for condition, rule in said.items() if rule.volume and not rule.last}
    regular = set(said) - nothing - volume_only
    if len(regular & _REGULAR) * 2 < len(_REGULAR - _JUDGED):
        raise ValueError("by this list most ordinary prints would not count")
    silent = KNOWN_CONDITIONS - set(said)
    return ConditionTable(
        frozenset(nothing | (_NOTHING & silent)),
        frozenset(volume_only | (_VOLUME_ONLY & silent)),
        frozenset(regular | (_REGULAR & silent)),
    )


def flags_for(
    conditions: Sequence[int],
    *,
    correction: int | None = None,
    venue: int = 0,
    trf_id: int | None = None,
    sip_ns: int = 0,
    participant_ns: int | None = None,
    table: ConditionTable = EMBEDDED,
) -> int:
    """What one print counts for.

    Args:
        conditions: Sale condition ids; empty is a regular print.
        correction: The tape's correction indicator; None or 0 is an uncorrected print.
        venue: Exchange id of the source; 4 is off-exchange.
        trf_id: Trade reporting facility; one without an exchange id is off-exchange too.
        sip_ns: When the tape reported it, nanoseconds UTC.
        participant_ns: When it happened at the venue, nanoseconds UTC; None or 0 where the source does not say.
        table: The conditions' rules in force.

    Returns:
        Bit flags of `core.events`. Without `VOLUME` the print counts for nothing: it was cancelled or corrected, or it
        repeats an official price. A late report keeps its volume and loses price and side, which are of another moment.
    """
    if correction in DROPPED_CORRECTIONS:
        return 0
    flags = table.flags(tuple(conditions))
    if not flags:
        return 0
    if venue == FINRA_VENUE or (trf_id and not venue):
        flags |= OFF_EXCHANGE
        if participant_ns and sip_ns - participant_ns > LATE_REPORT_NS:
            flags = (flags | LATE_REPORT) & ~(PRICE | SIDE)
    return flags
