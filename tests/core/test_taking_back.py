"""An answer that is taken back leaves a recommendation as if it had never been answered."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from orderflow_tui.core.exits.exit_signal import ExitLatch, Figures, LatchState
from orderflow_tui.core.exits.holding import Holding
from orderflow_tui.core.market.state import MarketState
from orderflow_tui.core.model.data_models import TAKE_BACK, Answer, ExitRecommendation
from orderflow_tui.core.model.outputs import AnswerTakenBack, ExitTriggered
from orderflow_tui.core.model.units import NS, utc_datetime
from orderflow_tui.core.rules.alert_writer import AlertWriter
from orderflow_tui.core.transcript import encode

from .kit import NOON, Rules, held, source

BACK = Answer(TAKE_BACK)
DAY = date(2025, 10, 22)


def figures(quantity: int = 1_000) -> Figures:
    return Figures(quantity, 1_000_000, 400, DAY, lambda: recommendation(NOON))


def recommendation(time_ns: int) -> ExitRecommendation:
    return ExitRecommendation(
        f"TEST:exit:{time_ns}", "TEST", "3 large sellers", ("a",), ("id-a",), utc_datetime(time_ns)
    )


def open_latch(kind: str = "flow") -> ExitLatch:
    latch = ExitLatch(kind)  # type: ignore[arg-type]
    assert isinstance(latch.trigger(NOON, recommendation(NOON), figures(), burst=False), ExitTriggered)
    return latch


@pytest.mark.parametrize("answer", [Answer("exited"), Answer("hold"), Answer("snooze", minutes=15)], ids=str)
def test_it_is_open_again_as_it_was(answer: Answer) -> None:
    latch = open_latch()
    before = latch.state()
    latch.answer(NOON + 5 * NS, answer, figures())
    assert latch.answered == (recommendation(NOON), answer, NOON + 5 * NS)
    output = latch.take_back(NOON + 9 * NS, figures())
    assert output == AnswerTakenBack(recommendation(NOON), answer, NOON + 9 * NS, 1_000_000)
    assert latch.state() == before
    assert latch.answered is None
    assert latch.take_back(NOON + 10 * NS, figures()) is None


def test_an_answer_to_one_that_is_held_gives_back_what_was_held() -> None:
    latch = open_latch()
    latch.answer(NOON, Answer("hold"), figures())
    latch.answer(NOON + NS, Answer("exited"), figures())
    latch.take_back(NOON + 2 * NS, figures())
    assert latch.current is not None
    assert (latch.current.status, latch.quiet_until, latch.muted_day) == ("held", NOON + 300 * NS, None)


def test_old_evidence_opens_nothing_again_but_its_silence_ends() -> None:
    latch = open_latch()
    latch.answer(NOON, Answer("exited"), figures())
    output = latch.take_back(NOON + 300 * NS, figures())
    assert isinstance(output, AnswerTakenBack)
    assert (output.recommendation.status, latch.current, latch.muted_day) == ("resolved", None, None)
    assert isinstance(latch.trigger(NOON + 301 * NS, recommendation(NOON), figures(), burst=False), ExitTriggered)


def test_a_stop_that_was_crossed_asks_again_however_long_ago() -> None:
    latch = open_latch("stop")
    latch.answer(NOON, Answer("exited"), figures())
    latch.take_back(NOON + 3_000 * NS, figures())
    assert latch.current is not None
    assert latch.current.status == "open"


def test_what_came_of_an_answer_ends_taking_it_back() -> None:
    latch = open_latch()
    latch.answer(NOON, Answer("snooze", minutes=1), figures())
    latch.evidence(NOON + NS)
    (again,) = latch.on_clock(NOON + 60 * NS, figures())
    assert isinstance(again, ExitTriggered)
    assert latch.answered is None
    latch.answer(NOON + 61 * NS, Answer("hold"), figures())
    latch.on_clock(NOON + 362 * NS, figures())
    assert (latch.current, latch.answered) == (None, None)
    gone = open_latch()
    gone.answer(NOON, Answer("hold"), figures())
    assert gone.take_back(NOON + NS, figures(0)) is None


def test_a_restart_and_a_recording_keep_what_can_be_taken_back() -> None:
    latch = open_latch()
    latch.answer(NOON, Answer("exited"), figures())
    kept = msgspec.msgpack.decode(encode(latch.state()), type=LatchState)
    assert kept == latch.state()
    old = msgspec.msgpack.encode(msgspec.msgpack.decode(encode(latch.state()))[:10])
    assert msgspec.msgpack.decode(old, type=LatchState).before is None


def test_shares_that_were_not_sold_are_held_again() -> None:
    holding = Holding("TEST", Rules(), source(), AlertWriter("TEST", "plan"), MarketState())
    holding.set_position(held(1_000))
    holding.flow.trigger(NOON, recommendation(NOON), holding.figures(NOON), burst=False)
    named = recommendation(NOON).recommendation_id
    for shares, left in ((400, 600), (1_000, 0)):
        holding.answer(NOON, named, Answer("trimmed", shares=shares))
        assert holding.quantity == left
        assert holding.answer(NOON + NS, "another", BACK) is None
        assert isinstance(holding.answer(NOON + NS, named, BACK), AnswerTakenBack)
        assert holding.quantity == 1_000
    holding.answer(NOON, named, Answer("trimmed", shares=400))
    holding.set_position(held(600))
    assert holding.answer(NOON + 2 * NS, named, BACK) is None
    assert holding.quantity == 600
