"""Rows of brokers and exports made into positions: spellings, fractions, several accounts."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from orderflow_tui.config.tickers import normalise_symbol
from orderflow_tui.core.model.data_models import Position
from orderflow_tui.positions.holdings import Holdings
from orderflow_tui.support.printable import shown_value

_MOST_SHARES: Final = Decimal(10**12)
_LEAST: Final = Decimal("1e-9")
_LONGEST: Final = 60
_SHOWN: Final = 6


class Row(Struct, frozen=True):
    """One holding as a source has it.

    Attributes:
        symbol: In the source's spelling: `BRK.B`, `BRK-B`, `BRK/B`, `BRK B`.
        quantity: Shares, negative for a short position; may have a fraction.
        average_cost: Dollars a share; 0 where the source does not know.
        stop: Dollars, where the source has one.
    """

    symbol: str
    quantity: Decimal
    average_cost: Decimal
    stop: Decimal | None = None


def holdings_of(rows: Iterable[Row], left_out: Iterable[str] = ()) -> Holdings:
    """Whole shares of each symbol, accounts added together, in the order of the rows.

    Args:
        rows: Holdings of stocks.
        left_out: What the source left out already (cash, options), for the notes.
    """
    shares: dict[str, Row] = {}
    strange = list(left_out)
    for row in rows:
        try:
            symbol = normalise_symbol(row.symbol.strip().replace(" ", "."))
        except ValueError:
            strange.append(shown_value(row.symbol)[1:-1])
            continue
        before = shares.get(symbol)
        shares[symbol] = replace(row, symbol=symbol) if before is None else _together(before, row)
    positions: list[Position] = []
    notes: list[str] = []
    for symbol, row in shares.items():
        whole = int(row.quantity)
        if whole != row.quantity:
            notes.append(f"{symbol}: {row.quantity.normalize():f} shares held, whole ones counted ({whole:,})")
        if whole:
            positions.append(Position(symbol, whole, row.average_cost, row.stop))
            if not row.average_cost:
                notes.append(f"{symbol}: no average cost, so no P&L")
    if strange:
        more = f" and {len(strange) - _SHOWN} more" if len(strange) > _SHOWN else ""
        notes.append(f"left out, no stock's ticker: {', '.join(strange[:_SHOWN])}{more}")
    return Holdings(tuple(positions), (), tuple(notes))


def _together(one: Row, other: Row) -> Row:
    """Two accounts' rows of a symbol: shares added, the cost by shares where both are on one side."""
    quantity = one.quantity + other.quantity
    cost = one.average_cost
    if one.quantity * other.quantity > 0 and one.average_cost and other.average_cost:
        cost = (one.average_cost * one.quantity + other.average_cost * other.quantity) / quantity
    elif abs(other.quantity) > abs(one.quantity) or not cost:
        cost = other.average_cost
    return replace(one, quantity=quantity, average_cost=cost, stop=one.stop if one.stop is not None else other.stop)


def decimal_of(text: object) -> Decimal:
    """A finite number from a source's text or number.

    Raises:
        ValueError: It is none, or far beyond any position, also in its digits.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float | Decimal) or len(str(text)) > _LONGEST:
        raise ValueError("no number")
    try:
        number = Decimal(str(text).strip())
    except ArithmeticError:
        raise ValueError("no number") from None
    if not number.is_finite() or abs(number) > _MOST_SHARES or 0 < abs(number) < _LEAST:
        raise ValueError("no number")
    return number
