"""A journal of as many rows as a test wants, over two days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orderflow_tui.core.units import NS
from tests.tui.fake import ALERT_TEXTS, NOW_NS

SYMBOLS = ("BAC", "AAPL", "KO", "MSFT")


@dataclass(frozen=True, slots=True)
class Entry:
    time_ns: int
    symbol: str
    event: str
    severity: str
    text: str
    source_class: str = "live"
    answer: str = ""


def entry(index: int) -> Entry:
    moment = NOW_NS - index * 60 * NS
    if index % 17 == 3:
        return Entry(
            moment, SYMBOLS[index % 4], "order_flow.exit_signal_triggered", "critical",
            "3 counted sellers in 85 s", answer="hold" if index % 2 else "",
        )  # fmt: skip
    if index % 97 == 50:
        return Entry(moment, "", "order_flow.run_started", "", "profile guarded", source_class="simulated")
    severity = "critical" if index % 2 else "warning"
    return Entry(moment, SYMBOLS[index % 4], "order_flow_alert", severity, ALERT_TEXTS[index % len(ALERT_TEXTS)])


class FakeHistory:
    """Rows newest first; `append` puts new ones in front at the next refresh."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = entries
        self._waiting: list[Entry] = []

    def append(self, *entries: Entry) -> None:
        self._waiting += entries

    def refresh(self) -> int:
        added = len(self._waiting)
        self._entries = [*reversed(self._waiting), *self._entries]
        self._waiting = []
        return added

    def rows(self) -> Sequence[Entry]:
        return self._entries

    def detail(self, row: object) -> Mapping[str, object]:
        assert isinstance(row, Entry)
        return {
            "event": row.event,
            "symbol": row.symbol,
            "text": row.text,
            "details": {"sell_ratio": 0.81, "prints": 41},
            "timestamp_utc": "2025-10-22T14:35:20.123456Z",
        }


def fake_history(count: int = 500) -> FakeHistory:
    return FakeHistory([entry(index) for index in range(count)])
