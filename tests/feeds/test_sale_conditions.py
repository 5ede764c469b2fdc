from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.core.model.events import AUCTION, LATE_REPORT, OFF_EXCHANGE, PRICE, REGULAR, SIDE, VOLUME
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.polygon.sale_conditions import KNOWN_CONDITIONS, condition_flags, flags_for, unknown_conditions

REFERENCE = Path(__file__).parents[3] / "shared/data/polygon/conditions_stocks_sale_2026-09-27.json"
SIP = 1_700_000_000 * NS


@pytest.mark.parametrize("conditions", [(), (0,), (14,), (41,), (14, 41), (37,), (12,), (12, 37), (27,), (36,)])
def test_ordinary_prints_count_for_everything(conditions: Any) -> None:
    assert flags_for(conditions) == REGULAR


@pytest.mark.parametrize("condition", [15, 16, 38])
def test_official_prices_repeat_volume_and_count_for_nothing(condition: Any) -> None:
    assert flags_for((condition,)) == 0


def test_a_no_of_any_condition_takes_precedence() -> None:
    assert flags_for((17, 41)) == VOLUME | PRICE | AUCTION
    assert flags_for((37, 16)) == 0
    assert flags_for((14, 2)) == VOLUME
    assert flags_for((8, 53)) == VOLUME | AUCTION


@pytest.mark.parametrize("condition", [2, 5, 7, 10, 20, 21, 22, 29, 52, 53])
def test_prices_made_elsewhere_leave_only_volume(condition: Any) -> None:
    assert flags_for((condition,)) == VOLUME


@pytest.mark.parametrize("condition", [13, 32, 33])
def test_sold_late_is_volume_of_another_moment(condition: Any) -> None:
    assert flags_for((condition,)) == VOLUME | LATE_REPORT


@pytest.mark.parametrize("condition", [8, 17, 18, 19, 25, 28, 55])
def test_auctions_have_a_price_and_no_aggressor(condition: Any) -> None:
    assert flags_for((condition,)) == VOLUME | PRICE | AUCTION


def test_a_cross_has_no_aggressor() -> None:
    assert flags_for((9,)) == VOLUME | PRICE


def test_unknown_conditions_are_regular_and_told() -> None:
    assert flags_for((777,)) == REGULAR
    assert unknown_conditions((14, 777, 37, 888)) == (777, 888)


@pytest.mark.parametrize(("correction", "flags"), [(None, REGULAR), (0, REGULAR), (12, REGULAR)])
def test_regular_and_correcting_records_count(correction: Any, flags: Any) -> None:
    assert flags_for((), correction=correction) == flags


@pytest.mark.parametrize("correction", [1, 7, 8, 10, 11])
def test_corrected_and_cancelled_records_do_not_count(correction: Any) -> None:
    assert flags_for((), correction=correction) == 0


def test_finra_prints_are_off_exchange() -> None:
    assert flags_for((), venue=4, trf_id=202) == REGULAR | OFF_EXCHANGE
    assert flags_for((), venue=4) == REGULAR | OFF_EXCHANGE
    assert flags_for((), trf_id=201) == REGULAR | OFF_EXCHANGE
    assert flags_for((), venue=11, trf_id=3) == REGULAR


def test_an_off_exchange_print_is_late_after_ten_seconds() -> None:
    at_limit = flags_for((), venue=4, sip_ns=SIP, participant_ns=SIP - 10 * NS)
    late = flags_for((), venue=4, sip_ns=SIP, participant_ns=SIP - 10 * NS - 1)
    assert at_limit == REGULAR | OFF_EXCHANGE
    assert late == VOLUME | OFF_EXCHANGE | LATE_REPORT


def test_a_venue_clock_says_nothing_on_exchange_nor_does_a_missing_time() -> None:
    assert flags_for((), venue=11, sip_ns=SIP, participant_ns=SIP - 60 * NS) == REGULAR
    assert flags_for((), venue=4, sip_ns=SIP, participant_ns=None) == REGULAR | OFF_EXCHANGE


def test_the_table_agrees_with_the_vendors_update_rules() -> None:
    if not REFERENCE.exists():
        pytest.skip("the recorded list of sale conditions is not here")
    kept_by_us = {12, 37}
    for row in json.loads(REFERENCE.read_text())["results"]:
        rules = row["update_rules"]["consolidated"]
        flags = condition_flags((row["id"],))
        assert row["id"] in KNOWN_CONDITIONS
        assert bool(flags & VOLUME) == rules["updates_volume"], row["name"]
        if flags & SIDE and row["id"] not in kept_by_us:
            assert rules["updates_open_close"], row["name"]
        if not rules["updates_high_low"] and row["id"] not in kept_by_us:
            assert not flags & PRICE, row["name"]
