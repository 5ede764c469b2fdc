"""The patient seller no burst rule sees: a one-sided CUSUM on standardised sell flow (Page 1954).

Every ten seconds x = sells - buys; z = (x - m) / s with exponentially weighted m and s (half-life 30 minutes), held
within +-2 so that no burst raises it alone: forty seconds of selling do; S = max(0, S + z - 0.5), alarm above 5.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

from orderflow_tui.core.model.outputs import AlertRaised
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.alert_writer import AlertWriter
from orderflow_tui.core.rules.explain import why
from orderflow_tui.core.rules.rule import Prior, Rule, has_trades
from orderflow_tui.core.rules.rule_part import RuleInputs, RulePart

BUCKET_SECONDS: Final = 10
_DRIFT: Final = 0.5
_ALARM: Final = 5.0
_CLIP: Final = 2.0
_WARM: Final = 30
_DECAY: Final = 0.5 ** (BUCKET_SECONDS / 1_800)

PRIORS: Final[dict[str, Prior]] = {
    "slow_bleed": Prior(12, 50, (-11, -44, 26), (-18, -53, 19)),
}

SLOW_BLEED: Final = Rule("slow_bleed", plan=None, guarded=False, live=has_trades, large_seller=False, priors=PRIORS)


class SlowBleed:
    """The CUSUM of one symbol's sell flow."""

    __slots__ = ("_mean", "_samples", "_since", "_variance", "level", "sold")

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """The flow before now is not to be compared with: a gap, another session."""
        self._mean = self._variance = self.level = 0.0
        self._samples = self._since = self.sold = 0

    def bucket(self, sells: int, buys: int) -> bool:
        """Take ten seconds of flow; whether the alarm fires. `minutes` and `sold` tell since when and how much."""
        flow = float(sells - buys)
        fired = False
        if self._samples >= _WARM and self._variance > 0:
            z = max(-_CLIP, min(_CLIP, (flow - self._mean) / sqrt(self._variance)))
            self.level = max(0.0, self.level + z - _DRIFT)
            if self.level == 0.0:
                self._since = self.sold = 0
            else:
                self._since += 1
                self.sold += sells - buys
            fired = self.level > _ALARM
        keep = min(_DECAY, self._samples / (self._samples + 1))
        change = flow - self._mean
        self._mean += (1 - keep) * change
        self._variance = keep * (self._variance + (1 - keep) * change * change)
        self._samples += 1
        return fired

    @property
    def minutes(self) -> float:
        """Minutes since the sum left zero."""
        return self._since * BUCKET_SECONDS / 60

    def restart(self) -> None:
        """An alarm was told: sum from zero again."""
        self.level = 0.0
        self._since = self.sold = 0


class SlowBleedRule(RulePart):
    """Listens to whole seconds: every tenth ends a bucket."""

    rows = (SLOW_BLEED,)
    __slots__ = ("_bleed",)

    def __init__(self, inputs: RuleInputs) -> None:
        super().__init__(inputs)
        self._bleed = SlowBleed()

    def whole_second(self, second: int, time_ns: int) -> None:  # noqa: ARG002 a bucket ends with a second
        """Take ten seconds that end before this one."""
        if second % BUCKET_SECONDS:
            return
        inputs, window, begin = self.inputs, self.inputs.window, second - BUCKET_SECONDS
        known_from = inputs.tape_known_from()
        if window.head < begin or known_from is None or begin < known_from:
            return
        sells = window.sell_through(second - 1) - window.sell_through(begin - 1)
        buys = window.buy_through(second - 1) - window.buy_through(begin - 1)
        if not self._bleed.bucket(sells, buys):
            return
        price, terms = inputs.market.last_price, inputs.terms
        if price is not None and not terms.halted and not terms.near_event(second * NS):
            inputs.say(slow_bleed_alert(inputs.writer, self._bleed, second * NS, price))
        self._bleed.restart()

    def forget(self) -> None:
        """Another flow begins."""
        self._bleed.forget()


def slow_bleed_alert(writer: AlertWriter, bleed: SlowBleed, time_ns: int, price: int) -> AlertRaised:
    """A patient seller: the CUSUM of sell flow is above its alarm."""
    steady = writer.words("Steady selling: net -", "Steady buying: net +")
    alert = writer.alert(
        SLOW_BLEED,
        time_ns=time_ns,
        opened_ns=time_ns,
        price=price,
        severity="warning",
        rank=3,
        text=f"{steady}{writer.sizes(max(0, bleed.sold))} in {bleed.minutes:.0f} min",
        size=max(0, bleed.sold),
        details={
            "cusum": round(bleed.level, 3),
            "minutes": round(bleed.minutes, 2),
            **why(("cusum", bleed.level, _ALARM)),
        },
    )
    return AlertRaised(alert, time_ns, price, price)
