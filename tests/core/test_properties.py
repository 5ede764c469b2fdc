"""What must hold for any tape: splits, orders within a batch, extra clocks and the mirror change nothing."""

import dataclasses
import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.core.model.events import Book, Clock, Event, Print, live_order
from orderflow_tui.core.model.outputs import AlertRaised, AlertUpdated, ExitTriggered, Output, StopRaised
from orderflow_tui.core.model.units import NS, price_units
from orderflow_tui.core.rules.rule import Profile
from orderflow_tui.core.symbol import SymbolCore

from .kit import NOON, Rules, alerts, drawn_market, held, make

pytestmark = pytest.mark.untraced
SEEDS = st.integers(0, 10_000)
PROFILES: st.SearchStrategy[Profile] = st.sampled_from(("plan", "guarded"))
RULES: dict[Profile, Rules] = {
    "plan": Rules(profile="plan"),
    "guarded": Rules(profile="guarded", large_order_size_threshold=4_000),
}
STOP = "99.95"


def _core(profile: Profile, **changes: object) -> SymbolCore:
    facts: dict[str, object] = {"depth_levels": 3}
    return make(RULES[profile], held(3_000, stop=STOP), **(facts | changes))


def _whole(events: list[Event], profile: Profile, **changes: object) -> list[Output]:
    return _core(profile, **changes).process(events)


def test_the_drawn_markets_make_every_rule_speak() -> None:
    seen: dict[Profile, set[str | None]] = {"plan": set(), "guarded": set()}
    kinds: set[type] = set()
    for seed in range(12):
        for profile, evidence in seen.items():
            outputs = _core(profile, single_venue=True).process(drawn_market(seed, seconds=600))
            evidence |= {alert.evidence for alert in alerts(outputs)}
            kinds |= {type(output) for output in outputs}
    assert seen["plan"] == {"bid_wall", "ask_wall", "bid_wall_hit", "bid_wall_pulled", "sell_print", "red_burst"}
    assert seen["guarded"] >= seen["plan"]
    assert kinds >= {AlertRaised, AlertUpdated, StopRaised, ExitTriggered}


@settings(max_examples=25)
@given(SEEDS, PROFILES, st.booleans(), st.integers(1, 400))
def test_any_split_of_the_sequence_says_the_same(seed: int, profile: Profile, joint: bool, longest: int) -> None:
    events = drawn_market(seed)
    core, draw = _core(profile, joint_sequence=joint), random.Random(seed)
    outputs, at = list[Output](), 0
    while at < len(events):
        size = draw.randrange(1, longest + 1)
        outputs += core.process(events[at : at + size])
        at += size
    assert outputs == _whole(events, profile, joint_sequence=joint)


@settings(max_examples=25)
@given(SEEDS, PROFILES, st.integers(2, 200))
def test_any_order_within_a_batch_says_the_same_once_sorted(seed: int, profile: Profile, size: int) -> None:
    events = drawn_market(seed)
    draw = random.Random(seed)
    batches = [events[at : at + size] for at in range(0, len(events), size)]
    outputs: list[Output] = []
    core = _core(profile, joint_sequence=False)
    for batch in batches:
        mixed = list(batch)
        draw.shuffle(mixed)
        outputs += core.process(sorted(mixed, key=live_order))
    straight = [event for batch in batches for event in sorted(batch, key=live_order)]
    assert outputs == _whole(straight, profile, joint_sequence=False)


def _with_clocks(events: list[Event], draw: random.Random, per_gap: int) -> list[Event]:
    out: list[Event] = [events[0]]
    for before, event in itertools.pairwise(events):
        gap = event.time_ns - before.time_ns
        moments = {before.time_ns + draw.randrange(gap + 1) for _ in range(draw.randrange(per_gap + 1))}
        if gap > NS:
            moments |= set(range(before.time_ns, event.time_ns, NS))
        out += [Clock(moment) for moment in sorted(moments)]
        out.append(event)
    return out


@settings(max_examples=25)
@given(SEEDS, PROFILES, st.integers(1, 3))
def test_extra_clock_events_change_no_alert(seed: int, profile: Profile, per_gap: int) -> None:
    events = drawn_market(seed)
    end = Clock(events[-1].time_ns + 400 * NS)
    plain = _whole([*events, end], profile, single_venue=True)
    ticked = _whole([*_with_clocks(events, random.Random(seed), per_gap), end], profile, single_venue=True)
    assert _said(ticked) == _said(plain)


def _said(outputs: list[Output]) -> list[Output]:
    """Alerts, stops and recommendations; `stop_near` is told when it is noticed, so its time does not count."""
    said = [o for o in outputs if isinstance(o, AlertRaised | AlertUpdated | StopRaised | ExitTriggered)]
    return [replace(o, time_ns=0) if isinstance(o, StopRaised) and o.kind == "stop_near" else o for o in said]


MIRRORED = {
    "bid_wall": "ask_wall", "ask_wall": "bid_wall", "bid_wall_hit": "ask_wall_hit",
    "bid_wall_pulled": "ask_wall_pulled", "sell_print": "buy_print", "red_burst": "red_burst",
    "hidden_seller": "hidden_buyer", "slow_bleed": "slow_bleed", "block": "block",
}  # fmt: skip


def _reflected(event: Event, twice_middle: int) -> Event:
    if isinstance(event, Print):
        return Print(event.time_ns, event.seq, twice_middle - event.price, event.size, event.flags, -event.side)
    if isinstance(event, Book):
        bids = tuple((twice_middle - price, size) for price, size in event.asks)
        asks = tuple((twice_middle - price, size) for price, size in event.bids)
        return Book(event.time_ns, event.seq, bids, asks)
    return event


@settings(max_examples=25)
@given(SEEDS, PROFILES, st.booleans())
def test_a_mirrored_tape_with_a_short_position_gives_mirrored_alerts_with_the_same_figures(
    seed: int, profile: Profile, given_side: bool
) -> None:
    middle = price_units("100.00")
    events = drawn_market(seed, middle=middle, given=given_side)
    long = make(RULES[profile], held(3_000, stop="99.95"), depth_levels=3, single_venue=True)
    short = make(RULES[profile], held(-3_000, stop="100.05"), depth_levels=3, single_venue=True)
    said_long = long.process(events)
    said_short = short.process([_reflected(event, 2 * middle) for event in events])
    assert [type(output) for output in said_long] == [type(output) for output in said_short]
    for one, other in zip(said_long, said_short, strict=True):
        if isinstance(one, AlertRaised | AlertUpdated):
            assert isinstance(other, AlertRaised | AlertUpdated)
            a, b = one.alert, other.alert
            assert a.evidence is not None
            assert a.price_level is not None
            assert b.price_level is not None
            assert (b.evidence, b.against) == (MIRRORED[a.evidence], "short")
            assert price_units(a.price_level) + price_units(b.price_level) == 2 * middle
            unmirrored = dataclasses.replace(
                b, evidence=a.evidence, against="long", price_level=a.price_level, text=a.text,
                episode_id=a.episode_id, details=a.details,
            )  # fmt: skip
            assert unmirrored == a
            same = {"threshold", "peak", "sold", "traded", "prints", "volume", "baseline", "n_eff", "exit_ratio"}
            assert {k: v for k, v in a.details.items() if k in same} == {
                k: v for k, v in b.details.items() if k in same
            }
        if isinstance(one, ExitTriggered):
            assert isinstance(other, ExitTriggered)
            left, right = one.recommendation, other.recommendation
            assert (left.quantity, left.prints, left.shares) == (-right.quantity, right.prints, right.shares)
            assert (left.pnl, left.exit_cost) == (right.pnl, right.exit_cost)


@given(SEEDS, PROFILES)
@settings(max_examples=15)
def test_episodes_are_named_once_and_nothing_is_told_before_it_happened(seed: int, profile: Profile) -> None:
    core, outputs = _core(profile), list[Output]()
    for event in drawn_market(seed):
        said = core.process([event])
        assert all(output.time_ns <= event.time_ns for output in said)
        outputs += said
    raised = [output for output in outputs if isinstance(output, AlertRaised)]
    names = [output.alert.episode_id for output in raised]
    assert len(names) == len(set(names))
    for output in outputs:
        if isinstance(output, AlertUpdated):
            assert output.alert.episode_id in names


@given(SEEDS)
@settings(max_examples=15)
def test_one_recommendation_is_open_at_a_time(seed: int) -> None:
    core = _core("plan")
    open_one: str | None = None
    draw = random.Random(seed)
    for event in drawn_market(seed):
        for output in core.process([event]):
            if isinstance(output, ExitTriggered) and output.kind == "flow":
                assert open_one is None or output.follows == open_one
                open_one = output.recommendation.recommendation_id
        if open_one is not None and draw.random() < 0.01:
            answer = draw.choice((Answer("hold"), Answer("snooze", minutes=1), Answer("snooze", minutes=5)))
            core.answer(event.time_ns, open_one, answer)


@pytest.mark.parametrize("profile", ["plan", "guarded"])
def test_history_opens_nothing_and_is_marked(profile: Profile) -> None:
    events = drawn_market(7)
    late = _core(profile).process(events, news_from_ns=NOON + 10**15)
    assert late
    assert all(isinstance(output, AlertRaised | AlertUpdated) and output.alert.late for output in late)
