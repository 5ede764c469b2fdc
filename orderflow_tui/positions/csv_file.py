"""Positions from a CSV export: the column names of the usual brokers, their preambles, footers and money signs."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from orderflow_tui.config.tickers import normalise_symbol
from orderflow_tui.positions.errors import PositionsError
from orderflow_tui.positions.files import PositionsFile
from orderflow_tui.positions.holdings import Holdings
from orderflow_tui.positions.rows import Row, decimal_of, holdings_of
from orderflow_tui.support.printable import shown_value

_NAMES: Final = {
    "symbol": ("symbol", "ticker", "ticker symbol", "symbol/cusip", "instrument"),
    "quantity": ("quantity", "qty", "qty #", "qty (quantity)", "shares", "position", "current quantity"),
    "cost": (
        "average cost", "avg cost", "average_cost", "avg_cost", "average cost basis", "avg price", "average price",
        "cost/share", "cost per share", "cost basis/share", "cost basis per share", "price paid", "price paid $",
        "avg entry price", "avg_entry_price", "average buy price", "average_buy_price", "unit cost", "cost price",
    ),
    "total": ("cost basis", "cost basis total", "total cost", "cost basis money", "cost", "book value"),
    "side": ("side", "long/short", "type of position"),
    "stop": ("stop", "stop price", "stop loss"),
}  # fmt: skip
_EMPTY: Final = frozenset({"", "-", "--", "n/a", "na", "null", "none", "incomplete", "...", "not tracked"})
_CASH: Final = re.compile(r"\*|\btotals?\b|pending|^(cash|core)\b.+|^(SPAXX|FDRXX|VMFXX|SWVXX)\b", re.IGNORECASE)
"""Rows of cash, sweeps and sums; CASH and CORE alone are tickers."""
_PREAMBLE_ROWS: Final = 40


class CsvPositions(PositionsFile, frozen=True):
    """A broker's export.

    Attributes:
        path: The file.
    """

    def read(self) -> Holdings:
        """The export's stocks.

        Raises:
            PositionsMissing: There is no such file.
            PositionsError: No header with a symbol and a quantity, or a stock's row without a number, in one line.
        """
        return read_csv(self.text(), self.name)


def read_csv(text: str, name: str) -> Holdings:
    """Positions of an export's text; `name` stands in the refusals (PositionsError)."""
    delimiter = ";" if text[:4096].count(";") > text[:4096].count(",") else ","
    if "\t" in text[:4096] and "," not in text[:4096]:
        delimiter = "\t"
    reader = csv.reader(text.splitlines(), delimiter=delimiter)
    columns: dict[str, int] | None = None
    rows: list[Row] = []
    left_out: list[str] = []
    try:
        for cells in reader:
            if columns is None:
                columns = _columns(cells)
                if columns is None and reader.line_num > _PREAMBLE_ROWS:
                    break
            elif any(cell.strip() for cell in cells):
                row = _row(cells, columns, f"{name}:{reader.line_num}", left_out, comma=delimiter == ";")
                rows += [row] if row is not None else []
    except csv.Error as error:
        raise PositionsError(f"{name}:{reader.line_num}: no CSV: {ascii(str(error))[1:-1][:100]}") from None
    if columns is None:
        raise PositionsError(
            f"{name}: no line with column names in its first {_PREAMBLE_ROWS}: it must name a symbol and a quantity"
        )
    return holdings_of(rows, left_out)


def _columns(cells: Sequence[str]) -> dict[str, int] | None:
    """Where each column stands if these are the column names: a symbol and a quantity must be among them."""
    names = [re.sub(r"\s+", " ", cell).strip().lower() for cell in cells]
    found = {
        column: names.index(spelling)
        for column, spellings in _NAMES.items()
        for spelling in reversed(spellings)
        if spelling in names
    }
    return found if {"symbol", "quantity"} <= set(found) else None


def _row(cells: Sequence[str], columns: dict[str, int], where: str, left_out: list[str], *, comma: bool) -> Row | None:
    def cell(column: str) -> str:
        at = columns.get(column, len(cells))
        return cells[at].strip() if at < len(cells) else ""

    written = cell("symbol")
    if not written or _CASH.search(written):
        if cell("quantity").lower() not in _EMPTY:
            left_out.append(shown_value(written or "(no symbol)")[1:-1])
        return None
    try:
        normalise_symbol(written.replace(" ", "."))
    except ValueError:
        if cell("quantity").lower() not in _EMPTY:
            left_out.append(shown_value(written)[1:-1])
        return None
    quantity, cost, total, stop = (
        _number(cell(column), where, f"{written}: {column}", comma=comma)
        for column in ("quantity", "cost", "total", "stop")
    )
    if quantity is None:
        return None
    if cell("side").lower() in {"short", "s", "sell"}:
        quantity = -abs(quantity)
    if cost is None and quantity and total is not None:
        cost = (total / quantity).quantize(Decimal("0.0001"))
    return Row(written, quantity, abs(cost) if cost is not None else Decimal(0), stop or None)


def _number(text: str, where: str, what: str, *, comma: bool) -> Decimal | None:
    """`$1,234.50`, `(200)`, with `comma` also `1.234,50`; None for an empty cell."""
    if text.lower() in _EMPTY:
        return None
    bare = text.replace("\u2212", "-").strip("$€£ ").replace("$", "").replace("'", "").replace(" ", "")
    negative = bare.startswith("(") and bare.endswith(")")
    bare = bare.strip("()")
    if comma:
        bare = bare.replace(".", "").replace(",", ".") if "," in bare else bare
    elif re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", bare):
        bare = bare.replace(",", "")
    try:
        number = decimal_of(bare)
    except ValueError:
        raise PositionsError(f"{where}: {shown_value(what)[1:-1]} = {shown_value(text)} refused: no number") from None
    return -number if negative else number
