from __future__ import annotations

import gzip
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orderflow_tui.core.model.data_models import Answer, ExitRecommendation
from orderflow_tui.core.model.outputs import AnswerTakenBack
from orderflow_tui.journal import file_lines as line_module
from orderflow_tui.journal.file_lines import backward, complete_end, forward
from orderflow_tui.journal.make_records import answer_record, exit_record, record_of
from orderflow_tui.journal.reader import JournalReader
from orderflow_tui.journal.recommendations import journaled_recommendations
from orderflow_tui.journal.records import ResolvedRecord
from orderflow_tui.journal.writer import JournalWriter
from tests.journal.journal_tools import DAY_NS, NOON, Clock, numbers_of, put, writer
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
        "import sys, orderflow_tui.journal.reader, orderflow_tui.journal.recommendations, orderflow_tui.journal.records\n"
        "assert not {'pydantic', 'textual', 'httpx', 'polygon'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_records_of_all_days_in_both_directions(tmp_path: Path) -> None:
    three_days(tmp_path).close()
    pack(tmp_path / "2025-10-22.jsonl")
    reader = JournalReader(tmp_path)
    assert numbers_of(reader.records()) == list(range(9))
    assert numbers_of(reader.records(newest_first=True)) == list(range(8, -1, -1))
    assert numbers_of(reader.records(since=date(2025, 10, 23))) == list(range(3, 9))
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


def answered(journal: JournalWriter, *answers: Answer, recommendation: ExitRecommendation = RECOMMENDATION) -> None:
    for answer in answers:
        journal.write(answer_record(recommendation, answer, 138_500), NOON, 0)


def named(recommendation_id: str) -> ExitRecommendation:
    return ExitRecommendation(recommendation_id, "BAC", "why", (), (), OPENED)


def trigger(journal: JournalWriter, recommendation_id: str, follows: str = "") -> None:
    journal.write(exit_record(named(recommendation_id), follows=follows), NOON, 0)


def test_restart_finds_what_is_open_held_and_over(tmp_path: Path) -> None:
    clock = Clock()
    journal = writer(tmp_path, clock=clock)
    trigger(journal, "ancient")
    clock.now += 8 * DAY_NS
    for name in ("open", "held", "gone", "first"):
        trigger(journal, name)
    answered(journal, Answer("hold"), Answer("snooze", minutes=15), recommendation=named("held"))
    resolved = ResolvedRecord(recommendation_id="gone", symbol="BAC", status="resolved", reason="quiet")
    journal.write(resolved, NOON, 0)
    trigger(journal, "second", follows="first")
    for name, status in (("undone", "open"), ("over", "resolved")):
        trigger(journal, name)
        answered(journal, Answer("exited"), recommendation=named(name))
        back = AnswerTakenBack(replace(named(name), status=status), Answer("exited"), NOON, None)  # type: ignore[arg-type]
        journal.write(record_of(back), NOON, 0)
    put(journal, 1, text='"event":"order_flow.exit_')
    journal.close()
    path = tmp_path / "2025-10-30.jsonl"
    path.write_bytes(path.read_bytes() + b'{"event":"order_flow.exit_torn"\n{"event":"order_flow.exit_x","n":1}\n')
    found = journaled_recommendations(tmp_path, "simulated", now_ns=clock.now)
    assert [(one.record.recommendation_id, one.resolved) for one in found] == [
        ("open", False),
        ("held", False),
        ("gone", True),
        ("first", True),
        ("second", False),
        ("undone", False),
        ("over", True),
    ]
    assert [one.answer for one in found[-2:]] == [None, None]
    held = found[1].answer
    assert held is not None
    assert (held.answer, held.minutes) == ("snooze", 15)
    assert found[0].answer is None
    assert journaled_recommendations(tmp_path, "simulated") == []  # by this machine's clock all of it is long ago
    assert journaled_recommendations(tmp_path, "live", now_ns=clock.now) == []
    assert journaled_recommendations(tmp_path / "nowhere", "live") == []
