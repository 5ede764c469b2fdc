from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from orderflow_tui.journal.history import HistoryRow, HistoryStore
from orderflow_tui.journal.records import EXIT_TRIGGERED
from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.rows.history_rows import CsvFile, history_row, rule_of
from orderflow_tui.tui.screens import history
from orderflow_tui.tui.screens.history import HistoryScreen
from orderflow_tui.tui.state.history_filter import FilteredRows, HistoryFilter, local_day, local_time
from orderflow_tui.tui.widgets.history_list import HistoryList
from tests.tui.driving import block, press, running, screen_text, settled, toasts
from tests.tui.fake import busy_market
from tests.tui.journal_files import append, journal, record


def test_times_are_shown_in_the_zone_and_what_is_no_time_stays() -> None:
    assert local_time("2025-10-22T14:35:20.123456Z", Zone()) == "2025-10-22 10:35:20"
    assert local_day("2025-10-22T03:59:59.000000Z", Zone()) == "2025-10-21"
    assert local_day("2025-10-21T18:14:00.000000Z", Zone("Asia/Kathmandu")) == "2025-10-21"
    assert local_day("2025-10-21T18:15:00.000000Z", Zone("Asia/Kathmandu")) == "2025-10-22"
    assert local_time("garbage", Zone()) == "garbage"
    assert local_day("2025-10-22Tgarbage", Zone()) == "2025-10-22"


def matching(store: HistoryStore, **wanted: str) -> list[HistoryRow]:
    rows = FilteredRows(store, HistoryFilter(**wanted), Zone())
    while not rows.complete:
        rows.scan(0.01)
    assert rows.examined == len(store)
    return [rows[index] for index in range(len(rows))]


def test_filters_hold_together(tmp_path: Path) -> None:
    store = journal(tmp_path / "j", 200)
    while store.load():
        pass
    both = matching(store, symbol="BAC", severity="warning")
    assert both
    assert {(row.symbol, row.severity) for row in both} == {("BAC", "warning")}
    answered = matching(store, answered="answered")
    unanswered = matching(store, answered="unanswered")
    assert {bool(row.answer) for row in answered} == {True}
    assert {bool(row.answer) for row in unanswered} == {False}
    asked = [store[index] for index in range(200) if store[index].event == EXIT_TRIGGERED]
    assert len(answered) + len(unanswered) == len(asked)
    assert matching(store, text="PULLED")
    assert matching(store, symbol='"]') == []
    days = HistoryFilter()
    seen: list[str] = []
    while not seen or days.day:
        days = days.next("day", store, Zone())
        seen.append(days.day)
    assert seen == ["2025-10-22", "2025-10-21", ""]
    assert all(matching(store, day=day) for day in seen[:2])
    assert HistoryFilter(symbol="GONE").next("symbol", store, Zone()).symbol == ""


@pytest.mark.parametrize(
    "wanted",
    [
        {"text": "PULLED"}, {"text": 'say "hé'}, {"text": "SAY"}, {"text": "a/b\\c"}, {"text": "ko"}, {"day": "2025-10-21"},
        {"day": "garbage"}, {"symbol": "KO", "text": "12,400"}, {"kind": EXIT_TRIGGERED, "day": "2025-10-22"},
    ],
)  # fmt: skip
def test_what_is_not_decoded_would_not_have_matched(tmp_path: Path, wanted: dict[str, str]) -> None:
    folder = tmp_path / "j"
    store = journal(folder, 300)
    append(folder, record(-1, text='Say "Hé" a/b\\c'), record(-2, timestamp_utc="garbage"))
    store.refresh()
    while store.load():
        pass
    asked = HistoryFilter(**wanted)
    rows = [store[index] for index in range(len(store))]
    slowly = [row.event_id for row in rows if asked.matches(row, Zone())]
    assert [row.event_id for row in matching(store, **wanted)] == slowly


def test_a_filter_goes_round_what_can_no_longer_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    store = journal(folder, 200)
    while store.load():
        pass
    path = min(folder.glob("*.jsonl"))
    lines = path.read_bytes().count(b"\n")
    path.unlink()
    rows = FilteredRows(store, HistoryFilter(symbol="BAC"), Zone())
    rows.scan(1.0)
    assert rows.complete
    assert rows.examined == 200 - lines
    assert list(rows.places) == sorted(rows.places, reverse=True)


def test_a_row_marks_what_was_not_live(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    store = journal(folder, 1)
    append(folder, record(-1, source_class="replayed"), record(-2, source_class=""), record(-3, event="new_kind"))
    store.refresh()
    texts = [history_row(store[index], Zone(), 100, cursor=index == 0).plain for index in range(3)]
    assert texts[0].startswith(">10-22 11:05:20     new_kind")
    assert " ?   alert" in texts[1]
    assert " REP alert" in texts[2]


def test_a_csv_runs_no_formula_and_is_its_owners(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    store = journal(folder, 1)
    append(folder, record(-1, text='=HYPERLINK("http://x")', symbol="+BAC"))
    store.refresh()
    store.load()
    with CsvFile(tmp_path, "rows") as file:
        file.write(store.at(place) for place in store.places)
    lines = file.path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3
    assert '"\'=HYPERLINK(""http://x"")"' in lines[1]
    assert ",'+BAC," in lines[1]
    with pytest.raises(FileNotFoundError):
        CsvFile(tmp_path / "gone", "rows")


def test_a_csv_that_could_not_be_finished_is_removed(tmp_path: Path) -> None:
    def broken() -> Iterator[HistoryRow]:
        yield HistoryRow("e")
        raise RuntimeError("in between")

    file = CsvFile(tmp_path, "rows")
    assert file.path.exists()
    with pytest.raises(RuntimeError, match="in between"), file:
        file.write(broken())
    assert list(tmp_path.iterdir()) == []


async def test_new_records_come_in_at_the_top_and_do_not_move_a_reader(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    async with running(busy_market(), history=journal(folder, 100)) as (app, pilot):
        await press(pilot, "h")
        screen = app.screen
        assert isinstance(screen, HistoryScreen)
        rows = screen.query_one(HistoryList)
        append(folder, record(-1, text="while following"))
        await screen.read_on()
        await pilot.pause()
        assert rows.cursor == 0
        assert "while following" in screen_text(app).splitlines()[4]
        await press(pilot, "pagedown", "pagedown")
        current, top = rows.current, rows.entries[rows.scroll_offset.y]
        append(folder, record(-2, text="while away"), record(-3, text="while away"))
        await screen.read_on()
        await pilot.pause()
        assert (rows.current, rows.entries[rows.scroll_offset.y]) == (current, top)
        assert "2 new, home follows" in block(app, "history-filter")
        await press(pilot, "home")
        assert "new, home" not in block(app, "history-filter")
        await press(pilot, "down")
        append(folder, record(-4, text="while one down"))
        await screen.read_on()
        await pilot.pause()
        assert "1 new, home follows" in block(app, "history-filter")


async def test_new_records_pass_the_filter(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    async with running(busy_market(), history=journal(folder, 100)) as (app, pilot):
        await press(pilot, "h", "s")
        screen = app.screen
        assert isinstance(screen, HistoryScreen)
        before = len(screen.query_one(HistoryList).entries)
        append(folder, record(-1, symbol="KO"), record(-2, symbol="AAPL"))
        await screen.read_on()
        assert len(screen.query_one(HistoryList).entries) == before + 1


async def test_earlier_days_follow_in_pieces_while_the_newest_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "FIRST_ROWS", 100)
    monkeypatch.setattr(history, "PIECE", 100)
    monkeypatch.setattr(history, "READ_BACK_SECONDS", 3_600.0)
    store = journal(tmp_path / "j", 2_600)
    async with running(busy_market(), history=store, export_directory=tmp_path) as (app, pilot):
        await press(pilot, "h")
        screen = app.screen
        assert isinstance(screen, HistoryScreen)
        rows = screen.query_one(HistoryList)
        first = len(rows.entries)
        assert 0 < first < 2_600
        assert "so far" in block(app, "history-filter")
        await screen._read_back()
        assert len(rows.entries) > first
        await press(pilot, "s")
        filtered = len(rows.entries)
        await press(pilot, "c")
        assert "still being read" in toasts(app)[-1]
        while not store.loaded:
            await screen._read_back()
        assert len(rows.entries) > filtered
        await press(pilot, "x", "end")
        assert rows.current is not None
        assert rows.current.event_id == "e2599"
        assert "so far" not in block(app, "history-filter")


async def test_a_filter_that_finds_nothing_rings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    async with running(busy_market(), history=journal(tmp_path / "j", 50)) as (app, pilot):
        monkeypatch.setattr(app, "bell", lambda: rung.append("bell"))
        await press(pilot, "h", "slash", *"zzz", "enter")
        screen = app.screen
        assert isinstance(screen, HistoryScreen)
        await screen._read_back()
        assert "0 of 0" in block(app, "history-filter")
        assert rung


async def test_a_kind_is_called_as_in_the_list_and_one_without_rows_here_is_passed_by(tmp_path: Path) -> None:
    store = journal(tmp_path / "j", 60)
    async with running(busy_market(), history=store) as (app, pilot):
        while not store.loaded:
            store.load()
        await press(pilot, "h")
        seen: list[str] = []
        while not seen or "kind" in seen[-1]:
            await press(pilot, "e")
            seen.append(block(app, "history-filter"))
            assert "order_flow" not in seen[-1]
        kinds = ["kind answer", "kind EXIT", "kind started", "kind alert"]
        assert all(any(kind in words for words in seen) for kind in kinds)
        await press(pilot, "s", "e")
        while "kind" in (words := block(app, "history-filter")):
            assert "0 of 0" not in words
            await press(pilot, "e")


async def test_no_rows_are_no_file(tmp_path: Path) -> None:
    store = journal(tmp_path / "j", 5)
    async with running(busy_market(), history=store, export_directory=tmp_path / "out") as (app, pilot):
        (tmp_path / "out").mkdir()
        await press(pilot, "h", "slash", *"zzz", "enter")
        screen = app.screen
        assert isinstance(screen, HistoryScreen)
        await screen._read_back()
        await press(pilot, "c")
        assert toasts(app)[-1] == "no rows to write: x clears the filter"
    assert not list((tmp_path / "out").iterdir())


async def test_a_hundred_thousand_rows_draw_only_those_in_sight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "j").mkdir()
    line = json.dumps(record(1)) + "\n"
    (tmp_path / "j" / "2025-10-22.jsonl").write_text(line * 120_000)
    store = HistoryStore(tmp_path / "j")
    drawn: list[int] = []
    original = HistoryList.row

    def row(self: HistoryList, index: int, width: int) -> object:
        drawn.append(index)
        return original(self, index, width)

    monkeypatch.setattr(HistoryList, "row", row)
    async with running(busy_market(), history=store) as (app, pilot):
        await press(pilot, "h")
        screen = app.screen
        assert isinstance(screen, HistoryScreen)
        while not store.loaded:
            await screen._read_back()
        rows = screen.query_one(HistoryList)
        assert len(rows.entries) == 120_000
        await pilot.pause()
        drawn.clear()
        await press(pilot, "end")
        assert rows.cursor == 119_999
        assert set(drawn) <= {0, *range(119_999 - rows.size.height, 120_000)}
        drawn.clear()
        await press(pilot, "up")
        assert len(drawn) < 5


async def test_a_record_whose_file_is_gone_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    async with running(busy_market(), history=journal(folder, 5)) as (app, pilot):
        await press(pilot, "h")
        for path in folder.glob("*.jsonl"):
            path.unlink()
        await press(pilot, "enter", "y")
        assert isinstance(app.screen, HistoryScreen)
        assert any("no longer in its file" in message for message in toasts(app))


async def test_a_record_says_how_its_rule_has_done(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    folder.mkdir()
    fields = {"event": "order_flow_alert", "timestamp_utc": "2025-10-22T14:00:00.000000Z", "evidence": "sell_print"}
    (folder / "2025-10-22.jsonl").write_text(json.dumps(fields, separators=(",", ":")) + "\n")
    async with running(busy_market(), history=HistoryStore(folder)) as (app, pilot):
        await press(pilot, "h", "enter")
        assert "Track record: too few here (7 of 100), sell_print" in screen_text(app)


def test_which_rule_a_record_is_about() -> None:
    assert rule_of({"event": "order_flow_alert", "evidence": "bid_wall"}) == "bid_wall"
    assert rule_of({"event": EXIT_TRIGGERED, "kind": "flow", "evidence": ["a"]}) == "exit"
    assert rule_of({"event": EXIT_TRIGGERED, "kind": "stop"}) == ""
    assert rule_of({"event": "order_flow.alert_outcome", "evidence": "exit"}) == "exit"
    assert rule_of({"event": "order_flow.stop_alert", "evidence": "stop_near"}) == ""
    assert rule_of({"event": "order_flow_alert", "evidence": None}) == ""


async def test_an_empty_journal_is_an_empty_list(tmp_path: Path) -> None:
    (tmp_path / "j").mkdir()
    async with running(busy_market(), history=journal(tmp_path / "j", 0)) as (app, pilot):
        await press(pilot, "h", "enter", "y", "down", "end", "c", "s")
        assert isinstance(app.screen, HistoryScreen)
        assert "0 of 0" in block(app, "history-filter")


async def test_a_click_moves_the_cursor_and_a_second_opens(tmp_path: Path) -> None:
    async with running(busy_market(), history=journal(tmp_path / "j", 50)) as (app, pilot):
        await press(pilot, "h")
        rows = app.screen.query_one(HistoryList)
        await pilot.click(HistoryList, offset=(5, 7))
        assert rows.cursor == 7
        await pilot.click(HistoryList, offset=(5, 7))
        await settled(pilot)
        assert not isinstance(app.screen, HistoryScreen)


async def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    async with running(busy_market(), history=journal(tmp_path / "j", 5), export_directory=tmp_path / "gone") as (
        app,
        pilot,
    ):
        await press(pilot, "h")
        store = app.history
        assert store is not None
        while not store.loaded:
            store.load()
        await press(pilot, "c", "f12")
        assert any(message.startswith("not written:") for message in toasts(app))
