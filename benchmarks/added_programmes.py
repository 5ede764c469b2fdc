"""How many sell programmes added to recorded days the burst rule finds.

    python -m benchmarks.added_programmes [--day 20131010] [--least 26]

Thirty, ten a symbol, spread over the day: 30 s at five times the rate of the five minutes before, 85 % of it sells, at
the bid and ask in force and in sizes of those minutes. Found: a red burst within 60 s of its first print. Each runs on
the 15 minutes before it, on rules that know nothing of earlier days.
"""

from __future__ import annotations

import argparse
import random
import sys
from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal

from benchmarks.measuring import SESSIONS
from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import AUCTION, PRICE, REGULAR, VOLUME, Book, Event, Gap, Print
from orderflow_tui.core.model.outputs import AlertRaised, AlertUpdated
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.evaluate.symbol_day import Rules
from orderflow_tui.recordings.open_recording import open_recording

A_SYMBOL = 10
BEFORE, BASELINE, LASTS, JUDGED = 900 * NS, 300 * NS, 30 * NS, 60 * NS
RATE, SELLS = 5, 0.85


def programme(rng: random.Random, events: Sequence[Event], begin: int) -> list[Print]:
    """Prints that make the tape of 30 s five times as busy, with that share of sells in all."""
    usual = [e for e in events if isinstance(e, Print) and begin - BASELINE <= e.time_ns < begin and countable(e)]
    books = [e for e in events if isinstance(e, Book) and e.bids and e.asks]
    times = [book.time_ns for book in books]
    added = []
    for number in range(round((RATE - 1) * len(usual) * LASTS / BASELINE)):
        at = begin + rng.randrange(LASTS)
        book = books[max(0, bisect_left(times, at) - 1)]
        sold = rng.random() < (SELLS * RATE - 0.5) / (RATE - 1)
        price = (book.bids if sold else book.asks)[0][0]
        added.append(Print(at, number, price, rng.choice(usual).size, REGULAR, venue=1))
    return added


def countable(event: Print) -> bool:
    return event.flags & VOLUME != 0 and event.flags & PRICE != 0 and not event.flags & AUCTION


def found(name: str, events: Sequence[Event], begin: int, seed: int) -> bool:
    recording = open_recording(name)
    core = SymbolCore(recording.symbol, Rules(), recording.capabilities(), Position(recording.symbol, 1, Decimal(1)))
    tape = sorted([*events, *programme(random.Random(seed), events, begin)], key=lambda event: event.time_ns)
    said = core.process([Gap(events[0].time_ns, "start"), *tape])
    return any(
        isinstance(one, AlertRaised | AlertUpdated)
        and one.alert.alert_type == "red_burst"
        and begin <= one.time_ns <= begin + JUDGED
        for one in said
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--day", default="20131010")
    parser.add_argument("--least", type=int, default=26)
    args = parser.parse_args()
    total = 0
    for symbol in ("bac", "aig", "ibm"):
        name = str(SESSIONS / f"{symbol}_{args.day}")
        events = list(open_recording(name).events())
        times = [event.time_ns for event in events]
        first, last = times[0] + BEFORE, times[-1] - JUDGED
        caught = 0
        for place in range(A_SYMBOL):
            begin = first + (last - first) * place // A_SYMBOL
            cut = events[bisect_left(times, begin - BEFORE) : bisect_left(times, begin + JUDGED)]
            caught += found(name, cut, begin, place)
        print(f"{symbol} {args.day}: {caught} of {A_SYMBOL} found", flush=True)
        total += caught
    print(f"{total} of {3 * A_SYMBOL} found; at least {args.least} wanted")
    return int(total < args.least)


if __name__ == "__main__":
    sys.exit(main())
