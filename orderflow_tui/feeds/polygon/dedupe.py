"""Which prints were delivered before: polls overlap so that none is missed, and nothing may count twice."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from orderflow_tui.core.units import NS
from orderflow_tui.feeds.polygon.wire import TradeRow

NEW_YORK: Final = ZoneInfo("America/New_York")
_PRUNE_AT: Final = 20_000

_Identified = tuple[int, int, str, str]
"""Venue, reporting facility, id, New York date."""
_Anonymous = tuple[int, int, int, int, float, float]
"""Time, sequence, venue, reporting facility, price, size."""


class SeenPrints:
    """The prints of one symbol that were delivered already.

    An id is unique only per venue, reporting facility and New York date. A print without an id is never taken for a
    duplicate of another in the same fetch; met again in a later fetch, whose span overlaps, as many as were delivered
    before are left out.
    """

    def __init__(self) -> None:
        self._identified: dict[_Identified, int] = {}
        self._anonymous: Counter[_Anonymous] = Counter()
        self._this_fetch: Counter[_Anonymous] = Counter()
        self._midnights: tuple[int, int, str] = (0, 0, "")

    def begin(self, from_ns: int = 0) -> None:
        """A fetch begins; what lies before `from_ns` will not be asked for again and is forgotten in bulk."""
        self._this_fetch.clear()
        if len(self._identified) + len(self._anonymous) > _PRUNE_AT:
            self._identified = {key: at for key, at in self._identified.items() if at >= from_ns}
            self._anonymous = Counter({key: n for key, n in self._anonymous.items() if key[0] >= from_ns})

    def is_new(self, row: TradeRow) -> bool:
        """Whether this print has not been delivered; from now on it has."""
        if row.id is None or row.id == "":
            anonymous = (row.sip_timestamp, row.sequence_number, row.exchange, row.trf_id or 0, row.price, row.size)
            self._this_fetch[anonymous] += 1
            if self._this_fetch[anonymous] <= self._anonymous[anonymous]:
                return False
            self._anonymous[anonymous] += 1
            return True
        key = (row.exchange, row.trf_id or 0, str(row.id), self._date(row.sip_timestamp))
        if key in self._identified:
            return False
        self._identified[key] = row.sip_timestamp
        return True

    def __len__(self) -> int:
        return len(self._identified) + sum(self._anonymous.values())

    def _date(self, at_ns: int) -> str:
        """New York's date, worked out once an hour: a zone lookup for each print would cost more than decoding it."""
        begin, end, date = self._midnights
        if not begin <= at_ns < end:
            hour = at_ns // (3_600 * NS)
            date = datetime.fromtimestamp(hour * 3_600, NEW_YORK).date().isoformat()
            self._midnights = (hour * 3_600 * NS, (hour + 1) * 3_600 * NS, date)
        return date
