"""Positions from a CSV export: the tables of the usual brokers, read right or refused with what to export instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from orderflow_tui.positions.csv_columns import (
    Columns,
    action_columns,
    columns_of,
    transaction_column,
    worth_now,
)
from orderflow_tui.positions.csv_kinds import ticker_of
from orderflow_tui.positions.csv_numbers import NOTHING, bare, style_of
from orderflow_tui.positions.csv_rows import Table, stocks_of
from orderflow_tui.positions.csv_text import Line, decoded, rows_of
from orderflow_tui.positions.errors import PositionsError
from orderflow_tui.positions.files import PositionsFile
from orderflow_tui.positions.holdings import Holdings
from orderflow_tui.positions.rows import NO_TICKER, LeftOut, Row, holdings_of
from orderflow_tui.support.printable import shown_value

_ISIN: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{9}\d")
_ACTION: Final = re.compile(
    r"^(you )?((market |limit |stop )?(buy|sell)|bought|sold|bto|sto|btc|stc|purchase|sale|filled|executed|expired)\b"
    r"|^(rejected|cancel|reinvest|dividend|deposit|withdraw|buy_|sell_)",
    re.IGNORECASE,
)
_SECTION_MARKS: Final = frozenset({"Header", "Data", "Total", "SubTotal", "Notes", "MetaInfo"})
_OPEN_SECTION: Final = re.compile(
    r"\bopen positions?\b|offene positionen|positions ouvertes|posiciones abiertas|posizioni aperte", re.IGNORECASE
)
_OTHER_SECTION: Final = re.compile(
    r"\b(orders?|trades?|transactions?|activity|history|executions?|closed|realized|forex|futures|cash balance"
    r"|dividends|watch ?list)\b",
    re.IGNORECASE,
)
_INSTEAD: Final = "export your positions (holdings) instead, or write them into a positions.toml"


class CsvPositions(PositionsFile, frozen=True):
    """A broker's export.

    Attributes:
        path: The file.
    """

    def read(self) -> Holdings:
        """The export's stocks.

        Raises:
            PositionsMissing: There is no such file.
            PositionsError: No table of what is held, or one that cannot be read surely, in one line.
        """
        return read_csv(decoded(self.content(), self.name), self.name)


def read_csv(text: str, name: str) -> Holdings:
    """Positions of an export's text; `name` stands in the refusals (PositionsError)."""
    lines, delimiter = rows_of(text, name, lambda cells: columns_of(cells) is not None)
    tables = list(_tables(_open_positions(lines, name)))
    held = [table for table in tables if not _transactions(table)]
    if not held:
        raise PositionsError(_refusal(name, lines, tables))
    style = style_of(
        (table.cells(role) for table in held for role in ("quantity", "cost", "total", "price", "value", "stop")),
        (triple for table in held for triple in _triples(table)),
        "point" if delimiter == "," else "comma" if any(table.columns.european for table in held) else None,
        name,
    )
    rows: list[Row] = []
    left_out: list[LeftOut] = []
    said: list[str] = []
    for table in held:
        found = stocks_of(table, style, name, left_out, said)
        known = {row.symbol: row.quantity for row in rows}
        repeated = table.columns.names != held[0].columns.names and any(row.symbol in known for row in found)
        if repeated and all(known.get(row.symbol, row.quantity) == row.quantity for row in found):
            found = [row for row in found if row.symbol not in known]  # the same holdings, shown in another way
        rows += found
    named_by = "" if rows else _named_by(held, left_out)
    if named_by:
        raise PositionsError(f"{name}: names what is held by {named_by}, not by tickers: {_INSTEAD}")
    return holdings_of(rows, left_out, said)


def _open_positions(lines: list[Line], name: str) -> list[Line]:
    """The rows themselves, or of a statement whose rows begin with their section, those of its open positions."""
    marked = [line for line in lines if len(line.cells) > 2 and line.cells[1] in _SECTION_MARKS]
    if 2 * len(marked) < len(lines) or not any(line.cells[1] == "Header" for line in marked):
        return lines
    kept = [
        Line(line.number, line.cells[2:])
        for line in marked
        if line.cells[1] in {"Header", "Data"} and _OPEN_SECTION.search(line.cells[0])
    ]
    if not kept:
        raise PositionsError(f"{name}: a statement without a section Open Positions: run it with that section")
    return kept


def _tables(lines: Iterable[Line]) -> Iterator[Table]:
    """Every table with a symbol and a quantity; other column names end it."""
    table: Table | None = None
    title = ""
    for line in lines:
        columns = columns_of(line.cells)
        if columns is not None:
            if table is not None:
                yield table
            table, title = Table(columns, line, title, []), ""
        elif len(line.filled) == 1 and line.cells[0]:
            title = line.cells[0]
            if table is not None:
                table.lines.append(line)
        elif table is not None and _names_of_others(line, table.columns):
            yield table
            table = None
        elif table is not None:
            table.lines.append(line)
    if table is not None:
        yield table


def _names_of_others(line: Line, columns: Columns) -> bool:
    """Whether a row is the column names of a table of something else: words only, and no ticker among them."""
    if len(line.filled) < 3 or any(any(sign.isdigit() for sign in bare(cell)[:3]) for cell in line.filled):
        return False
    if any(cell.lower() in NOTHING for cell in line.filled):
        return False
    try:
        ticker_of(columns.cell(line.cells, "symbol"))
    except ValueError:
        return True
    return False


def _transactions(table: Table) -> str:
    """What of a table says that it lists transactions; empty for what is held."""
    if _OTHER_SECTION.search(table.title):
        return table.title
    if marked := transaction_column(table.header.cells):
        return marked
    sure = worth_now(table.columns)
    if table.columns.timed is not None and not sure:
        return table.header.cells[table.columns.timed]
    for place in action_columns(table.columns):
        cells = [line.cells[place] for line in table.lines if place < len(line.cells)]
        side = table.columns.at.get("side") == place
        if any(_ACTION.search(cell) for cell in cells) and not (side and sure):
            return table.header.cells[place]
    return ""


def _refusal(name: str, lines: Sequence[Line], tables: Sequence[Table]) -> str:
    marks = [mark for table in tables if (mark := _transactions(table))]
    marks += [mark for line in lines if len(line.filled) > 3 and (mark := transaction_column(line.cells))]
    if marks:
        return f"{name}: lists transactions ({shown_value(marks[0])[1:-1]}), not what is held: {_INSTEAD}"
    return (
        f"{name}: no table of positions: a line with column names must name a symbol (or ticker) and a quantity"
        f" (or shares); {_INSTEAD}"
    )


def _named_by(tables: Sequence[Table], left_out: Sequence[LeftOut]) -> str:
    """What stands in the place of tickers, in a file none of whose rows is a stock; empty where tickers do."""
    if any(_ISIN.fullmatch(cell) for table in tables for cell in table.cells("symbol")):
        return "ISIN"
    return "names" if left_out and all(one.why == NO_TICKER for one in left_out) else ""


def _triples(table: Table) -> Iterator[tuple[str, str, str]]:
    for line in table.lines:
        for price, value in (("price", "value"), ("cost", "total")):
            triple = tuple(table.columns.cell(line.cells, role) for role in ("quantity", price, value))
            if all(triple):
                yield (triple[0], triple[1], triple[2])
