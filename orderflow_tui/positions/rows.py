"""Rows of brokers and exports made into positions: spellings, fractions, several accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from orderflow_tui.config.tickers import normalise_symbol
from orderflow_tui.core.model.holder import Position
from orderflow_tui.positions.errors import PositionsError
from orderflow_tui.positions.holdings import Holdings
from orderflow_tui.support.printable import shown_value

_MOST_SHARES: Final = Decimal(10**12)
_LEAST: Final = Decimal("1e-9")
_LONGEST: Final = 60
_SHOWN: Final = 6
_CENTS: Final = Decimal("0.0001")
_STOPS: Final = (Decimal("0.0001"), Decimal(10**9))
"""Dollars a stop may have."""
CASH: Final = "cash"
FUND: Final = "funds, which trade nowhere during the day"
OPTION: Final = "options"
FUTURE: Final = "futures"
BOND: Final = "bonds and bills"
COIN: Final = "coins"
OTHER_CURRENCY: Final = "another currency"
ELSEWHERE: Final = "listed elsewhere"
OTHER_KIND: Final = "no shares"
NO_TICKER: Final = "no stock's ticker"
_FUND: Final = re.compile(r"[A-Z]{4}X")
_MONEY_FUND: Final = re.compile(r"[A-Z]{3}XX")
"""Five letters that end in X are a mutual fund's, in XX a money market fund's: no listed share has them."""


class LeftOut(Struct, frozen=True):
    """What a source holds besides stocks.

    Attributes:
        name: As it may be shown.
        why: One of the reasons above.
    """

    name: str
    why: str = NO_TICKER


class Row(Struct, frozen=True):
    """One holding as a source has it.

    Attributes:
        symbol: In the source's spelling: `BRK.B`, `BRK-B`, `BRK/B`, `BRK B`.
        quantity: Shares, negative for a short position; may have a fraction.
        average_cost: Dollars a share; 0 where the source does not know.
        stop: Dollars, where the source has one.
        note: Why there is no cost, where there is more to say than that.
    """

    symbol: str
    quantity: Decimal
    average_cost: Decimal
    stop: Decimal | None = None
    note: str = ""


def holdings_of(rows: Iterable[Row], left_out: Iterable[LeftOut] = (), notes: Iterable[str] = ()) -> Holdings:
    """Whole shares of each symbol, accounts added together, in the order of the rows.

    Args:
        rows: Holdings of stocks.
        left_out: What the source left out already (cash, options), for the notes.
        notes: What else is to be said of the reading.

    Raises:
        PositionsError: More shares than any company has.
    """
    shares: dict[str, Row] = {}
    strange = list(left_out)
    said = list(notes)
    for row in rows:
        try:
            symbol = normalise_symbol(row.symbol)
        except ValueError:
            strange.append(LeftOut(shown_value(row.symbol)[1:-1]))
            continue
        if why := fund_reason(symbol):
            strange.append(LeftOut(symbol, why))
            continue
        before = shares.get(symbol)
        shares[symbol] = replace(row, symbol=symbol) if before is None else _together(before, row)
    positions = [position for row in shares.values() if (position := _whole(row, said)) is not None]
    return Holdings(tuple(positions), (), (*said, *left_out_notes(strange)))


def fund_reason(symbol: str) -> str:
    """Why a symbol is a mutual fund's (a reason of the above), or empty."""
    if _MONEY_FUND.fullmatch(symbol):
        return CASH
    return FUND if _FUND.fullmatch(symbol) else ""


def whole_shares(symbol: str, quantity: Decimal, said: list[str]) -> int:
    """The whole shares of a quantity, a fraction dropped with a note: no exchange trades one.

    Raises:
        PositionsError: More shares than any company has.
    """
    if quantity.copy_abs() > _MOST_SHARES:
        raise PositionsError(f"{symbol}: more than {_MOST_SHARES:,} shares")
    whole = int(quantity)
    if whole != quantity:
        said.append(f"{symbol}: {quantity.normalize():f} shares held, whole ones counted ({whole:,})")
    return whole


def no_cost_note(symbol: str) -> str:
    """What to say of a position without a cost."""
    return f"{symbol}: no average cost, so no P&L"


def _whole(row: Row, said: list[str]) -> Position | None:
    whole = whole_shares(row.symbol, row.quantity, said)
    if not whole:
        if not row.quantity:
            said.append(f"{row.symbol}: nothing held in all")
        return None
    stop = row.stop if row.stop is not None and _STOPS[0] <= row.stop <= _STOPS[1] else None
    if stop != row.stop:
        said.append(f"{row.symbol}: a stop that is not a price in dollars, so no stop")
    if row.note:
        said.append(f"{row.symbol}: {row.note}")
    elif not row.average_cost:
        said.append(no_cost_note(row.symbol))
    return Position(row.symbol, whole, row.average_cost, stop)


def left_out_notes(strange: Iterable[LeftOut]) -> list[str]:
    """What to say of what was left out, a line a reason."""
    by_reason: dict[str, list[str]] = {}
    for one in strange:
        names = by_reason.setdefault(one.why, [])
        if one.name not in names:
            names.append(one.name)
    notes = []
    for why, names in by_reason.items():
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        notes.append(f"left out, {why}: {', '.join(names[:_SHOWN])}{more}")
    return notes


def _together(one: Row, other: Row) -> Row:
    """Two accounts' rows of a symbol: shares added, the cost by shares where both are on one side and have one."""
    quantity = one.quantity + other.quantity
    note = one.note or other.note
    cost = one.average_cost
    if one.quantity * other.quantity > 0:
        if one.average_cost and other.average_cost:
            cost = (one.average_cost * one.quantity + other.average_cost * other.quantity) / quantity
        elif one.average_cost or other.average_cost or note:
            cost, note = Decimal(0), "no average cost of all shares, so no P&L"
    elif abs(other.quantity) > abs(one.quantity):
        cost = other.average_cost
    return replace(
        one,
        quantity=quantity,
        average_cost=cost.quantize(_CENTS) if cost != one.average_cost else cost,
        stop=one.stop if one.stop is not None else other.stop,
        note=note,
    )


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
    # copy_abs: a number beyond the context's exponents would end abs() by an overflow.
    if not number.is_finite() or number.copy_abs() > _MOST_SHARES or 0 < number.copy_abs() < _LEAST:
        raise ValueError("no number")
    return number
