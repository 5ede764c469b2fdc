"""What is traded on the simulated market, and the demo's positions in it."""

from __future__ import annotations

import random

from msgspec import Struct

HEARTBEAT_SYMBOL = "SPY"
TICKS_PER_DOLLAR = 100


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


def instrument_for(symbol: str) -> Instrument:
    """The listed instrument, or an invented one that is always the same for a ticker.

    Args:
        symbol: Ticker.

    Returns:
        The instrument to simulate.
    """
    listed = _LISTED.get(symbol)
    if listed is not None:
        return listed
    rng = random.Random(f"instrument:{symbol}")  # noqa: S311
    price = rng.uniform(8.0, 180.0)
    return Instrument(
        symbol,
        f"{symbol} Corp.",
        int(price * TICKS_PER_DOLLAR),
        rng.choice((1, 3)),
        level_size=int(min(2_000, max(400, 40_000 / price))),
        half_spread=0.2 + price / 250,
        volatility=max(0.2, price * 0.007),
    )
