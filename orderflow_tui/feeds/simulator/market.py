"""The simulated market: all symbols on one clock."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from orderflow_tui.feeds.simulator.instruments import DEMO_SYMBOLS, HEARTBEAT_SYMBOL, Symbols, instrument_for
from orderflow_tui.feeds.simulator.market_history import NANOS
from orderflow_tui.feeds.simulator.scenarios import ScenarioName, script_for
from orderflow_tui.feeds.simulator.symbol_market import Action, SymbolMarket
from orderflow_tui.feeds.simulator.tape import HISTORY_NS

CALM_HISTORY_NS = 15 * 60 * NANOS


class Market:
    """Every symbol's market, and SPY's as the heartbeat.

    The same seed, symbols, scenario and start give the same market, however `advance` is split.

    Args:
        symbols: Tickers held or watched, or a mapping to the dollars each starts at; scenarios play on the first ones.
        seed: Of all randomness.
        now_ns: The present, nanoseconds UTC: calm history ends and the scenario begins here.
        scenario: What happens from now on.
        history_ns: Calm trading generated before now, nanoseconds.
        watchers: By symbol, what is called after each step of its market.
    """

    def __init__(
        self,
        symbols: Symbols = DEMO_SYMBOLS,
        *,
        seed: int,
        now_ns: int,
        scenario: ScenarioName = "calm",
        history_ns: int = CALM_HISTORY_NS,
        watchers: Mapping[str, Action] = MappingProxyType({}),
    ) -> None:
        held = tuple(dict.fromkeys(symbols))
        prices = symbols if isinstance(symbols, Mapping) else {}
        self.symbols = held if HEARTBEAT_SYMBOL in held else (*held, HEARTBEAT_SYMBOL)
        self.now_ns = now_ns
        self._markets = {
            symbol: SymbolMarket(
                instrument_for(symbol, prices.get(symbol)),
                seed=seed,
                start_ns=now_ns - history_ns,
                script=script_for(scenario, symbol, held, start_ns=now_ns, seed=seed),
                watcher=watchers.get(symbol),
            )
            for symbol in self.symbols
        }
        for market in self._markets.values():
            market.advance(now_ns)

    def get(self, symbol: str) -> SymbolMarket | None:
        """The symbol's market, or None if it is not traded here."""
        return self._markets.get(symbol)

    def advance(self, to_ns: int) -> None:
        """Trades on until `to_ns` (nanoseconds UTC); an earlier time does nothing.

        A jump longer than the history that is kept (a suspended laptop) leaves a hole instead of hours of work.
        """
        for market in self._markets.values():
            if to_ns - market.now_ns > HISTORY_NS:
                market.skip(to_ns)
            market.advance(to_ns)
        self.now_ns = max(self.now_ns, to_ns)
