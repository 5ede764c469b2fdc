"""Who is BLIND, why and since when: refused payloads, data that is too old, prints that do not come; each told once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Arrival, BadPayload, FeedStatus
from orderflow_tui.journal.records import BadDataRecord, GapRecord, Record, ResumedRecord
from orderflow_tui.monitor.watched_symbol import STALE_AFTER_S, WatchedSymbol

_MINUTE_NS: Final = 60 * NS


class Write(Protocol):
    """Journals one record."""

    def __call__(self, record: Record, happened_ns: int, arrival: Arrival) -> None:
        """The record, when it happened, and when that was known."""


class BlindnessTracker:
    """Judges what is seen of each symbol; used by the monitor's thread alone.

    Args:
        write: Journals a record.
        news: Called when a symbol goes blind: it does not wait for the next look.
        started_ns: When the run began, nanoseconds UTC.
    """

    def __init__(self, write: Write, news: Callable[[], None], started_ns: int) -> None:
        self._write = write
        self._news = news
        self._started_ns = started_ns
        self._told_bad: dict[tuple[str, str, str, bool], tuple[int, int]] = {}

    def refused(self, bad: BadPayload, watched: WatchedSymbol | None) -> None:
        """The same refusal at every poll is one record a minute, with how many went before it untold."""
        key = (bad.symbol, bad.channel, bad.code, bad.quarantined)
        told_ns, untold = self._told_bad.get(key, (0, 0))
        if told_ns and bad.arrival.mono_ns - told_ns < _MINUTE_NS:
            self._told_bad[key] = (told_ns, untold + 1)
        else:
            self._told_bad[key] = (bad.arrival.mono_ns, 0)
            record = BadDataRecord(
                error_type="malformed" if bad.code == "PAYLOAD_MALFORMED" else "validation",
                code=bad.code,
                symbol=bad.symbol,
                detail=bad.detail,
                channel=bad.channel,
                quarantined=bad.quarantined,
                repeats=untold,
            )
            self._write(record, bad.arrival.wall_ns, bad.arrival)
        if watched is not None and not bad.quarantined:
            self._blind(watched, bad.channel, f"{bad.code}: {bad.detail}", bad.arrival)

    def good(self, watched: WatchedSymbol, channel: str, arrival: Arrival) -> None:
        """A good payload of this channel: after three in a row it is trusted again."""
        if watched.health.good(channel):
            self._resumed(watched, arrival)

    def clear(self, watched: WatchedSymbol, arrival: Arrival, channel: str | None = None) -> None:
        """See again at once, by the trader's key or because the cause is gone."""
        if watched.health.clear(channel):
            self._resumed(watched, arrival)

    def check(self, watched: WatchedSymbol, status: FeedStatus | None, arrival: Arrival) -> None:
        """Once a second: is what there is of this symbol fresh?"""
        closed = status is not None and status.market == "closed"
        if closed or watched.note:
            self.clear(watched, arrival, "tape_age")
            return
        self._check_age(watched, arrival)
        self._check_tape(watched, status, arrival)

    def _check_age(self, watched: WatchedSymbol, arrival: Arrival) -> None:
        age = watched.age_s(arrival.wall_ns)
        if age is None:
            if (arrival.wall_ns - self._started_ns) / NS > STALE_AFTER_S:
                self._blind(watched, "age", "no data yet", arrival)
        elif age > STALE_AFTER_S:
            self._blind(watched, "age", "no fresh data for more than 30 s", arrival)
        else:
            self.clear(watched, arrival, "age")

    def _check_tape(self, watched: WatchedSymbol, status: FeedStatus | None, arrival: Arrival) -> None:
        """Books may be fresh while the prints of a symbol do not come: then its tape rules see nothing."""
        limit_s = max(STALE_AFTER_S, 3 * status.cycle_seconds if status is not None else 0.0)
        if watched.core.terms.capabilities.trades and watched.tape_age_s(arrival.wall_ns) > limit_s:
            self._blind(watched, "tape_age", "no answer about its prints for more than 30 s", arrival)
        else:
            self.clear(watched, arrival, "tape_age")

    def _blind(self, watched: WatchedSymbol, channel: str, reason: str, arrival: Arrival) -> None:
        watched.dirty = True
        if watched.health.bad(channel, reason):
            core = watched.core
            self._news()
            record = GapRecord(symbol=core.symbol, reason=reason, channel=channel, holding=core.holding.quantity)
            self._write(record, arrival.wall_ns, arrival)

    def _resumed(self, watched: WatchedSymbol, arrival: Arrival) -> None:
        symbol = watched.core.symbol
        watched.dirty = True
        self._told_bad = {key: told for key, told in self._told_bad.items() if key[0] != symbol}
        self._write(ResumedRecord(symbol=symbol), arrival.wall_ns, arrival)
