"""A silence nobody announced: what was before it is not what is usual after it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from orderflow_tui.core.model.events import Clock, Event
from orderflow_tui.core.model.outputs import StatusChanged
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from tests.core.kit import Rules, Tape, alerts, exits, held, make

GUARDED = Rules(profile="guarded")
HOLE = 300


def _calm_then_burst(start: int, *, every: float = 1.0, minutes: int = 8) -> Tape:
    """Eight calm minutes, a hole, and a rush of sells right after it."""
    tape = Tape()
    tape.book(0, [(100.00, 500)], [(100.02, 500)])
    for number in range(round(minutes * 60 / every)):
        tape.buy(1 + number * every, 100.02, 100)
    for number in range(200):
        tape.sell(start + number / 10, 100.00, 300)
    return tape


def _statuses(core: SymbolCore, *events: Event) -> list[StatusChanged]:
    return [said for said in core.process(events) if isinstance(said, StatusChanged)]


def test_after_a_hole_no_burst_comes_from_the_reunion() -> None:
    last = 8 * 60
    without = make(GUARDED, held()).process(_calm_then_burst(last + 1).events)
    assert alerts(without, "red_burst")
    assert exits(without)
    outputs = make(GUARDED, held()).process(_calm_then_burst(last + HOLE).events)
    assert not alerts(outputs, "red_burst")
    assert not exits(outputs)
    (said,) = (one for one in outputs if isinstance(one, StatusChanged))
    assert (said.kind, said.text) == ("pause", "nothing printed for 300 s: the burst rule warms up again")


@pytest.mark.parametrize("clocks", [False, True])
@pytest.mark.parametrize(
    ("every", "silence", "pause"),
    [(4.0, 61, True), (5.0, 61, True), (4.0, 59, False), (6.0, 120, False)],
)
def test_a_pause_is_a_minute_of_a_symbol_that_prints_twelve_times_one(
    every: float, silence: float, pause: bool, clocks: bool
) -> None:
    core = make(GUARDED, held())
    tape = _calm_then_burst(10_000, every=every)
    calm = tape.events[: 2 + round(480 / every)]
    core.process(calm)
    known_from = core.span.covered_from
    next_ns = calm[-1].time_ns + round(silence * NS)
    if clocks:
        core.process([Clock(calm[-1].time_ns + second * NS) for second in range(1, int(silence))])
    said = _statuses(core, replace(calm[-1], time_ns=next_ns))
    assert bool(said) is pause
    assert (core.span.covered_from != known_from) is pause


def test_prints_that_come_late_in_one_piece_are_no_pause() -> None:
    core = make(GUARDED, held())
    calm = _calm_then_burst(10_000).events[:482]
    core.process([*calm, Clock(calm[-1].time_ns + 90 * NS)])
    late = [replace(calm[-1], time_ns=calm[-1].time_ns + second * NS) for second in range(1, 90)]
    assert not _statuses(core, *late)


def test_a_book_that_comes_back_after_a_hole_has_lost_no_wall() -> None:
    core = make(GUARDED, held())
    tape = _calm_then_burst(10_000)
    wall = Tape().book(480, [(100.00, 500), (99.99, 60_000)], [(100.02, 500)]).events[1]
    core.process([*tape.events[:400], wall, *tape.events[400:482]])
    gone = Tape().book(900, [(100.00, 500), (99.98, 500)], [(100.02, 500)]).events[1]
    assert not alerts(core.process([gone]), "bid_wall_pulled")
