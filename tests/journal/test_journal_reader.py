from __future__ import annotations

import gzip
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orderflow_tui.core.data_models import Answer, ExitRecommendation
from orderflow_tui.journal import lines as line_module
from orderflow_tui.journal import records as names
from orderflow_tui.journal.lines import backward, complete_end, forward
from orderflow_tui.journal.reader import HistoryStore, JournalReader
from orderflow_tui.journal.records import alert_fields, answer_fields, error_fields, recommendation_fields
from orderflow_tui.journal.restore import restore
from orderflow_tui.journal.writer import JournalWriter
from tests.journal.journal_tools import DAY_NS, NOON, Clock, alert, put, writer
from tests.journal.test_journal_records import OPENED, RECOMMENDATION


def three_days(directory: Path) -> JournalWriter:
    """Nine records over three days, numbered in order; the journal stays open."""
    clock = Clock()
    journal = writer(directory, clock=clock)
    for number in range(9):
        clock.now = NOON + number // 3 * DAY_NS + number
        put(journal, number, text=f"text {number}")
    return journal


def pack(path: Path) -> None:
    with gzip.open(path.with_name(path.name + ".gz"), "wb") as file:
        file.write(path.read_bytes())
    path.unlink()


def test_reading_needs_neither_pydantic_nor_textual() -> None:
    code = (
        "import sys, orderflow_tui.journal.reader, orderflow_tui.journal.restore, orderflow_tui.journal.records\n"
        "assert not {'pydantic', 'textual', 'httpx', 'polygon'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_records_of_all_days_in_both_directions(tmp_path: Path) -> None:
    three_days(tmp_path).close()
    pack(tmp_path / "2025-10-22.jsonl")
    reader = JournalReader(tmp_path)
    assert [record["n"] for record in reader.records()] == list(range(9))
    assert [record["n"] for record in reader.records(newest_first=True)] == list(range(8, -1, -1))
    assert [record["n"] for record in reader.records(since=date(2025, 10, 23))] == list(range(3, 9))
    assert reader.skipped == 0
    assert list(JournalReader(tmp_path / "nowhere").records()) == []


def test_a_day_there_twice_is_read_once(tmp_path: Path) -> None:
    three_days(tmp_path).close()
    path = tmp_path / "2025-10-22.jsonl"
    content = path.read_bytes()
    pack(path)
    path.write_bytes(content)
    assert len(list(JournalReader(tmp_path).records())) == 9


def test_garbage_is_skipped_and_counted(tmp_path: Path) -> None:
    three_days(tmp_path).close()
    path = tmp_path / "2025-10-23.jsonl"
    path.write_bytes(b'[1]\n\n{"n":\n\xff\n' + path.read_bytes() + b'{"event":"torn')
    (tmp_path / "2025-10-21.jsonl.gz").write_bytes(b"no gzip")
    (tmp_path / "2025-10-20.jsonl.gz").write_bytes(gzip.compress(b'{"n":0}\n' * 99)[:-12])
    for newest_first in (False, True):
        reader = JournalReader(tmp_path)
        assert len(list(reader.records(newest_first=newest_first))) == 9
        assert reader.skipped == 6


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    parts=st.lists(st.binary(max_size=30).map(lambda part: part.replace(b"\n", b"")), max_size=30),
    torn=st.binary(max_size=20).map(lambda part: part.replace(b"\n", b"")),
    chunk=st.integers(1, 40),
)
def test_lines_and_offsets_are_the_same_from_both_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: list[bytes], torn: bytes, chunk: int
) -> None:
    monkeypatch.setattr(line_module, "CHUNK", chunk)
    content = b"".join(part + b"\n" for part in parts) + torn
    path = tmp_path / "lines"
    path.write_bytes(content)
    with path.open("rb") as file:
        ahead = list(forward(file))
        assert [line for _, line in ahead] == parts + ([torn] if torn else [])
        assert all(content[offset : offset + len(line)] == line for offset, line in ahead)
        assert list(backward(file, len(content))) == [(at, line) for at, line in ahead[::-1] if line]
        end = complete_end(file)
        assert end == len(content) - len(torn)
        assert list(forward(file, 0, end)) == ahead[: len(parts)]


def numbers(store: HistoryStore) -> list[int]:
    return [int(store.detail(store[index])["n"]) for index in range(len(store))]


def test_history_is_newest_first_in_pieces(tmp_path: Path) -> None:
    three_days(tmp_path).close()
    store = HistoryStore([tmp_path])
    assert len(store) == 0
    assert store.load(4) == 4
    assert numbers(store) == [8, 7, 6, 5]
    assert not store.loaded
    assert store.load(100) == 5
    assert store.loaded
    assert store.load() == 0
    assert numbers(store) == list(range(8, -1, -1))
    assert store[-1].text == "text 0"
    with pytest.raises(IndexError):
        store[9]


def test_history_follows_what_is_written(tmp_path: Path) -> None:
    journal = three_days(tmp_path)
    store = HistoryStore([tmp_path])
    put(journal, 9)
    assert store.refresh() == 1
    assert numbers(store) == [9]
    store.load(2)
    put(journal, 10)
    put(journal, 11)
    assert store.refresh() == 2
    assert numbers(store) == [11, 10, 9, 8, 7]
    store.load()
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
        store = HistoryStore([tmp_path])
        assert store.load() == 9
        assert store.refresh() == 0
        file.write(line[40:])
        file.flush()
        assert store.refresh() == 1
    assert store.skipped == 0


def test_history_of_several_directories_is_one_by_time(tmp_path: Path) -> None:
    clock = Clock()
    journals = [writer(tmp_path / name, clock=clock, source_class=name, run_id=name) for name in ("live", "simulated")]
    for number in range(6):
        clock.now += 1_000_000
        put(journals[number % 2], number)
    store = HistoryStore([tmp_path / "live", tmp_path / "simulated", tmp_path / "later"])
    store.load()
    assert numbers(store) == [5, 4, 3, 2, 1, 0]
    assert [store[0].source_class, store[1].source_class] == ["simulated", "live"]
    later = writer(tmp_path / "later", clock=clock, source_class="live")
    put(later, 6)
    assert store.refresh() == 1
    assert numbers(store)[0] == 6
    for journal in (*journals, later):
        journal.close()


def test_history_holds_only_so_many(tmp_path: Path) -> None:
    journal = three_days(tmp_path)
    store = HistoryStore([tmp_path], most_rows=5)
    store.load()
    assert numbers(store) == [8, 7, 6, 5, 4]
    put(journal, 9)
    put(journal, 10)
    store.refresh()
    assert numbers(store) == [10, 9, 8, 7, 6]
    for number in range(11, 18):
        put(journal, number)
    store.refresh()
    assert numbers(store) == [17, 16, 15, 14, 13]
    journal.close()


def test_history_skips_garbage_and_lost_days(tmp_path: Path) -> None:
    three_days(tmp_path).close()
    path = tmp_path / "2025-10-24.jsonl"
    path.write_bytes(b"garbage\n" + path.read_bytes() + b'{"no":"event"}\n\n')
    (tmp_path / "2025-10-21.jsonl.gz").write_bytes(b"no gzip")
    store = HistoryStore([tmp_path])
    (tmp_path / "2025-10-22.jsonl").unlink()
    store.load()
    assert numbers(store) == [8, 7, 6, 5, 4, 3]
    assert store.skipped == 4


def test_the_detail_of_a_row(tmp_path: Path) -> None:
    three_days(tmp_path).close()
    store = HistoryStore([tmp_path])
    store.load()
    oldest = store[8]
    assert store.detail(oldest)["event_id"] == oldest.event_id == "run1-1"
    pack(tmp_path / "2025-10-22.jsonl")
    assert store.detail(oldest)["n"] == 0
    (tmp_path / "2025-10-22.jsonl").write_text('{"event_id":"other"}\n')
    with pytest.raises(LookupError, match="no longer at its place"):
        store.detail(oldest)
    (tmp_path / "2025-10-22.jsonl").write_text("")
    with pytest.raises(LookupError, match="no longer in its file"):
        store.detail(oldest)
    assert HistoryStore([tmp_path / "nowhere"]).load() == 0


def test_a_file_replaced_under_its_name_is_read_from_its_beginning(tmp_path: Path) -> None:
    three_days(tmp_path).close()
    store = HistoryStore([tmp_path])
    path = tmp_path / "2025-10-24.jsonl"
    line = path.read_bytes().splitlines(keepends=True)[0]
    fresh = tmp_path / "fresh"
    fresh.write_bytes(line)
    fresh.replace(path)
    assert store.refresh() == 1


def test_rows_say_what_the_screen_needs(tmp_path: Path) -> None:
    journal = writer(tmp_path)
    journal.write(names.ALERT, NOON, 0, alert_fields(alert(evidence="bid_wall_hit", text="SOLD INTO")))
    journal.write(names.API_ERROR, NOON, 0, error_fields("429", "slow down", code="C"))
    journal.write(names.EXIT_TRIGGERED, NOON, 0, recommendation_fields(RECOMMENDATION))
    journal.write(names.MONITORING_GAP, NOON, 0, {"symbol": None, "reason": "suspended"})
    journal.close()
    store = HistoryStore([tmp_path])
    store.load()
    gap, trigger, error, raised = (store[index] for index in range(4))
    assert (raised.symbol, raised.severity, raised.evidence, raised.text) == (
        "BAC",
        "critical",
        "bid_wall_hit",
        "SOLD INTO",
    )
    assert raised.counts
    assert raised.timestamp_utc == "2025-10-22T12:00:00.123456Z"
    assert error.text == "429 C slow down"
    assert (trigger.text, trigger.recommendation_id, trigger.answer) == (RECOMMENDATION.reason, "BAC:exit:1", "")
    assert (gap.text, gap.symbol) == ("suspended", "")


def answered(journal: JournalWriter, *answers: Answer, recommendation: ExitRecommendation = RECOMMENDATION) -> None:
    for answer in answers:
        journal.write(names.EXIT_ACKNOWLEDGED, NOON, 0, answer_fields(recommendation, answer, 138_500))


@pytest.mark.parametrize("early", [0, 1, 2, 3, 4])
def test_a_recommendations_row_shows_its_latest_answer(tmp_path: Path, early: int) -> None:
    """Whether records are met backwards, as news, or some each way."""
    journal = writer(tmp_path)
    steps: list[Any] = [
        lambda: journal.write(names.EXIT_TRIGGERED, NOON, 0, recommendation_fields(RECOMMENDATION)),
        lambda: answered(journal, Answer("hold", note="a note")),
        lambda: answered(journal, Answer("trimmed", shares=1300)),
        lambda: answered(journal, Answer("snooze", minutes=5)),
    ]
    for step in steps[:early]:
        step()
    store = HistoryStore([tmp_path])
    for step in steps[early:]:
        step()
    store.refresh()
    store.load()
    journal.close()
    assert [store[index].answer for index in range(4)] == ["snooze 5 min", "trimmed 1,300", "hold", "snooze 5 min"]
    assert store[2].text == "a note"


def named(recommendation_id: str) -> ExitRecommendation:
    return ExitRecommendation(recommendation_id, "BAC", "why", (), (), OPENED)


def trigger(journal: JournalWriter, recommendation_id: str, follows: str = "") -> None:
    journal.write(names.EXIT_TRIGGERED, NOON, 0, recommendation_fields(named(recommendation_id), follows=follows))


def test_restart_finds_what_is_open_held_and_over(tmp_path: Path) -> None:
    clock = Clock()
    journal = writer(tmp_path, clock=clock)
    trigger(journal, "ancient")
    clock.now += 8 * DAY_NS
    for name in ("open", "held", "gone", "first"):
        trigger(journal, name)
    answered(journal, Answer("hold"), Answer("snooze", minutes=15), recommendation=named("held"))
    resolved = {"recommendation_id": "gone", "symbol": "BAC", "status": "resolved", "reason": "quiet"}
    journal.write(names.EXIT_RESOLVED, NOON, 0, resolved)
    trigger(journal, "second", follows="first")
    put(journal, 1, text='"event":"order_flow.exit_')
    journal.close()
    path = tmp_path / "2025-10-30.jsonl"
    path.write_bytes(path.read_bytes() + b'{"event":"order_flow.exit_torn"\n{"event":"order_flow.exit_x","n":1}\n')
    found = restore(tmp_path, "simulated", now_ns=clock.now)
    assert [(one.record["recommendation_id"], one.resolved) for one in found] == [
        ("open", False),
        ("held", False),
        ("gone", True),
        ("first", True),
        ("second", False),
    ]
    held = found[1].answer
    assert held is not None
    assert (held["answer"], held["minutes"]) == ("snooze", 15)
    assert found[0].answer is None
    assert restore(tmp_path, "simulated") == []  # by this machine's clock all of it is long ago
    assert restore(tmp_path, "live", now_ns=clock.now) == []
    assert restore(tmp_path / "nowhere", "live") == []


def test_the_store_reads_what_other_programs_added(tmp_path: Path) -> None:
    record = {"event": "order_flow_alert", "event_id": "x", "timestamp": "t", "symbol": "A", "future": {"a": [1]}}
    (tmp_path / "2025-10-22.jsonl").write_text(json.dumps(record) + "\n")
    store = HistoryStore([tmp_path])
    store.load()
    assert store[0].symbol == "A"
    assert store.detail(store[0])["future"] == {"a": [1]}
