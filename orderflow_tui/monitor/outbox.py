"""The way out: what the cores say becomes a record first, then a line on the feed and a call of the listeners."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from orderflow_tui.core.model.outputs import (
    AlertRaised,
    AlertUpdated,
    AnswerTakenBack,
    ExitAnswered,
    ExitTriggered,
    Output,
    SideCheckRequested,
)
from orderflow_tui.feeds.feed import Arrival
from orderflow_tui.journal.make_records import record_of
from orderflow_tui.journal.records import Record
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.monitor.guarded_reads import Guard
from orderflow_tui.monitor.watched_symbol import WatchedSymbol

Listener = Callable[[Record, int], None]
"""Called in the monitor's thread after a record was written, with the instant it happened at in ns; must not block."""


class Outbox:
    """Used by the monitor's thread alone.

    Args:
        journal: Where every record is written.
        line: Puts an output on the alert feed.
        ask: Takes a question about sides to whoever answers it.
        listeners: Called after each record.
        guard: Keeps a listener's defect from the rules.
    """

    def __init__(
        self,
        journal: JournalWriter,
        line: Callable[[WatchedSymbol, Output], None],
        ask: Callable[[SideCheckRequested], None],
        listeners: list[Listener],
        guard: Guard,
    ) -> None:
        self._journal = journal
        self._line = line
        self._ask = ask
        self._listeners = listeners
        self._guard = guard
        self.news = False
        """Something was said that a screen should show at once."""
        self.alerts = 0
        """How many were raised."""

    def blinded(self) -> None:
        """A symbol went blind, which is news without an output."""
        self.news = True

    def say(self, watched: WatchedSymbol, output: Output, arrival: Arrival) -> None:
        """Journal and show one output of a symbol's core."""
        if isinstance(output, SideCheckRequested):
            self._ask(output)
            return
        if not isinstance(output, AlertUpdated) or output.journal:
            urgent = isinstance(output, ExitTriggered | ExitAnswered | AnswerTakenBack)
            self.write(record_of(output), output.time_ns, arrival, sync=urgent)
            self.news = True
        if isinstance(output, AlertRaised):
            self.alerts += 1
        self._line(watched, output)
        watched.dirty = True

    def tell(self, outputs: Iterable[Output], arrival: Arrival) -> None:
        """Journal what concerns nothing on the screen."""
        for output in outputs:
            if not isinstance(output, SideCheckRequested):
                self.write(record_of(output), output.time_ns, arrival)

    def write(self, record: Record, happened_ns: int, arrival: Arrival, *, sync: bool = False) -> None:
        """Journal one record."""
        self._journal.write(record, happened_ns, arrival.mono_ns, sync=sync)
        for listener in self._listeners:
            self._guard.run(
                getattr(listener, "__qualname__", "a listener"), partial(listener, record, happened_ns), None
            )
