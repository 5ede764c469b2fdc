"""Exports of the usual brokers, in the shapes they come in."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.model.data_models import Position
from orderflow_tui.positions import PositionManager, PositionsError, PositionsMissing, source_of
from orderflow_tui.positions.csv_file import read_csv

SCHWAB = """"Positions for account Individual ...123 as of 09:31 AM ET, 2026/11/20"

"Symbol","Description","Qty (Quantity)","Price","Mkt Val (Market Value)","Cost Basis","Asset Type",
"BAC","BANK OF AMERICA","1,000","$46.10","$46,100.00","$13,861.00","Equity",
"BRK/B","BERKSHIRE HATHAWAY","20","$480.00","$9,600.00","$9,500.00","Equity",
"Cash & Cash Investments","--","--","--","$1,234.00","--","Cash and Money Market",
"Account Total","--","--","--","$56,934.00","$23,361.00","--",
"""
FIDELITY = """\ufeffAccount Number,Account Name,Symbol,Description,Quantity,Last Price,Average Cost Basis,Type
X1,Individual,SPAXX**,FIDELITY GOVERNMENT MONEY MARKET,,,,Cash
X1,Individual,NIO,NIO INC,500.25,$5.10,$4.40,Margin
X2,Roth,NIO,NIO INC,100,$5.10,$6.40,Cash
X1,Individual,-AAPL261218C250,AAPL DEC 18 2026 $250 CALL,-1,$3.10,$4.00,Margin

"The data and information in this spreadsheet is provided to you solely for your use"
"""
GERMAN = "Ticker;Shares;Avg Price;Side;Stop\nBAC;1000;13,861;long;13,50\nSAP;200;140,5;short;\n"
TABBED = "symbol\tquantity\taverage_cost\nCASH\t10\t71.5\nCORE\t(20)\t12\n"


def test_a_schwab_export() -> None:
    held = read_csv(SCHWAB, "x.csv")
    assert held.positions == (Position("BAC", 1000, Decimal("13.8610")), Position("BRK.B", 20, Decimal("475.0000")))
    assert held.notes == ()


def test_a_fidelity_export_with_two_accounts() -> None:
    held = read_csv(FIDELITY, "x.csv")
    assert [position.symbol for position in held.positions] == ["NIO"]
    assert held.positions[0].quantity == 600
    assert round(held.positions[0].average_cost, 4) == Decimal("4.7332")
    assert held.notes == (
        "NIO: 600.25 shares held, whole ones counted (600)",
        "left out, no stock's ticker: -AAPL261218C250",
    )


def test_decimal_commas_short_sides_and_stops() -> None:
    held = read_csv(GERMAN, "x.csv")
    assert held.positions == (
        Position("BAC", 1000, Decimal("13.861"), Decimal("13.50")),
        Position("SAP", -200, Decimal("140.5")),
    )


def test_tabs_brackets_and_tickers_that_are_words() -> None:
    held = read_csv(TABBED, "x.csv")
    assert held.positions == (Position("CASH", 10, Decimal("71.5")), Position("CORE", -20, Decimal(12)))


def test_a_holding_without_a_cost_has_no_pnl() -> None:
    held = read_csv("Symbol,Quantity\nBAC,10\n", "x.csv")
    assert held.positions == (Position("BAC", 10, Decimal(0)),)
    assert held.notes == ("BAC: no average cost, so no P&L",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,b\n1,2\n", "x.csv: no line with column names in its first 40: it must name a symbol and a quantity"),
        ("", "x.csv: no line with column names in its first 40: it must name a symbol and a quantity"),
        ("Symbol,Quantity\nBAC,many\n", "x.csv:2: BAC: quantity = 'many' refused: no number"),
        ("Symbol,Quantity,Average Cost\n\nBAC,1,1..2\n", "x.csv:3: BAC: cost = '1..2' refused: no number"),
        ("Symbol,Quantity\nBAC,1e99\n", "x.csv:2: BAC: quantity = '1e99' refused: no number"),
    ],
)
def test_refusals_name_the_line(text: str, reason: str) -> None:
    with pytest.raises(PositionsError) as caught:
        read_csv(text, "x.csv")
    assert str(caught.value) == reason


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        held = read_csv("Symbol,Quantity,Average Cost\n" + text, "x.csv")
    except PositionsError as refused:
        assert str(refused).isprintable()  # noqa: PT017
    else:
        assert all(position.quantity for position in held.positions)
        assert all(note.isprintable() for note in held.notes)


def test_the_file_is_watched_and_a_missing_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "export.CSV"
    with pytest.raises(PositionsMissing):
        PositionManager(source_of(str(path), {}, beside=tmp_path / "none.toml"))
    path.write_text("Symbol,Quantity\nBAC,10\n")
    manager = PositionManager(source_of(str(path), {}, beside=tmp_path / "none.toml"))
    path.write_text("Symbol,Quantity\nBAC,10\nNIO,700\n")
    assert manager.refresh()
    assert [position.symbol for position in manager.get_active_positions()] == ["BAC", "NIO"]
