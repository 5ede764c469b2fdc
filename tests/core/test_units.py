from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.model.units import (
    NS,
    datetime_ns,
    default_price_step,
    iso_utc,
    price_decimal,
    price_text,
    price_units,
    utc_datetime,
    vendor_time_ns,
)


@given(st.integers(1, 10**12))
def test_prices_survive_the_way_to_dollars_and_back(units: int) -> None:
    assert price_units(price_decimal(units)) == units
    assert price_units(price_text(units)) == units


@pytest.mark.parametrize(
    ("price", "units", "text"),
    [
        (Decimal("13.86"), 138_600, "13.86"),
        (13.865, 138_650, "13.8650"),
        ("0.0001", 1, "0.0001"),
        (Decimal(100), 1_000_000, "100.00"),
    ],
)
def test_prices(price: Decimal | float | str, units: int, text: str) -> None:
    assert price_units(price) == units
    assert price_text(units) == text


def test_the_step_is_a_cent_from_one_dollar_up() -> None:
    assert [default_price_step(units) for units in (9_999, 10_000, -10_000, 1)] == [1, 100, 100, 1]


def test_a_vendors_time_is_read_by_its_magnitude() -> None:
    second = 1_761_148_800
    values = [second, second * 10**3, second * 10**6, second * 10**9, 10**12, 10**15, 10**18]
    assert [vendor_time_ns(value) for value in values] == [second * NS] * 4 + [10**18] * 3


@given(st.integers(0, 4 * 10**18))
def test_times_survive_to_the_microsecond(time_ns: int) -> None:
    assert datetime_ns(utc_datetime(time_ns)) == time_ns // 1_000 * 1_000


def test_times_are_aware_and_written_in_utc() -> None:
    moment = datetime(2025, 10, 22, 14, 35, 20, 123456, tzinfo=UTC)
    assert iso_utc(datetime_ns(moment)) == "2025-10-22T14:35:20.123456Z"
    with pytest.raises(ValueError, match="ambiguous"):
        datetime_ns(moment.replace(tzinfo=None))
