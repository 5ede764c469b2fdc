from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from orderflow_tui.core.model.data_models import OrderBookSnapshot
from orderflow_tui.library.order_flow_detector import OrderFlowDetector
from tests.core.kit import Rules

AT = datetime(2025, 10, 22, 14, 35, 20, tzinfo=UTC)
Side = tuple[tuple[Decimal, int], ...]


def _snapshot(bids: list[tuple[str, int]], asks: list[tuple[str, int]], after: float = 0) -> OrderBookSnapshot:
    def side(levels: list[tuple[str, int]]) -> Side:
        return tuple((Decimal(price), size) for price, size in levels)

    return OrderBookSnapshot("AAPL", side(bids), side(asks), AT + timedelta(seconds=after))


def test_levels_strictly_above_the_threshold_on_both_sides_bids_first() -> None:
    detector = OrderFlowDetector(Rules())
    found = detector.detect_large_sellers(
        _snapshot([("150.25", 12_400), ("150.24", 10_000), ("150.23", 15_000)], [("150.26", 10_001), ("150.27", 500)])
    )
    assert [(a.evidence, a.severity, a.order_size, a.price_level) for a in found] == [
        ("bid_wall", "warning", 12_400, Decimal("150.25")),
        ("bid_wall", "critical", 15_000, Decimal("150.23")),
        ("ask_wall", "warning", 10_001, Decimal("150.26")),
    ]
    assert {(a.symbol, a.alert_type, a.timestamp_utc, a.volume_ratio) for a in found} == {
        ("AAPL", "large_seller", AT, None)
    }


def test_the_same_order_again_gives_nothing_and_another_symbol_is_another_book() -> None:
    detector = OrderFlowDetector(Rules())
    book = _snapshot([("150.25", 12_400)], [("150.26", 100)])
    assert len(detector.detect_large_sellers(book)) == 1
    for poll in range(1, 60):
        assert detector.detect_large_sellers(_snapshot([("150.25", 12_400)], [("150.26", 100)], poll)) == []
    assert detector.detect_large_sellers(_snapshot([("150.26", 12_000)], [("150.27", 100)], 60)) == []
    other = OrderBookSnapshot("MSFT", book.bids, book.asks, book.timestamp_utc)
    assert len(detector.detect_large_sellers(other)) == 1


def test_gone_and_back_it_is_new() -> None:
    detector = OrderFlowDetector(Rules())
    sizes = [12_400, 100, 100, 12_400]
    found = [
        len(detector.detect_large_sellers(_snapshot([("0.5025", size)], [], 2.0 * poll)))
        for poll, size in enumerate(sizes)
    ]
    assert found == [1, 0, 0, 1]


def test_an_old_snapshot_and_an_empty_one_are_no_matter_here() -> None:
    assert OrderFlowDetector(Rules()).detect_large_sellers(_snapshot([], [])) == []


def test_three_of_them_are_the_plans_exit() -> None:
    detector = OrderFlowDetector(Rules())
    found = detector.detect_large_sellers(_snapshot([("10.03", 11_000), ("10.02", 11_000), ("10.01", 11_000)], []))
    assert detector.should_trigger_exit(found)
    assert not detector.should_trigger_exit(found[:2])
    guarded = OrderFlowDetector(Rules(profile="guarded"))
    assert not guarded.should_trigger_exit(
        guarded.detect_large_sellers(_snapshot([("10.03", 11_000), ("10.02", 11_000), ("10.01", 11_000)], []))
    )


@pytest.mark.parametrize(("size", "severity"), [(10_001, "warning"), (14_999, "warning"), (15_000, "critical")])
def test_severity(size: int, severity: str) -> None:
    assert OrderFlowDetector(Rules())._calculate_alert_severity(size) == severity


def test_snapshots_come_from_the_client() -> None:
    book = _snapshot([("10.03", 1)], [])

    class Client:
        def get_level2_snapshot(self, symbol: str) -> OrderBookSnapshot:
            assert symbol == "AAPL"
            return book

    assert OrderFlowDetector(Rules(), Client()).fetch_level2_snapshot("AAPL") is book
    with pytest.raises(RuntimeError, match="no client"):
        OrderFlowDetector(Rules()).fetch_level2_snapshot("AAPL")
