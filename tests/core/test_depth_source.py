"""A book from another source than the tape: sides from the tape's quotes, verdicts once the clocks allow them."""

from __future__ import annotations

import pytest

from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import BUY, SELL, Clock, Quote, TapeCovered
from orderflow_tui.core.model.units import price_units
from orderflow_tui.core.symbol import SymbolCore

from .kit import Rules, Tape, alerts, held, make


def _core(position: Position | None = None, **changes: object) -> SymbolCore:
    facts: dict[str, object] = {"depth_source": "databento", "depth_levels": 10, "joint_sequence": False} | changes
    return make(Rules(profile="guarded"), position, **facts)


@pytest.mark.parametrize(("quantity", "side"), [(1_000, SELL), (-1_000, SELL)])
def test_sides_are_read_from_the_tapes_quotes_alone(quantity: int, side: int) -> None:
    core = _core(held(quantity))
    tape = Tape().book(0, [(99.00, 100)], [(100.00, 100)])
    quote = Quote(tape.at(0), 90, ((price_units("100.00"), 100),), ((price_units("100.02"), 100),))
    core.process([*tape.events, quote, *Tape().trade(1, 100.00, 100).events[1:]])
    assert core.tape.rows[-1][3] == side
    assert abs(core.market.bid or 0) == price_units("99.00" if quantity > 0 else "100.00")
    own = _core(depth_source="")
    own.process([*tape.events, *Tape().trade(1, 100.00, 100).events[1:]])
    assert own.tape.rows[-1][3] == BUY


@pytest.mark.parametrize(("covered", "said"), [(4.3, []), (8.0, ["bid_wall_pulled"])])
def test_a_wall_is_judged_once_the_tape_has_passed_it_by_the_margin(covered: float, said: list[str]) -> None:
    core = _core(held(), depth_margin_ms=500, streaming=False)
    tape = Tape()
    for second in range(3):
        tape.book(second, [(100.00, 100), (99.99, 30_000), (99.98, 100)], [(100.05, 100)])
    tape.book(4, [(100.00, 100), (99.99, 100), (99.98, 100)], [(100.05, 100)])
    tape.book(8, [(100.00, 100), (99.99, 100), (99.98, 100)], [(100.05, 100)])
    found = alerts(core.process([*tape.events, TapeCovered(tape.at(covered)), Clock(tape.at(9))]))
    assert [one.evidence for one in found if one.evidence == "bid_wall_pulled"] == said
    assert found
    assert all(one.details["depth_source"] == "databento" for one in found)
