"""One symbol's prints: tick by tick where it has a line, else as the sampled quote shows them.

Ticks have whole seconds and no ids. What a request for past ticks and the stream both brought is recognised by
counting: within a second, prints of one price, size and venue are alike. So the start and a cut lose nothing and double
nothing where past ticks are answered, and say a gap where they are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Final, Literal

from orderflow_tui.core.model.events import PRICE, SIDE, UNKNOWN, VOLUME, Event, Gap, Print, TapeCorrection, TapeCovered
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Arrival, Batch, Put
from orderflow_tui.feeds.ibkr.normalize import print_of
from orderflow_tui.feeds.ibkr.wire import Trade
from orderflow_tui.feeds.live.recent_prints import RecentPrints

BACKFILL_SECONDS: Final = 420
"""A baseline of 300 s, the longest window of 60 s, and a minute to spare."""
HELD_LIMIT: Final = 50_000
KEPT_SECONDS: Final = 30
"""Prints of so many seconds are remembered to recognise them when they come again."""
AHEAD_SECONDS: Final = 3
"""Past ticks as new as this may still come by the stream."""
PIECE: Final = 500
Alike = Counter[tuple[int, int, str]]
Mode = Literal["none", "sampled", "joining", "ticks"]
_BY_TIME: Final = attrgetter("time_ns", "seq")


class SymbolTape:
    """What has been delivered of one symbol's tape; it outlives connections.

    Args:
        symbol: Ticker.
        put: Where messages go.
    """

    def __init__(self, symbol: str, put: Put) -> None:
        self.symbol = symbol
        self.mode: Mode = "none"
        self.newest_second = 0
        """The newest second, by the tape's own stamps, of which ticks were delivered."""
        self.seen_volume = self.day_volume = 0
        """While sampled: shares seen as prints, and what the day's volume grew by."""
        self._put = put
        self._seq = 0
        self.last_ns = 0
        """The newest print's time, nanoseconds UTC."""
        self.recent = RecentPrints()
        """What was delivered lately, for whoever asks by which quotes it was made."""
        self._covered_ns = 0
        self._held: list[tuple[Trade, Arrival]] = []
        self._delivered: dict[int, Alike] = {}
        """Ticks that were delivered, by second: past ticks that repeat them are left out."""
        self._ahead: dict[int, Alike] = {}
        """Ticks that a request for past ones brought before the stream did."""
        self._volume = -1
        self._sampled_until = 0

    @property
    def whole(self) -> bool:
        """Whether every print comes, not a sample."""
        return self.mode in ("joining", "ticks")

    # --- tick by tick -------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A tick-by-tick line was asked for: prints wait until what went before is known."""
        self.mode = "joining"
        self._held.clear()

    def end(self) -> None:
        """The line is gone."""
        self.mode = "none"
        self._held.clear()

    def tick(self, trades: Sequence[Trade], arrival: Arrival) -> list[Print]:
        """Streamed ticks of one read; returns the prints to deliver now."""
        if self.mode == "joining":
            self._held += [(trade, arrival) for trade in trades]
            if len(self._held) > HELD_LIMIT:
                self.joined(None, 0, arrival, "too many prints before the past ones came")
            return []
        events: list[Print] = []
        for trade in trades:
            if _taken(self._ahead, trade):
                continue
            self._remember(trade)
            self.last_ns = max(self.last_ns, trade.second * NS, arrival.wall_ns)
            self._add(events, trade, self.last_ns)
        self.recent.add(events)
        return events

    def joined(self, past: Sequence[Trade] | None, from_second: int, arrival: Arrival, why: str = "") -> None:
        """What went before is known, or will not be; what was held follows.

        Args:
            past: Past ticks, oldest first; None where they cannot be had.
            from_second: The first second they have whole.
            arrival: When they came.
            why: Where there are none: the reason.
        """
        first, held = not self.newest_second, self._held
        self._held, self.mode = [], "ticks"
        events: list[Event] = []
        if past is None:
            gap_ns = held[0][1].wall_ns if held else arrival.wall_ns
            events.append(Gap(gap_ns, why or "no past prints"))
        elif first or from_second > self.newest_second:
            events.append(Gap(from_second * NS, "start" if first else "too long without prints"))
        prints = self._caught_up([one for one in past or () if one.second >= from_second], held, arrival)
        events += self._in_place_of_samples(prints)
        self._deliver(events, arrival)

    def _caught_up(self, past: list[Trade], held: list[tuple[Trade, Arrival]], arrival: Arrival) -> list[Print]:
        """Past and held prints, each once, oldest first. A held one has the better time."""
        known = {second: counts.copy() for second, counts in self._delivered.items()}
        for trade, _ in held:
            known.setdefault(trade.second, Counter())[_alike(trade)] += 1
        events: list[Print] = []
        for trade, moment_ns in _spread(past, arrival.wall_ns):
            if _taken(known, trade):
                continue
            self._remember(trade)
            if trade.second >= arrival.wall_ns // NS - AHEAD_SECONDS:
                self._ahead.setdefault(trade.second, Counter())[_alike(trade)] += 1
            self._add(events, trade, moment_ns)
        for trade, came in held:
            self._remember(trade)
            self._add(events, trade, max(trade.second * NS, came.wall_ns))
        events.sort(key=_BY_TIME)
        for event in events:
            self.last_ns = event.time_ns = max(event.time_ns, self.last_ns)
        return events

    def _in_place_of_samples(self, prints: list[Print]) -> list[Event]:
        """Seconds that were sampled are corrected by what is known of them now."""
        until, self._sampled_until = self._sampled_until, 0
        if until and prints:
            self.recent.forget_from(prints[0].time_ns)
        self.recent.add(prints)
        again = tuple(event for event in prints if event.time_ns // NS <= until)
        if not again:
            return list(prints)
        corrected = TapeCorrection((until + 1) * NS, again[0].time_ns // NS, again)
        return [corrected, *(event for event in prints if event.time_ns // NS > until)]

    def _add(self, events: list[Print], trade: Trade, time_ns: int) -> None:
        self._seq += 1
        event = print_of(trade, time_ns, self._seq)
        if event.flags and event.size:
            events.append(event)

    def _remember(self, trade: Trade) -> None:
        self._delivered.setdefault(trade.second, Counter())[_alike(trade)] += 1
        if trade.second > self.newest_second:
            self.newest_second = trade.second
            for counted in (self._delivered, self._ahead):
                for second in [one for one in counted if one < trade.second - KEPT_SECONDS]:
                    del counted[second]

    # --- sampled ------------------------------------------------------------------------------------------------

    def sample(self, price: int, size: int, day_volume: int, at_ns: int) -> list[Print]:
        """The sampled quote shows another last print (units of $0.0001, shares) and the day's volume so far.

        The volume's step is never one print: what of it was not seen as the last print stays unseen.
        """
        if self.mode != "sampled":
            return []
        step = day_volume - self._volume if self._volume >= 0 else 0
        self._volume = max(day_volume, self._volume)
        if step <= 0 or not price:
            return []
        seen = min(size, step)
        self.day_volume += step
        self.seen_volume += seen
        self.last_ns = max(self.last_ns, at_ns)
        self._sampled_until = self.last_ns // NS
        self._seq += 1
        prints = [Print(self.last_ns, self._seq, price, seen, VOLUME | PRICE | SIDE, UNKNOWN)] if seen else []
        self.recent.add(prints)
        return prints

    def begin_sampling(self, now_ns: int, arrival: Arrival, why: str) -> None:
        """No tick line: the tape is the sampled quote's from now on, a thinner one than before."""
        self.mode = "sampled"
        self._volume = -1
        self.seen_volume = self.day_volume = 0
        self.newest_second = 0
        self._delivered.clear()
        self._deliver([Gap(now_ns, why)], arrival)

    # --- both ---------------------------------------------------------------------------------------------------

    def covered(self, until_ns: int) -> tuple[TapeCovered, ...]:
        """Every print up to an instant was delivered, where that is news."""
        if self.mode not in ("ticks", "sampled") or until_ns <= self._covered_ns:
            return ()
        self._covered_ns = until_ns
        return (TapeCovered(until_ns),)

    def _deliver(self, events: Sequence[Event], arrival: Arrival) -> None:
        for start in range(0, len(events), PIECE):
            self._put(Batch(self.symbol, "tape", tuple(events[start : start + PIECE]), arrival, backfill=True))


def _taken(counted: dict[int, Alike], trade: Trade) -> bool:
    """Take one tick like this off what is counted; whether there was one."""
    counts = counted.get(trade.second)
    if counts is None or not counts[_alike(trade)]:
        return False
    counts[_alike(trade)] -= 1
    return True


def _alike(trade: Trade) -> tuple[int, int, str]:
    return trade.price, trade.size, trade.venue


def _spread(trades: Iterable[Trade], latest_ns: int) -> list[tuple[Trade, int]]:
    """Prints of one second spread evenly over it: nobody knows better, and at one instant they would read as one."""
    by_second: dict[int, list[Trade]] = {}
    for trade in trades:
        by_second.setdefault(trade.second, []).append(trade)
    return [
        (trade, min(second * NS + place * NS // len(group), latest_ns))
        for second, group in sorted(by_second.items())
        for place, trade in enumerate(group)
    ]
