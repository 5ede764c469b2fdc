"""SPEC 5: hidden sellers, slow bleeds, sweeps, thin exits and the context beside the alarms."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from orderflow_tui.core.market.indicators import Indicators
from orderflow_tui.core.market.volume_window import VolumeWindow
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import BUY, OFF_EXCHANGE, REGULAR, SELL, SIDE_GIVEN, Book, Clock, Gap, Print
from orderflow_tui.core.model.outputs import AlertRaised, AlertUpdated, Output
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.hidden_seller import HiddenSeller
from orderflow_tui.core.rules.rule import Profile
from orderflow_tui.core.rules.slow_bleed import SlowBleed
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.evaluate.symbol_day import Rules

T0 = 1_700_000_000 * NS
DEEP = Capabilities("t", "replayed", "t", 10, streaming=True, joint_sequence=True, single_venue=True, sessions=False)


def evidence(outputs: list[Output], kind: str) -> list[AlertRaised]:
    return [out for out in outputs if isinstance(out, AlertRaised) and out.alert.evidence == kind]


def ladder(bid: int, size: int = 1_000) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    return (
        tuple((bid - 100 * level, size) for level in range(10)),
        tuple((bid + 100 + 100 * level, size) for level in range(10)),
    )


def refilling(hidden: HiddenSeller, refills: int, each: int, threshold: int) -> list[bool]:
    told = []
    time_ns = T0
    hidden.on_best_ask(time_ns, 1_000, 500)
    for _ in range(refills):
        time_ns += NS
        told.append(hidden.on_buy(time_ns, 1_000, each, threshold))
        hidden.on_best_ask(time_ns, 1_000, 100)
        hidden.on_best_ask(time_ns + NS // 10, 1_000, 500)
    told.append(hidden.on_buy(time_ns + NS, 1_000, each, threshold))
    return told


def test_a_hidden_seller_needs_refills_size_and_three_times_what_it_showed() -> None:
    assert refilling(HiddenSeller(), 3, 4_000, 10_000) == [False, False, False, True]
    assert refilling(HiddenSeller(), 2, 6_000, 10_000) == [False, False, False]
    assert not any(refilling(HiddenSeller(), 5, 300, 10_000))
    for each, told in ((2_500, True), (2_499, False)):
        assert refilling(HiddenSeller(), 3, each, 10_000) == [False, False, False, told]
    for each, told in ((375, True), (374, False)):
        assert refilling(HiddenSeller(), 3, each, 100) == [False, False, False, told]


def test_a_hidden_seller_is_told_once_and_forgotten_when_the_price_moves() -> None:
    hidden = HiddenSeller()
    assert refilling(hidden, 3, 4_000, 10_000)[-1]
    assert not hidden.on_buy(T0 + 100 * NS, 1_000, 9_000, 10_000)
    hidden.on_best_ask(T0 + 101 * NS, 1_100, 500)
    assert hidden.executed == hidden.refills == 0
    assert not hidden.on_buy(T0 + 102 * NS, 1_000, 90_000, 10_000)


@pytest.mark.parametrize(("minutes", "told"), [(1, True), (7, False)])
def test_an_ask_that_stands_and_refills_for_minutes_hides_nobody(minutes: int, told: bool) -> None:
    hidden = HiddenSeller()
    hidden.on_best_ask(T0, 1_000, 500)
    said = []
    for fill in range(40):
        at = T0 + fill * minutes * 60 * NS // 40
        said.append(hidden.on_buy(at, 1_000, 300, 10_000))
        hidden.on_best_ask(at, 1_000, 200)
        hidden.on_best_ask(at + 1, 1_000, 500)
    assert any(said) is told
    assert told or hidden.executed <= 300 * 7


def test_a_late_refill_is_none() -> None:
    hidden = HiddenSeller()
    hidden.on_best_ask(T0, 1_000, 500)
    hidden.on_buy(T0 + NS, 1_000, 400, 100)
    hidden.on_best_ask(T0 + NS, 1_000, 100)
    hidden.on_best_ask(T0 + 2 * NS, 1_000, 500)
    assert hidden.refills == 0


def test_a_refill_is_a_rise_within_300_ms_of_a_purchase() -> None:
    hidden = HiddenSeller()
    hidden.on_best_ask(T0, 1_000, 400)
    hidden.on_best_ask(T0 + 1, 1_000, 500)
    hidden.on_buy(T0 + NS, 1_000, 400, 100)
    refills = []
    for after_ms, size in ((0, 500), (100, 100), (300, 101), (300, 100), (301, 500)):
        hidden.on_best_ask(T0 + NS + after_ms * NS // 1_000, 1_000, size)
        refills.append(hidden.refills)
    assert refills == [0, 0, 1, 1, 1]
    assert (hidden.largest_shown, hidden.opened_ns) == (500, T0)


def test_the_core_names_a_hidden_seller_in_guarded_only() -> None:
    cases: tuple[tuple[Profile, int], ...] = (("guarded", 1), ("plan", 0))
    for profile, expected in cases:
        core = SymbolCore("AAA", Rules(profile), DEEP)
        bids, asks = ladder(100_000, 500)
        out: list[Output] = core.process([Book(T0, 0, bids, asks)])
        seq = 1
        for fill in range(5):
            at = T0 + (fill + 1) * NS
            out += core.process(
                [
                    Print(at, seq, asks[0][0], 3_000, REGULAR | SIDE_GIVEN, BUY, 1),
                    Book(at, seq + 1, bids, ((asks[0][0], 100), *asks[1:])),
                    Book(at + NS // 10, seq + 2, bids, asks),
                ]
            )
            seq += 3
        found = evidence(out, "hidden_seller")
        assert len(found) == expected
        for raised in found:
            assert not raised.alert.counts
            assert raised.alert.text.startswith("Iceberg offer 10.01: ")
            assert raised.alert.text.endswith("bought, price stuck")


def test_a_patient_seller_is_found_and_noise_is_not() -> None:
    rng = random.Random(5)
    bleed = SlowBleed()
    quiet = [bleed.bucket(round(rng.gauss(1_000, 300)), round(rng.gauss(1_000, 300))) for _ in range(60)]
    assert not any(quiet)
    patient = [bleed.bucket(round(rng.gauss(1_600, 300)), round(rng.gauss(1_000, 300))) for _ in range(30)]
    assert any(patient)
    assert patient.index(True) >= 3
    assert bleed.minutes > 0.5
    assert bleed.sold > 0
    bleed.restart()
    assert bleed.level == bleed.minutes == 0


def warm(*flows: int, bleed: SlowBleed | None = None) -> SlowBleed:
    """Thirty buckets of flow, by turns."""
    bleed = bleed or SlowBleed()
    for index in range(30):
        assert bleed.bucket(max(0, flows[index % 2]), max(0, -flows[index % 2])) is False
        assert bleed.level == bleed.minutes == bleed.sold == 0
    return bleed


def test_the_sum_of_a_bleed_by_hand() -> None:
    """Thirty buckets of +300 and -100 by turns: mean 100, deviation 200. 400 is z = 1.5, less the drift 1.0."""
    bleed = warm(300, -100)
    assert not bleed.bucket(450, 50)
    assert bleed.level == pytest.approx(1.0)
    assert (bleed.minutes, bleed.sold) == (1 / 6, 400)
    mean, deviation = 100 + 300 / 31, (30 / 31 * (200**2 + 300**2 / 31)) ** 0.5
    assert not bleed.bucket(200, 0)
    assert bleed.level == pytest.approx(1.0 + (200 - mean) / deviation - 0.5)
    assert (bleed.minutes, bleed.sold) == (2 / 6, 600)
    assert not bleed.bucket(0, 10_000)
    assert (bleed.level, bleed.minutes, bleed.sold) == (0.0, 0.0, 0)


def test_a_bleed_forgotten_is_one_that_begins() -> None:
    bleed = warm(300, -100)
    bleed.bucket(10_000, 0)
    bleed.forget()
    assert bleed.level == bleed.minutes == bleed.sold == 0
    warm(300, -100, bleed=bleed).bucket(450, 50)
    assert bleed.level == pytest.approx(1.0)
    assert bleed.sold == 400


def test_a_quiet_name_bleeds_too() -> None:
    """Deviation 0.5: three shares are held at z = 2."""
    bleed = warm(1, 0)
    assert not bleed.bucket(3, 0)
    assert bleed.level == 1.5


@pytest.mark.parametrize(("level", "fired"), [(3.5, False), (3.500001, True)])
def test_the_alarm_is_above_five(level: float, fired: bool) -> None:
    bleed = warm(1, 0)
    bleed.level = level
    assert bleed.bucket(3, 0) is fired


def test_one_burst_is_no_bleed() -> None:
    bleed = SlowBleed()
    rng = random.Random(6)
    for _ in range(60):
        bleed.bucket(round(rng.gauss(1_000, 300)), round(rng.gauss(1_000, 300)))
    before = bleed.level
    assert not bleed.bucket(500_000, 0)
    assert bleed.level <= before + 1.5


def test_the_core_tells_of_a_slow_bleed_in_guarded_only() -> None:
    profiles: tuple[Profile, ...] = ("guarded", "plan")
    for profile in profiles:
        rng = random.Random(7)
        core = SymbolCore("AAA", Rules(profile), DEEP)
        out = core.process([Gap(T0, "start")])
        for second in range(900):
            bias = 0.5 if second < 600 else 0.75
            for part in range(4):
                side = SELL if rng.random() < bias else BUY
                at = T0 + second * NS + part * NS // 5
                out += core.process([Print(at, second * 4 + part, 100_000, 100, REGULAR | SIDE_GIVEN, side)])
        assert bool(evidence(out, "slow_bleed")) == (profile == "guarded")
        assert not any(raised.alert.counts for raised in evidence(out, "slow_bleed"))


def test_three_levels_or_three_venues_make_a_sweep() -> None:
    for prices, venues, expected in (
        ((0, 0, 0), (1, 1, 1), False),
        ((0, 100, 200), (1, 1, 1), True),
        ((0, 0, 0), (1, 2, 3), True),
    ):
        core = SymbolCore("AAA", Rules(), DEEP)
        bids, asks = ladder(100_000)
        events = [Book(T0, 0, bids, asks)]
        out = core.process(events)
        for number, (down, venue) in enumerate(zip(prices, venues, strict=True)):
            at = T0 + NS + number * 1_000_000
            flags = REGULAR | SIDE_GIVEN
            out += core.process([Print(at, number + 1, 100_000 - down, 5_000, flags, SELL, venue)])
        out += core.process([Clock(T0 + 2 * NS)])
        (raised,) = evidence(out, "sell_print")
        assert raised.alert.details["sweep"] is expected
        assert raised.alert.text.startswith("Sweep") is expected
        assert raised.alert.order_size == 15_000


def test_an_off_exchange_block_is_shown_and_never_counted() -> None:
    core = SymbolCore("AAA", Rules(), DEEP, Position("AAA", 100, Decimal(10)))
    bids, asks = ladder(100_000)
    out = core.process([Book(T0, 0, bids, asks)])
    for number in range(4):
        at = T0 + (1 + 31 * number) * NS
        out += core.process([Print(at, number + 1, 100_000, 20_000, REGULAR | OFF_EXCHANGE | SIDE_GIVEN, SELL, 4)])
    assert len(evidence(out, "block")) == 4
    assert not any(raised.alert.counts for raised in evidence(out, "block"))
    assert core.holding.flow.current is None


@pytest.mark.parametrize(("levels", "expected"), [(10, 1), (4, 0)])
def test_thin_exit_needs_depth_a_halving_and_coverage_below_two(levels: int, expected: int) -> None:
    capabilities = Capabilities("t", "replayed", "t", levels, streaming=True, joint_sequence=True, sessions=False)
    core = SymbolCore("AAA", Rules(), capabilities, Position("AAA", 1_000, Decimal(10)))
    out: list[Output] = []
    for second in range(400):
        size = 1_500 if second < 150 else 150
        bids, asks = ladder(100_000, size)
        out += core.process([Book(T0 + second * NS, second, bids[:levels], asks[:levels])])
    found = evidence(out, "thin_exit")
    assert len(found) == expected
    for raised in found:
        assert raised.alert.severity == "warning"
        assert raised.alert.details["coverage"] * 2 <= raised.alert.details["coverage_60s_ago"]


def counted(context: Indicators, window: VolumeWindow, price: int, size: int, side: int, *, confidence: float) -> None:
    window.add(T0 // NS, size, side)
    context.turnover += price * size
    context.squares += size * size
    context.sure += size * confidence


def test_context_by_hand() -> None:
    window = VolumeWindow()
    context = Indicators(window)
    context.on_touch(T0, ((100, 300),), ((102, 100),))
    figures = context.figures(T0)
    assert figures.queue_imbalance == 0.5
    assert figures.ofi == 0
    assert figures.vwap is None
    assert figures.kyle_lambda is None
    assert context.side_accuracy() == 1.0
    context.on_touch(T0, ((100, 500),), ((102, 100),))
    assert context.figures(T0).ofi == pytest.approx(200 / 201, rel=0.02)
    context.on_touch(T0, ((99, 400),), ((102, 100),))
    assert context.figures(T0).ofi == pytest.approx((200 - 500) / 202, rel=0.02)
    counted(context, window, 100, 50, SELL, confidence=0.9)
    counted(context, window, 104, 150, BUY, confidence=0.9)
    figures = context.figures(T0)
    assert figures.cvd == 100
    assert figures.vwap == 103
    assert context.side_accuracy() == pytest.approx(0.9)
    assert figures.cvd_error == pytest.approx((4 * 0.9 * 0.1 * (50 * 50 + 150 * 150)) ** 0.5)
    context.start_session()
    assert context.figures(T0).cvd == 0
    assert context.figures(T0).vwap is None


def test_the_ofi_fades_and_lambda_pairs_moves_with_signed_volume() -> None:
    window = VolumeWindow()
    context = Indicators(window)
    context.on_touch(T0, ((100, 300),), ((102, 300),))
    context.on_touch(T0, ((100, 600),), ((102, 300),))
    fresh = context.figures(T0).ofi
    faded = context.figures(T0 + 10 * NS).ofi
    assert fresh is not None
    assert faded == pytest.approx(fresh / 2)
    context.whole_second(T0)
    window.add(T0 // NS, 100, SELL)
    context.on_touch(T0 + NS // 2, ((98, 300),), ((100, 300),))
    context.whole_second(T0 + NS)
    assert context.figures(T0 + NS).kyle_lambda == pytest.approx(2 / 100)


def test_within_thirty_minutes_of_an_event_relative_volume_is_silent() -> None:
    core = SymbolCore("AAA", Rules("plan"), DEEP)
    core.terms.event_times_ns = (T0 + 1_000 * NS,)
    assert core.terms.near_event(T0 + 2_800 * NS)
    assert not core.terms.near_event(T0 + 2_801 * NS)
    out = core.process([Gap(T0, "start")])
    for second in range(420):
        size = 100 if second < 400 else 5_000
        out += core.process([Print(T0 + second * NS, second, 100_000, size, REGULAR | SIDE_GIVEN, SELL)])
    assert not evidence(out, "red_burst")


def sweeping(*prints: tuple[int, int, int, int]) -> list[Output]:
    """Sells of `(milliseconds, price below 10 dollars in ticks, size, venue)`, then two seconds of silence."""
    core = SymbolCore("AAA", Rules(), DEEP)
    bids, asks = ladder(100_000)
    out = core.process([Book(T0, 0, bids, asks)])
    flags = REGULAR | SIDE_GIVEN
    for number, (at, down, size, venue) in enumerate(prints):
        event = Print(T0 + NS + at * 1_000_000, number + 1, 100_000 - 100 * down, size, flags, SELL, venue)
        out += core.process([event])
    return out + core.process([Clock(T0 + 3 * NS)])


@pytest.mark.parametrize(
    ("prints", "swept"),
    [
        (((0, 0, 500, 1), (100, 0, 500, 2), (200, 0, 15_000, 3)), True),
        (((0, 0, 500, 1), (100, 0, 500, 2), (251, 0, 15_000, 3)), False),
        (((0, 0, 500, 1), (60, 1, 500, 1), (120, 2, 15_000, 1)), True),
    ],
)
def test_a_large_sell_that_ends_a_sweep_is_told_as_one(
    prints: tuple[tuple[int, int, int, int], ...], swept: bool
) -> None:
    (raised,) = evidence(sweeping(*prints), "sell_print")
    assert raised.alert.details["sweep"] is swept
    assert raised.alert.order_size == 15_000


@pytest.mark.parametrize(("last_ms", "swept"), [(250, True), (251, False)])
def test_a_large_sell_that_begins_a_sweep_is_named_when_the_rest_comes(last_ms: int, swept: bool) -> None:
    out = sweeping((0, 0, 15_000, 1), (120, 1, 500, 1), (last_ms, 2, 500, 1), (last_ms + 1, 3, 500, 1))
    (raised,) = evidence(out, "sell_print")
    assert raised.alert.details["sweep"] is False
    updates = [one for one in out if isinstance(one, AlertUpdated) and one.alert.evidence == "sell_print"]
    assert len(updates) == swept
    for update in updates:
        assert update.journal
        assert update.alert.episode_id == raised.alert.episode_id
        assert update.alert.text == "Sweep: 15,500 sold through the bids in 120 ms (2 prints)"
        assert update.alert.details["levels"] == 3


def test_one_sweep_in_one_instant_is_one_line_and_one_signal() -> None:
    parts = ((0, 0, 25_000, 1), (70, 2, 12_000, 1), (140, 4, 11_000, 1), (215, 6, 30_000, 1))
    out = sweeping(*parts)
    (raised,) = evidence(out, "sell_print")
    updates = [one.alert for one in out if isinstance(one, AlertUpdated) and one.alert.evidence == "sell_print"]
    assert {update.episode_id for update in updates} == {raised.alert.episode_id}
    assert updates[-1].text == "Sweep: 78,000 sold through the bids in 215 ms (4 prints)"
    assert (updates[-1].order_size, updates[-1].details["at_touch"]) == (78_000, 78_000)
    assert (updates[-1].details["low"], updates[-1].details["high"]) == (9.94, 10.0)
    assert len(evidence(sweeping((0, 0, 25_000, 1), (251, 2, 12_000, 1)), "sell_print")) == 2


@pytest.mark.parametrize(("part", "said"), [(5_000, [25_000, 30_000, 40_000]), (500, [25_000, 25_500])])
def test_small_parts_of_a_sweep_are_in_its_line_once_it_is_over(part: int, said: list[int]) -> None:
    """BAC, 8 October 2013: 447,380 shares in 215 ms, of which only the first 256,722 were above the threshold."""
    small = [(70 * (at + 1), at + 1, part, 1) for at in range(3)]
    out = sweeping((0, 0, 25_000, 1), *small, (251, 5, 9_000, 1))
    told = [one for one in out if isinstance(one, AlertRaised | AlertUpdated) and one.alert.evidence == "sell_print"]
    assert [isinstance(one, AlertRaised) for one in told] == [at == 0 for at in range(len(said))]
    assert [one.alert.order_size for one in told] == said


def test_pace_is_the_rate_of_prints_against_the_usual_one() -> None:
    window = VolumeWindow()
    context = Indicators(window)

    def live(seconds: range, each: int) -> float | None:
        for second in seconds:
            for _ in range(each):
                window.add(second, 100, BUY)
            context.whole_second((second + 1) * NS)
        return context.figures(seconds[-1] * NS).pace

    assert live(range(59), 4) is None
    assert live(range(59, 300), 4) == pytest.approx(1.0)
    fast = live(range(300, 315), 40)
    assert fast is not None
    usual = 4 + 36 * (1 - (1 - 1 / 300) ** 15)
    assert fast == pytest.approx((4 + 36 * (1 - (1 - 1 / 15) ** 15)) / usual)
    context.start_session()
    assert context.figures(0).pace is None
    assert live(range(315, 400), 0) is None
