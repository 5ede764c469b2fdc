"""Which journal rows are shown."""

from __future__ import annotations

import re
import time
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from orderflow_tui.core.model.severity import SHOWN
from orderflow_tui.journal.history import HistoryRow, HistoryStore
from orderflow_tui.journal.records import EXIT_TRIGGERED
from orderflow_tui.journal.severity import LOUD_BY_ITSELF
from orderflow_tui.tui.look.formatting import Zone, clean

_LINES_A_LOOK = 32
_PLAIN = re.compile(r"[A-Za-z0-9._-]+")
"""Text that JSON writes as it stands."""
_WRITTEN_PLAINLY = re.compile(r"[ !#-.0-\[\]-~]+")
"""The same for text to look for: printable ASCII without quotes, slashes and backslashes."""


class Rows(Protocol):
    """Rows newest first: the store itself, or what a filter lets through."""

    def __len__(self) -> int:
        """How many."""
        ...

    def __getitem__(self, index: int, /) -> HistoryRow:
        """The row at an index, newest 0."""
        ...

    @property
    def places(self) -> Sequence[int]:
        """The places of the rows in the store, newest first."""
        ...


@lru_cache(maxsize=4_096)
def _minute(zone: str, utc_minute: str) -> str:
    """A UTC minute of the journal's form as the zone's `2025-10-22 10:35`; what is not a time stays as it is."""
    try:
        return datetime.fromisoformat(f"{utc_minute}:00+00:00").astimezone(Zone(zone).info).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return clean(utc_minute)


def local_time(timestamp_utc: str, zone: Zone) -> str:
    """A journal's time in the screen's zone to the second: `2025-10-22 10:35:20`."""
    return _minute(zone.name, timestamp_utc[:16]) + clean(timestamp_utc[16:19])


@lru_cache(maxsize=16_384)
def _quarter(zone: str, utc_hour: str, quarter: int) -> str:
    """The date of a quarter of an hour: no zone's midnight lies inside one."""
    return _minute(zone, f"{utc_hour}:{quarter * 15:02d}")[:10]


def local_day(timestamp_utc: str, zone: Zone) -> str:
    """The date of a journal's time in the screen's zone."""
    minute = timestamp_utc[14:16]
    return _quarter(zone.name, timestamp_utc[:13], int(minute) // 15 if minute.isdecimal() else 0)


class HistoryFilter(Struct, frozen=True):
    """What must hold for a row to be shown; an empty field asks nothing."""

    symbol: str = ""
    kind: str = ""
    severity: str = ""
    day: str = ""
    answered: str = ""
    """`answered` or `unanswered`: recommendations only."""
    text: str = ""

    @property
    def is_open(self) -> bool:
        """Nothing is filtered."""
        return self == HistoryFilter()

    def words(self, called: Mapping[str, str]) -> str:
        """The filter as the screen states it; kinds as the list calls them."""
        stated = {
            "symbol": self.symbol, "kind": called.get(self.kind, self.kind), "severity": self.severity, "day": self.day,
            "answer": self.answered, "text": self.text and f"'{self.text}'",
        }  # fmt: skip
        return ", ".join(f"{name} {value}" for name, value in stated.items() if value) or "all"

    def matches(self, row: HistoryRow, zone: Zone) -> bool:
        """Whether a row is shown."""
        needle = self.text.casefold()
        return (
            (not self.symbol or row.symbol == self.symbol)
            and (not self.kind or row.event == self.kind)
            and (not self.severity or row.severity == self.severity)
            and (not self.day or local_day(row.timestamp_utc, zone) == self.day)
            and (not self.answered or self._is_answered(row))
            and (not needle or needle in row.text.casefold() or needle in row.symbol.casefold())
        )

    def needed_bytes(self) -> list[bytes]:
        """What a matching record's line holds for certain: most lines need not be decoded."""
        asked = [self.symbol, self.kind, EXIT_TRIGGERED if self.answered else ""]
        return [f'"{value}"'.encode() for value in asked if value and _PLAIN.fullmatch(value)]

    def bears_severity(self) -> list[bytes]:
        """What the line of a record with a severity holds one of; empty where none is asked for."""
        return [b'"severity"', *(f'"{name}"'.encode() for name in LOUD_BY_ITSELF)] if self.severity else []

    def days_in_utc(self) -> list[bytes]:
        """The UTC dates that records of the day may bear, one of which their line holds; empty without a day."""
        try:
            middle = date.fromisoformat(self.day)
        except ValueError:
            return []
        return [(middle + timedelta(days=shift)).isoformat().encode() for shift in (0, 1, -1)]

    def text_in_bytes(self) -> bytes:
        """The text as it stands in the line of a match, in small letters; empty where JSON may write it otherwise."""
        needle = self.text.casefold()
        return needle.encode() if _WRITTEN_PLAINLY.fullmatch(needle) else b""

    def _is_answered(self, row: HistoryRow) -> bool:
        return row.event == EXIT_TRIGGERED and bool(row.answer) == (self.answered == "answered")

    def next(self, name: str, store: HistoryStore, zone: Zone) -> HistoryFilter:
        """The same filter with one field set to its next value among those the journal has."""
        values = _choices(name, store, zone)
        now = getattr(self, name)
        place = values.index(now) if now in values else -1
        return replace(self, **{name: values[(place + 1) % len(values)]})


class FilteredRows:
    """The rows of a store that a filter lets through, found piece by piece: eight bytes a row.

    Args:
        store: The journal.
        wanted: The filter.
        zone: In which days are told.
    """

    def __init__(self, store: HistoryStore, wanted: HistoryFilter, zone: Zone) -> None:
        self._store, self._wanted, self._zone = store, wanted, zone
        self._needed = wanted.needed_bytes()
        self._bears = wanted.bears_severity()
        self._days, self._text = wanted.days_in_utc(), wanted.text_in_bytes()
        self._newer = array("q")
        self._older = array("q")
        self._top = store.places.start
        self.examined = 0
        """Rows looked at so far."""
        self._lines: Iterator[tuple[int, bytes]] = iter(())
        self._next = self._top

    def __len__(self) -> int:
        return len(self._newer) + len(self._older)

    def __getitem__(self, index: int) -> HistoryRow:
        newer = len(self._newer)
        return self._store.at(self._newer[newer - 1 - index] if index < newer else self._older[index - newer])

    @property
    def places(self) -> list[int]:
        """The places of the rows, newest first."""
        return [*reversed(self._newer), *self._older]

    @property
    def complete(self) -> bool:
        """Every indexed row has been looked at."""
        return self._next <= self._store.places.stop

    def scan(self, seconds: float, clock: Callable[[], float] = time.perf_counter) -> int:
        """Look at older rows for about so long; returns how many matched."""
        before, until = len(self._older), clock() + seconds
        while not self.complete and clock() < until:
            for _ in range(_LINES_A_LOOK):
                found = next(self._lines, None)
                if found is None:
                    if self.complete:
                        break
                    self._lines = self._store.lines_back(self._next)
                    found = next(self._lines, None)
                if found is None:  # what is left cannot be read
                    self._next = self._store.places.stop
                    break
                self.examined += 1
                self._next = found[0] - 1
                if self._lets_through(*found):
                    self._older.append(found[0])
        return len(self._older) - before

    def grew(self) -> int:
        """Look at the rows that came since; returns how many matched."""
        top = self._store.places.start
        before = len(self._newer)
        fresh = list(takewhile(lambda found: found[0] > self._top, self._store.lines_back(top)))
        self.examined += len(fresh)
        self._newer.extend(place for place, line in reversed(fresh) if self._lets_through(place, line))
        self._top = top
        return len(self._newer) - before

    def _lets_through(self, place: int, line: bytes) -> bool:
        if not all(part in line for part in self._needed):
            return False
        if self._bears and not any(part in line for part in self._bears):
            return False
        if self._days and not any(day in line for day in self._days):
            return False
        if self._text and self._text not in line.lower():
            return False
        return self._wanted.matches(self._store.at(place), self._zone)


def _choices(name: str, store: HistoryStore, zone: Zone) -> list[str]:
    """The values a field can be set to, empty first."""
    if name == "severity":
        return ["", *SHOWN]
    if name == "answered":
        return ["", "answered", "unanswered"]
    if name == "day":
        return ["", *sorted({local_day(minute, zone) for minute in store.minutes}, reverse=True)]
    return ["", *sorted(store.symbols if name == "symbol" else store.events)]
