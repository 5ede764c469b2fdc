"""The dashboard over a real monitor on a real terminal: twelve symbols, a large seller twice a second, stuck threads.

    python -m tests.tui.terminal_child JOURNAL

The feed's threads hang in a read that never returns, as they would in a poll of a dead host.
"""

from __future__ import annotations

import itertools
import socket
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from orderflow_tui.config.schema import OrderFlowConfig
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import REGULAR, SELL, SIDE_GIVEN, Book, Event, Print, TapeCovered
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Arrival, Batch, FeedStatus, Put
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.positions import PositionManager
from orderflow_tui.tui.run_dashboard import run_dashboard
from orderflow_tui.tui.state.attention import Attention
from tests.tui.fake import NBBO

NAMES = tuple(f"S{number:02d}" for number in range(12))
EVERY_SECONDS = 0.5
BID = 100_000


class StuckFeed:
    """Sells in every name in turn; its other threads never come back from a read."""

    def __init__(self) -> None:
        self.capabilities: Capabilities = NBBO
        self._stop = threading.Event()
        self._silent = [socket.socketpair() for _ in NAMES]

    def start(self, symbols: Iterable[str], put: Put) -> None:
        for ours, _ in self._silent:
            threading.Thread(target=ours.recv, args=(1,), daemon=True).start()
        threading.Thread(target=self._sell, args=(tuple(symbols), put), daemon=True).start()

    def _sell(self, symbols: tuple[str, ...], put: Put) -> None:
        put(FeedStatus("open", 1.0, 5.0, 1.0, connected=True, capabilities=NBBO, arrival=Arrival.now()))
        for number in itertools.count():
            symbol = symbols[number % len(symbols)]
            put(Batch(symbol, "tape", _large_sell(number), Arrival.now(), vouched_ns=time.time_ns()))
            if self._stop.wait(EVERY_SECONDS):
                return

    def set_symbols(self, symbols: Iterable[str]) -> None:
        """Nothing to change."""

    def request_side_check(self, asked: SideCheckRequested) -> None:
        """Nobody asks."""

    def set_urgency(self, symbols: Sequence[str]) -> None:
        pass

    def stop(self) -> None:
        self._stop.set()


def _large_sell(number: int) -> list[Event]:
    """A print of 12,000 at the bid, alone for longer than one aggressor's 50 ms."""
    at = time.time_ns() - NS
    book = Book(at, 2 * number + 1, ((BID, 500),), ((BID + 100, 500),))
    seller = Print(at + 1, 2 * number + 2, BID, 12_000, REGULAR | SIDE_GIVEN, SELL, 11, trade_id=str(number))
    return [book, seller, TapeCovered(at + NS)]


class Fixed:
    """Thresholds that do not change."""

    message = ""

    def __init__(self) -> None:
        self._config = OrderFlowConfig(data_source="replay", profile="guarded")

    def poll(self) -> bool:
        return False

    def for_symbol(self, symbol: str) -> OrderFlowConfig:
        return self._config


def main() -> None:
    directory = Path(sys.argv[1])
    positions = PositionManager.fixed([Position(name, 1_000, Decimal("10.00")) for name in NAMES])
    journal = JournalWriter(directory, data_source="polygon", source_class="live", profile="guarded", run_id="run-1")
    monitor = Monitor(StuckFeed(), positions, Fixed(), journal, profile="guarded", source_label="LIVE test")
    monitor.start()
    try:
        run_dashboard(monitor, fps=20.0, attention=Attention(bell=False), export_directory=directory)
    finally:
        monitor.stop("quit")


if __name__ == "__main__":
    main()
