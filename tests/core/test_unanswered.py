"""What nobody answers ends: over night with its session, without a screen by time."""

from __future__ import annotations

from orderflow_tui.core.model.events import Clock, Event
from orderflow_tui.core.model.outputs import ExitResolved, Output
from orderflow_tui.core.symbol import SymbolCore
from tests.core.kit import NOON, Rules, Tape, exits, held, make

GUARDED = Rules(profile="guarded")
DAY = 86_400


def _sellers(start: float) -> Tape:
    """Three large sellers within a minute."""
    tape = Tape().book(start, [(100.00, 500)], [(100.02, 500)])
    for at in (1, 32, 63):
        tape.sell(start + at, 100.00, 12_000)
    return tape


def _ended(outputs: list[Output]) -> list[tuple[str, str]]:
    ends = (one for one in outputs if isinstance(one, ExitResolved))
    return [(one.recommendation.status, one.reason) for one in ends]


def _fed(core: SymbolCore, *events: Event) -> list[Output]:
    return core.process(events)


def test_an_open_recommendation_ends_with_its_session_and_swallows_no_other_day() -> None:
    core = make(GUARDED, held())
    assert exits(_fed(core, *_sellers(0).events, Clock(NOON + 64 * 10**9)))
    next_day = _sellers(DAY)
    outputs = _fed(core, *next_day.events[1:], Clock(next_day.at(DAY + 64)))
    assert _ended(outputs) == [("unanswered", "its session ended without an answer")]
    assert len(exits(outputs)) == 1


def test_one_that_opens_at_the_bell_may_be_answered_for_five_minutes() -> None:
    close = 4 * 3_600
    core, tape = make(GUARDED, held()), _sellers(close - 70)
    assert exits(_fed(core, *tape.events, Clock(tape.at(close + 60))))
    assert core.holding.flow.current is not None
    assert not _ended(_fed(core, Clock(tape.at(close + 292))))
    assert _ended(_fed(core, Clock(tape.at(close + 294)))) == [("unanswered", "its session ended without an answer")]


def test_without_a_screen_it_is_armed_again_by_time() -> None:
    core, tape = make(GUARDED, held()), _sellers(0)
    core.holding.alone = True
    (first,) = exits(_fed(core, *tape.events, Clock(tape.at(64))))
    again = _sellers(270)
    outputs = _fed(core, *again.events[1:], Clock(again.at(362)))
    assert not _ended(outputs)
    outputs += _fed(core, Clock(first.time_ns + 300 * 10**9))
    assert _ended(outputs) == [("unanswered", "no screen to answer on; armed again")]
    later = _sellers(400)
    assert len(exits(_fed(core, *later.events[1:], Clock(later.at(464))))) == 1


def test_a_screen_keeps_it_open() -> None:
    core, tape = make(GUARDED, held()), _sellers(0)
    _fed(core, *tape.events, Clock(tape.at(3_000)))
    assert core.holding.flow.current is not None
    assert core.holding.flow.current.status == "open"


def test_a_stop_that_is_still_crossed_rings_again_in_the_next_session() -> None:
    core, tape = make(GUARDED, held(stop="100.00")), Tape()
    tape.book(0, [(99.90, 100)], [(99.92, 100)])
    assert len(exits(_fed(core, *tape.events, Clock(tape.at(2))), "stop")) == 1
    outputs = _fed(core, Clock(tape.at(4 * 3_600 + 2)))
    assert _ended(outputs) == [("unanswered", "its session ended without an answer")]
    assert len(exits(outputs, "stop")) == 1
