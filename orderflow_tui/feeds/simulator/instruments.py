"""What is traded on the simulated market, and the demo's positions in it."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

from msgspec import Struct

from orderflow_tui.config.tickers import normalise_symbol

Symbols: TypeAlias = Sequence[str] | Mapping[str, Decimal | None]
"""Tickers, or tickers and the dollars each starts at; None leaves the price to the market."""
HEARTBEAT_SYMBOL = "SPY"
TICKS_PER_DOLLAR = 100
MOST_SYMBOLS: Final = 500
"""Each is a market of its own in one process."""
_PRICE: Final = re.compile(r"[0-9]{1,5}(\.[0-9]{1,2})?")
_CHEAPEST: Final = Decimal(1)
"""Dollars; below, prices move in fractions of a cent, which this market does not have."""


class Instrument(Struct, frozen=True):
    """One listed name and the character of its order flow in calm trading.

    Attributes:
        symbol: Ticker.
        name: Company or fund name.
        reference_tick: Price the market hovers around, in ticks of $0.01.
        tape: SIP tape: 1 (NYSE), 2 (Arca and regional), 3 (Nasdaq).
        level_size: Typical shares resting on one price level.
        half_spread: Half of the makers' spread, ticks.
        volatility: Standard deviation of the reference price over one second, ticks.
        market_rate: Marketable orders a second.
        off_exchange_rate: Off-exchange prints a second.
        book_rate: Limit orders and cancels a second.
        round_lot: Shares in a round lot at this price.
    """

    symbol: str
    name: str
    reference_tick: int
    tape: int
    level_size: int
    half_spread: float
    volatility: float
    market_rate: float = 3.0
    off_exchange_rate: float = 1.8
    book_rate: float = 12.0
    round_lot: int = 100


_LISTED = {
    instrument.symbol: instrument
    for instrument in (
        Instrument("ACME", "Acme Industries Inc.", 4820, 1, 900, 0.35, 0.35),
        Instrument("BOLT", "Bolt Mobility Corp.", 1785, 3, 1_300, 0.2, 0.22),
        Instrument("CRUX", "Crux Therapeutics Inc.", 12640, 3, 500, 0.7, 0.7, market_rate=2.6, off_exchange_rate=1.5),
        Instrument("DYNO", "Dyno Energy Partners", 942, 1, 1_700, 0.15, 0.2),
        Instrument(HEARTBEAT_SYMBOL, "SPDR S&P 500 ETF Trust", 58_540, 2, 1_200, 0.5, 1.2, 4.0, 2.4, 14.0, 40),
    )
}

DEMO_SYMBOLS = ("ACME", "BOLT", "CRUX", "DYNO")
"""The names the demo holds; the market adds SPY as its heartbeat."""

DEMO_POSITIONS_TOML = """\
watchlist = ["SPY"]

[[position]]
symbol = "ACME"
quantity = 3000
average_cost = 47.65

[[position]]
symbol = "BOLT"
quantity = 8000
average_cost = 17.62
stop = 17.72

[[position]]
symbol = "CRUX"
quantity = -600
average_cost = 127.10

[[position]]
symbol = "DYNO"
quantity = 5000
average_cost = 9.51
"""
"""Positions for the demo, consistent with the prices its market starts at."""


def listed_symbols(text: str) -> dict[str, Decimal | None]:
    """Tickers and their prices, from `AAA,BBB:25.10`.

    Args:
        text: Tickers with commas between, each with a price in dollars behind a colon or without.

    Returns:
        The price each starts at; None leaves it to the market.

    Raises:
        ValueError: One line: no ticker, no price, a ticker given twice, or too many.
    """
    found: dict[str, Decimal | None] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, colon, price = entry.partition(":")
        symbol = normalise_symbol(name)
        if symbol in found:
            raise ValueError(f"{symbol} is listed twice")
        if colon and (not _PRICE.fullmatch(price) or Decimal(price) < _CHEAPEST):
            raise ValueError(f"{symbol}: the price must be from {_CHEAPEST} to 99999.99 dollars, as in {symbol}:25.10")
        found[symbol] = Decimal(price) if colon else None
    if not 1 <= len(found) <= MOST_SYMBOLS:
        raise ValueError(f"give 1 to {MOST_SYMBOLS} symbols, as in AAA,BBB:25.10")
    return found


def instrument_for(symbol: str, price_dollars: Decimal | None = None) -> Instrument:
    """The listed instrument, or an invented one that is always the same for a ticker.

    Args:
        symbol: Ticker.
        price_dollars: The price it starts at, dollars; None for the listed or an invented one.

    Returns:
        The instrument to simulate.
    """
    listed = _LISTED.get(symbol)
    if listed is not None and price_dollars is None:
        return listed
    rng = random.Random(f"instrument:{symbol}")  # noqa: S311
    price = float(price_dollars) if price_dollars is not None else rng.uniform(8.0, 180.0)
    return Instrument(
        symbol,
        f"{symbol} Corp.",
        int(price_dollars * TICKS_PER_DOLLAR) if price_dollars is not None else int(price * TICKS_PER_DOLLAR),
        rng.choice((1, 3)),
        level_size=int(min(2_000, max(400, 40_000 / price))),
        half_spread=0.2 + price / 250,
        volatility=max(0.2, price * 0.007),
    )
