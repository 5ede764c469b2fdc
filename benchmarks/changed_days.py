"""A recorded day changed in ways a day nobody has seen may differ: exits, bursts and large sells of each.

    python -m benchmarks.changed_days [--symbols ibm] [--day 20131010] [--most 6]

Taught by the other recorded days as they are. Fails where a changed day has more than --most exits.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any
from unittest import mock

from msgspec.structs import replace

from benchmarks.exits_a_day import DAYS, SETTINGS, after
from benchmarks.measuring import SESSIONS
from orderflow_tui.core.model.events import Book, Event, Halt, Print, live_order
from orderflow_tui.core.model.units import NS
from orderflow_tui.evaluate.symbol_day import Unit, run_unit
from orderflow_tui.recordings.open_recording import RecordedSession, open_recording

Change = Callable[[Iterator[Event]], Iterable[Event]]
RNG = random.Random(1)


def scaled(parts: float, *, sizes: bool) -> Change:
    """Each share split into so many; with the sizes as they were, a crash that nobody calls a split."""

    def levels(shown: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        return tuple((max(1, round(price / parts)), size_of(size)) for price, size in shown)

    def size_of(size: int) -> int:
        return max(1, round(size * parts)) if sizes else size

    def one(event: Event) -> Event:
        if isinstance(event, Print):
            return replace(event, price=max(1, round(event.price / parts)), size=size_of(event.size))
        if isinstance(event, Book):
            return replace(event, bids=levels(event.bids), asks=levels(event.asks))
        return event

    return lambda events: map(one, events)


def without(seconds: int, every: int, kind: type[Event] | None = None) -> Change:
    """The last so many seconds of every so many are missing, of one kind of event or of all."""
    return lambda events: (
        event
        for event in events
        if event.time_ns // NS % every < every - seconds or (kind is not None and not isinstance(event, kind))
    )


def halts(events: Iterator[Event]) -> Iterator[Event]:
    """Five minutes of every 45 are a halt."""
    halted = False
    for event in events:
        now = event.time_ns // NS % 2_700 >= 2_400
        if now != halted:
            halted = now
            yield Halt(event.time_ns, halted, "volatility pause")
        if not halted:
            yield event


def later(seconds: float, kind: type[Event] | None = None) -> Change:
    """All of it, or one kind of event, so much later."""

    def one(event: Event) -> Event:
        late = kind is None or isinstance(event, kind)
        return replace(event, time_ns=event.time_ns + round(seconds * NS)) if late else event

    return lambda events: sorted(map(one, events), key=live_order)


def sampled(events: Iterator[Event]) -> Iterator[Event]:
    """One quote a second."""
    last = 0
    for event in events:
        if isinstance(event, Book):
            if event.time_ns - last < NS:
                continue
            last = event.time_ns
        yield event


def odd_lots(events: Iterator[Event]) -> Iterator[Event]:
    """Prints up to 2,000 come in pieces below a round lot."""
    for event in events:
        left = event.size if isinstance(event, Print) and event.size <= 2_000 else 0
        if not isinstance(event, Print) or not left:
            yield event
        while isinstance(event, Print) and left:
            size = min(left, RNG.randrange(1, 100))
            yield replace(event, size=size)
            left -= size


def wild(events: Iterator[Event]) -> Iterator[Event]:
    """One minute in seven has five times the prints."""
    minute, busy = 0, False
    for event in events:
        if event.time_ns // (60 * NS) != minute:
            minute, busy = event.time_ns // (60 * NS), RNG.random() < 1 / 7
        yield event
        if busy and isinstance(event, Print):
            yield from (replace(event, size=max(1, round(event.size * RNG.uniform(0.5, 1.5)))) for _ in range(4))


CHANGES: dict[str, Change] = {
    "as it is": lambda events: events,
    "ten for one, not known": scaled(10, sizes=True),
    "one for ten, not known": scaled(0.1, sizes=True),
    "two for one, not known": scaled(2, sizes=True),
    "half the price": scaled(2, sizes=False),
    "odd lots": odd_lots,
    "one quote a second": sampled,
    "quotes a second late": later(1, Book),
    "no quotes for a minute of five": without(60, 300, Book),
    "five minutes of thirty missing": without(300, 1_800),
    "90 seconds of 15 minutes missing": without(90, 900),
    "halts": halts,
    "before the open": later(-5.5 * 3_600),
    "after the close": later(6.5 * 3_600),
    "ten years later": later(364 * 86_400 * 10),
    "wild": wild,
}


class Changed:
    """A recording whose events are changed; otherwise the recording itself."""

    def __init__(self, recording: RecordedSession, change: Change) -> None:
        self._recording = recording
        self._change = change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._recording, name)

    def events(self) -> Iterator[Event]:
        events = self._recording.events()
        return chain(self._change(events))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", default="ibm")
    parser.add_argument("--day", default="20131010")
    parser.add_argument("--most", type=int, default=6, help="exits a changed day may have")
    args = parser.parse_args()
    print("| symbol | day | changed | exits | bursts | large sells |\n|---|---|---|---|---|---|")
    most = 0
    for symbol in args.symbols.split(","):
        lessons = after(symbol, tuple(day for day in DAYS if day != args.day))
        for words, change in CHANGES.items():
            recording = open_recording(str(SESSIONS / f"{symbol}_{args.day}"))
            changed = Changed(recording, change)
            with mock.patch("orderflow_tui.evaluate.symbol_day.open_recording", return_value=changed):
                day = run_unit(Unit(recording.name, SETTINGS), lessons).days[0]
            sells = day.alerts["sell_print"]
            print(
                f"| {symbol} | {args.day} | {words} | {day.exits} | {day.alerts['red_burst']} | {sells} |", flush=True
            )
            most = max(most, day.exits)
    print(f"most on a changed day: {most}; at most {args.most} wanted")
    return int(most > args.most)


if __name__ == "__main__":
    sys.exit(main())
