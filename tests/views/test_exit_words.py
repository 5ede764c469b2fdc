import pytest

from orderflow_tui.core.model.events import Clock, Halt
from orderflow_tui.core.model.units import NS, spell_dollars, spell_minutes
from orderflow_tui.views.build_position import exit_cost_view
from orderflow_tui.views.exit_words import held_header, leave_line, stop_words
from tests.core.kit import NOON, Rules, Tape, exits, held, make


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        (-212.4, "-$212"),
        (1_204.0, "+$1,204"),
        (-4.5, "-$4.50"),
        (0.0, "$0.00"),
        (-0.001, "$0.00"),
        (-10.0, "-$10"),
        (9.999, "+$10"),
        (9.99, "+$9.99"),
    ],
)
def test_cents_are_said_below_ten_dollars_only(dollars: float, text: str) -> None:
    assert spell_dollars(dollars, plus=True) == text
    assert spell_dollars(dollars) == text.removeprefix("+")


@pytest.mark.parametrize(
    ("minutes", "text"), [(0.001, "1 s"), (14 / 60, "14 s"), (3.21, "3.2 min"), (89.9, "89.9 min"), (126.0, "2.1 h")]
)
def test_minutes(minutes: float, text: str) -> None:
    assert spell_minutes(minutes) == text


def test_the_line_to_read_first() -> None:
    """300 of 1,000 fill within ten levels; 150,000 in five minutes are 3,000 a minute for the leaver: 14 s for 700."""
    core = make(position=held(1_000, "100.00", stop="99.00"), depth_levels=10)
    tape = Tape().book(0, [(100.00, 100), (99.34, 200)], [(100.02, 500)])
    for second in range(300):
        tape.buy(second + 0.5, 100.02 if second % 2 else 99.60, 500)
    core.process([*tape.events, Clock(tape.at(300))])
    line, cost, minutes = leave_line(core, (NOON + 299 * NS) // NS)
    assert line == (
        "Sell all now: -$135 for 300 of 1,000, 45.0c/sh (45 bp), the rest ~14 s at 10% of volume"
        " | Stop 99.00, 100c below (2.4x a normal 5-min range)"
    )
    assert cost is not None
    assert cost.missing == 700
    assert minutes == pytest.approx(1_000 / 3_000)


def test_without_a_tape_the_rest_is_only_not_shown() -> None:
    deep = make(position=held(1_000), depth_levels=10)
    deep.process(Tape().book(0, [(100.00, 100)], [(100.02, 500)]).events)
    assert (
        leave_line(deep, NOON // NS)[0] == "Sell all now: -$1.00 for 100 of 1,000, 1.0c/sh (1 bp), the rest not shown"
    )
    nbbo = make(position=held(100))
    nbbo.process(Tape().book(0, [(100.00, 100)], [(100.02, 500)]).events)
    assert leave_line(nbbo, NOON // NS)[0] == "Bid shows 100 of your 100 (100%); half spread 1c/sh, no volume in 5 min"


def test_sizes_that_are_not_the_markets_price_no_exit() -> None:
    """IEX shows its own hundred shares; what all venues would take, and how long it lasts, is not known there."""
    venues = "IEX only, about 3 % of the volume"
    core = make(
        Rules(profile="guarded"), held(1_000, stop="99.00"), single_venue=True, sizes_are_market=False, venues=venues
    )
    tape = Tape().book(0, [(100.00, 100)], [(100.02, 500)])
    for second in (1, 32, 63):
        tape.sell(second, 100.00, 12_000)
    said = core.process([*tape.events, Clock(tape.at(90))])
    assert leave_line(core, NOON // NS + 90) == (
        f"Sell all now: not priced: {venues} | Stop 99.00, 100c below",
        None,
        None,
    )
    opened = exits(said)[0].recommendation
    assert opened.exit_cost is None
    assert opened.bid is not None
    view = exit_cost_view(core, NOON // NS + 90)
    assert view is not None
    assert (view.cost, view.coverage, view.cost_trend, view.minutes_to_leave) == (None, None, (), None)


def test_in_a_halt_the_line_says_that_nobody_can_leave() -> None:
    core = make(position=held(100, stop="99.00"), depth_levels=10)
    tape = Tape().book(0, [(100.00, 500)], [(100.02, 500)])
    core.process([*tape.events, Halt(NOON + NS, halted=True, reason="LULD pause")])
    words = "CANNOT LEAVE, LULD pause; last book: -$1.00, 1.0c/sh (1 bp) | Stop 99.00, 100c below"
    assert leave_line(core, NOON // NS + 2)[0] == words
    core.process([Halt(NOON + 3 * NS, halted=False)])
    assert leave_line(core, NOON // NS + 4)[0].startswith("Sell all now: ")


def test_stop_words() -> None:
    core = make(position=held(stop="99.50"))
    assert stop_words(make(position=held())) == ""
    assert stop_words(core) == "Stop 99.50"
    core.process(Tape().book(0, [(99.84, 100)], [(99.86, 100)]).events)
    assert stop_words(core) == "Stop 99.50, 34c below"


def test_no_header_without_an_answer() -> None:
    assert held_header(make(position=held()), NOON) == ""
