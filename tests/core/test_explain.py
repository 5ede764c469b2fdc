"""SPEC 5, issue "explanation record": which figures, which margin, and the nearest threshold that would have kept quiet."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import BUY, REGULAR, SELL, SIDE_GIVEN, Book, Clock, Event, Gap, Print
from orderflow_tui.core.model.outputs import AlertRaised, ExitTriggered, Output
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.explain import true_share, why, wilson
from orderflow_tui.core.rules.wall import Wall
from orderflow_tui.core.symbol import SymbolCore
from tests.core.kit import Rules, source

T0 = 1_700_000_000 * NS
GIVEN = REGULAR | SIDE_GIVEN


def test_the_nearest_threshold_is_the_one_with_the_least_margin() -> None:
    assert why(("ratio", 4.5, 3.0), ("share", 0.61, 0.6)) == {
        "why": [
            {"figure": "ratio", "value": 4.5, "threshold": 3.0},
            {"figure": "share", "value": 0.61, "threshold": 0.6},
        ],
        "silent_at": {"figure": "share", "threshold": 0.61},
    }


def test_wilson_by_the_textbook() -> None:
    assert wilson(0.5, 100, 1.96) == pytest.approx((0.40383, 0.59617), abs=1e-5)
    assert wilson(0.5, 0) == (0.0, 1.0)


def test_the_true_share_behind_a_measured_one() -> None:
    assert true_share(0.6, 0.85) == pytest.approx(0.642857)
    assert true_share(0.9, 0.85) == 1.0
    assert true_share(0.1, 0.85) == 0.0
    assert true_share(0.6, 1.0) == pytest.approx(0.6)
    assert true_share(0.6, 0.5) == 0.6


def alerts(outputs: list[Output], kind: str) -> list[AlertRaised]:
    return [out for out in outputs if isinstance(out, AlertRaised) and out.alert.evidence == kind]


def burst(profile: str, threshold: float = 3.0) -> list[Output]:
    core = SymbolCore("AAA", Rules(profile=profile, volume_spike_threshold=threshold), source(sessions=False))  # type: ignore[arg-type]
    events: list[Event] = [Gap(T0, "start")]
    for second in range(400):
        for part in range(2 if second < 370 else 20):
            side = BUY if part % 4 == 3 else SELL
            events.append(Print(T0 + second * NS + part * 1_000, second * 20 + part, 100_000, 100, GIVEN, side))
    return core.process(events)


@pytest.mark.parametrize("profile", ["plan", "guarded"])
def test_a_burst_would_have_been_quiet_at_what_it_names(profile: str) -> None:
    (raised,) = alerts(burst(profile), "red_burst")
    details = raised.alert.details
    assert {row["figure"] for row in details["why"]} >= {"volume_ratio", "sell_ratio"}
    assert all(row["value"] > row["threshold"] for row in details["why"])
    low, high = details["sell_share_true"]
    assert low < float(raised.alert.sell_ratio or 0) < high
    if details["silent_at"]["figure"] == "volume_ratio":
        later = alerts(burst(profile, details["silent_at"]["threshold"] + 0.0001), "red_burst")
        assert not later or later[0].time_ns > raised.time_ns


def test_an_exit_names_its_acts_and_what_would_have_kept_it_quiet() -> None:
    core = SymbolCore("AAA", Rules(profile="guarded"), source(sessions=False), Position("AAA", 100, Decimal(10)))
    out = core.process([Book(T0, 0, ((100_000, 500),), ((100_100, 500),))])
    for number in range(3):
        at = T0 + (1 + 31 * number) * NS
        out += core.process([Print(at, number + 1, 100_000, 12_000, GIVEN, SELL, 11), Clock(at + NS)])
    (opened,) = [one for one in out if isinstance(one, ExitTriggered)]
    details = opened.recommendation.details
    assert [act["shares"] for act in details["acts"]] == [12_000] * 3
    assert details["silent_at"] == {"figure": "acts", "threshold": 4}
    assert {"figure": "seconds_apart", "value": 62, "threshold": 120} in details["why"]


def test_a_walls_life_by_conservation() -> None:
    wall = Wall(100_000, 12_000, 10_000, T0)
    wall.trade(T0 + NS, 2_000, 2_000)
    wall.shows(10_000, again=False)
    assert (wall.added, wall.cancelled, wall.refills) == (0, 0, 0)
    wall.trade(T0 + 2 * NS, 1_000, 1_000)
    wall.shows(12_000, again=False)
    assert (wall.added, wall.cancelled, wall.refills) == (3_000, 0, 1)
    wall.shows(9_000, again=False)
    assert (wall.added, wall.cancelled, wall.refills) == (3_000, 3_000, 1)
    wall.shows(30_000, again=True)
    assert (wall.added, wall.cancelled, wall.refills) == (3_000, 3_000, 1)
    assert wall.life(T0 + 5 * NS) == {"lifetime_s": 5.0, "added": 3_000, "cancelled": 3_000, "refills": 1}
