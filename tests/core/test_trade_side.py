import math

import pytest

from orderflow_tui.core.market.trade_side import (
    CONFIDENCE_GIVEN,
    CONFIDENCE_INSIDE,
    CONFIDENCE_INSIDE_BEHIND,
    CONFIDENCE_MIDDLE,
    CONFIDENCE_OUTSIDE,
    CONFIDENCE_OUTSIDE_BEHIND,
    CONFIDENCE_TICK,
    CONFIDENCE_TOUCH,
    NEAREST_FACTOR,
    SideClassifier,
    side_by_quote,
)
from orderflow_tui.core.model.events import (
    BUY,
    PRICE,
    REGULAR,
    SELL,
    SIDE,
    SIDE_GIVEN,
    UNKNOWN,
    VOLUME,
    Book,
    Clock,
    Print,
)
from orderflow_tui.core.model.units import NS, price_units

from .kit import NOON, Tape, alerts, held, make


def _book(at: float, bid: float, ask: float, seq: int = 1) -> Book:
    bids = ((price_units(bid), 100),) if bid else ()
    asks = ((price_units(ask), 100),) if ask else ()
    return Book(NOON + round(at * NS), seq, bids, asks)


def _print(at: float, price: float, seq: int = 2, flags: int = REGULAR, side: int = UNKNOWN) -> Print:
    return Print(NOON + round(at * NS), seq, price_units(price), 100, flags, side)


@pytest.mark.parametrize(
    ("price", "side"),
    [
        (100.10, BUY), (100.07, BUY), (100.0699, UNKNOWN), (100.05, UNKNOWN), (100.0301, UNKNOWN), (100.03, SELL),
        (100.00, SELL), (100.11, UNKNOWN), (99.99, UNKNOWN),
    ],
)  # fmt: skip
def test_within_30_percent_of_the_spread_the_quote_decides(price: float, side: int) -> None:
    classifier = SideClassifier()
    classifier.on_book(_book(0, 100.00, 100.10))
    assert classifier.classify(_print(1, price)) == side
    assert side_by_quote(price_units(price), price_units(100.00), price_units(100.10)) == side


@pytest.mark.parametrize("price", [100.05, 100.20, 99.90])
def test_in_the_middle_and_outside_the_tick_test_decides(price: float) -> None:
    for before, side in ((price - 0.01, BUY), (price + 0.01, SELL)):
        classifier = SideClassifier()
        classifier.on_book(_book(0, 100.00, 100.10))
        classifier.classify(_print(1, before))
        assert classifier.classify(_print(2, price)) == side
        assert classifier.classify(_print(3, price)) == side
        assert 0 < classifier.confidence < CONFIDENCE_TOUCH


def test_without_any_quote_the_tick_test_decides_from_the_second_price_on() -> None:
    classifier = SideClassifier()
    sides = [classifier.classify(_print(at, price)) for at, price in enumerate((10.0, 10.0, 10.01, 10.01, 10.0))]
    assert sides == [UNKNOWN, UNKNOWN, BUY, BUY, SELL]


def test_the_tick_test_alone_is_as_sure_as_it_is() -> None:
    classifier = SideClassifier()
    found = [(classifier.classify(_print(at, price)), classifier.confidence) for at, price in enumerate((10.0, 9.99))]
    assert found == [(UNKNOWN, 0.0), (SELL, CONFIDENCE_TICK)]


def test_prices_of_one_instant_turn_the_tick_test_and_what_is_no_price_does_not() -> None:
    classifier = SideClassifier()
    assert [classifier.classify(_print(1, price)) for price in (10.00, 10.02, 10.01)] == [UNKNOWN, BUY, SELL]
    assert classifier.classify(_print(2, 10.05, flags=VOLUME | SIDE)) == SELL
    assert classifier.classify(_print(3, 10.02)) == BUY


def test_the_quote_must_be_strictly_older() -> None:
    classifier = SideClassifier()
    classifier.on_book(_book(0, 100.00, 100.02))
    classifier.on_book(_book(1, 100.02, 100.04))
    assert classifier.classify(_print(1, 100.02)) == BUY
    assert classifier.quote is not None
    assert classifier.quote[2] == price_units(100.00)


def test_one_sequence_for_both_decides_at_equal_times() -> None:
    classifier = SideClassifier(joint_sequence=True)
    classifier.on_book(_book(0, 100.00, 100.02, seq=1))
    classifier.on_book(_book(1, 100.02, 100.04, seq=5))
    assert classifier.classify(_print(1, 100.02, seq=5)) == BUY
    assert classifier.classify(_print(1, 100.02, seq=6)) == SELL


def test_a_late_print_meets_the_quote_of_its_own_time() -> None:
    classifier = SideClassifier()
    for at in range(10):
        classifier.on_book(_book(at, 100.00 + at, 100.02 + at))
    for at in (9, 8, 7, 6, 5):
        assert classifier.classify(_print(at + 0.5, 100.00 + at)) == SELL
        assert classifier.confidence == CONFIDENCE_TOUCH
        assert classifier.quote is not None
        assert classifier.quote[:4] == (NOON + at * NS, 1, price_units(100.00 + at), price_units(100.02 + at))


def test_forty_eight_changes_of_a_quote_are_remembered_however_fast_they_come() -> None:
    classifier = SideClassifier()
    for change in range(100):
        classifier.on_book(_book(change / 100, 100.00 + change, 100.02 + change))
    for change in range(52, 100):
        assert classifier.classify(_print(change / 100 + 0.005, 100.00 + change)) == SELL
        assert classifier.confidence == CONFIDENCE_TOUCH
    assert classifier.classify(_print(0.515, 152.00)) == SELL
    assert classifier.confidence == CONFIDENCE_TOUCH * NEAREST_FACTOR


@pytest.mark.parametrize(("newest", "first"), [(4.0, 0), (4.001, 1)])
def test_the_quote_before_the_last_three_seconds_is_the_oldest_remembered(newest: float, first: int) -> None:
    classifier = SideClassifier()
    for at in (0, 1, newest):
        classifier.on_book(_book(at, 100.00 + at, 101.00 + at))
    classifier.classify(_print(0.5, 100.00))
    assert classifier.quote is not None
    assert classifier.quote[0] == NOON + first * NS


def test_where_no_older_quote_is_known_the_nearest_serves_at_reduced_confidence() -> None:
    classifier = SideClassifier(poll_cycle_ns=2 * NS)
    classifier.on_book(_book(3, 100.00, 100.02))
    assert classifier.classify(_print(1, 100.00)) == SELL
    assert classifier.confidence == CONFIDENCE_TOUCH * NEAREST_FACTOR
    assert classifier.classify(_print(0.5, 100.02)) == UNKNOWN
    assert classifier.quote is None


def test_the_ring_holds_three_seconds_and_the_quote_before_them() -> None:
    classifier = SideClassifier()
    for at in range(1_000):
        classifier.on_book(_book(at / 10, 100.00 + at % 2, 101.00 + at % 2))
    assert classifier._kept <= 33
    classifier.classify(_print(95.0, 100.00))
    assert classifier.quote is not None
    assert classifier.quote[0] <= NOON + round(96.9 * NS)


def test_an_unchanged_quote_stays_as_old_as_it_is() -> None:
    classifier = SideClassifier()
    for at in (0, 1, 2):
        classifier.on_book(_book(at, 100.00, 100.02))
    classifier.classify(_print(2, 100.00))
    assert classifier.quote is not None
    assert classifier.quote[:2] == (NOON, 1)


def test_a_given_side_is_taken_and_a_print_without_a_side_has_none() -> None:
    classifier = SideClassifier()
    classifier.on_book(_book(0, 100.00, 100.02))
    assert classifier.classify(_print(1, 100.02, flags=REGULAR | SIDE_GIVEN, side=SELL)) == SELL
    assert classifier.confidence == CONFIDENCE_GIVEN
    assert classifier.classify(_print(2, 100.02, flags=VOLUME | PRICE)) == UNKNOWN
    assert classifier.confidence == 0.0


def test_half_a_quote_is_none_and_a_crossed_one_tells_nothing() -> None:
    for bid, ask in ((100.00, 0), (0, 100.02), (100.02, 100.02), (100.03, 100.02)):
        classifier = SideClassifier()
        classifier.on_book(_book(0, bid, ask))
        assert classifier.classify(_print(1, 100.02)) == UNKNOWN
    assert side_by_quote(price_units(100), price_units(100), price_units(100)) == UNKNOWN
    mirrored = SideClassifier()
    mirrored.on_book(Book(NOON, 1, ((-1_000_200, 100),), ()))
    assert mirrored.classify(Print(NOON + 1, 2, -1_000_200, 100)) == UNKNOWN


@pytest.mark.parametrize(("ask", "confidence"), [(1_000_000, CONFIDENCE_TICK), (1_000_003, CONFIDENCE_MIDDLE)])
def test_beside_a_locked_quote_the_tick_test_stands_alone(ask: int, confidence: float) -> None:
    classifier = SideClassifier()
    classifier.on_book(Book(NOON, 1, ((1_000_000, 100),), ((ask, 100),)))
    middle = (1_000_000 + ask) // 2
    classifier.classify(Print(NOON + 1, 2, middle - 1, 100))
    assert classifier.classify(Print(NOON + 2, 3, middle, 100)) == BUY
    assert classifier.confidence == confidence


def test_a_late_print_does_not_turn_the_tick_test() -> None:
    classifier = SideClassifier()
    for at, price in ((0, 10.00), (2, 10.02)):
        classifier.classify(_print(at, price))
    classifier.classify(_print(1, 10.01))
    assert classifier.classify(_print(3, 10.02)) == BUY


class TestPolledQuotes:
    """SPEC 4.6: each poll's quote age lowers the confidence of the sides it gives."""

    def _confidence(self, age: float, *, polled: bool = True, flags: int = REGULAR) -> float:
        classifier = SideClassifier(polled=polled)
        classifier.on_book(_book(0, 100.00, 101.00))
        event = _print(age, 100.00, flags=flags)
        classifier.classify(event)
        classifier.fade(event)
        return classifier.confidence

    def test_the_worth_beyond_a_coin_fades_with_the_quotes_age(self) -> None:
        assert self._confidence(0.001) == pytest.approx(CONFIDENCE_TOUCH, abs=0.001)
        assert self._confidence(2.5) == pytest.approx(0.5 + (CONFIDENCE_TOUCH - 0.5) / math.e)
        ages = [self._confidence(age / 10) for age in range(1, 100)]
        assert ages == sorted(ages, reverse=True)
        assert ages[-1] > 0.5

    def test_polls_once_a_second_keep_the_measured_part(self) -> None:
        """Lee-Ready on AAPL: .959 in force, .878 polled once a second."""
        worth = [(self._confidence((at + 0.5) / 100) - 0.5) / (CONFIDENCE_TOUCH - 0.5) for at in range(100)]
        assert sum(worth) / 100 == pytest.approx((0.878 - 0.5) / (0.959 - 0.5), abs=0.002)

    def test_a_poll_that_shows_the_same_quote_makes_it_fresh_again(self) -> None:
        classifier = SideClassifier(polled=True)
        classifier.on_book(_book(0, 100.00, 101.00))
        classifier.on_book(_book(5, 100.00, 101.00))
        event = _print(5.5, 100.00)
        assert classifier.classify(event) == SELL
        classifier.fade(event)
        assert classifier.confidence == pytest.approx(self._confidence(0.5))

    def test_a_late_print_fades_by_the_age_of_its_own_quote(self) -> None:
        classifier = SideClassifier(polled=True)
        classifier.on_book(_book(0, 100.00, 101.00))
        classifier.on_book(_book(5, 100.50, 101.50))
        event = _print(2, 100.00)
        assert classifier.classify(event) == SELL
        classifier.fade(event)
        assert classifier.confidence == pytest.approx(self._confidence(2))

    def test_between_a_quotes_own_time_and_the_poll_that_shows_it_nothing_is_in_doubt(self) -> None:
        classifier = SideClassifier(polled=True)
        quote = _book(9, 100.00, 101.00)
        quote.since_ns = _book(0, 1, 2).time_ns
        classifier.on_book(quote)
        for at, fades in ((5, False), (9, False), (9.5, True)):
            event = _print(at, 100.00)
            assert classifier.classify(event) == SELL
            classifier.fade(event)
            assert (classifier.confidence < CONFIDENCE_TOUCH) is fades

    def test_a_quote_is_no_older_than_the_last_look_at_the_one_before(self) -> None:
        classifier = SideClassifier(polled=True)
        classifier.on_book(_book(0, 100.00, 101.00))
        classifier.on_book(_book(5, 100.00, 101.00))
        quote = _book(7, 99.00, 100.00)
        quote.since_ns = _book(3, 1, 2).time_ns
        classifier.on_book(quote)
        assert classifier.classify(_print(4, 100.00)) == SELL
        assert classifier.classify(_print(6, 100.00)) == BUY

    def test_quotes_are_streamed_unless_said_otherwise(self) -> None:
        fresh = SideClassifier()
        assert (fresh.polled, fresh.confidence, fresh.quote) == (False, 0.0, None)
        assert SideClassifier(polled=True).polled

    def test_a_side_the_source_gave_does_not_fade(self) -> None:
        assert self._confidence(9.0, flags=REGULAR | SIDE_GIVEN) == 1.0

    def test_without_a_quote_nothing_fades(self) -> None:
        classifier = SideClassifier(polled=True)
        classifier.classify(_print(0, 100.00))
        event = _print(1, 100.01)
        assert classifier.classify(event) == BUY
        before = classifier.confidence
        classifier.fade(event)
        assert classifier.confidence == before


def test_beside_a_book_that_lags_its_tape_an_inside_side_is_hardly_better_than_a_coin() -> None:
    classifier = SideClassifier()
    classifier.on_book(Book(1, 0, ((10_000, 100),), ((11_000, 100),)))
    inside = Print(2, 1, 10_100, 100)
    classifier.classify(inside)
    assert classifier.confidence == CONFIDENCE_INSIDE
    for seq in range(60):
        classifier.classify(Print(3, seq, 10_000 if seq % 9 else 9_000 + seq, 100))
    assert classifier.book_lags
    classifier.classify(inside)
    assert classifier.confidence == CONFIDENCE_INSIDE_BEHIND
    classifier.classify(Print(4, 99, 12_000, 100))
    assert classifier.confidence == CONFIDENCE_OUTSIDE_BEHIND
    classifier.polled = True
    assert not classifier.book_lags


class TestSides:
    """SPEC 4.6: each side carries a confidence, by how it was found."""

    @pytest.mark.parametrize(
        ("before", "price", "side", "confidence"),
        [
            (0, 1_001_000, BUY, CONFIDENCE_TOUCH),
            (0, 1_000_700, BUY, CONFIDENCE_INSIDE),
            (0, 1_000_000, SELL, CONFIDENCE_TOUCH),
            (0, 1_000_300, SELL, CONFIDENCE_INSIDE),
            (0, 1_000_500, UNKNOWN, 0.0),
            (1_000_400, 1_000_500, BUY, CONFIDENCE_MIDDLE),
            (1_000_600, 1_000_500, SELL, CONFIDENCE_MIDDLE),
            (1_001_000, 1_001_100, BUY, CONFIDENCE_OUTSIDE),
            (0, 1_001_100, UNKNOWN, 0.0),
        ],
    )
    def test_a_quote_of_ten_cents(self, before: int, price: int, side: int, confidence: float) -> None:
        classifier = SideClassifier()
        classifier.on_book(Book(NOON, 1, ((1_000_000, 100),), ((1_001_000, 100),)))
        if before:
            classifier.classify(Print(NOON + 1, 2, before, 100))
        assert classifier.classify(Print(NOON + 2, 3, price, 100)) == side
        assert classifier.confidence == confidence

    def test_a_quote_that_changed_on_one_side_alone_is_in_force(self) -> None:
        classifier = SideClassifier()
        for seq, (bid, ask) in enumerate(((1_000_000, 1_001_000), (1_000_000, 1_000_400), (1_000_200, 1_000_400))):
            classifier.on_book(Book(NOON + seq, seq, ((bid, 100),), ((ask, 100),)))
            assert classifier.classify(Print(NOON + seq + 1, 9, ask, 100)) == BUY
            assert classifier.confidence == CONFIDENCE_TOUCH
            assert classifier.classify(Print(NOON + seq + 1, 9, bid, 100)) == SELL
            assert classifier.confidence == CONFIDENCE_TOUCH

    @pytest.mark.parametrize("quantity", [1_000, -1_000])
    def test_where_nobody_bids_nothing_is_sold_at_the_bid(self, quantity: int) -> None:
        side = ([], [(100.02, 500)]) if quantity > 0 else ([(100.00, 500)], [])
        tape = Tape().book(0, *side).trade(1, 100.01, 20_000, SELL if quantity > 0 else BUY).add(Clock(NOON + 2 * NS))
        assert not alerts(make(position=held(quantity)).process(tape.events))
