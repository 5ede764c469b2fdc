from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.journal import history, line_index
from orderflow_tui.journal.history import NOT_A_RECORD, HistoryStore
from orderflow_tui.journal.make_records import alert_record, exit_record
from orderflow_tui.journal.records import ApiErrorRecord, GapRecord
from tests.journal.journal_tools import DAY_NS, NOON, Clock, alert, put, writer
from tests.journal.test_journal_reader import answered, pack, three_days
from tests.journal.test_journal_records import RECOMMENDATION


def numbers(store: HistoryStore) -> list[int]:
    return [int(str(store.detail(store[index])["n"])) for index in range(len(store))]


def test_history_follows_what_is_written(tmp_path: Path) -> None:
    journal = three_days(tmp_path)
    store = HistoryStore(tmp_path)
    put(journal, 9)
    assert store.refresh() == 1
    assert numbers(store) == [9]
    store.load(2)
    put(journal, 10)
    put(journal, 11)
    assert store.refresh() == 2
    assert numbers(store) == [11, 10, 9, 8, 7, 6]
    store.load(100)
    assert numbers(store) == list(range(11, -1, -1))
    assert store.refresh() == 0
    journal.close()
    clock = Clock(NOON + 30 * DAY_NS)
    later = writer(tmp_path, clock=clock, run_id="run2")
    put(later, 12)
    assert store.refresh() == 1
    assert store[0].run_id == "run2"
    later.close()


def test_a_line_being_written_is_shown_when_it_is_whole(tmp_path: Path) -> None:
    three_days(tmp_path).close()
    path = tmp_path / "2025-10-24.jsonl"
    line = path.read_bytes().splitlines(keepends=True)[-1]
    with path.open("ab") as file:
        file.write(line[:40])
        file.flush()
        store = HistoryStore(tmp_path)
        assert store.load() == 9
        assert store.refresh() == 0
        file.write(line[40:])
        file.flush()
        assert store.refresh() == 1
    assert store.skipped == 0


def test_the_detail_of_a_row(tmp_path: Path) -> None:
    three_days(tmp_path).close()
    store = HistoryStore(tmp_path)
    store.load(100)
    oldest = store[8]
    assert store.detail(oldest)["event_id"] == oldest.event_id == "run1-1"
    pack(tmp_path / "2025-10-22.jsonl")
    assert store.detail(oldest)["n"] == 0
    store.close()
    first = store[2]
    assert first.offset == 0
    newest = tmp_path / "2025-10-24.jsonl"
    newest.write_text('{"event_id":"other"}\n')  # the same file: a new one might get its number or not
    with pytest.raises(LookupError, match="has moved"):
        store.detail(first)
    newest.write_text("")
    with pytest.raises(LookupError, match="no longer in its file"):
        store.detail(first)
    assert HistoryStore(tmp_path / "nowhere").load() == 0


def test_a_file_replaced_under_its_name_is_read_from_its_beginning(tmp_path: Path) -> None:
    three_days(tmp_path).close()
    store = HistoryStore(tmp_path)
    path = tmp_path / "2025-10-24.jsonl"
    line = path.read_bytes().splitlines(keepends=True)[0]
    fresh = tmp_path / "fresh"
    fresh.write_bytes(line)
    fresh.replace(path)
    assert store.refresh() == 1


def test_rows_say_what_the_screen_needs(tmp_path: Path) -> None:
    journal = writer(tmp_path)
    journal.write(alert_record(alert(evidence="bid_wall_hit", text="SOLD INTO")), NOON, 0)
    journal.write(ApiErrorRecord(error_type="429", detail="slow down", code="C"), NOON, 0)
    journal.write(exit_record(RECOMMENDATION), NOON, 0)
    journal.write(GapRecord(symbol=None, reason="suspended", channel="connection"), NOON, 0)
    journal.close()
    store = HistoryStore(tmp_path)
    store.load(100)
    gap, trigger, error, raised = (store[index] for index in range(4))
    assert (raised.symbol, raised.severity, raised.evidence, raised.text) == (
        "BAC",
        "critical",
        "bid_wall_hit",
        "SOLD INTO",
    )
    assert raised.timestamp_utc == "2025-10-22T12:00:00.123456Z"
    assert error.text == "429 C slow down"
    assert (trigger.text, trigger.recommendation_id, trigger.answer) == (RECOMMENDATION.reason, "BAC:exit:1", "")
    assert (gap.text, gap.symbol) == ("suspended", "")


@pytest.mark.parametrize("early", [0, 1, 2, 3, 4])
def test_a_recommendations_row_shows_its_latest_answer(tmp_path: Path, early: int) -> None:
    """Whether records are met backwards, as news, or some each way."""
    journal = writer(tmp_path)
    steps: list[Any] = [
        lambda: journal.write(exit_record(RECOMMENDATION), NOON, 0),
        lambda: answered(journal, Answer("hold", note="a note")),
        lambda: answered(journal, Answer("trimmed", shares=1300)),
        lambda: answered(journal, Answer("snooze", minutes=5)),
    ]
    for step in steps[:early]:
        step()
    store = HistoryStore(tmp_path)
    for step in steps[early:]:
        step()
    store.refresh()
    store.load(100)
    journal.close()
    assert [store[index].answer for index in range(4)] == ["snoozed 5 min", "sold some 1,300", "kept", "snoozed 5 min"]
    assert store[2].text == "a note"


def test_the_store_reads_what_other_programs_added(tmp_path: Path) -> None:
    record = {"event": "order_flow_alert", "event_id": "x", "timestamp": "t", "symbol": "A", "future": {"a": [1]}}
    (tmp_path / "2025-10-22.jsonl").write_text(json.dumps(record) + "\n")
    store = HistoryStore(tmp_path)
    store.load(100)
    assert store[0].symbol == "A"
    assert store.detail(store[0])["future"] == {"a": [1]}


def test_history_is_newest_first_a_segment_at_a_time(tmp_path: Path) -> None:
    three_days(tmp_path).close()
    store = HistoryStore(tmp_path)
    assert len(store) == 0
    assert store.load(4) == 6  # two days of three records: what was begun is indexed whole
    assert numbers(store) == [8, 7, 6, 5, 4, 3]
    assert not store.loaded
    assert store.load(100) == 3
    assert store.load() == 0
    assert store.loaded
    assert numbers(store) == list(range(8, -1, -1))
    assert list(store.places) == list(range(-1, -10, -1))
    assert store.minutes == {"2025-10-22T12:00"}
    for index in (-1, 9):
        with pytest.raises(IndexError):
            store[index]


def test_a_line_that_is_no_record_is_shown_as_one(tmp_path: Path) -> None:
    three_days(tmp_path).close()
    path = tmp_path / "2025-10-24.jsonl"
    path.write_bytes(b"garbage\n" + path.read_bytes() + b'{"no":"event"}\n\n')
    (tmp_path / "2025-10-21.jsonl.gz").write_bytes(b"no gzip")
    store = HistoryStore(tmp_path)
    (tmp_path / "2025-10-22.jsonl").unlink()
    store.load(100)
    assert [store[index].event == NOT_A_RECORD for index in range(len(store))] == [
        True, True, False, False, False, True, False, False, False,
    ]  # fmt: skip
    assert store[5].text == "this line is not a record: garbage"
    assert store.skipped == 2
    with pytest.raises(LookupError, match="no longer in its file"):
        store.detail(store[5])


def test_rows_whose_file_is_gone_say_so(tmp_path: Path) -> None:
    three_days(tmp_path).close()
    store = HistoryStore(tmp_path)
    store.load(100)
    (tmp_path / "2025-10-23.jsonl").unlink()
    (tmp_path / "2025-10-24.jsonl").write_bytes(b"another\n")
    assert {store[index].text for index in range(6)} == {"the record's file is gone or has changed"}
    assert store[6].text == "text 2"
    assert [place for place, _ in store.lines_back(store.places.start)] == [-7, -8, -9]


def test_a_packed_day_is_read_like_any_other(tmp_path: Path) -> None:
    three_days(tmp_path).close()
    for day in (22, 23):
        pack(tmp_path / f"2025-10-{day}.jsonl")
    store = HistoryStore(tmp_path)
    while store.load():
        pass
    assert numbers(store) == list(range(8, -1, -1))
    pack(tmp_path / "2025-10-24.jsonl")  # the third unpacked day lets the first one go
    assert numbers(store) == list(range(8, -1, -1))
    (tmp_path / "2025-10-20.jsonl.gz").write_bytes(gzip.compress(b'{"event":"x","event_id":"a"}'))
    early = HistoryStore(tmp_path)
    early.load(100)
    assert early[9].event_id == "a"
    early.close()
    store.close()
    assert store[0].event_id == "run1-9"
    store.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    sizes=st.lists(st.integers(0, 90), max_size=40),
    later=st.lists(st.integers(0, 90), max_size=20),
    segment=st.integers(1, 300),
    cached=st.integers(1, 5),
)
def test_every_row_is_found_whatever_the_segments(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    sizes: list[int],
    later: list[int],
    segment: int,
    cached: int,
) -> None:
    monkeypatch.setattr(line_index, "SEGMENT_BYTES", segment)
    monkeypatch.setattr(history, "SEGMENT_BYTES", segment)
    monkeypatch.setattr(history, "_CACHED_ROWS", cached)
    path = tmp_path / "2025-10-22.jsonl"
    written = [f'{{"event":"e","event_id":"{n}","text":"{"x" * size}"}}\n' for n, size in enumerate(sizes)]
    path.write_text("".join(written))
    store = HistoryStore(tmp_path)
    for number, size in enumerate(later, len(sizes)):
        with path.open("a") as file:
            file.write(f'{{"event":"e","event_id":"{number}","text":"{"x" * size}"}}\n')
        if number % 3 == 0:
            store.refresh()
            store.load(1)
    store.refresh()
    while store.load(1):
        pass
    total = len(sizes) + len(later)
    expected = [str(number) for number in range(total - 1, -1, -1)]
    assert [store[index].event_id for index in range(len(store))] == expected
    assert [store.detail(store.at(place))["event_id"] for place in store.places] == expected
    assert [json.loads(line)["event_id"] for _, line in store.lines_back(store.places.start)] == expected


def test_a_long_record_is_found_whole(tmp_path: Path) -> None:
    text = "y" * 600_000
    lines = [json.dumps({"event": "e", "event_id": str(n), "text": text}) + "\n" for n in range(3)]
    path = tmp_path / "2025-10-22.jsonl"
    path.write_text("".join(lines[:2]))
    store = HistoryStore(tmp_path)
    with path.open("a") as file:
        file.write(lines[2])
    store.refresh()
    store.load(100)
    assert [len(str(store.detail(store[index])["text"])) for index in range(3)] == [600_000] * 3
