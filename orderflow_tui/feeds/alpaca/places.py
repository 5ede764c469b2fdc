"""Where the stream has no room for every symbol: who is streamed and who is polled, told of each."""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.feeds.feed import Arrival, Put, SymbolCapabilities


class Places:
    """What is told of each symbol; used by one thread.

    Args:
        put: Where messages go.
    """

    def __init__(self, put: Put) -> None:
        self._put = put
        self._told: dict[str, Capabilities] = {}

    def tell(self, symbols: Collection[str], streamed: Collection[str], source: Capabilities) -> None:
        """Tell what a symbol shows where that is another thing than the source's, and again when it changes.

        A polled quote misses what comes between two polls: a wall gone from it was not seen to go.
        """
        self._told = {symbol: told for symbol, told in self._told.items() if symbol in symbols}
        for symbol in symbols:
            is_streamed = symbol in streamed
            if symbol not in self._told and is_streamed is source.streaming:
                continue
            alone = streamed and not is_streamed
            own = replace(source, streaming=is_streamed, shows=f"{source.depth_label}, polled" if alone else "")
            if own != self._told.get(symbol):
                self._told[symbol] = own
                self._put(SymbolCapabilities(symbol, own, Arrival.now()))
