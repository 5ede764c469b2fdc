"""The red burst: volume over its five-minute baseline with sellers in the majority (SPEC section 5).

`plan` tests the ratio and the sell share alone. `guarded` fits the window to the name's rate and asks that the share
holds for the effective number of prints: n_eff = (sum v)^2 / sum v^2, Wilson's lower bound, two-sided 90 %.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from orderflow_tui.core.market.volume_window import BASELINE_SECONDS
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import OrderFlowAlert
from orderflow_tui.core.model.outputs import AlertRaised, AlertUpdated
from orderflow_tui.core.model.units import CENT, NEVER_NS, NS, datetime_ns
from orderflow_tui.core.rules.alert_writer import SELL_SHARE, AlertWriter, Thresholds
from orderflow_tui.core.rules.burst_figures import (
    N_EFF_LEAST,
    WILSON_FLOOR,
    borne_out,
    burst_text,
    guard_figures,
    passed_tests,
    true_interval,
)
from orderflow_tui.core.rules.burst_window import BurstWindow
from orderflow_tui.core.rules.price_move import PriceMove, PriceMoves
from orderflow_tui.core.rules.rule import Prior, Profile, Rule, has_trades
from orderflow_tui.core.rules.rule_part import RuleInputs, RulePart
from orderflow_tui.core.rules.side_check import UNSURE, Held, Signed, Verdict, doubted, sign_seconds
from orderflow_tui.core.rules.terms import SymbolTerms

_REST_NS: Final = 60 * NS
_REFUTED_NS: Final = 2 * NS
_QUIET_RANK: Final = 3

PRIORS: Final[dict[str, Prior]] = {
    "red_burst": Prior(224, 65, (3, -6, 11), (3, -6, 12)),
    "red_burst:beyond_range": Prior(1, 100, (25, -58, 88), (27, -57, 89)),
    "red_burst:moved": Prior(124, 60, (-6, -18, 6), (-3, -14, 9)),
    "red_burst:thin_bid": Prior(74, 74, (17, 1, 31), (14, -2, 28)),
    "red_burst:unmoved": Prior(25, 60, (2, -24, 27), (0, -25, 26)),
}

KINDS: Final = {
    "thin_bid": "burst before the price moved, on a thin bid",
    "unmoved": "burst before the price moved, on a full bid",
    "moved": "burst after the price moved",
    "beyond_range": "burst in a fall beyond a usual five minutes",
}
RED_BURST: Final = Rule(
    "red_burst", plan=True, guarded=True, live=has_trades, alert_type="red_burst", priors=PRIORS, kinds=KINDS
)


class RedBurst:
    """The burst of one symbol. Call `on_print` for each eligible print after it was added to the window.

    Args:
        span: The window it is found in.
        terms: Ratios, the profile, what the source shows.
        writer: Writes the alerts.
        side_accuracy: Tells how often a side is right.
        price_moved: Tells how the mid has moved in so many seconds, and since it was a given one (`PriceMoves.over`).
    """

    doubts_itself = True
    __slots__ = (
        "_alerted_volume", "_before", "_journaled_ns", "_last_true_ns", "_newest", "_opened_ns", "_opened_price",
        "_plain", "_price_moved", "_side_accuracy", "_step", "_terms", "ends_ns", "open_alert", "quiet_until_ns",
        "span", "unsure", "window", "writer",
    )  # fmt: skip

    def __init__(
        self,
        span: BurstWindow,
        terms: SymbolTerms,
        writer: AlertWriter,
        price_moved: Callable[[int, int], PriceMove] = lambda *_: PriceMove(),
        side_accuracy: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self.span = span
        self.window = span.window
        self._terms = terms
        self._side_accuracy = side_accuracy
        self._price_moved = price_moved
        self._before = 0
        """Twice the mid before the living burst began; 0 where not known."""
        self.writer = writer
        self.open_alert: OrderFlowAlert | None = None
        self._newest: OrderFlowAlert | None = None
        self._step = CENT
        self.ends_ns = NEVER_NS
        """When a living burst ends unless its condition is met again."""
        self.unsure = False
        """Nobody confirmed the sides of the living burst: it is not exit-eligible."""
        self.quiet_until_ns = 0
        """The quotes refuted a burst: until then no other is opened."""
        self._last_true_ns = 0
        self._journaled_ns = 0
        self._opened_ns = 0
        self._opened_price = 0
        self._alerted_volume = 0
        self._plain = True

    @property
    def thresholds(self) -> Thresholds:
        """In force."""
        return self._terms.thresholds

    @property
    def exit_ratio(self) -> float:
        """Above which it recommends leaving."""
        return self._terms.exit_ratio

    @property
    def doubt(self) -> str:
        """What is wrong with every side of this source, in words."""
        return self._terms.capabilities.sides_in_doubt

    def on_print(self, time_ns: int, price: int) -> AlertRaised | AlertUpdated | None:
        """Test the window that ends with the print just added."""
        span = self.span
        if time_ns // NS != span.head:
            span.begin_coverage(time_ns)
            span.prepare()
        if self.window.volume - span.before <= span.need:
            return None
        return self.above(time_ns, price)

    def corrected(self, first: int, last: int, change: int) -> AlertUpdated | None:
        """Seconds were counted anew: the newest burst that rested on them stands and gets a `corrected` note."""
        alert = self._newest
        if alert is None:
            return None
        time_ns = datetime_ns(alert.timestamp_utc)
        second, seconds = time_ns // NS, int(alert.details["window_seconds"])
        if first > second or last <= second - seconds:
            return None
        noted = replace(alert, details=MappingProxyType({**alert.details, "corrected": change}))
        self._newest = noted
        if self.open_alert is not None:
            self.open_alert = noted
        return AlertUpdated(noted, time_ns, journal=True)

    def above(self, time_ns: int, price: int) -> AlertRaised | AlertUpdated | None:
        """The window holds more than is needed: ask the rest of the rule."""
        window, span = self.window, self.span
        seconds = span.seconds
        volume = window.volume - span.before
        ratio = volume * BASELINE_SECONDS / (span.base * seconds)
        if ratio <= self.thresholds.volume_spike_threshold or time_ns < self.quiet_until_ns:
            return None
        sold = window.sell - window.sell_through(window.head - seconds)
        share = sold / volume
        if share <= SELL_SHARE:
            return None
        figures = span.figures(span.base * seconds / BASELINE_SECONDS)
        single = self._guard(figures, share)
        return None if single is None else self._speak(time_ns, price, ratio, share, figures, single=single)

    def _guard(self, figures: dict[str, Any], share: float) -> bool | None:
        """Whether the window is mostly one print; None when `guarded` finds too little behind it. Adds figures."""
        if self.thresholds.profile != "guarded":
            return False
        volume, seconds = int(figures["volume"]), int(figures["window_seconds"])
        n_eff, low, _ = guard_figures(self.window, seconds, share)
        largest = self.window.largest(seconds)
        figures |= {"largest_print": largest, "n_eff": round(n_eff, 2), "sell_share_low": round(low, 4)}
        single = largest * 2 > volume
        if single and largest < self.window.most and self.open_alert is None:
            return None  # one print is news where the session has seen none as large
        return None if not single and (n_eff < N_EFF_LEAST or low < WILSON_FLOOR) else single

    def judge_once(
        self, time_ns: int, price: int, ratio: float, share: float, baseline: float
    ) -> OrderFlowAlert | None:
        """The alert for a ratio and a sell share found elsewhere, under the profile's guards; keeps no episode."""
        figures = self.span.figures(baseline)
        single = self._guard(figures, share)
        if single is None:
            return None
        self._opened_ns, self._opened_price = time_ns, price
        self._see_price(figures, 0)
        eligible = not single and ratio > self.exit_ratio
        return self._alert(time_ns, ratio, share, figures, single=single, eligible=eligible)

    def _speak(
        self,
        time_ns: int,
        price: int,
        ratio: float,
        share: float,
        figures: dict[str, Any],
        *,
        single: bool,
    ) -> AlertRaised | AlertUpdated | None:
        volume = int(figures["volume"])
        opening = self.open_alert is None
        self._last_true_ns = max(self._last_true_ns, time_ns)
        self.ends_ns = self._last_true_ns + _REST_NS + 1
        if opening:
            self._opened_ns = time_ns
            self._journaled_ns = 0
            self._opened_price = price
            self.span.peak_ratio = 0.0 if single else ratio
            self._plain = not single
            self._alerted_volume = volume
            self._before = self._see_price(figures, 0)
            eligible = not single and not self.doubt and ratio > self.exit_ratio and self._free(figures)
            alert = self._alert(time_ns, ratio, share, figures, single=single, eligible=eligible)
            self.open_alert = self._newest = alert
            self.span.fixed = True
            return AlertRaised(alert, time_ns, price, price, int(figures["prints"]))
        if not single:
            self.span.peak_ratio = max(self.span.peak_ratio, ratio)
        before = self.open_alert
        assert before is not None
        sure = not self.doubt and not self.unsure
        self._see_price(figures, self._before)
        passed_exit = not single and sure and ratio > self.exit_ratio and not before.exit_eligible
        passed_exit = passed_exit and self._free(figures)
        settled = not single and not self._plain
        doubled = volume >= 2 * self._alerted_volume
        if not (passed_exit or doubled or settled):
            return None
        journal = passed_exit or settled or time_ns - self._journaled_ns >= _REST_NS
        self._journaled_ns = time_ns if journal else self._journaled_ns
        self._plain = self._plain or not single
        self._alerted_volume = max(volume, self._alerted_volume)
        eligible = passed_exit or before.exit_eligible
        alert = self._alert(time_ns, ratio, share, figures, single=not self._plain, eligible=eligible)
        self.open_alert = self._newest = alert
        return AlertUpdated(alert, time_ns, journal=journal)

    def by_quotes(self, held: Held, prints: Sequence[Signed]) -> Verdict | None:
        """Borne out where the sides of most of its volume are known and a burst is still one by them."""
        raised, grown = held.raised, held.grown
        most = sign_seconds(self.window, prints, held.from_ns // NS)
        self.span.late_print()
        alert = more = None
        if most:
            alert = self.judge_again(raised.alert, raised.time_ns)
            more = self.judge_again(grown.alert, grown.time_ns) if grown is not None else None
        newest = grown or raised
        if not most or (alert is None and more is None and self.may_be(newest.alert, newest.time_ns)):
            if self.open_alert is not None:
                self.unsure = True
                self.open_alert = doubted(raised.alert, UNSURE)
            return None
        if alert is None and more is None:
            self.refute(raised.time_ns)
        return Verdict(alert or more, None if alert is None else more)

    def judge_again(self, alert: OrderFlowAlert, time_ns: int) -> OrderFlowAlert | None:
        """The burst's alert of that instant by the sides the window has now; None where they do not bear it out.

        Volume and prints are those of the whole seconds the burst was found in; n_eff does not depend on sides.
        """
        found = borne_out(self.window, self.thresholds, alert, time_ns // NS, unknown_sold=False)
        if found is None:
            return None
        ratio, share, figures = found
        self.unsure = False
        eligible = not alert.single_print and ratio > self.exit_ratio and self._free(figures)
        again = self._alert(time_ns, ratio, share, figures, single=alert.single_print, eligible=eligible)
        if self.open_alert is not None:
            self.open_alert = self._newest = again
        return again

    def may_be(self, alert: OrderFlowAlert, time_ns: int) -> bool:
        """Whether the burst's alert of that instant would stand had sellers started all of which no side is known."""
        return borne_out(self.window, self.thresholds, alert, time_ns // NS, unknown_sold=True) is not None

    def refute(self, time_ns: int) -> None:
        """The quotes do not bear the living burst out: it never was; for two seconds no other opens."""
        self.end()
        self.quiet_until_ns = time_ns + _REFUTED_NS

    def end(self) -> float:
        """The burst is over (`ends_ns` has come); returns its highest ratio while it was not mostly one print."""
        self.unsure = False
        self.open_alert = None
        self.span.fixed = False
        self.ends_ns = NEVER_NS
        self.span.late_print()
        peak, self.span.peak_ratio = self.span.peak_ratio, 0.0
        return peak

    def _alert(
        self,
        time_ns: int,
        ratio: float,
        share: float,
        figures: dict[str, Any],
        *,
        single: bool,
        eligible: bool,
    ) -> OrderFlowAlert:
        writer = self.writer
        doubt = self.doubt or (UNSURE if self.unsure else "")
        held_back = not eligible and not single and ratio > self.exit_ratio and not self._free(figures)
        text = burst_text(
            writer, figures, ratio, share, step=self._step, single=single, held_back=held_back, doubt=doubt
        )
        if doubt:
            figures = {**figures, "sides": doubt}
        if self.thresholds.profile == "guarded":
            z = self.span.robust_z(self.window.head)
            figures = {**figures, "robust_z": None if z is None else round(z, 2)}
        return writer.alert(
            RED_BURST,
            time_ns=time_ns,
            opened_ns=self._opened_ns,
            price=self._opened_price,
            severity="warning" if single else "critical",
            rank=1 if eligible else self._rank(figures, ratio, single=single),
            text=text,
            ratio=ratio,
            sell_ratio=share,
            exit_eligible=eligible,
            single_print=single,
            details=figures
            | {
                "exit_ratio": self.exit_ratio,
                "sell_share_true": true_interval(self.window, self.span.seconds, share, self._side_accuracy()),
            }
            | passed_tests(self.thresholds, figures, ratio, share, single=single),
        )

    def _see_price(self, figures: dict[str, Any], before: int) -> int:
        """Add to a burst's figures how the price has moved; returns twice the mid before its window."""
        move = self._price_moved(int(figures["window_seconds"]), before)
        figures |= {"ticks_moved": move.ticks, "basis": move.basis}
        self._step = move.step
        return move.before

    def _free(self, figures: dict[str, Any]) -> bool:
        """Whether a burst of this kind may recommend leaving: in `guarded` not one whose price is already down."""
        return self.thresholds.profile != "guarded" or figures.get("basis") != "moved"

    def _rank(self, figures: dict[str, Any], ratio: float, *, single: bool) -> int:
        """Bursts of the one kind that was followed by falls on unseen days stand before the rest."""
        leads = figures.get("basis") == "thin_bid" and ratio > self.thresholds.red_burst_threshold and not single
        return 2 if leads and self.thresholds.profile == "guarded" else _QUIET_RANK


class RedBurstRule(RulePart):
    """Listens to volume: asks the burst where the window holds more than is needed, and ends it in time."""

    rows = (RED_BURST,)
    __slots__ = ("burst",)

    def __init__(self, inputs: RuleInputs) -> None:
        super().__init__(inputs)
        moves = PriceMoves(inputs.market, inputs.context)
        self.burst = RedBurst(inputs.span, inputs.terms, inputs.writer, moves.over, inputs.context.side_accuracy)

    @classmethod
    def listens(cls, profile: Profile, source: Capabilities) -> bool:  # noqa: ARG003 a living burst lives to its end
        """Wherever there are prints."""
        return True

    @property
    def next_ns(self) -> int:
        """When a living burst ends."""
        return self.burst.ends_ns

    def on_volume(self, time_ns: int, price: int) -> None:
        """The window may hold a burst."""
        said = self.burst.on_print(time_ns, price)
        if said is not None:
            from_ns = (time_ns // NS - self.inputs.span.seconds + 1) * NS
            self.inputs.say_sided(self.burst, said, from_ns)

    def settle(self, time_ns: int) -> None:
        """The condition was not met again in time: how high the burst rose is learnt."""
        self.inputs.learn_burst(time_ns, self.burst.end())

    def corrected(self, first: int, last: int, change: int) -> AlertUpdated | None:
        """A burst that rested on these seconds stands, with a note."""
        return self.burst.corrected(first, last, change)
