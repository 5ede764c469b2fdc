"""A position as a trader types it in one line: `BAC 1000 13.90 13.50`."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from orderflow_tui.config.tickers import normalise_symbol
from orderflow_tui.core.model.holder import Position
from orderflow_tui.positions.errors import PositionsError
from orderflow_tui.positions.rows import decimal_of, fund_reason
from orderflow_tui.support.printable import shown_value

FORM: Final = "SYMBOL SHARES [COST] [stop PRICE]"
EXAMPLE: Final = "BAC 1000 13.90 stop 13.50"
_LONGEST: Final = 200
_DOLLARS: Final = (Decimal("0.0001"), Decimal(10**9))


def typed_position(line: str) -> Position:
    """The position of one typed line.

    Args:
        line: Symbol, shares (negative for a short), average cost in dollars a share and stop in dollars; the last two
            may be missing. `@`, `$`, `stop` and commas in numbers are taken as they are meant.

    Raises:
        PositionsError: One line: what is wrong, and how it is typed.
    """
    words = line[:_LONGEST].replace("@", " ").replace("$", "").split()
    if len(words) < 2:
        raise PositionsError(f"type {FORM}, as in {EXAMPLE}; a short position has negative shares")
    name, shares, *prices = words
    try:
        symbol = normalise_symbol(name)
    except ValueError as error:
        raise PositionsError(str(error)) from None
    if why := fund_reason(symbol):
        raise PositionsError(f"{symbol} is left out: {why}")
    cost, stop = _prices(symbol, prices)
    return Position(symbol, _shares(symbol, shares), cost or Decimal(0), stop)


def _shares(symbol: str, text: str) -> int:
    try:
        number = decimal_of(text.replace(",", ""))
    except ValueError:
        raise PositionsError(f"{symbol}: {shown_value(text)} is not a number of shares") from None
    if number != int(number):
        raise PositionsError(f"{symbol}: {shown_value(text)} refused: type whole shares, {int(number):,}")
    return int(number)


def _prices(symbol: str, words: list[str]) -> tuple[Decimal | None, Decimal | None]:
    """Cost and stop, each may be missing: the stop stands second, or behind its word."""
    cost = stop = None
    place = "cost"
    for word in words:
        if word.lower().rstrip(":=") in ("stop", "cost"):
            place = word.lower().rstrip(":=")
        elif place == "cost" and cost is None:
            cost, place = _dollars(symbol, "cost", word), "stop"
        elif place == "stop" and stop is None:
            stop, place = _dollars(symbol, "stop", word), "cost"
        else:
            raise PositionsError(f"{symbol}: {shown_value(word)} is one too many: {FORM}")
    return cost, stop


def _dollars(symbol: str, what: str, text: str) -> Decimal:
    try:
        number = decimal_of(text.replace(",", ""))
    except ValueError:
        number = Decimal(0)
    if not _DOLLARS[0] <= number <= _DOLLARS[1]:
        raise PositionsError(f"{symbol}: {what} {shown_value(text)} refused: must be a price in dollars, as 13.90")
    return number
