"""A burst judged alone: its boundaries, its guards, the figures prepared once a second."""

from __future__ import annotations

from typing import Any

import pytest

from orderflow_tui.core.market.volume_window import VolumeWindow
from orderflow_tui.core.model.data_models import OrderFlowAlert
from orderflow_tui.core.model.events import BUY, SELL
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.alert_writer import AlertWriter
from orderflow_tui.core.rules.burst_window import BurstWindow
from orderflow_tui.core.rules.explain import wilson
from orderflow_tui.core.rules.red_burst import RED_BURST, RedBurst
from orderflow_tui.core.rules.terms import SymbolTerms

from .kit import NOON, Rules, source

SECOND = NOON // NS
GUARDED = Rules(profile="guarded")


def seen(*prints: tuple[int, int, int], rules: Rules | None = None) -> RedBurst:
    """Prints of `(second, size, side)`; nothing is open."""
    rules, window = rules or Rules(), VolumeWindow()
    for second, size, side in prints:
        window.add(SECOND + second, size, side)
    return RedBurst(BurstWindow(window, rules), SymbolTerms(rules, source()), AlertWriter("TEST", rules.profile))


def told(seconds: int = 10, *, single: bool = False, **details: Any) -> OrderFlowAlert:
    return AlertWriter("TEST", "plan").alert(
        RED_BURST, time_ns=NOON, price=1_000_000, opened_ns=NOON, severity="critical", rank=3, text="",
        single_print=single, details={"window_seconds": seconds, "baseline": 1.0} | details,
    )  # fmt: skip


def again(burst: RedBurst, alert: OrderFlowAlert | None = None) -> OrderFlowAlert | None:
    return burst.judge_again(alert or told(), NOON)


class TestJudgedAgain:
    """A burst by the sides the window has now: the rule of the first time, on whole seconds."""

    def test_without_volume_or_without_a_baseline_there_is_none(self) -> None:
        assert again(seen((-20, 5, BUY))) is None
        assert again(seen((0, 5, SELL))) is None

    def test_one_share_against_one_is_a_burst(self) -> None:
        burst = again(seen((-20, 1, BUY), (0, 1, SELL)))
        assert burst is not None
        assert (burst.volume_ratio, burst.sell_ratio, burst.exit_eligible) == (30.0, 1.0, True)
        assert burst.details["sell_share_true"] == [round(bound, 4) for bound in wilson(1.0, 1.0)]

    @pytest.mark.parametrize(("size", "said"), [(3_000, False), (3_001, True)])
    def test_exactly_three_times_is_none(self, size: int, said: bool) -> None:
        assert (again(seen((-20, 30_000, BUY), (0, size, SELL))) is not None) == said

    @pytest.mark.parametrize(("size", "eligible"), [(4_000, False), (4_001, True)])
    def test_exactly_four_times_is_no_exit(self, size: int, eligible: bool) -> None:
        burst = again(seen((-20, 30_000, BUY), (0, size, SELL)))
        assert burst is not None
        assert burst.exit_eligible == eligible

    def test_exactly_sixty_percent_is_none(self) -> None:
        assert again(seen((-20, 3, SELL), (0, 6, SELL), (0, 4, BUY))) is None
        burst = again(seen((-20, 3, SELL), (-20, 4, BUY), (-9, 7, SELL), (0, 3, BUY)))
        assert burst is not None
        assert (burst.sell_ratio, burst.details["volume"], burst.details["prints"]) == (0.7, 10, 2)
        n_eff = 100 / (49 + 9)
        assert burst.details["sell_share_true"] == [round(bound, 4) for bound in wilson(0.7, n_eff)]

    def test_the_lower_bound_is_found_anew_for_the_prints_there_were(self) -> None:
        window = (-20, 3, BUY), (0, 7, SELL), (0, 3, BUY)
        low = wilson(0.7, 49.0)[0]
        burst = again(seen(*window, rules=GUARDED), told(n_eff=49.0))
        assert burst is not None
        assert low > 0.5
        assert burst.details["sell_share_low"] == round(low, 4)
        assert again(seen(*window, rules=GUARDED), told(n_eff=16.0)) is None

    def test_one_print_stays_one_print_whatever_the_bound(self) -> None:
        window = (-20, 3, BUY), (0, 7, SELL), (0, 3, BUY)
        burst = again(seen(*window, rules=GUARDED), told(single=True, n_eff=1.0, largest_print=7))
        assert burst is not None
        assert (burst.single_print, burst.exit_eligible, burst.severity) == (True, False, "warning")
        assert "one print of 7 is most of it" in burst.text

    def test_it_takes_the_place_of_the_open_one_and_opens_none(self) -> None:
        burst = seen((-20, 1, BUY), (0, 1, SELL))
        again(burst)
        assert burst.open_alert is None
        burst.open_alert, burst.unsure = told(), True
        found = again(burst)
        assert found is not None
        assert burst.open_alert is found
        assert not burst.unsure


class TestGuards:
    """Effective prints, the lower bound of the share, the largest print: shown beside the thresholds, and asked."""

    def test_they_are_those_of_the_window_that_ends_with_the_second(self) -> None:
        burst = seen((0, 300, SELL), (0, 100, BUY), (9, 200, SELL))
        n_eff = 600**2 / (300**2 + 100**2 + 200**2)
        assert burst.span.guards(SECOND + 9, 0.7) == (n_eff, wilson(0.7, n_eff)[0], 0.5)
        one = (1.0, wilson(0.7, 1.0)[0], 1.0)
        assert [burst.span.guards(SECOND + second, 0.7) for second in (10, 18)] == [one, one]
        assert burst.span.guards(SECOND + 19, 0.7) == (0.0, 0.0, 0.0)
        assert seen((0, 1, SELL)).span.guards(SECOND, 0.7) == one
        burst.window.roll(SECOND + 100)
        assert burst.span.guards(SECOND + 100, 0.7) == (0.0, 0.0, 0.0)

    def test_more_than_half_is_most_of_it(self) -> None:
        for largest, said in ((1_000, False), (1_001, True)):
            burst = seen((0, largest, SELL), *[(0, 50, SELL)] * 20, rules=GUARDED)
            alert = burst.judge_once(NOON, 1_000_000, 9.0, 1.0, 100.0)
            assert (alert is not None) == said
            assert alert is None or alert.single_print

    def test_its_figures_are_rounded_for_the_journal(self) -> None:
        burst = seen((0, 150, SELL), *[(0, 100, SELL)] * 20, rules=GUARDED)
        alert = burst.judge_once(NOON, 1_000_000, 9.0, 0.8, 100.0)
        assert alert is not None
        assert (alert.details["n_eff"], alert.details["largest_print"]) == (20.78, 150)
        assert alert.details["sell_share_low"] == round(wilson(0.8, 2_150**2 / 222_500)[0], 4)
        least = seen((0, 1, SELL), rules=GUARDED).judge_once(NOON, 1_000_000, 9.0, 1.0, 0.1)
        assert least is not None
        assert (least.single_print, least.details["n_eff"]) == (True, 1.0)


class TestPrepared:
    """What holds for a second is found once in it: baseline, the volume before the window, the volume needed."""

    def test_a_fresh_one_knows_nothing(self) -> None:
        burst = seen()
        assert burst.open_alert is None
        assert burst.span.covered_from is None
        assert burst.span.thin is burst.unsure is False
        assert (burst.doubt, burst.span.peak_ratio, burst.quiet_until_ns, burst.span.before) == ("", 0.0, 0, 0)
        assert (burst.span.seconds, seen(rules=GUARDED).span.seconds) == (10, 30)

    def test_a_tape_that_begins_with_a_print_is_known_from_the_next_whole_second(self) -> None:
        for at, known in ((0, 0), (1, 1), (NS - 1, 1)):
            burst = seen((0, 1, SELL))
            assert burst.on_print(NOON + at, 1_000_000) is None
            assert burst.span.covered_from == SECOND + known
        assert [burst.span.warm_seconds(SECOND + second) for second in (-9, 0, 1, 2)] == [0, 0, 1, 2]

    def test_the_volume_needed_is_cut_to_whole_shares_and_found_once_a_second(self) -> None:
        burst = seen((-20, 30_001, BUY), (0, 1, SELL))
        burst.span.covered_from = SECOND - 309
        assert burst.on_print(NOON, 1_000_000) is None
        assert (burst.span.need, burst.span.before, burst.span.head) == (3_000, 30_001, SECOND)
        burst.span.need = 7
        assert burst.on_print(NOON + NS // 2, 1_000_000) is None
        assert burst.span.need == 7

    def test_a_baseline_of_one_share_is_one(self) -> None:
        burst = seen((-20, 1, BUY), (0, 1, SELL))
        burst.span.covered_from = SECOND - 309
        assert burst.on_print(NOON, 1_000_000) is not None

    def test_the_baseline_is_told_to_hundredths_of_a_share(self) -> None:
        burst = seen((-20, 100, BUY), (0, 50, SELL))
        burst.span.covered_from = SECOND - 309
        raised = burst.on_print(NOON, 1_000_000)
        assert raised is not None
        assert raised.alert.details["baseline"] == 3.33

    @pytest.mark.parametrize(("every", "thin"), [(5, False), (4, True)])
    def test_exactly_sixty_is_not_too_thin_and_exactly_forty_eight_still_is(self, every: int, thin: bool) -> None:
        burst = seen(*[(second, 100, BUY) for second in range(-400, 1, every)], rules=GUARDED)
        burst.span.covered_from, burst.span.seconds, burst.span.thin = SECOND - 1_000, 12 * every, thin
        burst.span.fit(SECOND)
        assert burst.span.thin is thin
        assert burst.span.seconds == 12 * every
