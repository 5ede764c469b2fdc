"""The core against an event engine (nautilus_trader) running one simple rule, and against a list scanned at each print.

    python -m benchmarks.engines

The rule of all three: volume of the last 10 s over that of the 300 s before, and the share sellers started.
nautilus_trader also matches orders, keeps clocks and a message bus; our side does every rule of the core.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from benchmarks.core_cost import HELD
from benchmarks.markets import SOURCE, Rules, market
from benchmarks.measuring import Figure, emit, interleaved, median, ratios
from orderflow_tui.core.model.events import Gap, Print
from orderflow_tui.core.model.units import NS, utc_datetime
from orderflow_tui.core.symbol import SymbolCore

PRINTS = 20_000
RATE = 100
ROUNDS = 5
WINDOW, BASELINE = 10, 300
SLOTS = 512


class Ring:
    """Buckets of a second with running sums: the least that can do the rule."""

    def __init__(self) -> None:
        self.volume = [0] * SLOTS
        self.sold = [0] * SLOTS
        self.head = 0
        self.recent = self.base = self.recent_sold = 0
        self.alerts = 0

    def on_print(self, time_ns: int, size: int, sell: bool) -> None:
        second = time_ns // NS
        while self.head < second:
            self.head = self.head + 1 if self.head else second
            at = self.head
            self.volume[at % SLOTS] = self.sold[at % SLOTS] = 0
            left = (at - WINDOW) % SLOTS
            self.recent -= self.volume[left]
            self.recent_sold -= self.sold[left]
            self.base += self.volume[left] - self.volume[(at - WINDOW - BASELINE) % SLOTS]
        self.volume[second % SLOTS] += size
        self.recent += size
        if sell:
            self.sold[second % SLOTS] += size
            self.recent_sold += size
        if self.recent * BASELINE > 3 * self.base * WINDOW and self.recent_sold * 10 > 6 * self.recent:
            self.alerts += 1


@dataclass(frozen=True)
class Tick:
    """A print as the plan's data model has it."""

    price: Decimal
    size: int
    side: str
    timestamp_utc: Any


class Rescan:
    """The plan's words: keep the list of five minutes, scan it at each print."""

    def __init__(self) -> None:
        self.ticks: list[Tick] = []
        self.alerts = 0

    def on_tick(self, tick: Tick) -> None:
        self.ticks.append(tick)
        now = tick.timestamp_utc
        oldest = now - timedelta(seconds=BASELINE + WINDOW)
        self.ticks = [kept for kept in self.ticks if kept.timestamp_utc > oldest]
        begin = now - timedelta(seconds=WINDOW)
        recent = [kept for kept in self.ticks if kept.timestamp_utc > begin]
        volume = sum(kept.size for kept in recent)
        base = sum(kept.size for kept in self.ticks) - volume
        sold = sum(kept.size for kept in recent if kept.side == "sell")
        if volume * BASELINE > 3 * base * WINDOW and sold * 10 > 6 * volume:
            self.alerts += 1


def prints(count: int) -> list[Print]:
    return list(islice((event for event in market(RATE) if isinstance(event, Print)), count))


def events(count: int) -> list[Any]:
    """The same prints, with a book before every second one."""
    found: list[Any] = []
    seen = 0
    for event in market(RATE):
        found.append(event)
        seen += isinstance(event, Print)
        if seen == count:
            return found
    return found


def sells(event: Print) -> bool:
    """Which side of the spread it was: at the bid, an even tick count of the drawn market."""
    return event.price % 200 == 0


def full_core(items: list[Any]) -> float:
    core = SymbolCore("TEST", Rules(), SOURCE, HELD)
    core.process([Gap(items[0].time_ns, "start")])
    began = time.process_time()
    for start in range(0, len(items), 500):
        core.process(items[start : start + 500])
    return (time.process_time() - began) / PRINTS * 1e6


def bare_ring(items: list[Print]) -> tuple[float, int]:
    ring = Ring()
    plain = [(item.time_ns, item.size, sells(item)) for item in items]
    began = time.process_time()
    for time_ns, size, sold in plain:
        ring.on_print(time_ns, size, sold)
    return (time.process_time() - began) / len(items) * 1e6, ring.alerts


def nautilus(items: list[Print]) -> Any:
    """A function that runs the engine over the prints once and returns microseconds a print and the alerts."""
    from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
    from nautilus_trader.config import LoggingConfig
    from nautilus_trader.model.currencies import USD
    from nautilus_trader.model.data import TradeTick
    from nautilus_trader.model.enums import AccountType, AggressorSide, OmsType
    from nautilus_trader.model.identifiers import TradeId, Venue
    from nautilus_trader.model.objects import Money, Price, Quantity
    from nautilus_trader.test_kit.providers import TestInstrumentProvider
    from nautilus_trader.trading.strategy import Strategy

    instrument = TestInstrumentProvider.equity("AAPL", "XNAS")

    class RingStrategy(Strategy):  # type: ignore[misc]
        ring = Ring()

        def on_start(self) -> None:
            self.ring = Ring()
            self.subscribe_trade_ticks(instrument.id)

        def on_trade_tick(self, tick: Any) -> None:
            # The size comes out of a fixed-point value, as any strategy that sums volume has to take it.
            self.ring.on_print(tick.ts_event, int(tick.size), tick.aggressor_side == AggressorSide.SELLER)

    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(Venue("XNAS"), OmsType.NETTING, AccountType.CASH, [Money(1_000_000, USD)])
    engine.add_instrument(instrument)
    strategy = RingStrategy()
    engine.add_strategy(strategy)
    engine.add_data(
        [
            TradeTick(
                instrument.id, Price(item.price / 10_000, 2), Quantity.from_int(item.size),
                AggressorSide.SELLER if sells(item) else AggressorSide.BUYER,
                TradeId(str(item.seq)), item.time_ns, item.time_ns,
            )
            for item in items
        ]
    )  # fmt: skip

    def run() -> tuple[float, int]:
        engine.reset()
        began = time.process_time()
        engine.run()
        return (time.process_time() - began) / len(items) * 1e6, strategy.ring.alerts

    return run


def against_nautilus() -> list[Figure]:
    items, mixed = prints(PRINTS), events(PRINTS)
    tape_only = [event for number, event in enumerate(mixed) if isinstance(event, Print) or number % 100 == 0]
    engine = nautilus(items)
    assert engine()[1] == bare_ring(items)[1], "both sides of the comparison must find the same"
    found = interleaved(
        ROUNDS,
        {
            "nautilus": lambda: engine()[0],
            "core": lambda: full_core(tape_only),
            "mixed": lambda: full_core(mixed),
            "ring": lambda: bare_ring(items)[0],
        },
    )
    ours, spread = ratios(found["nautilus"], found["core"])
    with_books, _ = ratios(found["nautilus"], found["mixed"])
    ring, _ = ratios(found["nautilus"], found["ring"])
    words = (
        f"{median(found['core']):.1f} us a print, nautilus_trader {median(found['nautilus']):.1f} us; {spread}; "
        f"with a book every 2 prints {with_books:.1f}x, the same ring without an engine {ring:.0f}x"
    )
    return [
        Figure("engines", "every rule of ours over one ring rule in nautilus_trader's on_trade_tick, prints a second",
               f"{ours:.1f}x", words, ">= 2.5x", ours >= 2.5)
    ]  # fmt: skip


def against_rescan() -> list[Figure]:
    warm = RATE * (WINDOW + BASELINE)
    items = prints(warm + 400 * ROUNDS)
    ticks = [
        Tick(Decimal(item.price) / 10_000, item.size, "sell" if sells(item) else "buy", utc_datetime(item.time_ns))
        for item in items
    ]
    scan = Rescan()
    scan.ticks = ticks[:warm]
    rest = iter(ticks[warm:])
    mixed = events(PRINTS)

    def rescan() -> float:
        piece = list(islice(rest, 400))
        began = time.process_time()
        for tick in piece:
            scan.on_tick(tick)
        return (time.process_time() - began) / len(piece) * 1e6

    found = interleaved(ROUNDS, {"rescan": rescan, "core": lambda: full_core(mixed)})
    faster, spread = ratios(found["rescan"], found["core"])
    words = (
        f"{median(found['core']):.1f} us a print with its books, the scan {median(found['rescan']):,.0f} us; {spread}"
    )
    return [
        Figure("engines", "every rule of ours over the plan's list scanned at each print, 100 prints/s",
               f"{faster:,.0f}x", words, ">= 100x", faster >= 100)
    ]  # fmt: skip


if __name__ == "__main__":
    emit(against_nautilus() + against_rescan())
