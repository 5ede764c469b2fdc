"""What a print of the broker's tape counts for, and what the notice about a book's venues says."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Final

from msgspec import Struct

from orderflow_tui.core.model.events import (
    AUCTION,
    LATE_REPORT,
    OFF_EXCHANGE,
    PRICE,
    REGULAR,
    UNKNOWN,
    VOLUME,
    Print,
)
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.errors import one_line
from orderflow_tui.feeds.ibkr.wire import Trade

OFF_EXCHANGES: Final = frozenset({"FINRA", "D", "NTRF", "QTRF", "ADF"})
BIG_VENUES: Final = frozenset({"NASDAQ", "ISLAND", "ARCA", "BATS", "NYSE"})
"""With none of these the book is a dozen best quotes, not depth."""

# The letters of the consolidated tapes, CTS and UTP together: a letter that both know differently leaves the least.
_NOTHING: Final = frozenset("MQ9")
_AUCTION: Final = frozenset("O56")
_LATE: Final = frozenset("UZL23G")
_VOLUME_ONLY: Final = frozenset("47VPCNRHBW")
_PLAIN: Final = frozenset("@EFITK1SYXDA")


class DepthVenues(Struct, frozen=True):
    """Of which venues a book has every level, of which the best price only, and which would cost a subscription."""

    deep: tuple[str, ...] = ()
    best_only: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def is_deep(self) -> bool:
        """Whether a venue that matters shows its levels; unknown counts as yes."""
        return not (self.deep or self.best_only or self.missing) or any(venue in BIG_VENUES for venue in self.deep)


@lru_cache(maxsize=1_024)
def flags_of(conditions: str, venue: str) -> int:
    """What a print counts for: flags of `core.model.events`, 0 for nothing. An unknown letter leaves its volume."""
    letters = frozenset(conditions.replace(" ", ""))
    if letters & _NOTHING:
        return 0
    flags = REGULAR
    if letters & _LATE:
        flags = VOLUME | LATE_REPORT
    elif letters & _AUCTION:
        flags = VOLUME | PRICE | AUCTION
    elif letters & _VOLUME_ONLY or letters - _PLAIN:
        flags = VOLUME
    return flags | OFF_EXCHANGE if venue in OFF_EXCHANGES else flags


@lru_cache(maxsize=256)
def venue_number(name: str) -> int:
    """A number for a venue's name, the same in every run; 0 where none is named."""
    return zlib.crc32(name.encode()) % 1_000_000 + 1 if name else 0


def print_of(trade: Trade, time_ns: int, seq: int) -> Print:
    """One print as the core's event at the time it is given. One outside the consolidated volume has no flags."""
    flags = 0 if trade.unreported else flags_of(trade.conditions, trade.venue)
    return Print(
        time_ns, seq, trade.price, trade.size, flags, UNKNOWN, venue_number(trade.venue),
        participant_ns=trade.second * NS,
    )  # fmt: skip


def venues_of(text: str) -> DepthVenues:
    """Of notice 2152: `Exchanges - Depth: IEX; Top: BYX; MEMX; Need additional permissions - Depth: ARCA; `."""
    has, _, needs = text.partition("Need additional")
    return DepthVenues(_after(has, "Depth:"), _after(has, "Top:"), _after(needs, "Depth:"))


def _after(text: str, word: str) -> tuple[str, ...]:
    """The names after a word, up to the next word with a colon."""
    _, found, rest = text.partition(word)
    names: list[str] = []
    for part in rest.split(";") if found else ():
        name = part.strip()
        if ":" in name:
            break
        if name:
            names.append(one_line(name)[:16])
    return tuple(names[:32])
