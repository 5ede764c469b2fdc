"""How a rule has done: falls after it, after random instants and after the like price change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from orderflow_tui.track_record.intervals import Interval, lift, wilson

ENOUGH: Final = 100
"""Outcomes below which a rule's own record says nothing yet."""


Verdict = tuple[bool | None, bool | None]
"""Whether the price fell by the spread, and whether that was a success; None where not known."""


class RuleRecord(Struct):
    """Counts of one rule; `fell` is a fall of at least the spread within five minutes, `hits` are successes."""

    n: int = 0
    fell: int = 0
    judged: int = 0
    hits: int = 0
    random_n: int = 0
    random_fell: int = 0
    price_n: int = 0
    price_fell: int = 0
    random_judged: int = 0
    random_hits: int = 0
    price_judged: int = 0
    price_hits: int = 0

    def take(self, own: Verdict, random: Iterable[Verdict], price_only: Verdict | None) -> None:
        """One outcome with its controls: of each whether it fell, and whether that was a success."""
        self.add(fell=own[0], success=own[1])
        for fell, success in random:
            self.add_random(fell=fell, success=success)
        if price_only is not None:
            self.add_price(fell=price_only[0], success=price_only[1])

    def add(self, *, fell: bool | None, success: bool | None) -> None:
        """One outcome; an unseen one counts for nothing."""
        if fell is not None:
            self.n += 1
            self.fell += fell
        if success is not None:
            self.judged += 1
            self.hits += success

    def add_random(self, *, fell: bool | None, success: bool | None) -> None:
        """One random instant beside it."""
        if fell is not None:
            self.random_n += 1
            self.random_fell += fell
        if success is not None:
            self.random_judged += 1
            self.random_hits += success

    def add_price(self, *, fell: bool | None, success: bool | None) -> None:
        """The price-only control beside it."""
        if fell is not None:
            self.price_n += 1
            self.price_fell += fell
        if success is not None:
            self.price_judged += 1
            self.price_hits += success

    def merge(self, other: RuleRecord) -> None:
        """Add another's counts."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def fell_share(self) -> Interval | None:
        """The share that was followed by a fall."""
        return wilson(self.fell, self.n)

    @property
    def lift_random(self) -> Interval | None:
        """That share less the random instants'."""
        return lift(self.fell, self.n, self.random_fell, self.random_n)

    @property
    def lift_price(self) -> Interval | None:
        """That share less the like price change's."""
        return lift(self.fell, self.n, self.price_fell, self.price_n)

    @property
    def hit_share(self) -> Interval | None:
        """The share that was a success."""
        return wilson(self.hits, self.judged)

    @property
    def hit_lift_random(self) -> Interval | None:
        """That share less the random instants'."""
        return lift(self.hits, self.judged, self.random_hits, self.random_judged)

    @property
    def hit_lift_price(self) -> Interval | None:
        """That share less the like price change's."""
        return lift(self.hits, self.judged, self.price_hits, self.price_judged)

    @property
    def demoted(self) -> bool:
        """Whether it is known to do worse than random instants: enough outcomes, the whole interval under zero."""
        own = self.hit_lift_random
        return self.judged >= ENOUGH and own is not None and own.high < 0

    def figures(self) -> dict[str, Any]:
        """For JSON: shares as numbers from 0 to 1, intervals as pairs; None where nothing is known."""
        false = wilson(self.n - self.fell, self.n)
        return {
            "outcomes": self.n,
            "fell": _share(self.fell_share),
            "false_positives": _share(false),
            "random_fell": _share(wilson(self.random_fell, self.random_n)),
            "price_only_fell": _share(wilson(self.price_fell, self.price_n)),
            "lift_on_random": _share(self.lift_random),
            "lift_on_price_only": _share(self.lift_price),
            "judged": self.judged,
            "success": _share(self.hit_share),
            "random_success": _share(wilson(self.random_hits, self.random_judged)),
            "price_only_success": _share(wilson(self.price_hits, self.price_judged)),
            "success_lift_on_random": _share(self.hit_lift_random),
            "success_lift_on_price_only": _share(self.hit_lift_price),
        }


def _share(interval: Interval | None) -> dict[str, float] | None:
    if interval is None:
        return None
    return {"value": round(interval.value, 4), "low": round(interval.low, 4), "high": round(interval.high, 4)}


PRIOR: Final[Mapping[tuple[str, str], tuple[int, int, int, int]]] = {
    ("plan", "exit"): (626, 68, 64, 63),
    ("guarded", "exit"): (360, 64, 58, 58),
    ("plan", "bid_wall_hit"): (1_016, 66, 58, 60),
    ("guarded", "sell_print"): (1_406, 66, 54, 56),
    ("plan", "sell_print"): (1_406, 66, 54, 56),
    ("guarded", "red_burst"): (254, 63, 57, 57),
    ("guarded", "bid_wall"): (143, 49, 59, 59),
    ("guarded", "bid_wall_pulled"): (101, 57, 57, 61),
    ("guarded", "ask_wall"): (193, 69, 63, 64),
    ("guarded", "hidden_seller"): (496, 68, 67, 68),
}
"""By profile and evidence: outcomes, and per cent that fell by the spread within five minutes after the rule, after
random instants, after the like price change. Measured on 15 symbol-days (BAC, AIG and IBM, 7 to 11 October 2013,
streamed NBBO) with an earlier wording of the rules: what is known of a rule before its own record says something."""
