"""What is kept on disk hangs, fails or is slow: the rules go on, and what comes late is taken up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.core.learning.learned_sizes import SessionStats
from orderflow_tui.monitor import disk_thread, followup_store, learned_store, stores
from orderflow_tui.monitor.disk_thread import DiskThread
from orderflow_tui.monitor.followup_store import FollowUpStore
from orderflow_tui.monitor.learned_store import LearnedStore
from orderflow_tui.monitor.stores import Stores
from tests.monitor.test_broken_inputs import Run

TAUGHT = SessionStats(date(2026, 9, 21), "regular", 12_000)


class Hanging:
    """Stands for a disk that does not answer until it is let go; no file system here can be made to hang."""

    def __init__(self, real: Callable[..., Any]) -> None:
        self.real = real
        self.gate = threading.Event()
        self.asked = threading.Event()

    def __call__(self, *args: Any, **options: Any) -> Any:
        self.asked.set()
        assert self.gate.wait(20)
        return self.real(*args, **options)


@pytest.fixture
def hang(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any, str], Hanging]]:
    made: list[Hanging] = []

    def replace(module: Any, name: str) -> Hanging:
        made.append(Hanging(getattr(module, name)))
        monkeypatch.setattr(module, name, made[-1])
        return made[-1]

    monkeypatch.setattr(stores, "_START_SECONDS", 0.05)
    yield replace
    for one in made:
        one.gate.set()


@pytest.mark.parametrize("call", ["read_bounded", "replace_file"])
def test_a_disk_that_hangs_silences_no_alert(
    tmp_path: Path, hang: Callable[[Any, str], Hanging], monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr(disk_thread, "_SLOW_SECONDS", 0.0)
    hanging = [hang(module, call) for module in (learned_store, followup_store)]
    run = Run(tmp_path)
    run.monitor._symbols.keep_learned(now=True)
    run.until(lambda: any(one.asked.is_set() for one in hanging))
    run.hears_an_alert()
    run.until(lambda: "followed alerts: no answer from the disk for" in run.monitor.message)
    run.hears_an_alert()
    run.monitor.stop(timeout=20)  # the disk does not answer before the end
    assert not run.monitor._thread.is_alive()
    assert run.monitor.failure is None


def test_figures_that_come_late_are_taken_up(tmp_path: Path, hang: Callable[[Any, str], Hanging]) -> None:
    LearnedStore(tmp_path).save("BAC", TAUGHT)
    hanging = hang(learned_store, "read_bounded")
    late = Stores(LearnedStore(tmp_path), None)
    assert late.taught("BAC") == {}
    assert list(late.late()) == []
    hanging.gate.set()
    late.second()
    assert late.taught("BAC")["regular"].resting == 12_000  # asked again, the answer is waited for
    late.close()


def test_figures_asked_for_once_come_when_the_disk_answers(tmp_path: Path, hang: Callable[[Any, str], Hanging]) -> None:
    LearnedStore(tmp_path).save("BAC", TAUGHT)
    hanging = hang(learned_store, "read_bounded")
    late = Stores(LearnedStore(tmp_path), None)
    assert late.taught("BAC") == {}
    hanging.gate.set()
    late.close()  # all that waited is done
    ((symbol, taught),) = late.late()
    assert (symbol, taught["regular"].resting) == ("BAC", 12_000)
    assert list(late.late()) == []


def test_a_list_that_comes_late_is_not_written_over_before_it_was_read(
    tmp_path: Path, hang: Callable[[Any, str], Hanging]
) -> None:
    (tmp_path / "followups.json").write_bytes(b"[]")
    hanging = hang(followup_store, "read_bounded")
    late = Stores(None, FollowUpStore(tmp_path))
    assert late.take_up({}, 0) == []
    late.keep_followed([], 0, now=True)
    assert late.take_up_late(0) == []
    hanging.gate.set()
    late.close()
    assert late._listed is not None
    assert late._listed.done()
    assert late.take_up_late(0) == []
    assert late._taken_up


def test_a_newer_write_takes_the_place_of_one_that_waits() -> None:
    gate, done = threading.Event(), list[int]()
    disk = DiskThread("figures")
    disk.write("first", lambda: gate.wait(20))
    for number in range(1_000):
        disk.write("same", partial(done.append, number))
    gate.set()
    assert disk.close(20)
    assert done == [999]
    disk.write("after the end", lambda: done.append(-1))
    assert done == [999]


def test_what_waits_is_bounded_and_the_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    done = list[int]()
    disk = DiskThread("figures", most=3)
    hanging = Hanging(lambda: None)
    disk.write("hangs", hanging)
    assert hanging.asked.wait(20)
    for number in range(5):
        disk.write(number, partial(done.append, number))
    assert "figures: no answer from the disk for 0 s" in disk.problem
    monkeypatch.setattr(disk_thread, "_SLOW_SECONDS", 0.0)
    disk.write(0, lambda: done.append(0))
    assert "no answer from the disk" in disk.problem
    assert not disk.close(0.01)
    hanging.gate.set()
    assert disk.close(20)
    assert done == [0, 1, 2]


def test_a_defect_is_said_and_ends_nothing() -> None:
    disk = DiskThread("figures")

    def broken() -> None:
        raise RuntimeError("x\x1b[2J")

    read = disk.read(broken)
    assert isinstance(read.exception(20), RuntimeError)
    assert disk.read(lambda: 1).result(20) == 1
    disk.write("again", broken)
    assert disk.close(20)
    assert disk.problem == "figures failed: RuntimeError: x?[2J"


def test_no_thread_to_be_had_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    disk = DiskThread("figures")
    with monkeypatch.context() as without:
        without.setattr(threading.Thread, "start", none_left)
        first = disk.read(lambda: 1)
    assert disk.read(lambda: 2).result(20) == 2
    assert first.result(20) == 1
    disk.close(20)
