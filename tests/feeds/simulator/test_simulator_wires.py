"""One market, several wires: what each vendor's plans are called, and what is refused in one line."""

from __future__ import annotations

import itertools
import json
import time

import httpx
import pytest
from websockets.sync.client import connect

from orderflow_tui.config.sources import SOURCES
from orderflow_tui.feeds.simulator.alpaca_rows import trade_id
from orderflow_tui.feeds.simulator.process import SimulatorError, SimulatorProcess
from orderflow_tui.feeds.simulator.query import rfc3339
from orderflow_tui.feeds.simulator.wire_apps import ALPACA_PLANS, WIRES, check_plan
from tests.feeds.alpaca.serving import KEY, SECRET, served


def test_every_wire_is_a_source() -> None:
    assert set(WIRES) <= {source.name for source in SOURCES}


@pytest.mark.parametrize("plan", ALPACA_PLANS)
def test_a_key_is_worth_its_plan(plan: str) -> None:
    with SimulatorProcess(seed=1, scenario="calm", symbols=("SPY",), wire="alpaca", plan=plan) as market:
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


def test_a_stream_told_between_two_looks_at_the_clock_leaves_out_no_print() -> None:
    clock = itertools.count(time.time_ns(), 50_000_000)
    told: list[tuple[str, int]] = []
    with served(["ACME"], sip=True, clock=lambda: next(clock)) as host:
        with connect(f"{host.url.replace('http', 'ws')}/v2/sip", proxy=None) as stream:
            stream.send(json.dumps({"action": "auth", "key": KEY, "secret": SECRET}))
            stream.send(json.dumps({"action": "subscribe", "trades": ["ACME"]}))
            while len(told) < 40:
                told += [(event["t"], event["i"]) for event in json.loads(stream.recv(10)) if event["T"] == "t"]
        market = host.market.get("ACME")
        assert market is not None
        printed = [(rfc3339(row.sip_timestamp), trade_id(row)) for row in market.tape.prints.between(0, 1 << 62)]
    first = printed.index(told[0])
    assert told == printed[first : first + len(told)]
