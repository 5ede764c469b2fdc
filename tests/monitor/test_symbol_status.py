"""What is journaled of a symbol's standing: halts and their ends, books and tapes won and lost."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Event, Halt
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.feeds.feed import Arrival, SymbolCapabilities
from orderflow_tui.journal.record_words import record_words
from orderflow_tui.journal.records import Record
from orderflow_tui.monitor.symbol_status import SymbolStatuses
from orderflow_tui.monitor.watched_symbol import WatchedSymbol
from tests.core.kit import Rules
from tests.monitor.test_monitor import CAPABILITIES, Desk, recent_sellers

SHOWS = Capabilities("ibkr", "live", "tws", shows="L1, no depth line", tape_sampled=True)
DEEP = replace(SHOWS, depth_levels=8, streaming=True, shows="smart, 8 levels", tape_sampled=False)


@dataclass
class Told:
    """A journal that keeps what is written."""

    records: list[Record] = field(default_factory=list)

    def __call__(self, record: Record, happened_ns: int, arrival: Arrival) -> None:
        self.records.append(record)

    def said(self) -> list[Any]:
        return [getattr(record, "status", "") for record in self.records]


def traded(statuses: SymbolStatuses, watched: WatchedSymbol, *events: Event) -> None:
    watched.core.process(events)
    statuses.traded(watched, events, Arrival.now())


def test_a_halt_and_its_end_are_told_once_with_the_time_it_began() -> None:
    told = Told()
    statuses, watched = SymbolStatuses(told), WatchedSymbol(SymbolCore("BAC", Rules(), SHOWS))
    traded(statuses, watched, Halt(60 * NS, halted=True, reason="LUDP"))
    traded(statuses, watched, Halt(70 * NS, halted=True, reason="LUDP"))
    traded(statuses, watched)
    traded(statuses, watched, Halt(90 * NS, halted=False, reason="trading resumed"))
    assert told.said() == ["halted", "resumed"]
    assert [record_words(record) for record in told.records] == [
        "BAC critical HALTED: LUDP", "BAC info trades again: trading resumed",
    ]  # fmt: skip
    assert {getattr(record, "since_utc", "") for record in told.records} == {"1970-01-01T00:01:00.000000Z"}
    traded(statuses, watched, Halt(95 * NS, halted=True), Halt(96 * NS, halted=False))
    assert len(told.records) == 2


def test_books_and_tapes_are_won_and_lost_and_other_words_are_no_news() -> None:
    told = Told()
    statuses = SymbolStatuses(told)
    for shown in (
        SHOWS,
        SHOWS,
        DEEP,
        replace(DEEP, depth_levels=7, shows="smart, 7 levels"),
        replace(DEEP, depth_levels=7, shows="smart, 7 levels", streaming=False),
        replace(DEEP, sizes_unsure="sizes in lots?"),
        replace(SHOWS, tape_sampled=False),
        SHOWS,
    ):
        statuses.shows("BAC", shown, Arrival.now())
    assert told.said() == ["shows", "book_won", "tape_won", "shows", "book_lost", "tape_lost"]
    assert record_words(told.records[1]) == "BAC has a book now: smart, 8 levels"
    assert record_words(told.records[-1]) == "BAC has sampled prints now: L1, no depth line"


def test_a_delayed_symbol_of_a_login_in_real_time_is_judged_by_its_own_clock(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "journal")
    then_ns = time.time_ns() - 900 * NS
    desk.put(SymbolCapabilities("BAC", replace(CAPABILITIES, delay_seconds=900), Arrival.now()))
    desk.events(*recent_sellers(then_ns), vouched_ns=then_ns)
    found = desk.until("exit_signal_triggered")
    desk.monitor.stop(timeout=5)
    assert found
    assert not any(record["late"] for record in desk.named("order_flow_alert"))
