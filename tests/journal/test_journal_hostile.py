"""What others may put in a journal's way: links, pipes, devices, gigabytes, a lock that is never let go."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import pytest

from orderflow_tui.core.learning.learned_sizes import SessionStats
from orderflow_tui.journal.directory import JournalError, claim
from orderflow_tui.journal.file_lines import LONGEST_LINE
from orderflow_tui.journal.history import HistoryStore
from orderflow_tui.journal.reader import JournalReader
from orderflow_tui.journal.recommendations import journaled_recommendations
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.monitor.learned_store import LearnedStore
from orderflow_tui.support import ownership
from tests.journal.journal_tools import DAY_NS, NOON, Clock, numbers, numbers_of, put, writer

TODAY = "2025-10-22.jsonl"
TOMORROW = "2025-10-23.jsonl"


def link_to_a_file(path: Path) -> None:
    path.symlink_to(path.parent / "kept")


def link_to_nothing(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


def link_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/full")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()


def gigabytes(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(20 << 30)


IN_THE_WAY = [link_to_a_file, link_to_nothing, link_to_a_device, pipe, folder, gigabytes]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A file of the trader's that nothing may change: its last line would be taken for a torn record."""
    path = tmp_path / "kept"
    path.write_text("mine, without a newline")
    return path


@pytest.mark.parametrize("name", [TODAY, ".source-class"])
@pytest.mark.parametrize("put_there", IN_THE_WAY)
def test_a_start_is_refused_in_one_line_and_changes_nothing(
    tmp_path: Path, kept: Path, name: str, put_there: Callable[[Path], None]
) -> None:
    put_there(tmp_path / name)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(JournalError) as refused:
        writer(tmp_path)
    assert "\n" not in str(refused.value)
    assert name in str(refused.value)
    assert kept.read_text() == "mine, without a newline"
    assert [path for path in sorted(tmp_path.iterdir()) if path.name != ".source-class"] == [
        path for path in before if path.name != ".source-class"
    ]


@pytest.mark.parametrize("name", ["2025-10-20.jsonl", "2025-10-20.jsonl.gz"])
@pytest.mark.parametrize("put_there", IN_THE_WAY)
def test_an_earlier_day_that_is_none_holds_up_nothing(
    tmp_path: Path, kept: Path, name: str, put_there: Callable[[Path], None]
) -> None:
    put_there(tmp_path / name)
    journal = writer(tmp_path)
    put(journal, 1)
    journal.close()
    read: list[int] = []

    def use() -> None:
        for newest_first in (False, True):
            read.extend(numbers_of(JournalReader(tmp_path).records(newest_first=newest_first)))
        assert journaled_recommendations(tmp_path, "simulated", now_ns=NOON) == []
        with closing(HistoryStore(tmp_path)) as store:
            while store.load():
                pass
            read.extend(int(store[index].event == "order_flow_alert") for index in range(len(store)))

    assert finished(use)
    assert read.count(1) == 3
    assert kept.read_text() == "mine, without a newline"


@pytest.mark.parametrize("put_there", IN_THE_WAY)
def test_what_appears_while_it_runs_makes_records_wait_and_is_said(
    tmp_path: Path, kept: Path, put_there: Callable[[Path], None]
) -> None:
    clock = Clock()
    journal = writer(tmp_path, clock=clock)
    put(journal, 0)
    put_there(tmp_path / TOMORROW)
    clock.now += DAY_NS
    put(journal, 1)
    assert (journal.healthy, journal.waiting) == (False, 1)
    assert journal.problem
    assert kept.read_text() == "mine, without a newline"
    (tmp_path / TOMORROW).rmdir() if put_there is folder else (tmp_path / TOMORROW).unlink()
    journal.tick()
    assert (journal.problem, journal.waiting) == ("", 0)
    assert numbers(tmp_path) == [0, 1]
    journal.close()


def test_a_link_in_the_open_files_place_is_noticed(tmp_path: Path) -> None:
    journal = writer(tmp_path)
    put(journal, 0)
    (tmp_path / TODAY).rename(tmp_path / "moved")
    (tmp_path / TODAY).symlink_to("moved")
    journal.tick()
    put(journal, 1)
    assert "symbolic link" in journal.problem
    journal.close(0)


def test_a_torn_line_is_not_set_aside_through_a_link(tmp_path: Path, kept: Path) -> None:
    (tmp_path / TODAY).write_text('{"torn')
    (tmp_path / (TODAY + ".torn")).symlink_to(kept)
    with pytest.raises(JournalError, match="symbolic link"):
        writer(tmp_path)
    assert kept.read_text() == "mine, without a newline"
    assert (tmp_path / TODAY).read_text() == '{"torn'


def test_a_line_that_is_just_no_journals_is_refused(tmp_path: Path) -> None:
    (tmp_path / TODAY).write_bytes(b"x" * (LONGEST_LINE + 100_000))
    with pytest.raises(JournalError, match="not a journal"):
        writer(tmp_path)


def test_what_is_learnt_is_not_written_through_a_link(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "AAPL.json").write_text("mine")
    (tmp_path / "learned").symlink_to(elsewhere)
    store = LearnedStore(tmp_path)
    store.save("AAPL", SessionStats(date(2025, 10, 22), "regular"))
    assert "symbolic link" in store.problem
    assert (elsewhere / "AAPL.json").read_text() == "mine"


@contextmanager
def locked_by_another(path: Path) -> Iterator[None]:
    """A lock of another open file is another process's to `flock`."""
    descriptor = os.open(path, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def finished(work: Callable[[], object], seconds: float = 20.0) -> bool:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()


def test_who_writes_alone_needs_no_lock_that_another_could_keep(tmp_path: Path) -> None:
    journal = writer(tmp_path)
    with locked_by_another(tmp_path / TODAY):
        put(journal, 0)
        assert (journal.problem, journal.waiting) == ("", 0)
    journal.close()
    assert numbers(tmp_path) == [0]


def test_a_lock_that_is_never_let_go_is_said_and_waited_for_once(tmp_path: Path) -> None:
    other = writer(tmp_path, run_id="other")
    journal = writer(tmp_path)
    put(journal, 0)

    def write() -> None:
        for number in range(1, 500):
            put(journal, number)
        journal.tick()

    with locked_by_another(tmp_path / TODAY):
        assert finished(write)
        assert (journal.problem, journal.waiting) == ("locked by another process", 499)
    journal.tick()
    assert (journal.problem, journal.waiting) == ("", 0)
    assert numbers(tmp_path) == list(range(500))
    journal.close()
    other.close()


def test_a_locked_journal_ends_with_what_it_could_not_write(tmp_path: Path) -> None:
    other = writer(tmp_path, run_id="other")
    journal = writer(tmp_path)
    put(journal, 0)
    unwritten: list[bytes] = []
    with locked_by_another(tmp_path / TODAY):
        put(journal, 1)
        assert finished(lambda: unwritten.extend(journal.close(0.2)))
    assert len(unwritten) == 1
    other.close()


def test_a_start_on_a_locked_journal_is_refused(tmp_path: Path) -> None:
    writer(tmp_path).close()
    refused: list[str] = []

    def start() -> None:
        try:
            JournalWriter(
                tmp_path, data_source="s", source_class="simulated", profile="plan", run_id="r", clock=Clock()
            )
        except JournalError as error:
            refused.append(str(error))

    with locked_by_another(tmp_path / TODAY):
        assert finished(start)
    assert "locked by another process" in refused[0]


@pytest.mark.parametrize("mode", [0o777, 0o707, 0o722])
def test_a_folder_that_everybody_may_write_to_is_no_place_for_a_journal(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "journal"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(JournalError, match=rf"mode {mode:04o}\): `chmod o-w` it \(ORDER_FLOW_LOG_DIR\)$"):
        claim(folder, "live")
    assert list(folder.iterdir()) == []
    folder.chmod(mode | 0o1000)
    claim(folder, "live")


def test_another_users_folder_is_no_place_for_a_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 4_711)
    monkeypatch.setattr(ownership, "owned", lambda found: found.st_uid == os.geteuid())
    with pytest.raises(JournalError, match=r"another user's folder \(uid \d+\): choose another"):
        claim(tmp_path, "live")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    claim(tmp_path, "live")
