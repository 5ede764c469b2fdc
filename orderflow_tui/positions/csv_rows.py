"""The rows of a table of holdings made into stocks: lots, groups, costs, short positions."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from msgspec import Struct

from orderflow_tui.positions.csv_columns import Columns
from orderflow_tui.positions.csv_kinds import STOCK, TOTAL, Holding, accounts_in, is_date, is_option, ticker_of, why_not
from orderflow_tui.positions.csv_numbers import NOTHING, Style, number_of
from orderflow_tui.positions.csv_text import Line
from orderflow_tui.positions.errors import PositionsError
from orderflow_tui.positions.rows import NO_TICKER, OTHER_CURRENCY, LeftOut, Row
from orderflow_tui.support.printable import shown_value

_SHORT: Final = frozenset({"short", "s", "sell", "sold short", "sell short", "verkauf"})
_NAMED_GROUPS: Final = frozenset({"instrument", "financial instrument"})
"""Columns in which a row of a ticker may stand over rows of names: the stock and the options of a group."""
_SUMS: Final = frozenset({"summary", "position", "sum", "parent"})
_LOTS: Final = frozenset({"lot", "lots", "tax lot", "taxlot"})
_CENTS: Final = Decimal("0.0001")


class Table(Struct):
    """Column names and the rows below them.

    Attributes:
        columns: What the columns are.
        header: The row of the names.
        title: The line over it, where one cell stands alone; else empty.
        lines: The rows.
    """

    columns: Columns
    header: Line
    title: str
    lines: list[Line]

    def cells(self, role: str) -> list[str]:
        """All cells of a role's column."""
        return [self.columns.cell(line.cells, role) for line in self.lines]


def stocks_of(table: Table, style: Style, name: str, left_out: list[LeftOut], said: list[str]) -> list[Row]:
    """The stocks of a table.

    Args:
        table: Holdings.
        style: How its numbers are written.
        name: The file's, for refusals.
        left_out: Gets what is no stock.
        said: Gets what else is to be said.

    Raises:
        PositionsError: A stock's quantity is not a number.
    """
    found: list[Row] = []
    reader = _Reader(table, style, said)
    for line in _once(table):
        cell = reader.cell(line, "quantity")
        if cell.lower() in NOTHING:
            continue
        quantity = reader.number(cell)
        why = why_not(reader.holding(line, quantity))
        if why == TOTAL or quantity == 0 or (why == NO_TICKER and quantity is None):
            continue
        if why != STOCK:
            left_out.append(LeftOut(reader.shown(line, why), why))
        elif len(line.cells) > len(table.header.cells) and any(line.cells[len(table.header.cells) :]):
            raise PositionsError(
                f"{name}:{line.number}: more cells than column names: a number with commas needs quotation marks"
            )
        elif quantity is None:
            what = shown_value(reader.cell(line, "symbol"))[1:-1]
            raise PositionsError(f"{name}:{line.number}: {what}: quantity = {shown_value(cell)} refused: not a number")
        else:
            found.append(reader.row(line, quantity))
    return found


class _Reader:
    """Reads the cells of one table."""

    def __init__(self, table: Table, style: Style, said: list[str]) -> None:
        self._columns = table.columns
        self._style = style
        self._said = said
        cells = [cell for place in table.columns.kinds for cell in _column(table, place)]
        self._account_kinds = accounts_in(cells)

    def cell(self, line: Line, role: str) -> str:
        cell = self._columns.cell(line.cells, role)
        return "" if role == "symbol" and cell.lower() in NOTHING else cell

    def number(self, cell: str) -> Decimal | None:
        try:
            return number_of(cell, self._style)
        except ValueError:
            return None

    def shown(self, line: Line, why: str) -> str:
        name = shown_value(self.cell(line, "symbol") or self.cell(line, "description") or "a row without a name")[1:-1]
        currency = self.cell(line, "currency") or self._columns.currency
        return f"{name} ({shown_value(currency)[1:-1]})" if why == OTHER_CURRENCY and currency else name

    def holding(self, line: Line, quantity: Decimal | None) -> Holding:
        price = self.number(self.cell(line, "price"))
        if price is None:
            price = self.number(self.cell(line, "cost"))
        total = self.number(self.cell(line, "total"))
        if price is None and quantity and total is not None:
            price = abs(total / quantity)
        return Holding(
            self.cell(line, "symbol"),
            self.cell(line, "description"),
            tuple(line.cells[place] for place in self._columns.kinds if place < len(line.cells)),
            self._account_kinds,
            self.cell(line, "currency") or self._columns.currency,
            self.cell(line, "exchange"),
            tuple(cell for role in ("expiry", "strike", "right") if (cell := self.cell(line, role))),
            tuple(cell for role in ("price", "value", "cost", "total") if (cell := self.cell(line, role))),
            price,
            quantity is not None and quantity != int(quantity),
        )

    def row(self, line: Line, quantity: Decimal) -> Row:
        symbol = ticker_of(self.cell(line, "symbol"), self.cell(line, "description"))
        kinds = {line.cells[place].lower() for place in self._columns.kinds if place < len(line.cells)}
        if (
            self.cell(line, "side").lower() in _SHORT
            or (self._account_kinds and "short" in kinds)
            or (self.number(self.cell(line, "value")) or 0) < 0
        ):
            quantity = -abs(quantity)
        stop = self.number(self.cell(line, "stop"))
        if stop is None and self.cell(line, "stop").lower() not in NOTHING:
            self._said.append(f"{symbol}: stop {shown_value(self.cell(line, 'stop'))} is not a number, so no stop")
        cost, note = self._cost(line, quantity)
        return Row(symbol, quantity, cost, stop or None, note)

    def _cost(self, line: Line, quantity: Decimal) -> tuple[Decimal, str]:
        """Dollars a share, or 0 and why there is none."""
        each = self.number(self.cell(line, "cost"))
        if each is not None:
            return abs(each), ""
        total = self.number(self.cell(line, "total"))
        if total is not None:
            return abs(total / quantity).quantize(_CENTS), ""
        if self._columns.foreign_cost:
            return Decimal(0), "its cost is in another currency, so no P&L"
        word = self.cell(line, "cost") or self.cell(line, "total")
        return Decimal(0), "" if word.lower() in NOTHING else f"no average cost ({shown_value(word)}), so no P&L"


def _column(table: Table, place: int) -> list[str]:
    return [line.cells[place] for line in table.lines if place < len(line.cells)]


def _once(table: Table) -> Iterator[Line]:
    """The rows, each holding once: sums without the lots they are made of, groups without their members."""
    columns = table.columns
    lines = [line for line in table.lines if not is_date(columns.cell(line.cells, "symbol"))]
    at = _level_column(lines, columns)
    if at is not None:
        lines = [line for line in lines if at >= len(line.cells) or line.cells[at].lower() in {*_SUMS, ""}]
    part = [is_date(columns.cell(line.cells, "acquired")) or bool(columns.cell(line.cells, "lot")) for line in lines]
    whole = {_whose(line, columns) for line, lot in zip(lines, part, strict=True) if not lot}
    kept = [line for line, lot in zip(lines, part, strict=True) if not lot or _whose(line, columns) not in whole]
    kept = [
        line for line in kept if columns.cell(line.cells, "symbol") or not any(is_date(cell) for cell in line.cells)
    ]
    return _ungrouped(kept, columns) if columns.names[columns.at["symbol"]] in _NAMED_GROUPS else iter(kept)


def _level_column(lines: list[Line], columns: Columns) -> int | None:
    """The place of the column that tells sums from their lots, where there are sums."""
    places = [columns.at["level"]] if "level" in columns.at else range(len(columns.names))
    for place in places:
        cells = {line.cells[place].lower() for line in lines if place < len(line.cells)}
        if cells & _SUMS and (cells & _LOTS or "level" in columns.at):
            return place
    return None


def _whose(line: Line, columns: Columns) -> tuple[str, str]:
    return columns.cell(line.cells, "account"), columns.cell(line.cells, "symbol")


def _ungrouped(lines: list[Line], columns: Columns) -> Iterator[Line]:
    """Rows under the ticker of their group: its stock, which stands there by its name, gets the ticker."""
    at = columns.at["symbol"]
    group = counted = ""
    for line in lines:
        written, quantity = columns.cell(line.cells, "symbol"), columns.cell(line.cells, "quantity")
        if _names_group(written):
            group, counted = written, "" if quantity.lower() in NOTHING else quantity
            yield line
        elif not group or is_option(written) or quantity.lower() in NOTHING:
            yield line
        elif not counted:
            yield Line(line.number, (*line.cells[:at], group, *line.cells[at + 1 :]))
        elif quantity != counted or "@" in written:
            yield line  # something else below a stock, such as a share in another country


def _names_group(written: str) -> bool:
    try:
        ticker_of(written)
    except ValueError:
        return written.startswith("/")
    return True
