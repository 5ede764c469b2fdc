"""How long symbols were BLIND and the connection silent, from gaps and resumptions."""

from __future__ import annotations

from collections import Counter
from datetime import datetime


def seconds_between(first: str, last: str) -> float | None:
    """Seconds from one instant to a later one as the journal writes them; None where that cannot be."""
    try:
        spent = (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()
    except (ValueError, TypeError):
        return None
    return spent if spent >= 0 else None


class Blind:
    """Adds gaps up. One that nothing resumed (the run ended, or it lasts) counts without a length."""

    def __init__(self) -> None:
        self.times: Counter[str] = Counter()
        self._seconds: Counter[str] = Counter()
        self._since: dict[str, str] = {}
        self._silences = 0
        self._silent_seconds = 0.0

    def gap(self, symbol: str | None, moment: str, from_utc: str, to_utc: str) -> None:
        """A symbol went blind, or the connection was silent from one instant to another."""
        if from_utc:
            self._silences += 1
            self._silent_seconds += seconds_between(from_utc, to_utc) or 0.0
        elif symbol is not None:
            self.times[symbol] += 1
            self._since[symbol] = moment

    def resumed(self, symbol: str | None, moment: str) -> None:
        """A symbol is seen again."""
        since = self._since.pop(symbol or "", "")
        if since:
            self._seconds[symbol or ""] += round(seconds_between(since, moment) or 0.0)

    def figures(self) -> dict[str, object]:
        """For JSON; seconds."""
        return {
            "times": sum(self.times.values()),
            "seconds": sum(self._seconds.values()),
            "by_symbol": dict(self.times.most_common()),
            "connection_silences": self._silences,
            "connection_silent_seconds": round(self._silent_seconds, 1),
        }
