"""What the core costs: `SymbolCore.process`, nothing left out, at three rates; and what it keeps in memory.

python -m benchmarks.core_cost
"""

from __future__ import annotations

import gc
import itertools
import time
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal

from benchmarks.markets import SOURCE, Rules, market
from benchmarks.measuring import SESSIONS, Figure, emit, interleaved, median, ratios
from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import Book, Gap, Print
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.recordings.open_recording import open_recording

RATES = (1_000, 100, 10)
WARM_SECONDS = 330
PRINTS = 10_000
ROUNDS = 7
PIECE = 500
"""Events the monitor hands over at once."""
HELD = Position("TEST", 1_000, Decimal("100.00"), Decimal("97.00"))


class Running:
    """A warm core at one rate and what comes next."""

    def __init__(self, rate: float, books: float) -> None:
        self.core = SymbolCore("TEST", Rules(), SOURCE, HELD)
        self.source: Iterator[Print | Book] = market(rate, books=books)
        first = next(self.source)
        self.core.process([Gap(first.time_ns, "start")])
        for event in self.source:
            self.core.process((event,))
            if event.time_ns > first.time_ns + WARM_SECONDS * NS:
                break

    def cost(self) -> float:
        """Nanoseconds a print, the books between the prints included."""
        events = []
        prints = 0
        while prints < PRINTS:
            event = next(self.source)
            prints += isinstance(event, Print)
            events.append(event)
        pieces = [events[start : start + PIECE] for start in range(0, len(events), PIECE)]
        gc.collect()
        process = self.core.process
        began = time.process_time_ns()
        for piece in pieces:
            process(piece)
        return (time.process_time_ns() - began) / prints


def costs() -> list[Figure]:
    running = {f"{rate}": Running(rate, 0.5) for rate in RATES}
    running["tape"] = Running(1_000, 0.001)
    found = interleaved(ROUNDS, {name: one.cost for name, one in running.items()})
    flat, spread = ratios(found["1000"], found["10"])
    words = ", ".join(f"{median(found[str(rate)]) / 1_000:.2f} us at {rate}/s" for rate in RATES)
    most, _ = ratios(found["10"], found["1000"])
    tape = 1_000 / median(found["tape"])
    mixed = 1_000 / median(found["1000"])
    return [
        Figure(
            "core", "cost of a print at 1,000/s over that at 10/s, a book every 2 prints", f"{flat:.2f}",
            f"{words}; {spread}; the work of each whole second makes the slow rate {most:.2f} times as dear",
            "<= 1.3", flat <= 1.3,
        ),
        Figure(
            "core", "million prints a second, full path, one book a second", f"{tape:.2f}",
            f"1,000 prints/s, median of {ROUNDS} rounds of {PRINTS:,}", ">= 0.4", tape >= 0.4,
        ),
        Figure(
            "core", "million prints a second, full path, a book every 2 prints", f"{mixed:.2f}",
            f"{mixed * 1.5:.2f} million events a second", ">= 0.4", mixed >= 0.4,
        ),
    ]  # fmt: skip


def state() -> list[Figure]:
    """What one symbol holds after two busy minutes; a first core has filled the caches that all symbols share."""
    found = {}
    for depth in (1, 10):
        events = [_deep(event) if depth > 1 else event for event in itertools.islice(market(1_000), 180_000)]
        for name in ("first", "measured"):
            gc.collect()
            tracemalloc.start()
            core = SymbolCore("TEST", Rules(), SOURCE, HELD)
            for event in events if name == "measured" else events[:5_000]:
                core.process((event,))
            gc.collect()
            found[depth] = tracemalloc.get_traced_memory()[0] / 1_000
            tracemalloc.stop()
            del core
    return [
        Figure(
            "core", "memory of one symbol, kB", f"{found[1]:.0f}",
            f"tracemalloc, 120,000 prints and 60,000 books at 1,000 prints/s, NBBO; {found[10]:.0f} kB on 10 levels",
            "<= 64", found[1] <= 64,
        )
    ]  # fmt: skip


def _deep(event: Print | Book) -> Print | Book:
    if isinstance(event, Print):
        return event
    (bid, bid_size), (ask, ask_size) = event.bids[0], event.asks[0]
    bids = tuple((bid - 100 * level, bid_size + 100 * level) for level in range(10))
    return Book(event.time_ns, event.seq, bids, tuple((ask + 100 * level, ask_size) for level in range(10)))


def real_day() -> list[Figure]:
    """A whole recorded day."""
    prefix = SESSIONS / "bac_20131009"
    if not prefix.with_suffix(".book.csv.gz").exists():
        return [Figure("core", "a recorded day (BAC 2013-10-09)", "not measured", "the recordings are not here")]
    recording = open_recording(str(prefix))
    events = list(recording.events())
    prints = sum(isinstance(event, Print) for event in events)

    def replay() -> float:
        core = SymbolCore("BAC", Rules(), recording.capabilities(), HELD)
        began = time.process_time()
        for start in range(0, len(events), PIECE):
            core.process(events[start : start + PIECE])
        return time.process_time() - began

    took = median(interleaved(3, {"day": replay})["day"])
    return [
        Figure(
            "core", "a recorded day of BAC, seconds", f"{took:.2f}",
            f"{prints:,} prints, {len(events) - prints:,} books: {len(events) / took / 1e6:.2f} M events a second",
        )
    ]  # fmt: skip


if __name__ == "__main__":
    emit(costs() + state() + real_day())
