"""A rule's row in the catalogue: its evidence, what counts, how a short calls it, and where it can fire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct, field

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import AlertType
from orderflow_tui.core.short_as_long import Side

Profile = Literal["plan", "guarded"]


class Prior(Struct, frozen=True):
    """What a rule was worth on recorded days in `guarded`. `make evaluate` writes it into the rule's file.

    Shares are in per cent, lifts in points with their 95 % interval: `(value, low, high)`.
    """

    n: int
    """Outcomes measured."""
    fell: int
    """Of which so many were followed by a fall."""
    random: tuple[int, int, int]
    """Lift on the seconds around."""
    price: tuple[int, int, int]
    """Lift on the like price change."""


class Rule(Struct, frozen=True):
    """One kind of evidence. The file of the rule holds its row; `catalogue` lists them all."""

    evidence: str
    """The name for a long position."""
    plan: bool | None
    """Whether it counts towards an exit in `plan`; None: off there."""
    guarded: bool | None
    """The same in `guarded`."""
    live: Callable[[Capabilities], bool]
    """Whether a source shows what the rule needs."""
    side: Side = "sell"
    """The side of the book it is about, for a long position; `sell` for rules about the tape."""
    mirrored: str = ""
    """The name for a short position, where it has one of its own."""
    alert_type: AlertType = "large_seller"
    """Which of the plan's two kinds its alerts are."""
    on_book: bool = False
    """It rests on the book: where that comes from another source, its alerts name it."""
    large_seller: bool = True
    """It is about one large seller, as the plan's type says; otherwise it is shown by its own name."""
    counted_once: bool = False
    """All its alerts together count once towards an exit."""
    priors: Mapping[str, Prior] = field(default_factory=dict)
    """What it was worth, by evidence, and by `evidence:kind`."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Its alerts sorted by `details.basis`, and what each sort is called on an exit card."""

    def enabled(self, profile: Profile) -> bool:
        """Whether the rule exists under the profile."""
        return (self.guarded if profile == "guarded" else self.plan) is not None

    def counts(self, profile: Profile) -> bool:
        """Whether the rule counts towards an exit under the profile."""
        return bool(self.guarded if profile == "guarded" else self.plan)


def has_quotes(source: Capabilities) -> bool:
    """The source shows quotes, in sizes that are known to be shares."""
    return source.quotes and not source.sizes_unsure


def has_trades(source: Capabilities) -> bool:
    """The source shows trades."""
    return source.trades


def has_sizes(source: Capabilities) -> bool:
    """The source shows trades, in sizes that are known to be shares."""
    return source.trades and not source.sizes_unsure


def sees_pulls(source: Capabilities) -> bool:
    """A withdrawn bid can be told from a quote that moved: depth, or every change of the quote."""
    return has_quotes(source) and (source.depth_levels > 1 or source.streaming)
