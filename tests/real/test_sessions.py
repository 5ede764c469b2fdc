"""The rules on recorded sessions of real exchanges."""

from collections import Counter

import pytest

from orderflow_tui.core.market.trade_side import SideClassifier
from orderflow_tui.core.model.data_models import OrderFlowAlert
from orderflow_tui.core.model.events import BUY, SELL, SIDE, VOLUME, Book, Print
from orderflow_tui.core.model.outputs import AlertRaised
from orderflow_tui.core.model.units import PRICE_UNITS_PER_DOLLAR
from orderflow_tui.core.rules.explain import true_share
from orderflow_tui.track_record.intervals import wilson
from tests.core.kit import Rules, alerts, exits

from .sessions import AAPL, BAC, BAC_LATER, BTC, SHORT, events, expected, recording, run

LETTERS = {BUY: "B", SELL: "S"}


@pytest.mark.parametrize("name", SHORT)
def test_counts_volumes_prices_and_sides_are_those_computed_independently(name: str) -> None:
    figures, source = expected(name), recording(name)
    prints = [event for event in events(name) if isinstance(event, Print)]
    books = [event for event in events(name) if isinstance(event, Book)]
    assert (len(prints), len(books), source.levels) == (figures["trades"], figures["book_rows"], figures["levels"])
    assert (prints[0].time_ns, prints[-1].time_ns) == (figures["first_ts_ns"], figures["last_ts_ns"])
    assert sum(event.size for event in prints) / source.size_scale == pytest.approx(figures["volume"], abs=1e-6)
    prices = [event.price / PRICE_UNITS_PER_DOLLAR for event in prints]
    assert (min(prices), max(prices)) == (figures["low"], figures["high"])
    sides = Counter(LETTERS.get(event.side, "unknown") for event in prints)
    assert dict(sides) == figures["sides"]
    sizes = [[size / source.size_scale for _, size in side] for book in books for side in (book.bids, book.asks)]
    largest = max(figures["largest_bid"], figures["largest_ask"])
    assert max(size for side in sizes for size in side) == pytest.approx(largest)
    crossed = sum(bool(b.bids and b.asks and b.bids[0][0] >= b.asks[0][0]) for b in books)
    assert crossed == figures["crossed_or_locked_rows"]


@pytest.mark.parametrize("name", [AAPL, BTC])
def test_inferred_sides_agree_with_the_true_ones(name: str) -> None:
    classifier = SideClassifier(joint_sequence=True)
    right = total = 0
    for blind, true in zip(events(name, infer_sides=True), events(name), strict=True):
        if isinstance(blind, Book):
            classifier.on_book(blind)
        elif isinstance(blind, Print) and isinstance(true, Print) and blind.flags & SIDE:
            total += 1
            right += classifier.classify(blind) == true.side
    assert total == expected(name)["trades"]
    assert right / total >= 0.97
    assert right / total == pytest.approx(expected(name)["accuracy"]["clnv"], abs=1e-3)


def test_a_side_is_right_as_often_as_its_confidence_says_and_the_true_share_does_not_lean() -> None:
    classifier = SideClassifier(joint_sequence=True)
    kinds: dict[float, list[int]] = {}
    volume = sold = truly = weight = 0.0
    for blind, true in zip(events(AAPL, infer_sides=True), events(AAPL), strict=True):
        if isinstance(blind, Book):
            classifier.on_book(blind)
        elif isinstance(blind, Print) and isinstance(true, Print) and blind.flags & SIDE and true.side:
            side = classifier.classify(blind)
            kind = kinds.setdefault(classifier.confidence, [0, 0])
            kind[0] += 1
            kind[1] += side == true.side
            volume += blind.size
            sold += blind.size * (side == SELL)
            truly += blind.size * (true.side == SELL)
            weight += blind.size * classifier.confidence
    for confidence, (total, right) in kinds.items():
        found = wilson(right, total)
        assert found is not None
        assert found.low <= confidence <= found.high, confidence
    assert true_share(sold / volume, weight / volume) == pytest.approx(truly / volume, abs=0.01)


def _burst_times(name: str, rules: Rules) -> list[str]:
    _, outputs = run(name, rules)
    return [alert.timestamp_utc.strftime("%H:%M:%S") for alert in alerts(outputs, "red_burst")]


def test_bursts_of_a_minute_begin_where_the_tape_broke() -> None:
    assert [time[:5] for time in _burst_times(BAC, Rules(bucket_seconds=60))] == ["18:13", "18:27"]
    (later,) = _burst_times(BAC_LATER, Rules(bucket_seconds=60))
    assert later[:7] == "18:55:1"


def test_bursts_of_ten_seconds() -> None:
    assert [time[:5] for time in _burst_times(BAC, Rules())] == ["18:13", "18:21", "18:26", "18:33"]


@pytest.mark.parametrize("minute", ["18:13", "18:21", "18:26", "18:33"])
def test_the_guarded_bursts_are_no_others(minute: str) -> None:
    assert minute in {time[:5] for time in _burst_times(BAC, Rules(profile="guarded"))}
    assert len(_burst_times(BAC, Rules(profile="guarded"))) == 4


@pytest.mark.parametrize(("name", "walls"), [(BAC, 8), (BAC_LATER, 4)])
def test_a_bid_that_is_always_large_is_a_few_walls(name: str, walls: int) -> None:
    core, outputs = run(name, Rules())
    assert len(alerts(outputs, "bid_wall")) == walls
    assert not alerts(outputs, "bid_wall_pulled")
    assert len({_episode(alert) for alert in alerts(outputs)}) == len(alerts(outputs))
    assert core.tape.prints > 3_000


def _episode(alert: OrderFlowAlert) -> str:
    assert alert.episode_id is not None
    return alert.episode_id


def test_aapl_shows_no_large_seller_at_ten_thousand_shares() -> None:
    for rules in (Rules(), Rules(profile="guarded")):
        _, outputs = run(AAPL, rules)
        assert not [alert for alert in alerts(outputs) if alert.alert_type == "large_seller" and alert.counts]
        assert not exits(outputs)


def test_an_odd_size_of_coins_is_kept_to_its_last_part() -> None:
    core, outputs = run(BTC, Rules(large_order_size_threshold=1_000))
    assert core.window.volume == sum(
        event.size for event in events(BTC) if isinstance(event, Print) and event.flags & VOLUME
    )
    assert not alerts(outputs, "bid_wall")


@pytest.mark.parametrize("profile", ["plan", "guarded"])
def test_a_session_in_pieces_says_the_same(profile: str) -> None:
    rules = Rules(profile="guarded" if profile == "guarded" else "plan")
    _, whole = run(BAC_LATER, rules)
    core, _ = run(BAC_LATER, rules)
    fresh = type(core)(core.symbol, rules, core.terms.capabilities, core.holding.position)
    pieces = []
    taken = events(BAC_LATER)
    for at in range(0, len(taken), 97):
        pieces += fresh.process(taken[at : at + 97])
    assert pieces == whole
    assert [o.time_ns for o in pieces if isinstance(o, AlertRaised)]
