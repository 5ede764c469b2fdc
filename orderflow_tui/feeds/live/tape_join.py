"""One symbol's prints from both ways in, polls and stream, each delivered exactly once.

A stream begins in the middle of the tape: what it brings is held until a poll has covered the instant it began, then
follows in order. When it ends, the next poll reaches back behind the newest print. So nothing is missed at either seam,
and what both ways brought is recognised by its id.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from orderflow_tui.core.model.events import LATE_REPORT, PRICE, Event, Gap, Halt, Print, TapeCovered
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Arrival, Batch, Channel, Put
from orderflow_tui.feeds.live.dedupe import SeenPrints
from orderflow_tui.feeds.live.recent_prints import RecentPrints

PIECE: Final = 500
"""Prints decoded or delivered without letting other threads run."""
YIELD_SECONDS: Final = 0.0002
OVERLAP_NS: Final = 10 * NS
"""How far a poll reaches back behind the newest print seen."""
JOIN_MARGIN_NS: Final = 2 * NS
"""A poll's answer may lag behind the stream by this; what is held longer overlaps, which costs nothing."""
QUOTE_SECONDS: Final = 3.0
"""Streamed prints wait so long at most for the quote that was in force when the stream began."""
HELD_LIMIT: Final = 50_000
"""Prints held for a poll that does not come; beyond it the stream of this symbol starts over."""
_TIME_AND_SEQUENCE: Final = attrgetter("time_ns", "seq")


class TapeJoin:
    """What has been delivered of one symbol's tape; safe from the polling and the streaming thread.

    Args:
        symbol: Ticker.
        put: Where messages go.
        stop: Ends a long delivery between two pieces when set.
    """

    def __init__(self, symbol: str, put: Put, stop: threading.Event) -> None:
        self.symbol = symbol
        self.newest_ns = 0
        """The newest print's time, from either way in."""
        self.covered_ns = 0
        self.heard_ns = 0
        """When the stream last vouched for this symbol, nanoseconds UTC."""
        self._put = put
        self._stop = stop
        self._seen = SeenPrints()
        self._lock = threading.RLock()
        self._began_ns = 0
        self._joined = False
        self._held: list[Print] = []
        self._halted_ns = 0
        self.wants_quote = False
        """Whether the stream has begun and the quote in force then is not known yet."""
        self._join_by = 0.0
        """How long prints wait for that quote, on the monotonic clock."""
        self._recent = RecentPrints()

    def span(self, from_ns: int, to_ns: int = 0) -> tuple[Print, ...]:
        """The prints of a span (`to_ns` 0: up to the newest) that were delivered, as far as they are remembered.

        Before them stand the last prints with two different prices, whenever they were made: where a tick test starts.
        """
        with self._lock:
            return self._recent.span(from_ns, to_ns)

    @property
    def streaming(self) -> bool:
        """Prints come by the stream alone now."""
        return self._joined

    # --- the polls ----------------------------------------------------------------------------------------------

    def begin_fetch(self, from_ns: int) -> None:
        """A poll begins; what lies before `from_ns` will not be asked for again."""
        with self._lock:
            self._seen.begin(from_ns)

    def polled(
        self, prints: Sequence[Print], *, from_ns: int, covered_ns: int, arrival: Arrival, backfill: bool
    ) -> list[int]:
        """Deliver a page and what it covers; returns the indices of the prints that were new and count."""
        with self._lock:
            fresh: list[Print] = []
            indices: list[int] = []
            duplicates = fractional = 0
            is_new = self._seen.is_new
            for index, event in enumerate(prints):
                if index % PIECE == PIECE - 1:
                    self._stop.wait(YIELD_SECONDS)
                if not event.flags:
                    # Cancelled, corrected by a row that may bear the same id, or a repeated official price.
                    continue
                if event.time_ns < from_ns or not is_new(event):
                    duplicates += 1
                elif event.size:
                    fresh.append(event)
                    indices.append(index)
                else:
                    fractional += 1
            fresh.sort(key=_TIME_AND_SEQUENCE)
            events = [*self._hole_before(from_ns), *self._resumption(fresh), *fresh]
            self._cover(events, covered_ns)
            self._deliver("tape", events, arrival, backfill=backfill, skipped=fractional, duplicates=duplicates)
            covered = covered_ns >= self._began_ns + JOIN_MARGIN_NS
            known = not self.wants_quote or time.monotonic() >= self._join_by
            if self._began_ns and not self._joined and covered and known:
                self._join(arrival)
            return indices

    # --- the stream ---------------------------------------------------------------------------------------------

    def stream_began(self, at_ns: int, *, quotes: bool = False) -> None:
        """From this instant of the tape on (nanoseconds UTC, the contract's delay taken off) the stream has it all.

        A stream tells changes: with `quotes` the one in force is still to be had, and prints wait a moment for it.
        """
        with self._lock:
            self._began_ns, self._joined = at_ns, False
            self.wants_quote, self._join_by = quotes, time.monotonic() + QUOTE_SECONDS
            self._held.clear()
            self._seen.begin_stream()

    def first_quote(self, batch: Batch, asked_ns: int) -> bool:
        """Deliver a polled book that was asked for (tape time) after the stream began and before it told a quote."""
        with self._lock:
            if not self.wants_quote or asked_ns < self._began_ns:
                return False
            self.wants_quote = False
            self._put(batch)
            return True

    def stream_ended(self) -> None:
        """The stream is gone: polls take over, reaching back behind the newest print."""
        with self._lock:
            self._began_ns, self._joined, self.wants_quote = 0, False, False
            self._held.clear()

    def streamed(self, events: Sequence[Event], channel: Channel, arrival: Arrival, *, quote_ns: int = 0) -> None:
        """What one frame has of this symbol, in processing order: prints, books and halts."""
        with self._lock:
            prints = [event for event in events if type(event) is Print]
            others = [event for event in events if type(event) is not Print]
            if quote_ns:
                self.wants_quote = False
            for event in others:
                if isinstance(event, Halt):
                    self._halted_ns = event.time_ns if event.halted else 0
            if not self._joined:
                self._hold(prints)
                if others:
                    self._deliver("book", others, arrival, quote_ns=quote_ns)
                return
            fresh, fractional, duplicates = self._taken(prints)
            if prints:
                new = {id(event) for event in fresh}
                events = [event for event in events if type(event) is not Print or id(event) in new]
                events = [*self._resumption(fresh), *events]
            self._deliver(channel, events, arrival, skipped=fractional, duplicates=duplicates, quote_ns=quote_ns)

    def vouch(self, covered_ns: int, vouched_ns: int, arrival: Arrival) -> None:
        """The stream is alive: every print up to `covered_ns` was in it."""
        with self._lock:
            if not self._joined:
                return
            self.heard_ns = arrival.wall_ns
            events: list[Event] = []
            self._cover(events, covered_ns)
            self._put(Batch(self.symbol, "tape", tuple(events), arrival, vouched_ns=vouched_ns))

    # --- parts --------------------------------------------------------------------------------------------------

    def _hold(self, prints: list[Print]) -> None:
        if not self._began_ns:
            return
        self._held += prints
        if len(self._held) > HELD_LIMIT:
            self._began_ns = self._held[-1].time_ns
            self._held.clear()

    def _join(self, arrival: Arrival) -> None:
        """A poll has covered the stream's beginning: what was held follows, and from now on the stream is the tape."""
        self._joined = True
        held, self._held = self._held, []
        fresh, fractional, duplicates = self._taken(held)
        self.heard_ns = arrival.wall_ns
        fresh.sort(key=_TIME_AND_SEQUENCE)
        self._deliver("tape", list[Event](fresh), arrival, skipped=fractional, duplicates=duplicates)

    def _taken(self, prints: Sequence[Print]) -> tuple[list[Print], int, int]:
        """Those of streamed prints that are new and count; how many were fractions, how many were here before."""
        self._seen.prune(self.newest_ns - 2 * OVERLAP_NS)
        fresh: list[Print] = []
        fractional = duplicates = 0
        for event in prints:
            if not event.flags:
                continue
            if not self._seen.is_new(event, streamed=True):
                duplicates += 1
            elif event.size:
                fresh.append(event)
                self.newest_ns = max(self.newest_ns, event.time_ns)
            else:
                fractional += 1
        return fresh, fractional, duplicates

    def _hole_before(self, from_ns: int) -> list[Event]:
        """Before the span that was asked for the tape may be unknown; within it, silence is known to be silence."""
        if from_ns <= self.covered_ns:
            return []
        return [Gap(from_ns, "too long without an answer" if self.covered_ns else "start")]

    def _resumption(self, prints: Sequence[Print]) -> list[Event]:
        """Only Nasdaq-listed names are told to have resumed: a price made after the halt says so for the others."""
        if not self._halted_ns:
            return []
        for event in prints:
            if event.time_ns > self._halted_ns and event.flags & PRICE and not event.flags & LATE_REPORT:
                self._halted_ns = 0
                return [Halt(event.time_ns, halted=False, reason="it trades again")]
        return []

    def _cover(self, events: list[Event], covered_ns: int) -> None:
        if covered_ns > self.covered_ns:
            self.covered_ns = covered_ns
            events.append(TapeCovered(covered_ns))

    def _deliver(
        self,
        channel: Channel,
        events: Sequence[Event],
        arrival: Arrival,
        *,
        backfill: bool = False,
        skipped: int = 0,
        duplicates: int = 0,
        quote_ns: int = 0,
    ) -> None:
        self._recent.add(event for event in events if type(event) is Print)
        for start in range(0, len(events) or 1, PIECE):
            if start:
                self._stop.wait(YIELD_SECONDS)
            self._put(
                Batch(
                    symbol=self.symbol,
                    channel=channel,
                    events=tuple(events[start : start + PIECE]),
                    arrival=arrival,
                    backfill=backfill,
                    quote_ns=quote_ns,
                    skipped_prints=0 if start else skipped,
                    duplicates=0 if start else duplicates,
                )
            )
