"""Exports of the usual brokers, in the shapes they come in."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.validators import SYMBOL
from orderflow_tui.positions import PositionManager, PositionsError, PositionsMissing, source_of
from orderflow_tui.positions.csv_file import read_csv
from orderflow_tui.positions.csv_text import decoded
from tests.positions.exports import HELD, REFUSED, Export

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
        "left out, options: -AAPL261218C250",
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


@pytest.mark.parametrize("export", HELD, ids=lambda export: export.name)
def test_an_export_is_read_right(export: Export) -> None:
    held = read_csv(decoded(export.text.encode(), "x.csv"), "x.csv")
    expected = [
        (symbol, int(quantity), Decimal(cost)) for symbol, quantity, cost in map(str.split, export.held.splitlines())
    ]
    assert [(one.symbol, one.quantity, one.average_cost) for one in held.positions] == expected
    notes = " | ".join(held.notes)
    assert [name for name in export.out if " ".join(name.split()) not in notes] == []
    assert [name for name in export.silent if name in notes] == []


@pytest.mark.parametrize(
    ("text", "reason"), [refused[1:] for refused in REFUSED], ids=[refused[0] for refused in REFUSED]
)
def test_what_is_no_list_of_holdings_is_refused(text: str, reason: str) -> None:
    with pytest.raises(PositionsError) as caught:
        read_csv(decoded(text.encode(), "x.csv"), "x.csv")
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding: str, line_end: str) -> None:
    text = "Symbol;Name;Anzahl;Kaufkurs\nBAC;Bank für Amerika;1.000;13,86\n".replace("\n", line_end)
    held = read_csv(decoded(text.encode(encoding), "x.csv"), "x.csv")
    assert held.positions == (Position("BAC", 1000, Decimal("13.86")),)


@pytest.mark.parametrize(
    "cell", ["—", "-", "--", "n/a", "N/A", "null", "Unavailable", "Incomplete", "1..2", "see note 3"]
)
def test_a_cost_that_is_none_refuses_no_position(cell: str) -> None:
    held = read_csv(f"Symbol,Quantity,Average Cost,Stop\nBAC,1000,{cell},{cell}\nNIO,500,4.40,4.00\n", "x.csv")
    assert held.positions == (
        Position("BAC", 1000, Decimal(0)),
        Position("NIO", 500, Decimal("4.40"), Decimal("4.00")),
    )
    assert any(note.startswith("BAC: no average cost") for note in held.notes)


@pytest.mark.parametrize(
    ("cell", "quantity"),
    [
        ('"1,000"', 1000), ('"$1,000.00"', 1000), ("(200)", -200), ("-200", -200), ("+600", 600), ("200-", -200),
        ("\u2212200", -200), ("1 000", 1000), ("1\u00a0000", 1000), ("1'000", 1000), ("1\u2019000.0", 1000), ("1e3", 1000),
        ('"1,000 shares"', 1000), ('"1,00,000"', 100_000), ("1000.0000", 1000), ('="1000"', 1000),
    ],
)  # fmt: skip
def test_how_numbers_are_written(cell: str, quantity: int) -> None:
    held = read_csv(f"Symbol,Quantity,Average Cost\nBAC,{cell},13.86\n", "x.csv")
    assert [one.quantity for one in held.positions] == [quantity]


SAMPLES = [export.text for export in HELD] + [text for _, text, _ in REFUSED]
CELLS = st.one_of(
    st.sampled_from(
        ["BAC", "BACpL", "Symbol", "Quantity", "1.000", "1,5", "1e1000000", "-0", "USD", "EUR", "", "--", '"', "Total"]
    ),
    st.text(max_size=8),
)


def held_or_refused(content: bytes) -> None:
    """Whatever the bytes: holdings that are possible, or one line."""
    try:
        held = read_csv(decoded(content, "x.csv"), "x.csv")
    except PositionsError as refused:
        assert str(refused).isprintable()  # noqa: PT017
        return
    assert all(0 < abs(one.quantity) <= 10**12 and one.average_cost >= 0 for one in held.positions)
    assert len({one.symbol for one in held.positions}) == len(held.positions)
    assert all(SYMBOL.fullmatch(one.symbol) for one in held.positions)
    assert all(note.isprintable() for note in held.notes)


@given(
    st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: f"Symbol,Quantity,Cost\n{text}".encode()))
)
def test_any_bytes_are_holdings_or_one_line(content: bytes) -> None:
    held_or_refused(content)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=6), max_size=8), st.sampled_from(",;\t"))
def test_any_cells_are_holdings_or_one_line(rows: list[list[str]], delimiter: str) -> None:
    names = [["Symbol", "Quantity", "Average Cost", "Currency", "Type", "Cost"]]
    held_or_refused("\n".join(delimiter.join(row) for row in names + rows).encode("utf-8", "replace"))


@settings(max_examples=300)
@given(st.sampled_from(SAMPLES), st.data())
def test_any_damage_to_an_export_is_holdings_or_one_line(sample: str, data: st.DataObject) -> None:
    content = sample.encode()
    start, end = sorted((data.draw(st.integers(0, len(content))), data.draw(st.integers(0, len(content)))))
    kind = data.draw(st.sampled_from(["cut", "doubled", "replaced"]))
    middle = {"cut": b"", "doubled": content[start:end] * 2, "replaced": data.draw(st.binary(max_size=8))}[kind]
    held_or_refused(content[:start] + middle + content[end:])


@given(
    st.permutations(["Symbol", "Quantity", "Average Cost", "Currency", "Description", "Last Price"]),
    st.integers(-(10**6), 10**6),
)
def test_the_order_of_the_columns_is_free(names: list[str], quantity: int) -> None:
    cells = {
        "Symbol": "BAC", "Quantity": f'"{quantity:,}"', "Average Cost": "$13.86", "Currency": "USD",
        "Description": '"Bank of America, Corp."', "Last Price": "$46.10",
    }  # fmt: skip
    held = read_csv(f"{','.join(names)}\n{','.join(cells[name] for name in names)}\n", "x.csv")
    assert [(one.quantity, one.average_cost) for one in held.positions] == (
        [(quantity, Decimal("13.86"))] if quantity else []
    )


def test_the_file_is_watched_and_a_missing_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "export.CSV"
    with pytest.raises(PositionsMissing):
        PositionManager(source_of(str(path), {}, beside=tmp_path / "none.toml"))
    path.write_text("Symbol,Quantity\nBAC,10\n")
    manager = PositionManager(source_of(str(path), {}, beside=tmp_path / "none.toml"))
    path.write_text("Symbol,Quantity\nBAC,10\nNIO,700\n")
    assert manager.refresh()
    assert [position.symbol for position in manager.get_active_positions()] == ["BAC", "NIO"]
