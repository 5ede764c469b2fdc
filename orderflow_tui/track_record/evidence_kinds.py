"""What each kind of evidence behind a recommendation was worth on recorded days: `make evaluate`, docs/rules.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

Weight = Literal["leads", "calm", "note"]
"""`leads`: better than chance beyond its interval; `note`: worse than chance; `calm`: neither is known."""


class EvidenceKind(Struct, frozen=True):
    """A kind of evidence; lifts in points on other moments within half an hour, with the 95 % interval.

    Attributes:
        name: Under which its outcomes are counted.
        words: What it is.
        n: Alerts measured; 0 for none.
        lift: `(value, low, high)`; None where nothing was measured.
    """

    name: str
    words: str
    n: int = 0
    lift: tuple[int, int, int] | None = None


KINDS: Final[Mapping[str, EvidenceKind]] = {
    "thin_bid": EvidenceKind("red_burst:thin_bid", "burst before the price moved, on a thin bid", 74, (17, 1, 31)),
    "unmoved": EvidenceKind("red_burst:unmoved", "burst before the price moved, on a full bid", 25, (2, -24, 27)),
    "moved": EvidenceKind("red_burst:moved", "burst after the price moved", 124, (-6, -18, 6)),
    "beyond_range": EvidenceKind("red_burst:beyond_range", "burst in a fall beyond a usual five minutes"),
    "acts": EvidenceKind("exit:acts", "three large sellers", 9, (0, -39, 38)),
    "price_alarm": EvidenceKind("exit:price_alarm", "price alarm after a hold"),
}
"""By `details.basis` of a recommendation."""


def weight_of(lift: tuple[int, int, int] | None) -> Weight:
    """How loud evidence of this lift may be."""
    if lift is None:
        return "calm"
    return "leads" if lift[1] > 0 else "note" if lift[2] < 0 else "calm"
