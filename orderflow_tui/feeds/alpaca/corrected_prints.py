"""The prints of the last minutes by venue and id, so that a correction or a bust can be told as seconds read again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from orderflow_tui.core.model.events import Print, TapeCorrection
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Arrival, Batch, FeedMessage, Put

KEPT_SECONDS: Final = 600
KEPT_PRINTS: Final = 50_000
"""Of one symbol; the oldest seconds are forgotten first."""
WAITING: Final = 1_000
"""Corrections that wait for their print; a frame may bring both, and prints are held where a stream begins."""
_Key = tuple[int, str]
_Make = Callable[[Print], Print | None]


class CorrectedPrints:
    """One symbol's recent prints; stands between its tape and the queue. Safe from any thread.

    Args:
        symbol: Ticker.
        put: Where messages go.
    """

    def __init__(self, symbol: str, put: Put) -> None:
        self.unknown = 0
        """Corrections and busts of prints that were never delivered: counted, not guessed."""
        self._symbol = symbol
        self._put = put
        self._lock = threading.Lock()
        self._seconds: dict[int, dict[_Key, Print]] = {}
        self._second_of: dict[_Key, int] = {}
        self._changed: set[int] = set()
        self._waiting: dict[_Key, _Make] = {}

    def __call__(self, message: FeedMessage) -> None:
        """Remember the prints of a message, and pass it on."""
        if isinstance(message, Batch):
            with self._lock:
                for event in message.events:
                    if isinstance(event, Print) and event.trade_id:
                        self._remember(event)
                        make = self._waiting.pop((event.venue, event.trade_id), None)
                        if make is not None:
                            self.unknown -= 1
                            self._replace((event.venue, event.trade_id), make)
                self._forget()
        self._put(message)

    def replace(self, venue: int, old_id: str, make: _Make) -> None:
        """Put what `make` says in a print's place, also of one that comes later; None takes it back."""
        with self._lock:
            if (venue, old_id) in self._second_of:
                self._replace((venue, old_id), make)
                return
            self.unknown += 1
            self._waiting[venue, old_id] = make
            if len(self._waiting) > WAITING:
                del self._waiting[next(iter(self._waiting))]

    def compare(self, now: Print) -> None:
        """Hold a print against what was delivered of it: what it has become is put in its place."""
        key = (now.venue, now.trade_id)
        with self._lock:
            second = self._second_of.get(key)
            before = self._seconds[second].get(key) if second is not None else None
        if before is None or not before.flags or (now.flags and (before.price, before.size) == (now.price, now.size)):
            return
        self.replace(*key, lambda old: replace(now, time_ns=old.time_ns, seq=old.seq) if now.flags else None)

    def tell(self, covered_ns: int, arrival: Arrival) -> None:
        """Say what has changed, second by second, as far as the tape has been delivered."""
        with self._lock:
            due = sorted(second for second in self._changed if (second + 1) * NS <= covered_ns)
            self._changed -= set(due)
            told = [(second, tuple(self._seconds.get(second, {}).values())) for second in due]
        for second, prints in told:
            ordered = tuple(sorted(prints, key=lambda event: (event.time_ns, event.seq)))
            self._put(Batch(self._symbol, "tape", (TapeCorrection((second + 1) * NS, second, ordered),), arrival))

    def _replace(self, key: _Key, make: _Make) -> None:
        second = self._second_of.pop(key)
        new = make(self._seconds[second].pop(key))
        if new is not None:
            self._remember(new)
        self._changed.add(second)

    def _remember(self, event: Print) -> None:
        key, second = (event.venue, event.trade_id), event.time_ns // NS
        self._seconds.setdefault(second, {})[key] = event
        self._second_of[key] = second

    def _forget(self) -> None:
        newest = max(self._seconds, default=0)
        while self._seconds:
            oldest = min(self._seconds)
            if oldest >= newest - KEPT_SECONDS and len(self._second_of) <= KEPT_PRINTS:
                return
            if oldest == newest:
                return
            for key in self._seconds.pop(oldest):
                self._second_of.pop(key, None)
            self._changed.discard(oldest)
