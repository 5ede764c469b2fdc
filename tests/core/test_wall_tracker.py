"""The walls of one side at their boundaries: the same wall, growth, life, words, verdicts, timers."""

from __future__ import annotations

import sys

import pytest

from orderflow_tui.core.model.events import Book, Levels
from orderflow_tui.core.model.outputs import AlertOutput, AlertRaised, AlertUpdated
from orderflow_tui.core.model.units import NEVER_NS, NS
from orderflow_tui.core.rules.alert_writer import AlertWriter
from orderflow_tui.core.rules.wall import Wall
from orderflow_tui.core.rules.wall_tracker import WallTracker
from orderflow_tui.core.short_as_long import Mirror

from .kit import NOON, Tape, alerts, held, make, walls_of

T = 10_000
STEP = 100
TOP = 1_000_000


def _tracker(against: str = "long") -> WallTracker:
    writer = AlertWriter("TEST", "plan", Mirror(short=against == "short"))
    return WallTracker(+1, writer, verdicts=True, pulled_rule=True)


def _show(tracker: WallTracker, after_ns: int, *sizes: int, best: int = TOP) -> list[AlertOutput]:
    levels: Levels = tuple((best - STEP * index, size) for index, size in enumerate(sizes))
    return tracker.on_levels(NOON + after_ns, levels, T, STEP) or []


class TestTheSameWallOneTickOn:
    """SPEC 5: steps one tick, size within 10 %, inside 1 s."""

    @pytest.mark.parametrize(("size", "new"), [(13_200, 0), (13_201, 1), (10_800, 0), (10_799, 1)])
    def test_when_the_best_price_falls_past_it(self, size: int, new: int) -> None:
        tracker = _tracker()
        assert len(_show(tracker, 0, 12_000)) == 1
        assert len(_show(tracker, 5 * NS, size, best=TOP - STEP)) == new

    @pytest.mark.parametrize(("later", "new"), [(NS, 0), (NS + 1, 1)])
    def test_within_a_second_of_its_end(self, later: int, new: int) -> None:
        tracker = _tracker()
        _show(tracker, 0, 12_000)
        _show(tracker, 5 * NS, 100, best=TOP - STEP)
        assert len(_show(tracker, 5 * NS + later, 12_000, best=TOP - STEP)) == new

    @pytest.mark.parametrize(("size", "new"), [(13_200, 0), (13_201, 1), (10_800, 0), (10_799, 1)])
    def test_inside_the_book_downwards(self, size: int, new: int) -> None:
        tracker = _tracker()
        _show(tracker, 0, 12_000, 100)
        assert len(_show(tracker, NS, 100, size)) == new

    @pytest.mark.parametrize(("later", "new"), [(NS, 0), (NS + 1, 1)])
    def test_inside_the_book_upwards_within_a_second(self, later: int, new: int) -> None:
        tracker = _tracker()
        _show(tracker, 0, 100, 12_000)
        _show(tracker, NS, 100, 100)
        assert len(_show(tracker, NS + later, 12_000, 100)) == new

    def test_a_neighbour_that_is_another_wall_does_not_hide_it(self) -> None:
        tracker = _tracker()
        _show(tracker, 0, 12_000, 100, 20_000)
        assert not _show(tracker, NS, 100, 12_000, 20_000)

    def test_it_keeps_its_peak_and_is_watched_from_there(self) -> None:
        tracker = _tracker()
        _show(tracker, 0, 12_000, 100)
        _show(tracker, NS, 100, 11_500)
        (wall,) = tracker.showing()
        assert (wall.price, wall.size, wall.peak, wall.opened_price) == (TOP - STEP, 11_500, 12_000, TOP)
        assert wall.in_sight
        assert wall.continuous
        assert (wall.added, wall.below_ns, wall.gone_ns, wall.suspended_ns) == (0, 0, 0, 0)


class TestGrowth:
    """SPEC 5: updates in place; the journal at most every 60 s and only when it doubles or turns critical."""

    @pytest.mark.parametrize(
        ("first", "then", "journal"),
        [(15_000, 30_000, True), (15_000, 29_999, False), (14_000, 15_000, True), (12_000, 14_999, False)],
    )
    def test_what_the_journal_hears_after_a_minute(self, first: int, then: int, journal: bool) -> None:
        tracker = _tracker()
        _show(tracker, 0, first)
        (update,) = _show(tracker, 60 * NS, then)
        assert isinstance(update, AlertUpdated)
        assert update.journal == journal
        assert update.alert.severity == ("critical" if then >= 15_000 else "warning")

    def test_not_before_a_minute_and_nothing_for_the_same_size(self) -> None:
        tracker = _tracker()
        _show(tracker, 0, 15_000)
        (update,) = _show(tracker, 60 * NS - 1, 40_000)
        assert isinstance(update, AlertUpdated)
        assert not update.journal
        assert not _show(tracker, 60 * NS - 1, 40_000)

    def test_a_size_at_the_threshold_opens_nothing(self) -> None:
        assert not _show(_tracker(), 0, T, T)
        assert len(_show(_tracker(), 0, T + 1)) == 1


class TestTheLifeOfAWall:
    """By conservation: what was added is the change of the shown size, what traded given back."""

    def test_what_is_refilled_is_added_and_counted(self) -> None:
        wall = Wall(TOP, 12_000, T, NOON)
        wall.shows(12_500, again=False)
        assert (wall.added, wall.refills, wall.cancelled) == (500, 0, 0)
        wall.trade(NOON + 1, 300, 300)
        wall.shows(12_500, again=False)
        assert (wall.added, wall.refills) == (800, 1)
        wall.trade(NOON + 2, 1, 0)
        wall.shows(12_500, again=False)
        assert (wall.added, wall.refills) == (801, 2)
        wall.shows(12_501, again=False)
        wall.shows(12_400, again=False)
        assert (wall.added, wall.refills, wall.cancelled) == (802, 2, 101)

    def test_several_prints_between_two_books_are_one_sum(self) -> None:
        wall = Wall(TOP, 12_000, T, NOON)
        wall.trade(NOON + 1, 300, 300)
        wall.trade(NOON + 2, 200, 0)
        wall.shows(11_500, again=False)
        assert (wall.added, wall.cancelled) == (0, 0)

    def test_out_of_sight_nothing_is_known_of_changes(self) -> None:
        wall = Wall(TOP, 12_000, T, NOON)
        wall.shows(20_000, again=True)
        wall.shows(20_500, again=False)
        assert (wall.added, wall.cancelled) == (500, 0)
        assert wall.life(NOON + 1_234_567_890)["lifetime_s"] == 1.235

    def test_what_traded_is_summed_and_forgotten_by_age(self) -> None:
        wall = Wall(TOP, 12_000, T, NOON)
        wall.trade(NOON, 100, 100)
        wall.trade(NOON + 10 * NS, 200, 0)
        wall.trade(NOON + 30 * NS, 400, 400)
        assert (wall.traded, wall.sold, len(wall.sells)) == (700, 500, 3)
        wall.forget_before(NOON + 10 * NS)
        assert (wall.traded, wall.sold, len(wall.sells)) == (600, 400, 2)

    def test_a_wall_that_scrolls_away_and_back_begins_to_be_counted_anew(self) -> None:
        tracker = _tracker()
        _show(tracker, 0, 100, 12_000)
        _show(tracker, NS, 100, 100, best=TOP + 5 * STEP)
        _show(tracker, 2 * NS, 100, 14_000)
        (wall,) = tracker.showing()
        assert (wall.added, wall.suspended_ns) == (0, 0)
        _show(tracker, 3 * NS, 100, 14_500)
        assert wall.added == 500


class TestWhatIsSaid:
    """The words and figures a reader of the journal relies on, for both sides of the market."""

    def test_a_seen_wall_names_its_figures(self) -> None:
        (output,) = _show(_tracker(), 0, 12_400)
        assert isinstance(output, AlertRaised)
        details = output.alert.details
        assert (details["threshold"], details["peak"], details["price_now"]) == (T, 12_400, 100.0)
        assert details["silent_at"] == {"figure": "resting_size", "threshold": 12_400}
        assert (output.low, output.high) == (TOP, TOP)

    @pytest.mark.parametrize(("against", "words"), [("long", "Bid wall hit"), ("short", "Ask wall taken")])
    def test_a_hit_names_its_figures(self, against: str, words: str) -> None:
        tracker, top = _tracker(against), Mirror(short=against == "short").level(TOP)
        _show(tracker, 0, 12_400, best=top)
        assert tracker.on_sell(NOON + NS, top, 3_000, aggressor=True) is None
        hit = tracker.on_sell(NOON + 5 * NS, top, 100, aggressor=True)
        assert hit is not None
        assert hit.alert.text == f"{words}: 3,100 of 12,400 @ 100.00 in 4 s"
        details = hit.alert.details
        assert {name: details[name] for name in ("threshold", "peak", "sold", "prints", "lifetime_s")} == {
            "threshold": T, "peak": 12_400, "sold": 3_100, "prints": 2, "lifetime_s": 5.0,
        }  # fmt: skip
        assert details["silent_at"] == {"figure": "part_of_peak_sold", "threshold": 0.2501}
        assert (hit.prints, hit.low, hit.high) == (2, top, top)
        assert str(hit.alert.episode_id).endswith(f":100.00:{NOON}")

    @pytest.mark.parametrize(("against", "words"), [("long", "Bid"), ("short", "Ask")])
    def test_a_withdrawn_wall_names_its_figures(self, against: str, words: str) -> None:
        tracker, top = _tracker(against), Mirror(short=against == "short").level(TOP)
        _show(tracker, 0, 12_400, best=top)
        tracker.on_sell(NOON + NS, top, 300, aggressor=True)
        _show(tracker, 2 * NS, 100, best=top)
        (pulled,) = tracker.on_clock(NOON + 5 * NS, NOON + 5 * NS) or []
        assert isinstance(pulled, AlertRaised)
        assert pulled.alert.text == f"{words} wall pulled: 12,400 @ 100.00, 300 of it traded"
        details = pulled.alert.details
        assert {name: details[name] for name in ("threshold", "peak", "traded", "lifetime_s")} == {
            "threshold": T, "peak": 12_400, "traded": 300, "lifetime_s": 2.0,
        }  # fmt: skip
        assert pulled.alert.order_size == 12_400
        assert details["why"][0] == {"figure": "part_traded", "value": 0.0242, "threshold": 0.1}
        assert (pulled.time_ns, pulled.low, pulled.high) == (NOON + 2 * NS, top, top)
        assert str(pulled.alert.episode_id).endswith(f":100.00:{NOON}")

    def test_for_a_short_position_the_words_are_the_real_markets(self) -> None:
        tape = Tape().book(0, [(100.00, 12_400)], [(100.05, 13_000)])
        long = {alert.evidence: alert.text for alert in alerts(make(position=held()).process(tape.events))}
        short = {alert.evidence: alert.text for alert in alerts(make(position=held(-1_000)).process(tape.events))}
        assert long == {"bid_wall": "Bid wall 12,400 @ 100.00 (support)", "ask_wall": "Ask wall 13,000 @ 100.05"}
        assert short == {"ask_wall": "Ask wall 13,000 @ 100.05 (resistance)", "bid_wall": "Bid wall 12,400 @ 100.00"}

    def test_a_source_that_turns_out_shallow_says_at_least_and_withdraws_nothing(self) -> None:
        tracker = _tracker()
        tracker.set_source(deep=False, streaming=False)
        _show(tracker, 0, 12_000)
        hit = tracker.on_sell(NOON + NS, TOP, 3_000, aggressor=True)
        assert hit is not None
        assert "at least 3,000" in hit.alert.text
        _show(tracker, 2 * NS, 20_000, best=TOP + STEP)
        _show(tracker, 3 * NS, 100, best=TOP + STEP)
        assert not tracker.on_clock(NOON + 60 * NS, NOON + 60 * NS)
        for deep, streaming in ((True, False), (False, True)):
            tracker.set_source(deep=deep, streaming=streaming)
            _show(tracker, 70 * NS, 12_000, best=TOP + 9 * STEP)
            _show(tracker, 71 * NS, 100, best=TOP + 9 * STEP)
            assert len(tracker.on_clock(NOON + 75 * NS, NOON + 75 * NS) or []) == 1


class TestVerdicts:
    """SPEC 5: a verdict waits until the tape covers the instant; after 30 s without it there is none."""

    def gone(self) -> WallTracker:
        """A wall that went with the best price two seconds from noon."""
        tracker = _tracker()
        _show(tracker, 0, 12_000)
        _show(tracker, 2 * NS, 100, best=TOP - STEP)
        return tracker

    def test_a_second_must_pass_in_which_it_may_turn_up_beside(self) -> None:
        tracker = self.gone()
        assert not tracker.on_clock(NOON + 3 * NS - 1, NOON + 3 * NS - 1)
        assert len(tracker.on_clock(NOON + 3 * NS, NOON + 3 * NS) or []) == 1

    def test_the_tape_must_reach_its_end(self) -> None:
        tracker = self.gone()
        assert not tracker.on_clock(NOON + 4 * NS, NOON + 2 * NS - 1)
        assert len(tracker.on_clock(NOON + 5 * NS, NOON + 2 * NS) or []) == 1

    @pytest.mark.parametrize(("last_wait", "said"), [(32 * NS - 1, 1), (32 * NS, 0)])
    def test_after_thirty_seconds_without_the_tape_there_is_none(self, last_wait: int, said: int) -> None:
        tracker = self.gone()
        assert not tracker.on_clock(NOON + last_wait, NOON)
        assert len(tracker.on_clock(NOON + 40 * NS, NOON + 40 * NS) or []) == said

    def test_prints_up_to_its_end_are_its_own_and_no_later_or_other_ones(self) -> None:
        for price, at, pulled in ((TOP, 2 * NS, 0), (TOP, 2 * NS + 1, 1), (TOP - STEP, 2 * NS, 1), (TOP, 0, 0)):
            tracker = self.gone()
            assert tracker.on_sell(NOON + at, price, 1_200, aggressor=False) is None
            assert len(tracker.on_clock(NOON + 5 * NS, NOON + 5 * NS) or []) == pulled

    def test_a_print_before_it_opened_is_not(self) -> None:
        tracker = self.gone()
        tracker.on_sell(NOON - 1, TOP, 9_000, aggressor=False)
        assert len(tracker.on_clock(NOON + 5 * NS, NOON + 5 * NS) or []) == 1

    def test_what_is_not_known_to_be_sold_adds_nothing_to_a_hit(self) -> None:
        tracker = _tracker()
        _show(tracker, 0, 12_000)
        for index in range(10):
            assert tracker.on_sell(NOON + index, TOP, 5_000, aggressor=False) is None
        assert tracker.on_sell(NOON + 11, TOP, 2_999, aggressor=True) is None
        assert tracker.on_sell(NOON + 12, TOP, 1, aggressor=True) is not None

    def test_one_that_came_back_whole_is_seen_to_go(self) -> None:
        tracker = _tracker()
        _show(tracker, 0, 100, 12_000)
        _show(tracker, NS, 100, 100, best=TOP + 5 * STEP)
        _show(tracker, 2 * NS, 100, 12_000)
        _show(tracker, 3 * NS, 100, best=TOP - 2 * STEP)
        (pulled,) = tracker.on_clock(NOON + 4 * NS, NOON + 4 * NS) or []
        assert isinstance(pulled, AlertRaised)
        assert [wall.price for wall in tracker.pulled] == [TOP - STEP]

    def test_a_level_that_is_left_out_of_the_book_was_cancelled_whole(self) -> None:
        tracker = _tracker()
        _show(tracker, 0, 100, 12_000, 100)
        tracker.on_levels(NOON + NS, ((TOP, 100), (TOP - 2 * STEP, 100)), T, STEP)
        (wall,) = tracker.showing()
        assert (wall.cancelled, wall.added) == (12_000, 0)

    def test_the_newest_four_are_kept_for_the_screen(self) -> None:
        tracker = _tracker()
        for number in range(5):
            _show(tracker, 10 * number * NS, 12_000, best=TOP - 2 * STEP * number)
            _show(tracker, (10 * number + 1) * NS, 100, best=TOP - 2 * STEP * number - STEP)
            tracker.on_clock(NOON + (10 * number + 5) * NS, NOON + (10 * number + 5) * NS)
        assert [wall.price for wall in tracker.pulled] == [TOP - 2 * STEP * number for number in range(1, 5)]


class TestTimers:
    """`next_ns` is the earliest instant at which time alone changes something: no verdict is due before its own."""

    def next(self, tracker: WallTracker) -> int:
        return tracker.next_ns - NOON

    def test_a_wall_that_fell_low_is_closed_two_seconds_on(self) -> None:
        tracker = _tracker()
        _show(tracker, 0, 100, 12_000)
        assert tracker.next_ns == NEVER_NS
        _show(tracker, 5 * NS, 100, 100)
        assert self.next(tracker) == 7 * NS

    def test_one_out_of_sight_is_forgotten_five_minutes_on(self) -> None:
        tracker = _tracker()
        _show(tracker, 0, 100, 12_000)
        _show(tracker, 5 * NS, 100, 100, best=TOP + 5 * STEP)
        assert self.next(tracker) == 305 * NS

    def test_each_of_two_that_went_has_its_own_second(self) -> None:
        tracker = _tracker()
        _show(tracker, 0, 12_000, 100, 100, 20_000)
        _show(tracker, 2 * NS, 100, 100, 20_000, best=TOP - STEP)
        _show(tracker, 2 * NS + NS // 2, 100, best=TOP - 4 * STEP)
        assert self.next(tracker) == 3 * NS
        assert len(tracker.on_clock(NOON + 3 * NS, NOON + 3 * NS) or []) == 1
        assert self.next(tracker) == 3 * NS + NS // 2
        assert len(tracker.on_clock(NOON + 4 * NS, NOON + 4 * NS) or []) == 1
        assert tracker.next_ns == NEVER_NS

    def test_a_verdict_does_not_disturb_what_rests_low_or_is_out_of_sight(self) -> None:
        tracker = _tracker()
        _show(tracker, 0, 12_000, 100, 100, 20_000, 100, 30_000)
        _show(tracker, 2 * NS, 100, 100, 100, 100, 30_000, best=TOP - STEP)
        tracker.on_clock(NOON + 3 * NS, NOON + 3 * NS)
        assert self.next(tracker) == 4 * NS
        _show(tracker, 3 * NS, 100, 100, best=TOP - STEP)
        tracker.on_clock(NOON + 4 * NS, NOON + 4 * NS)
        assert self.next(tracker) == 303 * NS


def test_a_book_pays_for_the_walls_it_shows_and_not_for_all_that_stand() -> None:
    """Ever new prices: hundreds of walls out of sight, three hundred counted acts."""
    core, calls = make(position=held(3_000, "47.65")), list[int]()
    for number in range(300):
        time_ns = NOON + number * 20_000_000
        price = 400_000 + 500 * number
        book = Book(time_ns, number, ((price, 14_000),), ((price + 200, 300),))
        seen: list[object] = []
        sys.setprofile(lambda *told, seen=seen: seen.append(told[1]))
        try:
            core.process((book,))
        finally:
            sys.setprofile(None)
        calls.append(len(seen))
    assert len(walls_of(core).bids.walls) == 300
    assert sum(calls[-50:]) <= 1.2 * sum(calls[50:100])
