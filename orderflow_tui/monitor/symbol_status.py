"""Journals when a symbol's trading stops and goes on, and what the source shows of it wherever that changes."""

from __future__ import annotations

from collections.abc import Sequence

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Event, Halt
from orderflow_tui.core.model.units import iso_utc
from orderflow_tui.feeds.feed import Arrival
from orderflow_tui.journal.records import SymbolStatus, SymbolStatusRecord
from orderflow_tui.monitor.blindness import Write
from orderflow_tui.monitor.watched_symbol import WatchedSymbol


class SymbolStatuses:
    """Used by the monitor's thread alone.

    Args:
        write: Journals a record.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._shown: dict[str, Capabilities] = {}

    def traded(self, watched: WatchedSymbol, events: Sequence[Event], arrival: Arrival) -> None:
        """After these events: whether trading stands still, where that is news; a halt that is over is none."""
        core = watched.core
        if bool(core.terms.halted) == bool(watched.halted_ns):
            return
        halts = [event for event in events if isinstance(event, Halt)]
        at_ns = halts[-1].time_ns if halts else core.timers.now_ns
        since_ns, watched.halted_ns = watched.halted_ns or at_ns, at_ns if core.terms.halted else 0
        record = SymbolStatusRecord(
            symbol=core.symbol,
            status="halted" if core.terms.halted else "resumed",
            reason=core.terms.halted or (halts[-1].reason if halts else ""),
            depth_levels=core.terms.capabilities.depth_levels,
            tape_sampled=core.terms.capabilities.tape_sampled,
            since_utc=iso_utc(since_ns),
        )
        self._write(record, at_ns, arrival)

    def shows(self, symbol: str, now: Capabilities, arrival: Arrival) -> None:
        """The source has said what it shows of a symbol; how many levels and in what words is no news by itself."""
        before, self._shown[symbol] = self._shown.get(symbol), now
        for status in _news(before, now):
            record = SymbolStatusRecord(
                symbol=symbol,
                status=status,
                reason=now.depth_label,
                depth_levels=now.depth_levels,
                tape_sampled=now.tape_sampled,
            )
            self._write(record, arrival.wall_ns, arrival)


def _news(before: Capabilities | None, now: Capabilities) -> list[SymbolStatus]:
    if before is None:
        return ["shows"]
    said: list[SymbolStatus] = []
    if (before.depth_levels > 1) != (now.depth_levels > 1):
        said.append("book_won" if now.depth_levels > 1 else "book_lost")
    if before.tape_sampled != now.tape_sampled:
        said.append("tape_lost" if now.tape_sampled else "tape_won")
    told_anew = before.streaming != now.streaming and before.depth_label != now.depth_label
    return said or (["shows"] if told_anew or _kind(before) != _kind(now) else [])


def _kind(shown: Capabilities) -> tuple[object, ...]:
    """What of it changes what can be judged."""
    return (
        shown.delay_seconds, shown.quotes, shown.trades, shown.whole_depth, bool(shown.sizes_unsure),
        shown.depth_source,
    )  # fmt: skip
