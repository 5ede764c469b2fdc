"""Which journal rows are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from orderflow_tui.tui.history_port import HistoryEntry
from orderflow_tui.tui.text import Zone

_HOUR_NS = 3_600_000_000_000
ASKS_FOR_ANSWER = "order_flow.exit_signal_triggered"


class Days:
    """The date of an instant in a zone, worked out once an hour of data."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._known: dict[int, str] = {}

    def of(self, time_ns: int) -> str:
        """`2025-10-22`; zones change by whole hours or quarters, so a quarter of an hour has one date."""
        key = time_ns // (_HOUR_NS // 4)
        day = self._known.get(key)
        if day is None:
            day = self._known[key] = self._zone.day(time_ns)
        return day


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
        named = {
            "symbol": self.symbol, "kind": self.kind, "severity": self.severity, "day": self.day,
            "answer": self.answered, "text": self.text and f"'{self.text}'",
        }  # fmt: skip
        return ", ".join(f"{name} {value}" for name, value in named.items() if value) or "all"

    def apply(self, rows: Iterable[HistoryEntry], days: Days) -> list[HistoryEntry]:
        """The rows that are shown, in their order."""
        needle = self.text.casefold()
        return [
            row
            for row in rows
            if (not self.symbol or row.symbol == self.symbol)
            and (not self.kind or row.event == self.kind)
            and (not self.severity or row.severity == self.severity)
            and (not self.day or days.of(row.time_ns) == self.day)
            and (not self.answered or _is_answered(row, self.answered))
            and (not needle or needle in row.text.casefold() or needle in row.symbol.casefold())
        ]

    def choices(self, name: str, rows: Sequence[HistoryEntry], days: Days) -> list[str]:
        """The values a field can be set to, empty first."""
        if name == "severity":
            return ["", "warning", "critical"]
        if name == "answered":
            return ["", "answered", "unanswered"]
        if name == "day":
            return ["", *sorted({days.of(row.time_ns) for row in rows}, reverse=True)]
        found = {row.symbol for row in rows} if name == "symbol" else {row.event for row in rows}
        return ["", *sorted(value for value in found if value)]

    def next(self, name: str, rows: Sequence[HistoryEntry], days: Days) -> HistoryFilter:
        """The same filter with one field set to its next value."""
        values = self.choices(name, rows, days)
        now = getattr(self, name)
        place = values.index(now) if now in values else -1
        return replace(self, **{name: values[(place + 1) % len(values)]})


def _is_answered(row: HistoryEntry, wanted: str) -> bool:
    if row.event != ASKS_FOR_ANSWER:
        return False
    return bool(row.answer) == (wanted == "answered")
