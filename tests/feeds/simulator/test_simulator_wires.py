"""One market, several wires: what each vendor's plans are called, and what is refused in one line."""

from __future__ import annotations

import httpx
import pytest

from orderflow_tui.config.sources import SOURCES
from orderflow_tui.feeds.simulator.process import SimulatorError, SimulatorProcess
from orderflow_tui.feeds.simulator.wires import ALPACA_PLANS, WIRES, check_plan


def test_every_wire_is_a_source() -> None:
    assert set(WIRES) <= {source.name for source in SOURCES}


@pytest.mark.parametrize("plan", ALPACA_PLANS)
def test_a_key_is_worth_its_plan(plan: str) -> None:
    with SimulatorProcess(seed=1, scenario="calm", wire="alpaca", plan=plan) as market:
        reached = market.reached
        answer = httpx.get(
            f"{reached['url']}/v2/stocks/SPY/trades/latest",
            params={"feed": "sip"},
            headers={"APCA-API-KEY-ID": reached["key"], "APCA-API-SECRET-KEY": "any"},
        )
        assert answer.status_code == (200 if plan == "advanced" else 403)
        assert reached["ws"] == f"ws://{reached['host']}:{reached['port']}"


def test_a_plan_that_is_not_sold() -> None:
    check_plan("polygon", "starter")
    with pytest.raises(ValueError, match="basic, advanced on the wire alpaca, not 'starter'"):
        check_plan("alpaca", "starter")
    with pytest.raises(SimulatorError, match="wire must be one of"):
        SimulatorProcess(wire="yahoo").start()
