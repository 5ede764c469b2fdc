"""Crashes, full disks, vanished directories, two processes: nothing whole is lost, nothing is mixed."""

from __future__ import annotations

import errno
import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orderflow_tui.journal.directory import JournalError
from orderflow_tui.journal.presence import Presence
from orderflow_tui.journal.writer import JournalWriter
from tests.journal.journal_tools import DAY_NS, Clock, numbers, put, records, writer

TODAY = "2025-10-22.jsonl"
needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX files, signals and limits")


def three_records(directory: Path) -> bytes:
    journal = writer(directory)
    for number in range(3):
        put(journal, number, text="päper\n" * number)
    journal.close()
    return (directory / TODAY).read_bytes()


def test_a_crash_at_any_byte_loses_nothing_whole(tmp_path: Path) -> None:
    content = three_records(tmp_path)
    for cut in range(len(content) + 1):
        day, torn = tmp_path / TODAY, tmp_path / (TODAY + ".torn")
        day.write_bytes(content[:cut])
        torn.unlink(missing_ok=True)
        journal = writer(tmp_path, run_id="run2")
        put(journal, 99)
        journal.close()
        whole = content[:cut].count(b"\n")
        tail = content[:cut].rpartition(b"\n")[2]
        if content[cut : cut + 1] == b"\n":  # only the newline is missing
            whole, tail = whole + 1, b""
        assert numbers(tmp_path) == [*range(whole), 99], cut
        assert (torn.read_bytes() if torn.exists() else b"") == (tail + b"\n" if tail else b""), cut


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(tail=st.binary(min_size=1, max_size=300_000).map(lambda tail: tail.replace(b"\n", b" ")))
def test_any_torn_tail_is_set_aside_as_it_is(tmp_path: Path, tail: bytes) -> None:
    for path in tmp_path.glob("2025*"):
        path.unlink()
    content = three_records(tmp_path)
    (tmp_path / TODAY).write_bytes(content + b"{" + tail)
    writer(tmp_path).close()
    assert (tmp_path / TODAY).read_bytes() == content
    assert (tmp_path / (TODAY + ".torn")).read_bytes() == b"{" + tail + b"\n"


def test_a_file_that_is_torn_from_its_first_byte(tmp_path: Path) -> None:
    (tmp_path / TODAY).write_bytes(b"\0" * 200_000)
    journal = writer(tmp_path)
    put(journal, 5)
    journal.close()
    assert numbers(tmp_path) == [5]
    assert (tmp_path / (TODAY + ".torn")).stat().st_size == 200_001


def test_yesterdays_torn_line_joins_nothing(tmp_path: Path) -> None:
    content = three_records(tmp_path)
    (tmp_path / TODAY).write_bytes(content[:-5])
    journal = writer(tmp_path, clock=Clock(Clock().now + DAY_NS))
    put(journal, 9)
    journal.close()
    assert numbers(tmp_path) == [0, 1, 9]


WRITE_FOREVER = """
import sys, time
from pathlib import Path
from orderflow_tui.journal.writer import JournalWriter
from tests.journal.journal_tools import bare
name, count = sys.argv[2], int(sys.argv[3])
journal = JournalWriter(Path(sys.argv[1]), data_source="simulator", source_class="simulated", profile="plan", run_id=name)
for number in range(count):
    journal.write(bare("order_flow_alert", n=number, text=name * (number % 500)), time.time_ns(), time.monotonic_ns())
    print(number, flush=True)
journal.close()
"""


def start(directory: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITE_FOREVER, str(directory), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@needs_posix
def test_a_killed_process_loses_nothing_it_was_told_is_written(tmp_path: Path) -> None:
    process = start(tmp_path, "a", 100_000)
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(300)]
    process.send_signal(signal.SIGKILL)
    said += process.stdout.readlines()
    process.wait()
    process.stdout.close()
    told = int([line for line in said if line.endswith("\n")][-1])
    writer(tmp_path, clock=time.time_ns).close()
    written = numbers(tmp_path)
    assert written == list(range(len(written)))
    assert len(written) > told


def test_two_processes_interleave_whole_lines(tmp_path: Path) -> None:
    processes = [start(tmp_path, name, 400) for name in ("a", "b")]
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    found = records(tmp_path)
    for name in ("a", "b"):
        assert [record["n"] for record in found if record["run_id"] == name] == list(range(400))


LIMITED = """
import resource, sys, time
from pathlib import Path
from orderflow_tui.journal.writer import JournalWriter
from tests.journal.journal_tools import bare
directory = Path(sys.argv[1])
journal = JournalWriter(directory, data_source="s", source_class="simulated", profile="plan", run_id="r")
def put(number): journal.write(bare("order_flow_alert", n=number, text="x" * 100), time.time_ns(), time.monotonic_ns())
put(0)
(day,) = directory.glob("*.jsonl")
size = day.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size * 2 + 50, resource.RLIM_INFINITY))
states = []
for number in range(1, 6):
    put(number)
    states.append((journal.healthy, journal.waiting))
assert states == [(True, 0), (False, 1), (False, 2), (False, 3), (False, 4)], states
assert day.stat().st_size == size * 2, day.stat().st_size
assert journal.problem == "file too large", journal.problem
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.tick()
assert (journal.healthy, journal.waiting, journal.problem) == (True, 0, "")
assert journal.close() == ()
"""


@needs_posix
def test_a_file_that_may_not_grow_keeps_no_half_line_and_heals(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert numbers(tmp_path) == list(range(6))


class Disk:
    """`os.write` for files under a directory: takes `room` bytes, then the disk is full; or cuts writes short."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room: int | None = None
        self.most = 1 << 30
        self.stuck = False
        self._write = os.write
        monkeypatch.setattr("os.write", self.write)

    def write(self, fd: int, content: bytes) -> int:
        if not content.startswith(b'{"event"') and not self.stuck:
            return self._write(fd, content)
        allowed = min(len(content), self.most)
        if self.room is not None:
            allowed = min(allowed, self.room)
            if not allowed:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.room -= allowed
        self.stuck = allowed < len(content)
        return self._write(fd, content[:allowed])


def test_a_full_disk_makes_records_wait_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = writer(tmp_path)
    disk = Disk(monkeypatch)
    put(journal, 0)
    disk.room = 30
    for number in range(1, 5):
        put(journal, number)
        disk.stuck = False
    assert not journal.healthy
    assert journal.problem == "no space left on device"
    assert journal.waiting == 4
    assert numbers(tmp_path) == [0]
    journal.tick()
    assert journal.waiting == 4
    disk.room = None
    put(journal, 5)
    assert (journal.healthy, journal.waiting, journal.problem) == (True, 0, "")
    assert numbers(tmp_path) == list(range(6))
    journal.close()


@pytest.mark.parametrize("most", [1, 7, 100])
def test_a_write_cut_short_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    journal = writer(tmp_path)
    disk = Disk(monkeypatch)
    disk.most = most
    for number in range(3):
        put(journal, number)
    journal.close()
    assert numbers(tmp_path) == [0, 1, 2]


def test_a_write_that_takes_nothing_is_an_error_and_no_endless_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = writer(tmp_path)
    monkeypatch.setattr("os.write", lambda fd, content: 0)
    put(journal, 0)
    assert (journal.waiting, journal.problem) == (1, "nothing was written")
    monkeypatch.undo()
    journal.tick()
    assert numbers(tmp_path) == [0]
    journal.close()


def remove(directory: Path) -> None:
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()


def test_a_removed_directory_is_made_again(tmp_path: Path) -> None:
    directory = tmp_path / "journal"
    journal = writer(directory)
    put(journal, 0)
    journal.tick()
    remove(directory)
    for number in range(1, 4):
        put(journal, number)
    journal.tick()
    assert journal.healthy
    assert numbers(directory) == [1, 2, 3]
    assert "was removed" in journal.notice
    assert (directory / ".source-class").read_text() == "simulated\n"
    journal.close()


def test_a_directory_that_cannot_be_made_again_makes_records_wait(tmp_path: Path) -> None:
    directory = tmp_path / "journal"
    journal = writer(directory)
    remove(directory)
    directory.write_text("in the way")
    for number in range(3):
        put(journal, number)
    assert not journal.healthy
    assert journal.waiting == 3
    directory.unlink()
    journal.tick()
    assert journal.healthy
    assert numbers(directory) == [0, 1, 2]
    journal.close()


def test_a_directory_that_was_given_to_another_class_is_not_written(tmp_path: Path) -> None:
    directory = tmp_path / "journal"
    journal = writer(directory, source_class="live")
    remove(directory)
    writer(directory, source_class="simulated").close()
    put(journal, 0)
    assert "holds a simulated journal" in journal.problem
    (line,) = journal.close(timeout=0)
    assert json.loads(line)["n"] == 0
    assert records(directory) == []


def test_a_renamed_directory_is_noticed_at_the_next_tick(tmp_path: Path) -> None:
    directory, away = tmp_path / "journal", tmp_path / "away"
    journal = writer(directory)
    put(journal, 0)
    directory.rename(away)
    journal.tick()
    put(journal, 1)
    journal.close()
    assert (numbers(away), numbers(directory)) == ([0], [1])


def test_what_was_written_just_before_the_file_was_removed_is_written_again(tmp_path: Path) -> None:
    journal = writer(tmp_path)
    put(journal, 0)
    journal.tick()
    put(journal, 1)
    (tmp_path / TODAY).unlink()
    put(journal, 2)
    journal.close()
    assert numbers(tmp_path) == [1, 2]


def test_a_day_that_was_packed_while_it_was_written_is_not_doubled(tmp_path: Path) -> None:
    journal = writer(tmp_path)
    put(journal, 0)
    (tmp_path / (TODAY + ".gz")).write_bytes(gzip.compress((tmp_path / TODAY).read_bytes()))
    put(journal, 1)
    (tmp_path / TODAY).unlink()
    put(journal, 2)
    journal.close()
    assert numbers(tmp_path) == [1, 2]


def test_a_file_removed_again_and_again_is_a_problem_and_no_endless_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = writer(tmp_path)
    monkeypatch.setattr("orderflow_tui.journal.writer._PROVE_NS", 0)

    def vanish(fd: int, line: bytes) -> None:
        os.write(fd, line)
        (tmp_path / TODAY).unlink()

    monkeypatch.setattr("orderflow_tui.journal.writer.append_alone", vanish)
    for number in range(5):
        put(journal, number)
    assert "again and again" in journal.problem
    monkeypatch.undo()
    journal.tick()
    assert numbers(tmp_path) == list(range(5))
    journal.close()


def test_who_writes_alone_sees_that_another_has_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orderflow_tui.journal.writer._PROVE_NS", 0)
    monkeypatch.setattr("orderflow_tui.journal.writer._LOOK_NS", 0)
    lockless: list[bytes] = []

    def alone(fd: int, line: bytes) -> None:
        lockless.append(line)
        os.write(fd, line)

    monkeypatch.setattr("orderflow_tui.journal.writer.append_alone", alone)
    first = writer(tmp_path, run_id="first")
    put(first, 0)
    second = writer(tmp_path, run_id="second")
    put(first, 1)
    put(second, 2)
    second.close()
    put(first, 3)
    first.close()
    assert [json.loads(line)["n"] for line in lockless] == [0, 3]
    assert numbers(tmp_path) == [0, 1, 2, 3]


def test_a_line_in_the_making_of_a_living_writer_is_not_torn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = three_records(tmp_path)
    (tmp_path / TODAY).write_bytes(content[:-9])
    other = Presence()
    other.enter(tmp_path)

    def finish(seconds: float) -> None:
        (tmp_path / TODAY).write_bytes(content)

    monkeypatch.setattr("orderflow_tui.journal.directory.time.sleep", finish)
    writer(tmp_path).close()
    other.leave()
    assert numbers(tmp_path) == [0, 1, 2]
    assert not (tmp_path / (TODAY + ".torn")).exists()


@pytest.mark.parametrize("beside", [True, False])
def test_a_short_write_that_another_wrote_behind_is_written_again_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: bool
) -> None:
    journal = writer(tmp_path)
    other = writer(tmp_path, run_id="other") if beside else None
    journal.tick()
    write = os.write
    cut: list[int] = []

    def short(fd: int, content: bytes) -> int:
        if cut or not content.startswith(b'{"event"'):
            return write(fd, content)
        cut.append(write(fd, content[:20]))
        with (tmp_path / TODAY).open("ab") as file:
            file.write(b"another's\n")
        return cut[0]

    monkeypatch.setattr("os.write", short)
    put(journal, 0)
    assert journal.problem == "another process wrote into the line"
    put(journal, 1)
    assert journal.healthy
    journal.close()
    if other is not None:
        other.close()
    lines = (tmp_path / TODAY).read_bytes().splitlines()
    assert [json.loads(line)["n"] for line in lines[1:]] == [0, 1]


def fill(journal: JournalWriter, disk: Disk, count: int) -> None:
    disk.room = 0
    for number in range(count):
        put(journal, number)
    assert journal.waiting == count


def test_a_full_queue_makes_the_writer_wait_until_it_heals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = writer(tmp_path, queue_records=3)
    disk = Disk(monkeypatch)
    fill(journal, disk, 3)
    done = threading.Event()

    def write() -> None:
        put(journal, 3)
        done.set()

    thread = in_thread(write)
    assert not done.wait(0.2)
    assert journal.waiting == 3
    disk.room = None
    assert done.wait(5)
    thread.join()
    assert journal.healthy
    journal.close()
    assert numbers(tmp_path) == [0, 1, 2, 3]


def test_close_ends_the_wait_and_hands_back_what_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = writer(tmp_path, queue_records=3)
    disk = Disk(monkeypatch)
    fill(journal, disk, 3)
    said: list[str] = []

    def write() -> None:
        try:
            put(journal, 3)
        except JournalError as error:
            said.append(str(error))

    thread = in_thread(write)
    unwritten = journal.close(timeout=0.2)
    thread.join(5)
    assert said == ["the journal is closed (no space left on device)"]
    assert [json.loads(line)["n"] for line in unwritten] == [0, 1, 2]
    assert journal.waiting == 3, "whoever asks late is told too"
    assert numbers(tmp_path) == []


def test_close_waits_for_the_disk_to_heal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = writer(tmp_path)
    disk = Disk(monkeypatch)
    fill(journal, disk, 3)
    timer = threading.Timer(0.2, lambda: setattr(disk, "room", None))
    timer.start()
    assert journal.close(timeout=10) == ()
    timer.join()
    assert numbers(tmp_path) == [0, 1, 2]


def in_thread(target: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    return thread


def test_a_marker_the_disk_does_not_take_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.write", full)
    with pytest.raises(JournalError, match="cannot be written: no space left on device"):
        writer(tmp_path)
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []
    writer(tmp_path).close()


def test_of_two_classes_that_claim_at_once_one_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_was_faster(directory: Path) -> str:
        (directory / ".source-class").write_text("live\n")
        return ""

    monkeypatch.setattr("orderflow_tui.journal.directory._class_of_records", other_was_faster)
    monkeypatch.setattr("pathlib.Path.is_file", lambda path: False)
    with pytest.raises(JournalError, match="holds a live journal"):
        writer(tmp_path, source_class="simulated")
