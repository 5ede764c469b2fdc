from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from orderflow_tui.core.model.data_models import OrderBookSnapshot, TimeAndSalesRecord
from orderflow_tui.core.model.validators import DataValidationError, validate_level2_data, validate_tape_data

NOW = datetime(2026, 1, 29, 15, 0, tzinfo=UTC)


def book(**changes: Any) -> OrderBookSnapshot:
    fields: dict[str, Any] = {
        "symbol": "AAPL",
        "bids": ((Decimal("10.00"), 300), (Decimal("9.99"), 500)),
        "asks": ((Decimal("10.01"), 200), (Decimal("10.02"), 100)),
        "timestamp_utc": NOW,
        **changes,
    }
    return OrderBookSnapshot(**fields)


def tick(**changes: Any) -> TimeAndSalesRecord:
    fields: dict[str, Any] = {
        "symbol": "AAPL", "price": Decimal("10.00"), "size": 100, "side": "sell", "timestamp_utc": NOW, **changes,
    }  # fmt: skip
    return TimeAndSalesRecord(**fields)


def code_of(snapshot: OrderBookSnapshot, **options: Any) -> str:
    with pytest.raises(DataValidationError) as caught:
        validate_level2_data(snapshot, **{"now": NOW, **options})
    assert "\n" not in str(caught.value)
    return caught.value.code


def tape_code(*ticks: TimeAndSalesRecord) -> str:
    with pytest.raises(DataValidationError) as caught:
        validate_tape_data(ticks)
    return caught.value.code


@pytest.mark.parametrize("age", [0.0, 10.0, 29.999999, 30.0])
def test_up_to_thirty_seconds_is_not_rejected(age: Any) -> None:
    validate_level2_data(book(timestamp_utc=NOW - timedelta(seconds=age)), now=NOW)


def test_past_thirty_seconds_is_stale() -> None:
    assert code_of(book(timestamp_utc=NOW - timedelta(seconds=30, microseconds=1))) == "LEVEL2_STALE"


def test_a_delay_by_contract_is_not_age() -> None:
    old = book(timestamp_utc=NOW - timedelta(seconds=930))
    validate_level2_data(old, now=NOW, delay_seconds=900)
    assert code_of(book(timestamp_utc=NOW - timedelta(seconds=931)), delay_seconds=900) == "LEVEL2_STALE"


def test_a_closed_market_does_not_go_stale_but_the_future_stays_refused() -> None:
    validate_level2_data(book(timestamp_utc=NOW - timedelta(hours=9)), now=NOW, market_open=False)
    assert code_of(book(timestamp_utc=NOW + timedelta(seconds=3)), market_open=False) == "LEVEL2_FUTURE"


def test_two_seconds_ahead_is_tolerated_and_no_more() -> None:
    validate_level2_data(book(timestamp_utc=NOW + timedelta(seconds=2)), now=NOW)
    assert code_of(book(timestamp_utc=NOW + timedelta(seconds=2, microseconds=1))) == "LEVEL2_FUTURE"
    assert code_of(book(quote_time_utc=NOW + timedelta(seconds=2.1))) == "LEVEL2_FUTURE"


def test_a_quiet_quote_is_still_the_current_one() -> None:
    validate_level2_data(book(quote_time_utc=NOW - timedelta(minutes=9)), now=NOW)


def test_the_system_clock_is_the_default() -> None:
    validate_level2_data(book(timestamp_utc=datetime.now(UTC)))
    with pytest.raises(DataValidationError, match="s old"):
        validate_level2_data(book(timestamp_utc=datetime.now(UTC) - timedelta(minutes=1)))


def test_any_zone_is_fine_and_none_is_not() -> None:
    eastern = timezone(timedelta(hours=-5))
    validate_level2_data(book(timestamp_utc=NOW.astimezone(eastern)), now=NOW)
    naive = NOW.replace(tzinfo=None)
    assert code_of(book(timestamp_utc=naive)) == "PAYLOAD_MALFORMED"
    assert code_of(book(quote_time_utc=naive)) == "PAYLOAD_MALFORMED"
    with pytest.raises(ValueError, match="aware datetime"):
        validate_level2_data(book(), now=naive)
    assert tape_code(tick(timestamp_utc=naive)) == "PAYLOAD_MALFORMED"


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "sNaN", "Infinity", "-Infinity"])
def test_impossible_prices(price: Any) -> None:
    assert code_of(book(bids=((Decimal(price), 100),))) == "LEVEL2_PRICE"
    assert code_of(book(asks=((Decimal(price), 100),))) == "LEVEL2_PRICE"
    assert tape_code(tick(price=Decimal(price))) == "TAPE_PRICE"


@pytest.mark.parametrize("price", [10.0, "10", None])
def test_prices_are_decimals(price: Any) -> None:
    assert code_of(book(bids=((price, 100),))) == "LEVEL2_PRICE"
    assert tape_code(tick(price=price)) == "TAPE_PRICE"


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "7", None])
def test_impossible_sizes(size: Any) -> None:
    assert code_of(book(asks=((Decimal(10), size),))) == "LEVEL2_SIZE"
    assert tape_code(tick(size=size)) == "TAPE_SIZE"


def test_sort_order() -> None:
    assert code_of(book(bids=((Decimal(9), 1), (Decimal(10), 1)))) == "LEVEL2_BID_SORT"
    assert code_of(book(bids=((Decimal(9), 1), (Decimal(9), 1)))) == "LEVEL2_BID_SORT"
    assert code_of(book(asks=((Decimal(12), 1), (Decimal(11), 1)))) == "LEVEL2_ASK_SORT"


def test_crossed_and_locked() -> None:
    with pytest.raises(DataValidationError, match="crossed"):
        validate_level2_data(book(bids=((Decimal("10.02"), 1),)), now=NOW)
    with pytest.raises(DataValidationError, match="locked") as caught:
        validate_level2_data(book(bids=((Decimal("10.01"), 1),)), now=NOW)
    assert caught.value.code == "LEVEL2_CROSSED"


def test_a_book_may_lack_a_side() -> None:
    validate_level2_data(book(bids=()), now=NOW)
    validate_level2_data(book(asks=()), now=NOW)


@pytest.mark.parametrize("symbol", ["", "aapl", "A" * 11, "BRK-B", "../x", "[/]", "A\n", 7, "1A"])
def test_symbols(symbol: Any) -> None:
    assert code_of(book(symbol=symbol)) == "LEVEL2_SYMBOL"
    assert tape_code(tick(symbol=symbol)) == "TAPE_SYMBOL"


def test_class_shares_are_symbols() -> None:
    validate_level2_data(book(symbol="BRK.B"), now=NOW)


def test_a_good_tape() -> None:
    validate_tape_data([])
    validate_tape_data(iter([tick(), tick(side="buy"), tick(side="unknown", timestamp_utc=NOW + timedelta(seconds=1))]))


def test_going_back_is_refused_and_standing_still_is_not() -> None:
    later = tick(timestamp_utc=NOW + timedelta(microseconds=1))
    assert tape_code(later, tick()) == "TAPE_CHRONOLOGY"
    validate_tape_data([tick(), tick(), later, later])


def test_mixed_symbols_and_unknown_sides() -> None:
    assert tape_code(tick(), replace(tick(), symbol="IBM")) == "TAPE_SYMBOL"
    assert tape_code(tick(side="S")) == "TAPE_SIDE"
    assert tape_code(tick(side=None)) == "TAPE_SIDE"
