"""The latch against a plain model of SPEC 5: one open, answers, quiet, re-arm, snooze, silence after exited."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec import structs

from orderflow_tui.core.exits.exit_signal import ExitLatch, Figures, LatchKind, LatchState
from orderflow_tui.core.model.data_models import Answer, ExitRecommendation, OrderFlowAlert
from orderflow_tui.core.model.outputs import ExitAnswered, ExitResolved, ExitTriggered
from orderflow_tui.core.model.units import NS, utc_datetime
from orderflow_tui.core.short_as_long import Mirror

from .kit import NOON, act

DAY = date(2025, 10, 22)
BID, DISTANCE = 1_000_000, 400


def recommendation(time_ns: int, reason: str = "3 large sellers") -> ExitRecommendation:
    return ExitRecommendation(f"TEST:exit:{time_ns}", "TEST", reason, ("a",), ("id-a",), utc_datetime(time_ns))


class LatchMachine(RuleBasedStateMachine):
    """Drives a flow latch and a model that knows only the words of the specification."""

    @initialize()
    def begin(self) -> None:
        self.latch = ExitLatch("flow")
        self.now, self.bid, self.quantity, self.day = NOON, BID, 1_000, DAY
        self.state = "none"
        self.answered_ns = self.answer_bid = self.quiet_until = self.evidence_ns = 0
        self.signals = 0
        self.on_walls = False
        self.muted: tuple[int, date] | None = None
        self.stop_ns = 0
        self.returns = 0

    def _figures(self) -> Figures:
        return Figures(self.quantity, self.bid, DISTANCE, self.day, lambda: recommendation(self.now))

    def _opened(self, *, on_walls: bool) -> None:
        self.state, self.signals, self.on_walls, self.evidence_ns = "open", 0, on_walls, self.now

    @rule(burst=st.booleans())
    def the_rule_is_met(self, burst: bool) -> None:
        self.latch.evidence(self.now)
        if self.state in {"held", "snoozed", "trimmed"}:
            self.signals += 1
        self.evidence_ns = self.now
        before = self.latch.current
        output = self.latch.trigger(self.now, recommendation(self.now), self._figures(), burst=burst)
        muted = self.muted == (self.quantity, self.day)
        quiet = self.state in {"held", "trimmed", "snoozed"} and self.now < self.quiet_until
        early = burst and self.on_walls and self.state != "snoozed"
        expected = bool(self.quantity) and not muted and self.state != "open" and (not quiet or early)
        assert (output is not None) == expected
        if output is None:
            return
        assert isinstance(output, ExitTriggered)
        assert output.follows == (before.recommendation_id if before else "")
        self.muted = None
        self.returns = 0
        self._opened(on_walls=not burst)

    @rule()
    def counted_evidence_comes_that_is_not_enough(self) -> None:
        self.latch.evidence(self.now)
        self.evidence_ns = self.now
        if self.state in {"held", "snoozed", "trimmed"}:
            self.signals += 1

    @precondition(lambda self: self.state != "none")
    @rule(kind=st.sampled_from(("hold", "snooze", "trimmed", "exited")), minutes=st.sampled_from((1, 5, 15)))
    def the_trader_answers(self, kind: str, minutes: int) -> None:
        answer = Answer(kind, minutes=minutes if kind == "snooze" else 0)  # type: ignore[arg-type]
        output = self.latch.answer(self.now, answer, self._figures())
        assert isinstance(output, ExitAnswered)
        assert output.price == self.bid
        self.state = {"hold": "held", "snooze": "snoozed", "trimmed": "trimmed", "exited": "none"}[kind]
        assert output.recommendation.status == ("exited" if kind == "exited" else self.state)
        self.answered_ns, self.answer_bid, self.signals = self.now, self.bid, 0
        self.quiet_until = self.now + (minutes * 60 if kind == "snooze" else 300) * NS
        if kind == "exited":
            self.muted = (self.quantity, self.day)

    @precondition(lambda self: self.latch.answered is None)
    @rule()
    def there_is_nothing_to_take_back(self) -> None:
        assert self.latch.take_back(self.now, self._figures()) is None

    @precondition(lambda self: self.state == "none")
    @rule()
    def there_is_nothing_to_answer(self) -> None:
        assert self.latch.answer(self.now, Answer("hold"), self._figures()) is None

    @rule(seconds=st.sampled_from((1, 30, 59, 60, 61, 299, 300, 301, 900)))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * NS
        self._tend()

    @rule(step=st.sampled_from((-500, -399, -400, -100, 100, 300)))
    def the_bid_moves(self, step: int) -> None:
        self.bid += step
        self._tend()

    @rule()
    def the_stop_is_crossed(self) -> None:
        self.now += NS
        self.stop_ns = self.now
        self._tend()

    @rule(quantity=st.sampled_from((0, 500, 1_000)))
    def the_position_changes(self, quantity: int) -> None:
        self.quantity = quantity
        self.latch.position_is(quantity)
        if self.muted and self.muted[0] != quantity:
            self.muted = None
        self._tend()

    @rule()
    def a_new_day_begins(self) -> None:
        self.day += timedelta(days=1)

    def _tend(self) -> None:
        outputs = self.latch.on_clock(self.now, self._figures(), stop_crossed_ns=self.stop_ns)
        kinds = [type(output) for output in outputs]
        if self.state == "none":
            assert not kinds
        elif self.quantity == 0:
            assert kinds == [ExitResolved]
            self.state = "none"
        elif self.state == "open":
            assert not kinds
        elif self._reopens():
            assert kinds == [ExitTriggered]
            self.returns += self.state != "snoozed" and self._price_went()
            self._opened(on_walls=self.on_walls)
        elif self.now >= self.quiet_until and self.now - max(self.evidence_ns, self.answered_ns) >= 300 * NS:
            assert kinds == [ExitResolved]
            self.state = "none"
        else:
            assert not kinds

    def _reopens(self) -> bool:
        if self.state == "snoozed":
            return self.now >= self.quiet_until and self.signals > 0
        return self.now < self.quiet_until and (self._price_went() or self.stop_ns > self.answered_ns)

    def _price_went(self) -> bool:
        return self.answer_bid - self.bid >= DISTANCE << min(self.returns, 3)

    @invariant()
    def the_latch_is_as_the_model(self) -> None:
        current = self.latch.current
        assert (current.status if current else "none") == self.state
        if self.state in {"held", "snoozed", "trimmed"}:
            assert self.latch.signals == self.signals
            assert (self.latch.quiet_until, self.latch.answer_bid) == (self.quiet_until, self.answer_bid)


TestLatch = LatchMachine.TestCase
TestLatch.settings = settings(max_examples=120, stateful_step_count=40, deadline=None, derandomize=True, database=None)


def _figures(bid: int | None = BID, quantity: int = 1_000, day: date = DAY) -> Figures:
    return Figures(quantity, bid, DISTANCE, day, lambda: recommendation(NOON))


def _open(latch: ExitLatch, at: int = NOON, *, burst: bool = False) -> ExitTriggered:
    output = latch.trigger(at, recommendation(at), _figures(), burst=burst)
    assert isinstance(output, ExitTriggered)
    return output


def _alert(episode: str, text: str = "b") -> OrderFlowAlert:
    return OrderFlowAlert(
        "TEST", "large_seller", "critical", 500, Decimal(1), None, utc_datetime(NOON), episode_id=episode, text=text
    )


def test_new_evidence_attaches_to_what_is_open_and_the_same_episode_once() -> None:
    latch = ExitLatch("flow")
    latch.attach(_alert("nobody-listens"), 1)
    _open(latch)
    latch.attach(_alert("id-b"), 3)
    latch.attach(_alert("id-b"), 3)
    current = latch.current
    assert current is not None
    assert (current.evidence, current.episode_ids) == (("a", "b"), ("id-a", "id-b"))
    assert (current.prints, current.shares) == (3, 500)
    latch.answer(NOON, Answer("hold"), _figures())
    latch.attach(_alert("id-c"), 1)
    assert latch.current is not None
    assert len(latch.current.evidence) == 2


@pytest.mark.parametrize(("minutes", "seconds"), [(1, 60), (5, 300), (15, 900)])
def test_a_snooze_is_not_broken_by_price_stop_or_burst(minutes: int, seconds: int) -> None:
    latch = ExitLatch("flow")
    _open(latch)
    latch.answer(NOON, Answer("snooze", minutes=minutes), _figures())
    almost = NOON + seconds * NS - 1
    latch.evidence(almost)
    assert latch.trigger(almost, recommendation(almost), _figures(), burst=True) is None
    assert latch.on_clock(almost, _figures(BID - 10_000), stop_crossed_ns=almost) == []
    (output,) = latch.on_clock(almost + 1, _figures(BID - 10_000))
    assert isinstance(output, ExitTriggered)
    assert output.recommendation.reason == "snooze is over: 3 large sellers"


def test_a_hold_that_rested_on_a_burst_is_not_broken_by_the_next_burst() -> None:
    latch = ExitLatch("flow")
    _open(latch, burst=True)
    latch.answer(NOON, Answer("hold"), _figures())
    assert latch.trigger(NOON + NS, recommendation(NOON + NS), _figures(), burst=True) is None


def test_each_return_by_price_alone_needs_twice_the_way_of_the_one_before() -> None:
    latch = ExitLatch("flow")
    _open(latch)
    bid = BID
    for turn, times in enumerate((1, 2, 4, 8, 8)):
        latch.answer(NOON + turn, Answer("hold"), _figures(bid))
        assert not latch.on_clock(NOON + turn, _figures(bid - times * DISTANCE + 1))
        bid -= times * DISTANCE
        (output,) = latch.on_clock(NOON + turn + 1, _figures(bid))
        assert isinstance(output, ExitTriggered)
        told = output.recommendation
        now, then = bid / 10_000, (bid + times * DISTANCE) / 10_000
        assert told.reason == f"price alarm: bid {now:.2f}, {4 * times}c under your answer at {then:.2f}"
        assert (told.evidence, told.details["basis"]) == ((told.reason,), "price_alarm")
    latch.answer(NOON + 10, Answer("hold"), _figures(bid))
    later = NOON + 400 * NS
    assert latch.trigger(later, recommendation(later), _figures(bid), burst=True) is not None
    latch.answer(later, Answer("hold"), _figures(bid))
    assert latch.on_clock(later + NS, _figures(bid - DISTANCE)), "new evidence begins anew"


def test_a_price_alarm_of_a_short_speaks_of_the_ask_and_a_crossed_stop_of_the_stop() -> None:
    for bid, stop_ns, words in (
        (-BID - DISTANCE, 0, "price alarm: ask 100.04, 4c above your answer at 100.00"),
        (-BID, NOON + 1, "price alarm: your stop was crossed, ask 100.00"),
        (None, NOON + 1, "price alarm: your stop was crossed"),
    ):
        latch = ExitLatch("flow")
        _open(latch)
        latch.answer(NOON, Answer("hold"), replace_bid(_figures(), -BID))
        figures = replace_bid(_figures(), bid)
        (output,) = latch.on_clock(NOON + NS, figures, stop_crossed_ns=stop_ns)
        assert isinstance(output, ExitTriggered)
        assert output.recommendation.reason == words


def replace_bid(figures: Figures, bid: int | None) -> Figures:
    return structs.replace(figures, bid=bid, mirror=Mirror(short=True))


def test_without_a_bid_no_price_speaks() -> None:
    latch = ExitLatch("flow")
    _open(latch)
    latch.answer(NOON, Answer("hold"), _figures(None))
    assert latch.on_clock(NOON + NS, _figures(BID - 10_000)) == []
    latch.answer(NOON, Answer("hold"), _figures(BID))
    assert latch.on_clock(NOON + NS, _figures(None)) == []


def test_a_stop_is_never_silenced_by_an_answer_to_a_flow_recommendation() -> None:
    flow, stop = ExitLatch("flow"), ExitLatch("stop")
    _open(flow)
    flow.answer(NOON, Answer("exited"), _figures())
    output = stop.trigger(NOON + NS, recommendation(NOON + NS), _figures(), burst=False)
    assert isinstance(output, ExitTriggered)
    assert output.kind == "stop"
    stop.answer(NOON + NS, Answer("hold"), _figures())
    assert stop.on_clock(NOON + 2 * NS, _figures(), stop_crossed_ns=NOON + 2 * NS) == []
    (again,) = stop.on_clock(NOON + 3 * NS, _figures(BID - DISTANCE))
    assert isinstance(again, ExitTriggered)
    assert again.recommendation.recommendation_id.startswith("TEST:stop:")


def test_an_unanswered_recommendation_stays_over_a_restart() -> None:
    latch = ExitLatch("flow")
    latch.resume_journaled(recommendation(NOON), None, 0, None, 1_000)
    assert latch.current is not None
    assert latch.current.status == "open"
    assert latch.on_clock(NOON + 10**15, _figures()) == []
    assert latch.trigger(NOON + 10**15, recommendation(NOON), _figures(), burst=True) is None


def test_answers_stand_over_a_restart() -> None:
    held = ExitLatch("flow")
    held.resume_journaled(replace(recommendation(NOON), status="held"), Answer("hold"), NOON + NS, BID, 1_000)
    assert held.quiet_until == NOON + 301 * NS
    assert [type(o) for o in held.on_clock(NOON + 2 * NS, _figures(BID - DISTANCE))] == [ExitTriggered]
    snoozed = ExitLatch("flow")
    snoozed.resume_journaled(
        replace(recommendation(NOON), status="snoozed"), Answer("snooze", minutes=15), NOON, BID, 1_000
    )
    assert snoozed.quiet_until == NOON + 900 * NS
    gone = ExitLatch("flow")
    gone.resume_journaled(recommendation(NOON), Answer("exited"), NOON, BID, 1_000)
    assert gone.current is None
    assert gone.trigger(NOON + NS, recommendation(NOON), _figures(), burst=True) is None
    assert gone.trigger(NOON + NS, recommendation(NOON), _figures(quantity=900), burst=True) is not None


@pytest.mark.parametrize(
    ("episode", "broken"), [("TEST:sell_print:bid:100.00:1", True), ("TEST:red_burst:sell:1", False)]
)
def test_what_an_answer_rested_on_stands_over_a_restart(episode: str, broken: bool) -> None:
    latch = ExitLatch("flow")
    before = replace(recommendation(NOON), status="held", episode_ids=(episode, "TEST:red_burst:sell:100.00:2"))
    latch.resume_journaled(before, Answer("hold"), NOON, BID, 1_000)
    output = latch.trigger(NOON + NS, recommendation(NOON + NS), _figures(), burst=True)
    assert (output is not None) == broken


def test_delayed_data_keeps_the_first_words_when_it_comes_back() -> None:
    latch = ExitLatch("flow")
    latch.trigger(NOON, recommendation(NOON, "DELAYED 15 MIN: 3 large sellers"), _figures(), burst=False)
    for turn, (bid, now, words) in enumerate(
        (
            (BID, BID - DISTANCE, "bid 99.96, 4c under your answer at 100.00"),
            (BID - DISTANCE, BID - 3 * DISTANCE, "bid 99.88, 8c under your answer at 99.96"),
        )
    ):
        latch.answer(NOON + turn, Answer("hold"), _figures(bid))
        (output,) = latch.on_clock(NOON + turn + 1, _figures(now))
        assert isinstance(output, ExitTriggered)
        assert output.recommendation.reason == f"DELAYED 15 MIN: price alarm: {words}"


def test_what_opened_after_exited_has_ended_that_silence_over_a_restart() -> None:
    latch = ExitLatch("flow")
    latch.resume_journaled(recommendation(NOON), Answer("exited"), NOON, BID, 1_000)
    latch.resume_journaled(recommendation(NOON + NS), None, 0, None, 1_000)
    assert latch.muted_day is None
    latch.answer(NOON + 2 * NS, Answer("snooze", minutes=1), _figures())
    assert latch.trigger(NOON + 62 * NS, recommendation(NOON), _figures(), burst=False) is not None


STANDING = ExitRecommendation(
    "TEST:exit:1", "TEST", "3 large sellers", ("a", "b"), ("id-a", "id-b"), utc_datetime(NOON), prints=6, shares=45
)


def figures(*, bid: int = BID, quantity: int = 1_000) -> Figures:
    fresh = ExitRecommendation("fresh", "TEST", "fresh", (), (), utc_datetime(NOON), quantity=700)
    return Figures(quantity, bid, 400, date(2025, 10, 22), lambda: fresh)


class TestWhatALatchRemembers:
    """SPEC 5, Recommendation: what comes back carries what it stood on, and what ends says so."""

    def held(self, kind: LatchKind = "flow", *, answer: Answer | None = None) -> ExitLatch:
        latch = ExitLatch(kind)
        latch.trigger(NOON, STANDING, figures(), burst=False)
        latch.answer(NOON + NS, answer or Answer("hold"), figures())
        return latch

    def test_a_hold_that_went_wrong_comes_back_as_an_alarm_of_the_price(self) -> None:
        for kind, word in (("flow", "exit"), ("stop", "stop")):
            latch = self.held(kind)  # type: ignore[arg-type]
            (back,) = latch.on_clock(NOON + 2 * NS, figures(bid=BID - 400))
            assert isinstance(back, ExitTriggered)
            assert (back.kind, back.time_ns, back.follows) == (kind, NOON + 2 * NS, "TEST:exit:1")
            again = back.recommendation
            assert again.recommendation_id == f"TEST:{word}:{NOON + 2 * NS}"
            assert again.reason == "price alarm: bid 99.96, 4c under your answer at 100.00"
            assert (again.evidence, again.episode_ids) == ((again.reason,), ("id-a", "id-b"))
            assert again.details["basis"] == "price_alarm"
            assert again.details["silent_at"] == {"figure": "cents_since_answer", "threshold": 4.0}
            assert (again.status, again.prints, again.shares, again.quantity) == ("open", 6, 45, 700)

    def test_its_words_do_not_pile_up(self) -> None:
        latch = self.held(answer=Answer("snooze", minutes=1))
        latch.evidence(NOON + 2 * NS)
        latch.on_clock(NOON + 61 * NS, figures())
        at = NOON + 62 * NS
        for _ in range(2):
            latch.answer(at, Answer("snooze", minutes=1), figures())
            latch.evidence(at + NS)
            at += 60 * NS
            (back,) = latch.on_clock(at, figures())
            assert isinstance(back, ExitTriggered)
            assert back.recommendation.reason == "snooze is over: 3 large sellers"

    def test_it_resolves_by_name_time_and_status(self) -> None:
        latch = self.held()
        (over,) = latch.on_clock(NOON + 301 * NS, figures())
        assert over == ExitResolved(
            replace(STANDING, status="resolved"), NOON + 301 * NS, "no counted evidence for 300 s"
        )
        latch = self.held()
        (over,) = latch.on_clock(NOON + 9 * NS, figures(quantity=0))
        assert over == ExitResolved(replace(STANDING, status="resolved"), NOON + 9 * NS, "position closed")

    def test_after_a_restart_a_hold_ends_as_it_would_have(self) -> None:
        latch = ExitLatch("flow")
        latch.resume_journaled(STANDING, Answer("hold"), NOON + NS, BID, 1_000)
        latch.current = replace(STANDING, status="held")
        assert latch.quiet_until == NOON + 301 * NS
        assert not latch.on_clock(NOON + 301 * NS - 1, figures())
        assert latch.on_clock(NOON + 301 * NS, figures())

    def test_an_answer_says_what_was_answered_when_and_at_which_bid(self) -> None:
        latch = ExitLatch("flow")
        latch.trigger(NOON, STANDING, figures(), burst=False)
        said = latch.answer(NOON + NS, Answer("exited"), figures())
        assert said == ExitAnswered(replace(STANDING, status="exited"), Answer("exited"), NOON + NS, BID)
        assert (latch.current, latch.quiet_until) == (None, 0)

    @pytest.mark.parametrize("status", ["exited", "resolved"])
    def test_what_is_over_takes_no_answer(self, status: Literal["exited", "resolved"]) -> None:
        latch = ExitLatch("flow")
        latch.resume_journaled(replace(STANDING, status=status), None, 0, None, 1_000)
        assert latch.answer(NOON + NS, Answer("hold"), figures()) is None

    def test_after_a_restart_the_quiet_is_exact_to_the_nanosecond(self) -> None:
        latch = ExitLatch("flow")
        latch.resume_journaled(STANDING, Answer("hold"), NOON + 1, BID, 1_000)
        assert latch.quiet_until == NOON + 1 + 300 * NS

    def test_a_fresh_one_knows_nothing(self) -> None:
        assert ExitLatch("flow").state() == LatchState(
            current=None, signals=0, answer_ns=0, answer_bid=None, quiet_until=0, last_evidence_ns=0,
            muted_quantity=None, muted_day=None, on_walls=False,
        )  # fmt: skip

    def test_signals_are_what_came_since_the_answer(self) -> None:
        latch = ExitLatch("flow")
        latch.trigger(NOON, STANDING, figures(), burst=False)
        latch.evidence(NOON)
        assert latch.signals == 0
        latch.answer(NOON, Answer("hold"), figures())
        latch.evidence(NOON)
        latch.evidence(NOON)
        assert latch.signals == 2

    def test_the_quiet_ends_with_its_last_nanosecond(self) -> None:
        latch = self.held()
        assert latch.trigger(latch.quiet_until - 1, STANDING, figures(), burst=False) is None
        assert latch.trigger(latch.quiet_until, STANDING, figures(), burst=False) is not None

    def test_it_takes_up_all_that_another_knew(self) -> None:
        state = LatchState(
            current=STANDING, signals=2, answer_ns=3, answer_bid=4, quiet_until=5, last_evidence_ns=6,
            muted_quantity=7, muted_day=date(2025, 10, 22), on_walls=True,
        )  # fmt: skip
        latch = ExitLatch("flow")
        latch.resume(state)
        assert latch.state() == state
        assert (latch.current, latch.signals, latch.answer_bid, latch.quiet_until) == (STANDING, 2, 4, 5)
        assert latch.muted_day == date(2025, 10, 22)

    def test_evidence_without_size_or_episode_adds_neither(self) -> None:
        latch = ExitLatch("flow")
        latch.trigger(NOON, STANDING, figures(), burst=False)
        latch.attach(replace(act(0, 1).alert, order_size=None, text="c", episode_id=None), 2)
        assert latch.current is not None
        assert (latch.current.shares, latch.current.prints) == (45, 8)
        assert latch.current.episode_ids == ("id-a", "id-b", "")
        assert latch.current.evidence == ("a", "b", "c")
