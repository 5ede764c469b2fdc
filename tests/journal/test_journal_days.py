"""A day that is packed while it is written, or while it is read: every record is read once."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orderflow_tui.journal.days import day_files
from orderflow_tui.journal.history import HistoryStore
from orderflow_tui.journal.reader import JournalReader
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.report.parallel import add_journal
from orderflow_tui.report.tally import Tally
from tests.journal.journal_tools import numbers_of, put, writer

TODAY = "2025-10-22.jsonl"


def pack(path: Path, *, keep: bool = False) -> None:
    """As gzip does it."""
    with path.open("rb") as plain, gzip.open(f"{path}.gz", "wb") as packed:
        shutil.copyfileobj(plain, packed)
    if not keep:
        path.unlink()


def numbers(directory: Path, *, newest_first: bool = False) -> list[int]:
    reader = JournalReader(directory)
    found = numbers_of(reader.records(newest_first=newest_first))
    assert reader.skipped == 0
    return found


def shown(store: HistoryStore) -> list[int]:
    store.refresh()
    while store.load():
        pass
    return [int(str(store.detail(store[index])["n"])) for index in range(len(store) - 1, -1, -1)]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[JournalWriter]:
    opened = writer(tmp_path)
    for number in range(3):
        put(opened, number)
    yield opened
    opened.close()


def test_a_day_packed_while_it_is_written_keeps_both_halves(tmp_path: Path, journal: JournalWriter) -> None:
    pack(tmp_path / TODAY)
    for number in range(3, 6):
        put(journal, number)
    journal.tick()
    assert [path.name for path in day_files(tmp_path)] == [f"{TODAY}.gz", TODAY]
    assert numbers(tmp_path) == list(range(6))
    assert numbers(tmp_path, newest_first=True) == list(range(5, -1, -1))
    with closing(HistoryStore(tmp_path)) as store:
        assert shown(store) == list(range(6))
    for least_bytes in (0, 1 << 30):
        tally = Tally()
        add_journal(tally, tmp_path, None, least_bytes)
        assert tally.lines == 6


def test_a_history_that_is_open_keeps_both_halves_too(tmp_path: Path, journal: JournalWriter) -> None:
    with closing(HistoryStore(tmp_path)) as store:
        assert shown(store) == [0, 1, 2]
        put(journal, 3)
        assert shown(store) == [0, 1, 2, 3]
        pack(tmp_path / TODAY)
        put(journal, 4)
        journal.tick()
        store._files._lines.clear()
        assert shown(store) == [0, 1, 2, 3, 4]


def test_a_copy_beside_the_day_is_not_read_twice(tmp_path: Path, journal: JournalWriter) -> None:
    pack(tmp_path / TODAY, keep=True)
    put(journal, 3)
    assert [path.name for path in day_files(tmp_path)] == [TODAY]
    assert numbers(tmp_path) == [0, 1, 2, 3]


@pytest.mark.parametrize("part", [0, 5, 12])
def test_a_packed_file_in_the_making_is_not_read(tmp_path: Path, journal: JournalWriter, part: int) -> None:
    pack(tmp_path / TODAY, keep=True)
    packed = tmp_path / f"{TODAY}.gz"
    packed.write_bytes(packed.read_bytes()[:part])
    assert [path.name for path in day_files(tmp_path)] == [TODAY]
    assert numbers(tmp_path) == [0, 1, 2]


def test_a_damaged_packed_half_is_said(tmp_path: Path, journal: JournalWriter) -> None:
    (tmp_path / f"{TODAY}.gz").write_bytes(b"no gzip at all")
    reader = JournalReader(tmp_path)
    assert numbers_of(reader.records()) == [0, 1, 2]
    assert reader.damaged == [f"{TODAY}.gz"]


def test_a_day_packed_between_listing_and_reading_is_read(tmp_path: Path, journal: JournalWriter) -> None:
    (tmp_path / "2025-10-21.jsonl").write_bytes((tmp_path / TODAY).read_bytes())
    lines = JournalReader(tmp_path).lines()
    next(lines)
    pack(tmp_path / TODAY)
    put(journal, 3)
    journal.tick()
    assert len(list(lines)) == 2 + 4


def test_only_the_end_of_a_huge_day_is_looked_through(tmp_path: Path, journal: JournalWriter) -> None:
    for number in range(3, 2_000):
        put(journal, number)
    for newest_first in (False, True):
        reader = JournalReader(tmp_path, newest_bytes=30_000)
        found = sorted(numbers_of(reader.records(newest_first=newest_first)))
        assert reader.skipped == 0
        assert found == list(range(found[0], 2_000))
        assert 20 < len(found) < 60
    pack(tmp_path / TODAY)
    reader = JournalReader(tmp_path, newest_bytes=10_000)
    assert list(reader.records()) == []
    assert reader.damaged == [f"{TODAY}.gz"]
