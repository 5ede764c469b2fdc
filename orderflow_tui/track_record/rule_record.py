"""How a rule has done: falls after it, beside the seconds around it and those after the like price change.

Each outcome is compared with its own controls. Outcomes of one symbol within half an hour are a block: they share their
market, so intervals come from the blocks (`intervals.paired_lift`).
"""

from __future__ import annotations

from typing import Final, Protocol

from msgspec import Struct, field

from orderflow_tui.core.model.outputs import Controls
from orderflow_tui.track_record.intervals import Interval, paired_lift, wilson

ENOUGH: Final = 100
"""Outcomes below which a rule's own record says nothing yet."""
_PAIRS: Final = (
    ("fell", "around", "fell"),
    ("fell", "alike", "fell"),
    ("success", "around", "hits"),
    ("success", "alike", "hits"),
    ("fell_1s", "around", "fell"),
    ("fell_5s", "around", "fell"),
)
"""What is compared: the outcome's verdict, the controls, and their verdict."""
_FELL, _FELL_ALIKE, _HIT, _HIT_ALIKE, _FELL_1S, _FELL_5S = range(len(_PAIRS))


class PathVerdict(Protocol):
    """What a record asks of an outcome (`core.model.outputs.AlertOutcome` has it)."""

    @property
    def fell(self) -> bool | None:
        """It fell by the spread within five minutes; None where not known."""
        ...

    @property
    def success(self) -> bool | None:
        """It fell by the spread and a usual range."""
        ...

    @property
    def fell_1s(self) -> bool | None:
        """As `fell`, counted from one second later."""
        ...

    @property
    def fell_5s(self) -> bool | None:
        """As `fell`, counted from five seconds later."""
        ...

    @property
    def around(self) -> Controls | None:
        """The seconds around it."""
        ...

    @property
    def alike(self) -> Controls | None:
        """Those after the like price change."""
        ...


def block_of(symbol: str, alert_utc: str) -> str:
    """The symbol and half an hour an alert belongs to; its instant as the journal writes it."""
    return f"{symbol}:{alert_utc[:13]}{'h' if alert_utc[14:16] >= '30' else ''}"


class RuleRecord(Struct):
    """What came of one rule's alerts; adds up.

    Attributes:
        n: Outcomes of which it is known whether the price fell by the spread; `fell` of how many it did.
        judged: Of which it is known whether that was a success; `hits` of how many it was.
        blocks: By block and comparison: outcomes that have both sides, their sum, the sum of their controls' shares.
    """

    n: int = 0
    fell: int = 0
    judged: int = 0
    hits: int = 0
    blocks: dict[str, list[float]] = field(default_factory=dict)

    def take(self, outcome: PathVerdict, block: str) -> None:
        """One outcome; what is not known of it counts for nothing.

        Args:
            outcome: With its controls.
            block: Names what shares its market: symbol and half an hour.
        """
        if outcome.fell is not None:
            self.n += 1
            self.fell += outcome.fell
        if outcome.success is not None:
            self.judged += 1
            self.hits += outcome.success
        sums = self.blocks.get(block)
        for place, (verdict, beside, controls) in enumerate(_PAIRS):
            own: bool | None = getattr(outcome, verdict)
            control: Controls | None = getattr(outcome, beside)
            hits: int | None = None if control is None else getattr(control, controls)
            if own is None or control is None or hits is None or not control.seconds:
                continue
            if sums is None:
                sums = self.blocks[block] = [0.0] * (3 * len(_PAIRS))
            sums[3 * place] += 1
            sums[3 * place + 1] += own
            sums[3 * place + 2] += hits / control.seconds

    def merge(self, other: RuleRecord) -> None:
        """Add another's counts."""
        self.n += other.n
        self.fell += other.fell
        self.judged += other.judged
        self.hits += other.hits
        for block, sums in other.blocks.items():
            mine = self.blocks.get(block)
            self.blocks[block] = list(sums) if mine is None else [a + b for a, b in zip(mine, sums, strict=True)]

    def _lift(self, place: int) -> Interval | None:
        """The rule's share less its controls'."""
        return paired_lift([tuple(sums[3 * place : 3 * place + 3]) for sums in self.blocks.values()])  # type: ignore[misc]

    def _control(self, place: int) -> Interval | None:
        """The share of the controls, as of one a compared outcome."""
        n = sum(sums[3 * place] for sums in self.blocks.values())
        return wilson(min(n, sum(sums[3 * place + 2] for sums in self.blocks.values())), n)

    @property
    def fell_share(self) -> Interval | None:
        """The share that was followed by a fall."""
        return wilson(self.fell, self.n)

    @property
    def random_share(self) -> Interval | None:
        """The same of the seconds around."""
        return self._control(_FELL)

    @property
    def lift_random(self) -> Interval | None:
        """That share less the share of the seconds around."""
        return self._lift(_FELL)

    @property
    def lift_price(self) -> Interval | None:
        """That share less the share after the like price change."""
        return self._lift(_FELL_ALIKE)

    @property
    def hit_share(self) -> Interval | None:
        """The share that was a success."""
        return wilson(self.hits, self.judged)

    @property
    def hit_lift_random(self) -> Interval | None:
        """That share less the share of the seconds around."""
        return self._lift(_HIT)

    @property
    def demoted(self) -> bool:
        """Whether it is known to do worse than chance: enough outcomes, the whole interval under zero."""
        own = self.hit_lift_random
        return self.judged >= ENOUGH and own is not None and own.high < 0

    def figures(self) -> dict[str, object]:
        """For JSON: shares as numbers from 0 to 1, intervals as pairs; None where nothing is known."""
        false = wilson(self.n - self.fell, self.n)
        return {
            "outcomes": self.n,
            "fell": _share(self.fell_share),
            "false_positives": _share(false),
            "random_fell": _share(self.random_share),
            "price_only_fell": _share(self._control(_FELL_ALIKE)),
            "lift_on_random": _share(self.lift_random),
            "lift_on_price_only": _share(self.lift_price),
            "lift_on_random_1s_later": _share(self._lift(_FELL_1S)),
            "lift_on_random_5s_later": _share(self._lift(_FELL_5S)),
            "judged": self.judged,
            "success": _share(self.hit_share),
            "random_success": _share(self._control(_HIT)),
            "price_only_success": _share(self._control(_HIT_ALIKE)),
            "success_lift_on_random": _share(self.hit_lift_random),
            "success_lift_on_price_only": _share(self._lift(_HIT_ALIKE)),
        }


def verdict_words(lift: tuple[int, int, int]) -> str:
    """What a lift says, by its interval alone."""
    _, low, high = lift
    return "better than chance" if low > 0 else "worse than chance" if high < 0 else "not above chance"


def points_words(lift: tuple[int, int, int]) -> str:
    """A lift on other moments in plain words: what it says, the points, their 95 % interval.

    What it says comes first: a narrow card cuts the end.
    """
    value, low, high = lift
    return f"{verdict_words(lift)}: {value:+d} points on other moments ({low:+d} to {high:+d})"


def _share(interval: Interval | None) -> dict[str, float] | None:
    if interval is None:
        return None
    return {"value": round(interval.value, 4), "low": round(interval.low, 4), "high": round(interval.high, 4)}
