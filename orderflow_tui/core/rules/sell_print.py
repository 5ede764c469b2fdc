"""A large seller on the tape: reconstructed sells above the threshold, at or below the bid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from orderflow_tui.core.market.sweeps import SPAN_NS, SWEEP_NS, Aggressor, Sweep, is_sweep
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import SELL, Print
from orderflow_tui.core.model.outputs import AlertRaised, AlertUpdated
from orderflow_tui.core.model.units import NEVER_NS, NS_PER_MS, PRICE_UNITS_PER_DOLLAR
from orderflow_tui.core.rules.alert_writer import CRITICAL_FACTOR, AlertWriter
from orderflow_tui.core.rules.explain import why
from orderflow_tui.core.rules.rule import Prior, Profile, Rule, has_sizes
from orderflow_tui.core.rules.rule_part import RuleInputs, RulePart
from orderflow_tui.core.rules.side_check import Held, Signed, Verdict, sold_and_bought

PRIORS: Final[dict[str, Prior]] = {
    "sell_print": Prior(178, 66, (5, -5, 15), (7, -5, 19)),
}

SELL_PRINT: Final = Rule(
    "sell_print", plan=False, guarded=True, live=has_sizes, side="bid", mirrored="buy_print", priors=PRIORS
)
_OVER_NS: Final = SWEEP_NS + SPAN_NS + 1
"""After its first print: whatever belongs to a sweep is whole."""
_GROWN: Final = 1.1
"""A line says how much a sweep took when it is over, where that is so many times what it says."""
_HIT: Final = ("Large sell", "sold at the bid", "Large buy", "bought at the ask")
_SWEPT: Final = ("Sweep", "sold through the bids", "Sweep", "bought through the asks")


class SellPrintRule(RulePart):
    """Listens to sales: joins those of one seller, and names a sweep when the rest of it comes."""

    rows = (SELL_PRINT,)
    doubts_itself = False
    __slots__ = ("_classifier", "_market", "_said", "_sells", "_sweep", "_terms", "_told")

    def __init__(self, inputs: RuleInputs) -> None:
        super().__init__(inputs)
        self._terms, self._market, self._classifier = inputs.terms, inputs.market, inputs.classifier
        self._sells = Aggressor()
        self._sweep = Sweep()
        self._told: Aggressor | None = None
        """The newest large sell that was told: what comes within 250 ms of its first print is more of it."""
        self._said = 0
        """The volume its line says."""

    @classmethod
    def listens(cls, profile: Profile, source: Capabilities) -> bool:  # noqa: ARG003 sizes are learnt wherever there are prints
        """It also teaches what is large, wherever there are prints."""
        return SELL_PRINT.enabled(profile)

    @property
    def next_ns(self) -> int:
        """When what has crossed the threshold is whole; anything else ends with the second or the next print."""
        sells, told = self._sells, self._told
        whole_ns = sells.first_ns + SPAN_NS + 1 if sells.crossed_ns else NEVER_NS
        return whole_ns if told is None else min(whole_ns, told.first_ns + _OVER_NS)

    def on_sale(self, event: Print, side: int, unproven: bool) -> None:
        """Join it to what is open, or begin anew."""
        if side != SELL and not unproven:
            return
        sells, time_ns, price, size = self._sells, event.time_ns, event.price, event.size
        threshold, quote = self._terms.print_threshold, self._classifier.quote
        touching = unproven or (quote is not None and quote[2] != 0 and price <= quote[2])
        if not sells.extend(time_ns, price, size, self._market.price_step, touching, threshold):
            self._end()
            sells.start(time_ns, price, size, touching, threshold)
        if unproven:
            sells.unproven = True
        if sells.crossed_ns:
            self.inputs.timers.wake(self.next_ns)
        sweep = self._sweep
        sweep.prices[price] = sweep.venues[event.venue] = time_ns
        told = self._told
        if told is not None and not told.swept and time_ns - told.first_ns <= SWEEP_NS:
            self._name_sweep(told)

    def on_time(self, time_ns: int) -> None:
        """What is open is whole 50 ms after its first print, and a sweep when the last that belongs to it is."""
        sells, told = self._sells, self._told
        if sells.count and time_ns - sells.first_ns > SPAN_NS:
            self._end()
        if told is not None and told is self._told and time_ns - told.first_ns >= _OVER_NS:
            self._told = None
            if told.volume >= _GROWN * self._said:
                self._update(told, *self._sweep.within(told.first_ns + SWEEP_NS, self._market.price_step))

    def whole_second(self, second: int, time_ns: int) -> None:  # noqa: ARG002 to the instant
        """Keep the sweep's state small."""
        self._sweep.forget(time_ns)

    def _end(self) -> None:
        sells, told, inputs = self._sells, self._told, self.inputs
        if sells.count and told is not None and sells.first_ns - told.first_ns <= SWEEP_NS:
            told.absorb(sells)
            if sells.crossed_ns:
                self._update(told, *self._sweep.within(sells.last_ns, inputs.market.price_step))
        elif sells.crossed_ns:
            levels, venues = self._sweep.within(sells.last_ns, inputs.market.price_step)
            threshold = inputs.terms.print_threshold
            said = sell_print_alert(inputs.writer, sells, threshold, levels=levels, venues=venues)
            self._say(said, sells.first_ns, unproven=sells.unproven)
            self._told = sells.copy()
            self._told.swept = is_sweep(levels, venues)
            self._said = sells.volume
            inputs.timers.wake(self.next_ns)
        if sells.count:
            inputs.learn_print(sells.volume)
        sells.count = sells.crossed_ns = 0

    def _say(self, said: AlertRaised | AlertUpdated, first_ns: int, *, unproven: bool = False) -> None:
        self.inputs.say_sided(self, said, first_ns, to_ns=first_ns + SPAN_NS, unproven=unproven)

    def _name_sweep(self, told: Aggressor) -> None:
        """A large sell was told before the rest of its sweep came: name it when the 250 ms from its first print do."""
        levels, venues = self._sweep.within(told.first_ns + SWEEP_NS, self._market.price_step)
        if is_sweep(levels, venues):
            self._update(told, levels, venues)

    def _update(self, told: Aggressor, levels: int, venues: int) -> None:
        """The line of a large sell by what has come within 250 ms of its first print."""
        told.swept = told.swept or is_sweep(levels, venues)
        self._said = told.volume
        threshold = self.inputs.terms.print_threshold
        now = sell_print_alert(self.inputs.writer, told, threshold, levels=levels, venues=venues)
        self._say(AlertUpdated(now.alert, now.time_ns, journal=True), told.first_ns, unproven=told.unproven)

    def by_quotes(self, held: Held, prints: Sequence[Signed]) -> Verdict | None:
        """Borne out by what was surely sold at the bid; not at all where too much was surely bought."""
        raised = held.raised
        sold, bought = sold_and_bought(prints, held.from_ns, raised.low, raised.high)
        alert = held.grown.alert if held.grown is not None else raised.alert
        threshold = alert.details["threshold"]
        if sold > threshold:
            return Verdict(alert)
        return Verdict(None) if alert.details["at_touch"] - bought <= threshold else None


def sell_print_alert(writer: AlertWriter, sells: Aggressor, threshold: int, *, levels: int, venues: int) -> AlertRaised:
    """One reconstructed sell above the threshold, at or below the bid.

    Args:
        writer: Writes the alerts.
        sells: The reconstructed print.
        threshold: T for prints, size units.
        levels: Price levels that sellers took in the 250 ms up to its last print.
        venues: Venues they took them on.
    """
    elapsed = round((sells.last_ns - sells.first_ns) / NS_PER_MS)
    sweep = sells.swept or is_sweep(levels, venues)
    lowest, highest = sorted((writer.mirror.price(sells.low), writer.mirror.price(sells.high)))
    sold, how, bought, bought_how = _SWEPT if sweep else _HIT
    what, done = writer.words(sold, bought), writer.words(how, bought_how)
    count = f"{sells.count} print{'' if sells.count == 1 else 's'}"
    alert = writer.alert(
        SELL_PRINT,
        time_ns=sells.crossed_ns,
        opened_ns=sells.first_ns,
        price=sells.first_price,
        severity="critical",
        rank=2 if sells.volume >= CRITICAL_FACTOR * threshold else 3,
        text=f"{what}: {writer.sizes(sells.volume)} {done} in {elapsed} ms ({count})",
        size=sells.volume,
        details={
            "threshold": threshold,
            "prints": sells.count,
            "span_ms": elapsed,
            "at_touch": sells.at_touch,
            "sweep": sweep,
            "levels": levels,
            "venues": venues,
            "low": lowest / PRICE_UNITS_PER_DOLLAR,
            "high": highest / PRICE_UNITS_PER_DOLLAR,
            **why(("size_at_the_bid", sells.at_touch, threshold)),
        },
    )
    return AlertRaised(alert, sells.crossed_ns, sells.low, sells.high, sells.count)
