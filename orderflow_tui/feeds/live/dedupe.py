"""Which prints were delivered before: polls overlap so that none is missed, and nothing may count twice."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from orderflow_tui.core.model.events import Print
from orderflow_tui.core.model.units import NS, NS_PER_MS

NEW_YORK: Final = ZoneInfo("America/New_York")
_PRUNE_AT: Final = 4_000

_Issuer = tuple[int, int, str]
"""Venue, reporting facility, New York date: whose ids they are."""
_Anonymous = tuple[int, int, int, int, int, int]
"""Time in milliseconds (a stream's resolution), sequence, venue, reporting facility, price, size."""


class SeenPrints:
    """The prints of one symbol that were delivered already.

    An id is unique only per venue, reporting facility and New York date. A print without an id is never taken for a
    duplicate of another in the same fetch; met again in a later fetch, whose span overlaps, as many as were delivered
    before are left out.
    """

    def __init__(self) -> None:
        self._identified: dict[_Issuer, dict[int | str, int]] = {}
        self._second = 0
        self._anonymous: Counter[_Anonymous] = Counter()
        self._this_fetch: Counter[_Anonymous] = Counter()
        self._this_stream: Counter[_Anonymous] = Counter()
        self._hour_begins = self._hour_ends = 0
        self._date = ""
        self._prune_at = _PRUNE_AT

    def begin(self, from_ns: int = 0) -> None:
        """A fetch begins; what lies before `from_ns` will not be asked for again and is forgotten in bulk."""
        self._this_fetch.clear()
        self.prune(from_ns)

    def begin_stream(self) -> None:
        """A stream begins: it never repeats itself, however long it lasts."""
        self._this_stream.clear()

    def prune(self, from_ns: int) -> None:
        """Forget what lies before `from_ns`, once there is twice as much as was left last time."""
        if len(self._anonymous) + sum(map(len, self._identified.values())) > self._prune_at:
            from_second = from_ns // NS
            left = {
                issuer: {key: second for key, second in known.items() if second >= from_second}
                for issuer, known in self._identified.items()
            }
            self._identified = {issuer: known for issuer, known in left.items() if known}
            from_ms = from_ns // NS_PER_MS
            self._anonymous = Counter({key: n for key, n in self._anonymous.items() if key[0] >= from_ms})
            self._this_stream = Counter({key: n for key, n in self._this_stream.items() if key[0] >= from_ms})
            self._prune_at = max(_PRUNE_AT, 2 * (len(self._anonymous) + sum(map(len, self._identified.values()))))

    def is_new(self, event: Print, *, streamed: bool = False) -> bool:
        """Whether this print has not been delivered; from now on it has. `streamed`: it came by the stream."""
        at_ns = event.time_ns
        if not event.trade_id:
            return self._is_new_anonymous(event, self._this_stream if streamed else self._this_fetch)
        if not self._hour_begins <= at_ns < self._hour_ends:
            self._enter_hour(at_ns)
        known = self._identified.setdefault((event.venue, event.trf, self._date), {})
        text = event.trade_id
        key = int(text) if text.isdecimal() and text.isascii() and text[0] != "0" else text
        if key in known:
            return False
        if at_ns // NS != self._second:
            self._second = at_ns // NS
        known[key] = self._second  # one object for all prints of a second, where thousands of them are remembered
        return True

    def __len__(self) -> int:
        return sum(map(len, self._identified.values())) + sum(self._anonymous.values())

    def _is_new_anonymous(self, event: Print, met: Counter[_Anonymous]) -> bool:
        key = (event.time_ns // NS_PER_MS, event.seq, event.venue, event.trf, event.price, event.size)
        met[key] += 1
        if met[key] <= self._anonymous[key]:
            return False
        self._anonymous[key] += 1
        return True

    def _enter_hour(self, at_ns: int) -> None:
        """New York's date, worked out once an hour: a zone lookup for each print would cost more than decoding it."""
        hour = at_ns // (3_600 * NS)
        self._hour_begins, self._hour_ends = hour * 3_600 * NS, (hour + 1) * 3_600 * NS
        self._date = datetime.fromtimestamp(hour * 3_600, NEW_YORK).date().isoformat()
