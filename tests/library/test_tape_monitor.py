from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from orderflow_tui.core.model.data_models import Side, TimeAndSalesRecord
from orderflow_tui.library import tape_monitor
from orderflow_tui.library.tape_monitor import TapeMonitor
from tests.core.kit import Rules

START = datetime(2025, 10, 22, 16, 0, tzinfo=UTC)


def _tick(at: float, size: int = 100, side: Side = "buy", **changes: Any) -> TimeAndSalesRecord:
    facts: dict[str, Any] = {"symbol": "TEST"} | changes
    symbol = facts.pop("symbol")
    return TimeAndSalesRecord(symbol, Decimal("10.00"), size, side, START + timedelta(seconds=at), **facts)


def _steady(last: int, first: int = 0) -> list[TimeAndSalesRecord]:
    return [_tick(second) for second in range(first, last + 1)]


def test_the_average_is_the_mean_per_window_before_the_current_one_and_zero_while_warming() -> None:
    monitor = TapeMonitor(Rules(), "TEST")
    assert monitor.calculate_rolling_average() == 0.0
    monitor.observe(_steady(308))
    assert monitor.calculate_rolling_average() == 0.0
    monitor.observe([_tick(309, 5_000)])
    assert monitor.calculate_rolling_average() == 1_000.0
    assert monitor.calculate_rolling_average(1) == 1_000.0
    assert monitor.calculate_rolling_average(7) == 0.0
    monitor.observe(_steady(429, 310))
    assert monitor.calculate_rolling_average(7) == 1_000.0 + (5_000 - 100) / 42
    assert monitor.calculate_rolling_average(5) == 1_000.0 + (5_000 - 100) / 30


@pytest.mark.parametrize("minutes", [0, 8])
def test_the_average_reaches_one_to_seven_minutes_back(minutes: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 7"):
        TapeMonitor(Rules(), "TEST").calculate_rolling_average(minutes)


def test_a_burst_is_judged_with_the_sells_of_the_observed_window() -> None:
    monitor = TapeMonitor(Rules(), "TEST")
    assert monitor.detect_red_burst(9_000, 1_000) is None
    monitor.observe([*_steady(309), _tick(310, 1_400, "sell")])
    average = monitor.calculate_rolling_average()
    assert monitor.detect_red_burst(3 * average, average) is None
    alert = monitor.detect_red_burst(4.5 * average, average)
    assert alert is not None
    assert (alert.alert_type, alert.volume_ratio, alert.severity, alert.exit_eligible) == (
        "red_burst",
        4.5,
        "critical",
        True,
    )
    assert alert.sell_ratio == round(1_400 / 2_300, 4)
    for average_volume in (0.0, -1.0, float("nan")):
        assert monitor.detect_red_burst(9_000, average_volume) is None


def test_sixty_percent_of_sells_is_not_enough() -> None:
    monitor = TapeMonitor(Rules(), "TEST")
    monitor.observe([_tick(0, 400), _tick(0, 600, "sell")])
    assert monitor.detect_red_burst(9_000, 1_000) is None
    monitor.observe([_tick(0, 1, "sell")])
    assert monitor.detect_red_burst(9_000, 1_000) is not None
    monitor.observe([_tick(1, 10, "unknown")])
    assert monitor.detect_red_burst(9_000, 1_000) is None


def test_the_guards_hold_here_too() -> None:
    monitor = TapeMonitor(Rules(profile="guarded"), "TEST")
    monitor.observe([_tick(0, 1_000, "sell") for _ in range(15)])
    assert monitor.detect_red_burst(15_000, 1_000) is None
    monitor.observe([_tick(0, 1_000, "sell")])
    assert monitor.detect_red_burst(16_000, 1_000) is not None
    monitor.observe([_tick(0, 100_000, "sell")])
    alert = monitor.detect_red_burst(116_000, 1_000)
    assert alert is not None
    assert alert.single_print
    assert not alert.exit_eligible


def test_too_thin_a_tape_is_no_alarm() -> None:
    monitor = TapeMonitor(Rules(profile="guarded"), "TEST")
    monitor.observe([_tick(second, 100, "sell") for second in range(0, 480, 8)])
    monitor.observe([_tick(480, 100, "sell") for _ in range(40)])
    assert monitor.detect_red_burst(9_000, 100) is None


def test_what_is_no_volume_late_or_met_before_is_skipped() -> None:
    monitor = TapeMonitor(Rules(), "TEST")
    known = _tick(10, trade_id="7", venue=11)
    monitor.observe([known, known, _tick(10, trade_id="7", venue=12), _tick(10, trade_id="7", venue=11, trf=1)])
    monitor.observe([known, _tick(10), _tick(10)])
    monitor.observe([_tick(10, conditions=(16,)), _tick(10, conditions=(8,)), _tick(10, conditions=(13,)), _tick(7.9)])
    assert monitor._window.volume == 500
    monitor.observe([_tick(8)])
    assert monitor._window.volume == 600


def test_the_memory_of_what_was_met_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape_monitor, "_REMEMBERED", 10)
    monitor = TapeMonitor(Rules(), "TEST")
    monitor.observe([_tick(0, trade_id=str(number)) for number in range(50)])
    assert len(monitor._seen) == len(monitor._seen_order) == 10


def test_no_baseline_crosses_the_open() -> None:
    monitor = TapeMonitor(Rules(), "TEST")
    before = timedelta(hours=-2, minutes=-31)
    monitor.observe([_tick(before.total_seconds() + second) for second in range(360)])
    assert monitor.calculate_rolling_average() == 0.0
    monitor.observe([_tick(before.total_seconds() + second) for second in range(360, 370)])
    assert monitor.calculate_rolling_average() == 1_000.0


def test_another_symbols_prints_are_refused() -> None:
    with pytest.raises(ValueError, match="'MSFT'"):
        TapeMonitor(Rules(), "TEST").observe([_tick(0, symbol="MSFT")])


def test_the_sell_ratio_is_by_volume_unknown_in_the_denominator() -> None:
    monitor = TapeMonitor(Rules(), "TEST")
    ticks = [_tick(0, 300, "sell"), _tick(0, 100, "buy"), _tick(0, 100, "unknown")]
    assert monitor._calculate_sell_ratio(ticks) == 0.6
    assert monitor._calculate_sell_ratio([]) == 0.0


def test_prints_come_from_the_client_and_its_own_are_observed() -> None:
    class Client:
        def get_time_and_sales(self, symbol: str, start_time: datetime, end_time: datetime) -> list[TimeAndSalesRecord]:
            assert start_time < end_time
            return [_tick(0, symbol=symbol)]

    monitor = TapeMonitor(Rules(), "TEST", Client())
    assert len(monitor.fetch_tape_data("MSFT", START, START + timedelta(seconds=1))) == 1
    assert monitor._window.volume == 0
    monitor.fetch_tape_data("TEST", START, START + timedelta(seconds=1))
    assert monitor._window.volume == 100
    with pytest.raises(RuntimeError, match="no client"):
        TapeMonitor(Rules(), "TEST").fetch_tape_data("TEST", START, START)
