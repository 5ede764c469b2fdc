"""Halts, pauses nobody announced, and splits, by symbol."""

from __future__ import annotations

from collections import Counter
from typing import Final

from orderflow_tui.report.blind import seconds_between

_COUNTED: Final = frozenset({"halted", "resumed", "pause", "split", "new_price"})


class SymbolStatuses:
    """Adds statuses up. A halt that nothing resumed (the run ended, or it lasts) counts without a length."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}
        """By status, then by symbol."""
        self._halted_seconds = 0.0
        self._since: dict[str, str] = {}

    def take(self, symbol: str, status: str, moment: str) -> None:
        """A symbol's status changed at an instant as the journal writes it; what the source shows is no news here."""
        if status not in _COUNTED:
            return
        if status == "resumed":
            self._halted_seconds += seconds_between(self._since.pop(symbol, ""), moment) or 0.0
            return
        if status == "halted":
            self._since[symbol] = moment
        self._counts.setdefault(status, Counter())[symbol] += 1

    def figures(self) -> dict[str, object]:
        """For JSON; seconds."""
        return {
            "halted_seconds": round(self._halted_seconds, 1),
            "by_status": {
                status: {"times": sum(counts.values()), "by_symbol": dict(counts.most_common())}
                for status, counts in sorted(self._counts.items())
            },
        }
