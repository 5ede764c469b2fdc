"""The history's list beside a `DataTable` of the same rows, in one run: open, page, append.

The table gets its rows decoded and made before the clock starts; the list starts from nothing but the file.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.app import App, ComposeResult
from textual.widgets import DataTable

from benchmarks.measuring import Figure, emit, median
from orderflow_tui.journal.history import HistoryStore
from orderflow_tui.tui.app import OrderFlowApp
from orderflow_tui.tui.screens.history import HistoryScreen
from orderflow_tui.tui.widgets.history_list import HistoryList
from tests.tui.fake import calm_market
from tests.tui.journal_files import record

SIZE = (120, 40)
PAGES = 40
APPENDS = 20
ROWS = 100_000
ROUNDS = 2


def write(directory: Path, rows: int) -> list[dict[str, object]]:
    """A journal of one day's `rows` records; returns them newest first."""
    records = [record(index % 4_000, event_id=f"e{index}") for index in range(rows)]
    lines = [json.dumps(fields, separators=(",", ":")) for fields in reversed(records)]
    (directory / "2025-10-22.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return records


def add(directory: Path, number: int) -> None:
    """One more record."""
    with (directory / "2025-10-22.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(record(0, event_id=f"new{number}"), separators=(",", ":")) + "\n")


async def median_ms(times: int, step: Callable[[int], Awaitable[None]]) -> float:
    """The middle of several runs, processor time in milliseconds."""
    taken = []
    for number in range(times):
        began = time.process_time()
        await step(number)
        taken.append((time.process_time() - began) * 1_000)
    return sorted(taken)[times // 2]


async def ours(directory: Path, rows: int) -> dict[str, float]:
    """Open, page and append on the dashboard's history."""
    app = OrderFlowApp(calm_market(), history=HistoryStore(directory), fps=0.01)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        began = time.perf_counter()
        app.action_history()
        await pilot.pause()
        opened = time.perf_counter() - began
        screen = app.screen
        assert isinstance(screen, HistoryScreen)
        listed = len(app.screen.query_one(HistoryList).entries)
        if listed < rows:
            opened = float("inf")  # not all of them were there

        async def page(_: int) -> None:
            await screen.action_page(1)
            await pilot.pause(0)

        async def append(number: int) -> None:
            add(directory, number)
            await screen.read_on()
            await pilot.pause(0)

        paged = await median_ms(PAGES, page)
        await screen.action_newest()
        return {"open s": opened, "page ms": paged, "append ms": await median_ms(APPENDS, append)}


class TableApp(App[None]):
    """The same rows in textual's own table."""

    def compose(self) -> ComposeResult:
        """A table."""
        yield DataTable()


async def theirs(records: list[dict[str, object]]) -> dict[str, float]:
    """Open, page and append on a `DataTable`."""
    cells = [tuple(str(fields[name]) for name in ("timestamp_utc", "event", "symbol", "text")) for fields in records]
    app = TableApp()
    async with app.run_test(size=SIZE) as pilot:
        table = app.query_one(DataTable)
        table.cursor_type = "row"
        began = time.perf_counter()
        table.add_columns("time", "kind", "symbol", "text")
        table.add_rows(cells)
        await pilot.pause()
        opened = time.perf_counter() - began

        async def page(_: int) -> None:
            table.action_page_down()
            await pilot.pause(0)

        async def append(number: int) -> None:
            table.add_row(*cells[number])
            await pilot.pause(0)

        return {
            "open s": opened,
            "page ms": await median_ms(PAGES, page),
            "append ms": await median_ms(APPENDS, append),
        }


def figures() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        records = write(Path(folder), ROWS)
        runs = [(asyncio.run(ours(Path(folder), ROWS)), asyncio.run(theirs(records))) for _ in range(ROUNDS)]
    found = []
    for name, target in (("open s", 0.2), ("page ms", 15), ("append ms", 20)):
        mine, table = (median([run[side][name] for run in runs]) for side in (0, 1))
        found.append(
            Figure("history", f"{ROWS:,} rows: {name}", f"{mine:.3g}",
                   f"DataTable {table:.3g}, {table / mine:.1f} times as much", f"<= {target}", mine <= target)
        )  # fmt: skip
    return found


if __name__ == "__main__":
    emit(figures())
