"""The kinds of evidence behind a recommendation, by `details.basis`, and how loud each may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from orderflow_tui.core.exits import basis
from orderflow_tui.core.rules.catalogue import CATALOGUE

Weight = Literal["leads", "calm", "note"]
"""`leads`: better than chance beyond its interval; `note`: worse than chance; `calm`: neither is known."""


class EvidenceKind(Struct, frozen=True):
    """A kind of evidence.

    Attributes:
        name: Under which its outcomes are counted.
        words: What it is.
    """

    name: str
    words: str


KINDS: Final[Mapping[str, EvidenceKind]] = {
    kind: EvidenceKind(f"{name}:{kind}", words)
    for name, kinds in (*((rule.evidence, rule.kinds) for rule in CATALOGUE), (basis.EXIT, basis.KINDS))
    for kind, words in kinds.items()
}


def weight_of(lift: tuple[int, int, int] | None) -> Weight:
    """How loud evidence of this lift may be."""
    if lift is None:
        return "calm"
    return "leads" if lift[1] > 0 else "note" if lift[2] < 0 else "calm"
