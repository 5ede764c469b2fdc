"""How an export writes numbers: decided from all of them, because `1.000` alone is one or a thousand.

`1,234.50`, `.5` and `13.86` show a decimal point, `1.234,50` and `13,86` a decimal comma. Where nothing shows it, what
a price times a quantity makes does, then the delimiter (cells parted by commas are written with decimal points) and the
language of the column names. What is still open is refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, Literal

from orderflow_tui.positions.errors import PositionsError
from orderflow_tui.positions.rows import decimal_of
from orderflow_tui.support.printable import shown_value

Style = Literal["point", "comma"]
_STYLES: Final[tuple[Style, Style]] = ("point", "comma")

NOTHING: Final = frozenset({"", "-", "--", "---", "—", "–", "n/a", "na", "null", "none", "..."})  # noqa: RUF001 dashes
"""Cells that say that there is not a number."""
_SIGNS: Final = str.maketrans(
    {"\u2212": "-", "\u2013": "-", "\u2019": "", "'": "", "\u00a0": "", "\u202f": "", " ": ""}
)
_MONEY: Final = re.compile(r"\b(USD|US)\b|[$€£¥]", re.IGNORECASE)
_UNIT: Final = re.compile(r"\s*\b(shares?|shs?|units?|stk|st)\.?$", re.IGNORECASE)
_DIGITS: Final = re.compile(r"[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?")
_POINT: Final = re.compile(r"\d[\d,]*,\d{3}\.\d*|\d{1,3}(?:,\d{2,3}){2,}|0?\.\d+|\d{4,}\.\d+|\d+\.(?:\d{1,2}|\d{4,})")
_COMMA: Final = re.compile(r"\d[\d.]*\.\d{3},\d*|\d{1,3}(?:\.\d{3}){2,}|0?,\d+|\d{4,},\d+|\d+,(?:\d{1,2}|\d{4,})")
_OPEN: Final = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")
"""`1.000` and `1,000`: one, or a thousand."""
_GROUPED: Final = {
    "point": re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d*)?"),
    "comma": re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d*)?"),
}
_CLOSE_ENOUGH: Final = Decimal("0.01")


def bare(text: str) -> str:
    """A number without signs of money, blanks within and brackets; what is not a number comes out as something else."""
    text = _UNIT.sub("", _MONEY.sub("", text.strip())).translate(_SIGNS)
    if text.startswith("(") and text.endswith(")"):
        return f"-{text[1:-1].lstrip('-')}"
    return f"-{text[:-1]}" if text.endswith("-") and text[:1].isdigit() else text


def number_of(text: str, style: Style) -> Decimal:
    """The number a cell holds: `$1,234.50`, `(200)`, `1.234,50`, `100 shares`. Raises ValueError for anything else."""
    digits = bare(text)
    unsigned = digits.lstrip("+-")
    thousands, decimal = (",", ".") if style == "point" else (".", ",")
    if _GROUPED[style].fullmatch(unsigned):
        digits = digits.replace(thousands, "")
    elif thousands in digits:
        raise ValueError("no number")
    return decimal_of(digits.replace(decimal, "."))


def style_of(
    columns: Iterable[Sequence[str]], triples: Iterable[tuple[str, str, str]], usual: Style | None, name: str
) -> Style:
    """Whether the numbers are written with a decimal point or a decimal comma.

    Args:
        columns: The cells of every column of numbers.
        triples: A quantity, a price and what they make, as far as the rows have them.
        usual: How files with this delimiter or these column names are written; None where that says nothing.
        name: The file's, for the refusal.

    Raises:
        PositionsError: They are written both ways, or may be read both ways.
    """
    cells = [cell for column in columns for cell in column]
    points, commas = _first(_POINT, cells), _first(_COMMA, cells)
    if points and commas:
        raise PositionsError(
            f"{name}: decimals stand after a point ({shown_value(points)[1:-1]}) and after a comma"
            f" ({shown_value(commas)[1:-1]}): write all of them the same way"
        )
    if points or commas:
        return "point" if points else "comma"
    unclear = _first(_OPEN, cells)
    if not unclear:
        return "point"
    proven = set(_proofs(triples))
    if len(proven) == 1:
        return proven.pop()
    if usual is not None or any("$" in cell for cell in cells):
        return usual or "point"
    raise PositionsError(
        f"{name}: {shown_value(unclear)[1:-1]} may be read in two ways, as a thousandth part or as thousands, and no"
        " other number of the file says which: write it without a separator"
    )


def _first(pattern: re.Pattern[str], cells: Iterable[str]) -> str:
    for cell in cells:
        digits = bare(cell)
        if _DIGITS.fullmatch(digits) and pattern.fullmatch(digits.lstrip("+-")):
            return cell
    return ""


def _proofs(triples: Iterable[tuple[str, str, str]]) -> Iterator[Style]:
    """The style in which a row's quantity times its price is its value, where only one does."""
    for triple in triples:
        right = [style for style in _STYLES if _agrees(triple, style)]
        if len(right) == 1:
            yield right[0]


def _agrees(triple: tuple[str, str, str], style: Style) -> bool:
    try:
        quantity, price, value = (abs(number_of(cell, style)) for cell in triple)
    except ValueError:
        return False
    return 0 < abs(quantity * price - value) <= value * _CLOSE_ENOUGH or quantity * price == value != 0
