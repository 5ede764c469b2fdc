"""Journal history, all days."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult

from orderflow_tui.journal.history import HistoryStore
from orderflow_tui.tui.keys.bindings import HISTORY_BINDINGS
from orderflow_tui.tui.look.formatting import Zone, clean, whole_facts
from orderflow_tui.tui.look.styled_lines import LineWidget, Span, make_row
from orderflow_tui.tui.rows.bar_rows import asks_rows, title_row
from orderflow_tui.tui.rows.history_rows import EVENT_WORDS, CsvFile, rule_of
from orderflow_tui.tui.screens.base import ModelScreen
from orderflow_tui.tui.screens.journal_record import RecordScreen
from orderflow_tui.tui.screens.search import SearchScreen
from orderflow_tui.tui.state.history_filter import FilteredRows, HistoryFilter, Rows
from orderflow_tui.tui.widgets.history_list import HistoryList
from orderflow_tui.tui.widgets.keybar import KeyBar

FIRST_ROWS = 100_000
FIRST_SECONDS = 0.15
"""Indexed before the first paint, so long as it takes no longer than this."""
READ_BACK_SECONDS = 0.02
PIECE = 4_000
"""Older rows indexed at once: a few milliseconds, which no key press notices."""
SCAN_SECONDS = 0.008
"""How long a filter looks at once."""
FILTER_SECONDS = 0.04
"""How long a key that changes a filter looks for a value that shows something."""
EXPORT_PIECE = 200


class HistoryScreen(ModelScreen):
    """Rows with filters and search; a row opens in full."""

    SCOPE = "History"
    BINDINGS = HISTORY_BINDINGS
    DEFAULT_CSS = """
    HistoryScreen > LineWidget { width: 1fr; height: 1; }
    HistoryScreen > #history-asks { height: 0; }
    """

    def __init__(self, store: HistoryStore, zone: Zone) -> None:
        super().__init__()
        self._store = store
        self._zone = zone
        self._filter = HistoryFilter()
        self._filtered: FilteredRows | None = None
        self._exporting = False

    def compose(self) -> ComposeResult:
        """A title, what is filtered, the rows, the keys."""
        yield LineWidget(id="history-title")
        yield LineWidget(id="history-asks")
        yield LineWidget(id="history-filter")
        yield HistoryList(self._zone)
        yield KeyBar(HISTORY_BINDINGS)

    async def on_mount(self) -> None:
        """Show what is indexed at once; older days follow in pieces, new records each second."""
        self._store.refresh()
        until = time.perf_counter() + FIRST_SECONDS
        while len(self._store) < FIRST_ROWS and time.perf_counter() < until and self._store.load(PIECE):
            pass
        self._show()
        self.set_interval(1.0, self.read_on)
        self._reading_back = self.set_interval(READ_BACK_SECONDS, self._read_back)

    @property
    def _list(self) -> HistoryList:
        return self.query_one(HistoryList)

    async def update_model(self) -> None:
        """The clock and the counts."""
        if not self.is_mounted:
            return
        width = self.size.width
        words = f"HISTORY, times in {self._zone.label}, newest first"
        self.query_one("#history-title", LineWidget).show([title_row(self.model, words, self._zone, width)])
        asks = self.query_one("#history-asks", LineWidget)
        open_ones = asks_rows(self.model, self.dashboard.acknowledge_key, width)
        asks.styles.height = len(open_ones)
        asks.show(open_ones)
        rows = self._list
        pending = f"  {rows.pending} new, home follows" if rows.pending else ""
        shown = f"{min(rows.cursor + 1, len(rows.entries)):,} of {len(rows.entries):,}"
        words = f" {shown}{self._progress()} | filter: {clean(self._filter.words(EVENT_WORDS))}"
        bar = whole_facts(words, width - len(pending))
        self.query_one("#history-filter", LineWidget).show([make_row(bar, Span(pending, "alert"), base="bar")])

    def _progress(self) -> str:
        if self._filtered is not None and not self._filtered.complete:
            return f", looked at {self._filtered.examined:,}"
        return "" if self._store.loaded else " so far"

    async def on_resize(self) -> None:
        """The bars are cut anew."""
        await self.update_model()

    def _show(self) -> None:
        self._filtered = None if self._filter.is_open else FilteredRows(self._store, self._filter, self._zone)
        if self._filtered is not None:
            self._filtered.scan(SCAN_SECONDS)
        self._list.show(self._entries)

    @property
    def _entries(self) -> Rows:
        return self._store if self._filtered is None else self._filtered

    async def read_on(self) -> None:
        """Take up what was written since the last look."""
        added = self._store.refresh()
        if added and self._filtered is not None:
            added = self._filtered.grew()
        if added:
            self._list.grew(self._entries, added)
        await self.update_model()

    async def _read_back(self) -> None:
        came = 0 if self._store.loaded else self._store.load(PIECE)
        if self._filtered is not None:
            came = self._filtered.scan(SCAN_SECONDS)
        if came:
            self._list.lengthened(self._entries)
        if self._store.loaded and (self._filtered is None or self._filtered.complete):
            self._reading_back.pause()
            if not self._list.entries and not self._filter.is_open:
                self.app.bell()
        await self.update_model()

    async def _refilter(self, wanted: HistoryFilter) -> None:
        self._filter = wanted
        self._show()
        self._reading_back.resume()
        await self.update_model()

    async def action_filter(self, name: str) -> None:
        """The next value of one field, past those that nothing here has."""
        wanted = self._filter.next(name, self._store, self._zone)
        until = time.perf_counter() + FILTER_SECONDS
        while getattr(wanted, name) and time.perf_counter() < until:
            rows = FilteredRows(self._store, wanted, self._zone)
            if rows.scan(SCAN_SECONDS) or not (rows.complete and self._store.loaded):
                break
            wanted = wanted.next(name, self._store, self._zone)
        await self._refilter(wanted)

    async def action_clear(self) -> None:
        """Everything."""
        await self._refilter(HistoryFilter())

    def action_search(self) -> None:
        """Ask for text to look for."""

        async def take(text: str | None) -> None:
            if text is not None:
                await self._refilter(replace(self._filter, text=text))

        self.app.push_screen(SearchScreen(self._filter.text), take)

    def _detail(self) -> dict[str, object] | None:
        """The record under the cursor, or word that its file is gone."""
        entry = self._list.current
        if entry is None:
            return None
        try:
            return self._store.detail(entry)
        except LookupError as error:
            self.dashboard.tell(str(error.args[0]), warning=True)
            return None

    def action_record(self) -> None:
        """The record under the cursor, in full."""
        fields = self._detail()
        if fields is not None:
            rule = rule_of(fields)
            words = self.dashboard.monitor.rule_record(rule) if rule else ""
            self.app.push_screen(RecordScreen(fields, words))

    @on(HistoryList.Opened)
    def open_clicked(self) -> None:
        """A second click on the row opens it."""
        self.action_record()

    def action_export(self) -> None:
        """The rows shown, as a CSV file beside the journal."""
        directory = self.dashboard.export_directory
        status = self.model.status
        if directory is None or status is None:
            self.dashboard.tell("no journal folder to write to")
        elif not self._entries.places:
            self.dashboard.tell("no rows to write: x clears the filter")
        elif self._exporting:
            self.dashboard.tell("still writing the last export")
        elif not self._store.loaded or not (self._filtered is None or self._filtered.complete):
            self.dashboard.tell("older days are still being read: try again in a moment")
        else:
            self._exporting = True
            self.run_worker(self._export(directory, f"history-{status.now_ns // 1_000_000}"), exit_on_error=False)

    async def _export(self, directory: Path, stem: str) -> None:
        """Write in pieces: keys and prices go on meanwhile."""
        places = self._entries.places
        try:
            with CsvFile(directory, stem) as file:
                for first in range(0, len(places), EXPORT_PIECE):
                    file.write(self._store.at(place) for place in places[first : first + EXPORT_PIECE])
                    await asyncio.sleep(0)
        except OSError as error:
            self.dashboard.tell(f"not written: {error.strerror}", warning=True)
        else:
            self.dashboard.tell(f"{len(places):,} rows written to {file.path}")
        finally:
            self._exporting = False

    def action_copy(self) -> None:
        """The record under the cursor as JSON, to the terminal's clipboard."""
        fields = self._detail()
        if fields is not None:
            self.app.copy_to_clipboard(json.dumps(fields, default=str))
            self.dashboard.tell("record copied")

    async def action_cursor(self, step: int) -> None:
        """Move by rows."""
        self._list.move(step)
        await self.update_model()

    async def action_page(self, pages: int) -> None:
        """Move by pages."""
        await self.action_cursor(pages * max(1, self._list.size.height - 1))

    async def action_half_page(self, direction: int) -> None:
        """Move by half a page."""
        await self.action_cursor(direction * max(1, self._list.size.height // 2))

    async def action_newest(self) -> None:
        """To the newest row, and follow."""
        self._list.move(-len(self._list.entries))
        self._list.follow()
        await self.update_model()

    async def action_oldest(self) -> None:
        """To the oldest row."""
        await self.action_cursor(len(self._list.entries))

    def action_close(self) -> None:
        """Back to the dashboard."""
        self.dismiss(None)
