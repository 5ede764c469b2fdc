"""Alerts about polled prints wait for the quotes of their span."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orderflow_tui.core.events import OFF_EXCHANGE, REGULAR, Book, Clock, Event, Print, SidesTold
from orderflow_tui.core.outputs import AlertRaised, AlertUpdated, Output, SidesAsked
from orderflow_tui.core.symbol_core import SymbolCore, mirrored
from orderflow_tui.core.units import NS, price_units

from .kit import NOON, Rules, Tape, alerts, exits, held, make, updates

POLLED = {"streaming": False, "joint_sequence": False, "side_check": "asked"}
BURST_FROM, BURST_TO = 340, 350


def _core(profile: str = "guarded", **changes: object) -> SymbolCore:
    return make(Rules(profile=profile), held(), **{**POLLED, **changes})  # type: ignore[arg-type]


def _tape(*, at: float = 100.00, start: int = NOON) -> Tape:
    """Quiet buying at the offer, polled quotes each second, then ten seconds of heavy prints at one price."""
    tape = Tape(start)
    for second in range(BURST_TO + 1):
        tape.book(second, [(100.00, 500)], [(100.02, 500)])
        if second < BURST_FROM:
            tape.trade(second + 0.5, 100.02, 100)
        else:
            for part in range(10):
                tape.trade(second + 0.05 + part / 20, at, 100)
    return tape


def _asked(outputs: list[Output]) -> SidesAsked:
    (asked,) = (output for output in outputs if isinstance(output, SidesAsked))
    return asked


def _quotes(tape: Tape, bid: float, ask: float) -> tuple[Book, ...]:
    return (Book(tape.at(300), 1, ((price_units(bid), 0),), ((price_units(ask), 0),)),)


def _told(tape: Tape, asked: SidesAsked, bid: float, ask: float, **changes: object) -> SidesTold:
    """The answer of a feed that has delivered the tape up to the question."""
    prints = tuple(e for e in tape.events if isinstance(e, Print) and asked.from_ns <= e.time_ns <= asked.time_ns)
    return replace_told(SidesTold(asked.time_ns, asked.key, True, prints, _quotes(tape, bid, ask)), **changes)


def replace_told(told: SidesTold, **changes: object) -> SidesTold:
    fields = {name: getattr(told, name) for name in told.__struct_fields__} | changes
    return SidesTold(**fields)


def _until_asked(core: SymbolCore, tape: Tape) -> tuple[SidesAsked, list[Event]]:
    """Feed the tape to the question; what is left of it."""
    for index, event in enumerate(tape.events):
        said = core.process([event])
        assert not alerts(said, "red_burst")
        if any(isinstance(output, SidesAsked) for output in said):
            return _asked(said), tape.events[index + 1 :]
    raise AssertionError("nothing was asked")


@pytest.mark.parametrize("profile", ["plan", "guarded"])
def test_a_burst_is_told_when_the_quotes_bear_it_out(profile: str) -> None:
    core, tape = _core(profile), _tape()
    asked, _ = _until_asked(core, tape)
    seconds = core.burst.window_seconds
    second = asked.time_ns // NS
    assert asked.from_ns == (second - seconds + 1) * NS
    said = core.process([_told(tape, asked, 100.00, 100.02)])
    (burst,) = alerts(said, "red_burst")
    assert burst.details["sides"] == "by quotes"
    assert not [output for output in said if isinstance(output, SidesAsked)]
    assert "unsure" not in burst.text


def test_a_confirmed_burst_above_its_exit_ratio_recommends_leaving() -> None:
    core, tape = _core("plan"), _tape()
    asked, rest = _until_asked(core, tape)
    # While the question is open the burst grows beyond the exit ratio; that is told with the answer.
    grown = core.process(rest)
    assert not grown or all(isinstance(output, SidesAsked) for output in grown)
    said = core.process([_told(tape, replace(asked, time_ns=tape.at(BURST_TO + 1)), 100.00, 100.02)])
    (burst,) = alerts(said, "red_burst")
    (update,) = updates(said, journal=True)
    assert (burst.exit_eligible, update.exit_eligible) == (False, True)
    assert burst.details["sides"] == update.details["sides"] == "by quotes"
    assert exits(said)


def _more(tape: Tape, second: int) -> list[Event]:
    more = Tape(tape.start)
    more.book(second, [(100.00, 500)], [(100.02, 500)])
    for part in range(30):
        more.trade(second + 0.05 + part / 40, 100.00, 100)
    return more.events[1:]


def test_what_the_quotes_refute_is_never_told_and_does_not_come_back_at_once() -> None:
    core, tape = _core(), _tape()
    asked, rest = _until_asked(core, tape)
    # The bid had fallen to 99.98 by then: at 100.00 buyers paid the offer.
    said = core.process([_told(tape, asked, 99.98, 100.00)])
    assert said == []
    assert core.burst.open_alert is None
    assert core.burst.quiet_until_ns == asked.time_ns + 2 * NS
    sold = core.window.sell_through(asked.time_ns // NS) - core.window.sell_through(asked.from_ns // NS - 1)
    assert sold == 0
    again = core.process([event for event in rest if event.time_ns < asked.time_ns + 2 * NS])
    assert not [output for output in again if isinstance(output, SidesAsked | AlertRaised)]


def test_without_an_answer_it_is_told_unsure_and_recommends_nothing() -> None:
    core, tape = _core("plan"), _tape()
    asked, rest = _until_asked(core, tape)
    said = core.process([SidesTold(asked.time_ns, asked.key, answered=False)])
    (burst,) = alerts(said, "red_burst")
    assert burst.text.endswith(", sides unsure")
    assert (burst.exit_eligible, burst.rank, burst.details["sides"]) == (False, 3, "sides unsure")
    later = core.process([*rest, *_more(tape, 351)])
    assert not exits(later)
    assert not any(update.exit_eligible for update in updates(later))
    # The same question told unanswered again changes nothing.
    assert core.process([SidesTold(asked.time_ns, asked.key, answered=False)]) == []


def test_a_late_answer_confirms_what_was_told_unsure() -> None:
    core, tape = _core("plan"), _tape()
    asked, _ = _until_asked(core, tape)
    core.process([SidesTold(asked.time_ns, asked.key, answered=False)])
    said = core.process([_told(tape, asked, 100.00, 100.02)])
    (update,) = (output for output in said if isinstance(output, AlertUpdated))
    assert update.journal
    assert update.alert.details["sides"] == "by quotes"
    assert not core.burst.unsure
    assert "unsure" not in update.alert.text


def test_a_late_answer_refutes_what_was_told_unsure() -> None:
    core, tape = _core("plan"), _tape()
    asked, _ = _until_asked(core, tape)
    core.process([SidesTold(asked.time_ns, asked.key, answered=False)])
    said = core.process([_told(tape, asked, 99.98, 100.00)])
    (update,) = updates(said, journal=True)
    assert update.text.endswith(", refuted by quotes")
    assert core.burst.open_alert is None


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"quotes": ()}, id="no quotes"),
        pytest.param({"prints": ()}, id="the prints are not those that were counted"),
    ],
)
def test_an_answer_that_says_nothing_is_no_answer(changes: dict[str, object]) -> None:
    core, tape = _core(), _tape()
    asked, _ = _until_asked(core, tape)
    (burst,) = alerts(core.process([_told(tape, asked, 100.00, 100.02, **changes)]), "red_burst")
    assert burst.details["sides"] == "sides unsure"


def test_an_answer_nobody_waits_for_changes_nothing() -> None:
    core, tape = _core(), _tape()
    asked, _ = _until_asked(core, tape)
    told = _told(tape, asked, 100.00, 100.02)
    assert alerts(core.process([told]))
    assert core.process([told]) == []
    assert core.process([replace_told(told, key=7)]) == []


def test_a_large_sell_waits_too() -> None:
    for bid, ask, expected in ((100.00, 100.02, 1), (99.98, 100.00, 0)):
        core, tape = _core(), Tape().book(300, [(100.00, 500)], [(100.02, 500)])
        for part in range(3):
            tape.trade(301 + part / 100, 100.00, 4_000)
        tape.add(Clock(tape.at(302)))
        said = core.process(tape.events)
        assert not alerts(said)
        asked = _asked(said)
        assert asked.from_ns == tape.at(301)
        found = alerts(core.process([_told(tape, asked, bid, ask)]), "sell_print")
        assert len(found) == expected
        assert all(alert.counts and alert.details["sides"] == "by quotes" for alert in found)


def test_an_unsure_large_sell_does_not_count_and_a_late_answer_says_so_only() -> None:
    core, tape = _core(), Tape().book(300, [(100.00, 500)], [(100.02, 500)])
    tape.trade(301, 100.00, 12_000).add(Clock(tape.at(302)))
    asked = _asked(core.process(tape.events))
    (seller,) = alerts(core.process([SidesTold(asked.time_ns, asked.key, answered=False)]))
    assert (seller.counts, seller.text.endswith(", sides unsure")) == (False, True)
    said = core.process([_told(tape, asked, 100.00, 100.02)])
    (update,) = updates(said, journal=True)
    assert update.details["sides"] == "by quotes"
    assert core.desk.acts.counted == 0


def test_off_exchange_prints_take_nothing_from_the_bid() -> None:
    core, tape = _core(), Tape().book(300, [(100.00, 500)], [(100.02, 500)])
    tape.trade(301, 100.00, 12_000).add(Clock(tape.at(302)))
    asked = _asked(core.process(tape.events))
    told = _told(tape, asked, 100.00, 100.02)
    hidden = tuple(Print(one.time_ns, one.seq, one.price, one.size, REGULAR | OFF_EXCHANGE) for one in told.prints)
    assert core.process([replace_told(told, prints=hidden)]) == []


def test_for_a_short_position_the_quotes_are_mirrored() -> None:
    core, tape = make(Rules(profile="guarded"), held(-1_000), **POLLED), _tape(at=100.02)
    for event in tape.events:
        if isinstance(event, Print) and event.time_ns < tape.at(BURST_FROM):
            event.price = price_units(100.00)
    asked, _ = _until_asked(core, tape)
    (burst,) = alerts(core.process([_told(tape, asked, 100.00, 100.02)]), "red_burst")
    assert burst.against == "short"
    told = _told(tape, asked, 100.00, 100.02)
    assert mirrored(mirrored(told)) == told


def test_history_is_told_at_once() -> None:
    core, tape = _core(), _tape()
    said = core.process(tape.events, news_from_ns=tape.at(400))
    (burst,) = alerts(said, "red_burst")
    assert burst.late
    assert not [output for output in said if isinstance(output, SidesAsked)]


def test_streams_and_given_sides_ask_nothing() -> None:
    for changes in ({"streaming": True}, {"sides_given": True}, {"side_check": "none"}):
        core = _core(**changes)
        assert not core.capabilities.asks_sides
        assert core.burst.doubt == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"side_check": "refused"}, "sides unsure"), ({"quotes": False}, "sides by tick test")],
)
def test_where_no_quotes_can_be_had_it_is_told_at_once_with_the_doubt(changes: dict[str, object], words: str) -> None:
    core, tape = _core("plan", **changes), _tape()
    said = core.process([*tape.events, *_more(tape, 351)])
    (burst,) = alerts(said, "red_burst")
    assert burst.text.endswith(f", {words}")
    assert burst.details["sides"] == words
    assert not exits(said)
    large = Tape().book(300, [(100.00, 500)], [(100.02, 500)]).trade(301, 100.00, 12_000)
    (seller,) = alerts(_core("plan", **changes).process([*large.events, Clock(large.at(302))]), "sell_print")
    assert seller.text.endswith(f", {words}")


def test_the_oldest_of_many_questions_is_given_up() -> None:
    core, tape = _core(), Tape().book(300, [(100.00, 500)], [(100.02, 500)])
    for number in range(9):
        tape.book(301 + number, [(100.00, 500)], [(100.02, 500)])
        tape.trade(301.5 + number, 100.00, 12_000)
    said = core.process([*tape.events, Clock(tape.at(320))])
    asked = [output for output in said if isinstance(output, SidesAsked)]
    assert len({one.key for one in asked}) == 9
    assert core.process([_told(tape, asked[0], 100.00, 100.02)]) == []
    assert alerts(core.process([_told(tape, asked[1], 100.00, 100.02)]), "sell_print")


def test_a_quote_newer_than_its_print_does_not_sign_it() -> None:
    core, tape = _core(), Tape().book(300, [(100.00, 500)], [(100.02, 500)])
    tape.trade(301, 100.00, 12_000).add(Clock(tape.at(302)))
    asked = _asked(core.process(tape.events))
    before = Book(tape.at(300.9), 1, ((price_units(99.98), 0),), ((price_units(100.00), 0),))
    after = Book(tape.at(301), 2, ((price_units(100.00), 0),), ((price_units(100.02), 0),))
    assert core.process([_told(tape, asked, 0, 0, quotes=(before, after))]) == []
