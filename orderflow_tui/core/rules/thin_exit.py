"""The door narrows: what the bids within reach cover of the position has halved in a minute and is below twice."""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Final

from orderflow_tui.core.market.state import SAMPLES
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.outputs import AlertRaised
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.alert_writer import AlertWriter
from orderflow_tui.core.rules.rule import Prior, Rule
from orderflow_tui.core.rules.rule_part import RuleInputs, RulePart

_LEVELS: Final = 5
_BELOW: Final = 2.0
_REARM: Final = 2.5


def _live(source: Capabilities) -> bool:
    return source.depth_levels >= _LEVELS and source.whole_depth and not source.sizes_unsure


PRIORS: Final[dict[str, Prior]] = {}

THIN_EXIT: Final = Rule(
    "thin_exit", plan=None, guarded=False, live=_live, on_book=True, large_seller=False, priors=PRIORS
)


class ThinExit:
    """Follows the median coverage of one position, second by second."""

    __slots__ = ("_medians", "_told")

    def __init__(self) -> None:
        self._medians: deque[float] = deque(maxlen=SAMPLES)
        self._told = False

    def on_coverage(self, now: float) -> tuple[float, float] | None:
        """Take the coverage's median over the last minute; it and the one a minute ago where there is an alert."""
        then = self._medians[0] if len(self._medians) == SAMPLES else None
        self._medians.append(now)
        if self._told:
            self._told = now < _REARM
            return None
        if then is None or now >= _BELOW or now * 2 > then:
            return None
        self._told = True
        return now, then


class ThinExitRule(RulePart):
    """Listens to whole seconds. Real depth only."""

    rows = (THIN_EXIT,)
    __slots__ = ("_thin",)

    def __init__(self, inputs: RuleInputs) -> None:
        super().__init__(inputs)
        self._thin = ThinExit()

    def whole_second(self, second: int, time_ns: int) -> None:  # noqa: ARG002 coverage is sampled by the second
        """Hold the coverage of the last minute against that of the minute before."""
        inputs, held = self.inputs, self.inputs.held
        if len(held.coverage) < SAMPLES or not held.quantity:
            return
        narrowed = self._thin.on_coverage(median(held.coverage))
        if narrowed is not None:
            price = inputs.market.bid or 0
            inputs.say(thin_exit_alert(inputs.writer, second * NS, price, held.quantity, narrowed))


def thin_exit_alert(
    writer: AlertWriter, time_ns: int, price: int, quantity: int, narrowed: tuple[float, float]
) -> AlertRaised:
    """The bids within reach no longer fit the position twice."""
    now, then = narrowed
    side = writer.words("Bids", "Asks")
    alert = writer.alert(
        THIN_EXIT,
        time_ns=time_ns,
        opened_ns=time_ns,
        price=price,
        severity="warning",
        rank=3,
        text=f"{side} thin out: {now:.1f}x of your {quantity:,} within reach, {then:.1f}x a minute ago",
        details={"coverage": round(now, 4), "coverage_60s_ago": round(then, 4)},
    )
    return AlertRaised(alert, time_ns, price, price)
