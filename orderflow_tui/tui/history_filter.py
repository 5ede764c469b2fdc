"""Which journal rows are shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from orderflow_tui.journal.reader import HistoryRow
from orderflow_tui.journal.records import EXIT_TRIGGERED
from orderflow_tui.tui.text import Zone, clean


class Rows(Protocol):
    """Rows newest first: the store itself, or a filtered list."""

    def __len__(self) -> int:
        """How many."""
        ...

    def __getitem__(self, index: int, /) -> HistoryRow:
        """The row at a place, newest 0."""
        ...


@lru_cache(maxsize=4_096)
def _minute(zone: str, utc_minute: str) -> str:
    """A UTC minute of the journal's form as the zone's `2025-10-22 10:35`; what is no time stays as it is."""
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


@dataclass(frozen=True, slots=True)
class HistoryFilter:
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

    def words(self) -> str:
        """The filter as the screen states it."""
        stated = {
            "symbol": self.symbol, "kind": self.kind, "severity": self.severity, "day": self.day,
            "answer": self.answered, "text": self.text and f"'{self.text}'",
        }  # fmt: skip
        return ", ".join(f"{name} {value}" for name, value in stated.items() if value) or "all"

    def apply(self, rows: Iterable[HistoryRow], zone: Zone) -> list[HistoryRow]:
        """The rows that are shown, in their order."""
        needle = self.text.casefold()
        return [
            row
            for row in rows
            if (not self.symbol or row.symbol == self.symbol)
            and (not self.kind or row.event == self.kind)
            and (not self.severity or row.severity == self.severity)
            and (not self.day or local_day(row.timestamp_utc, zone) == self.day)
            and (not self.answered or self._is_answered(row))
            and (not needle or needle in row.text.casefold() or needle in row.symbol.casefold())
        ]

    def _is_answered(self, row: HistoryRow) -> bool:
        return row.event == EXIT_TRIGGERED and bool(row.answer) == (self.answered == "answered")

    def next(self, name: str, rows: Iterable[HistoryRow], zone: Zone) -> HistoryFilter:
        """The same filter with one field set to its next value among those the rows have."""
        values = _choices(name, rows, zone)
        now = getattr(self, name)
        place = values.index(now) if now in values else -1
        return replace(self, **{name: values[(place + 1) % len(values)]})


def _choices(name: str, rows: Iterable[HistoryRow], zone: Zone) -> list[str]:
    """The values a field can be set to, empty first."""
    if name == "severity":
        return ["", "warning", "critical"]
    if name == "answered":
        return ["", "answered", "unanswered"]
    if name == "day":
        return ["", *sorted({local_day(row.timestamp_utc, zone) for row in rows}, reverse=True)]
    found = {row.symbol for row in rows} if name == "symbol" else {row.event for row in rows}
    return ["", *sorted(value for value in found if value)]
