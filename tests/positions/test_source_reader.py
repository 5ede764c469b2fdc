"""Looks at positions from a thread of their own: what hangs, breaks or is half written holds nobody up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from decimal import Decimal

import pytest

from orderflow_tui.core.model.data_models import Position
from orderflow_tui.positions import Holdings, PositionManager
from orderflow_tui.positions.errors import PositionsError
from orderflow_tui.positions.source_reader import SourceReader


def held(quantity: int) -> Holdings:
    return Holdings((Position("BAC", quantity, Decimal(10)),))


class Source:
    """What a test says it is."""

    def __init__(self) -> None:
        self.version: Hashable = 1
        self.answer: Callable[[], Holdings] = lambda: held(1)
        self.reads = 0
        self.first_seconds = 10.0

    def state(self) -> Hashable:
        return self.version

    def checked_at(self, now: float) -> float:
        return now

    def read(self) -> Holdings:
        self.reads += 1
        return self.answer()


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def quantities(manager: PositionManager) -> list[int]:
    return [position.quantity for position in manager.get_active_positions()]


def test_a_source_that_hangs_is_said_and_never_waited_for() -> None:
    now, source, go_on = [100.0], Source(), threading.Event()
    manager = PositionManager(source, clock=lambda: now[0])

    def hang() -> Holdings:
        assert go_on.wait(10)
        return held(2)

    source.version, source.answer = 2, hang
    assert not manager.refresh_apart()
    until(lambda: source.reads == 2)
    for _ in range(5):
        assert not manager.refresh_apart()
    assert manager.message == ""
    now[0] += 6
    assert not manager.refresh_apart()
    assert manager.message == "positions: reading them takes long (the last good positions still apply)"
    assert quantities(manager) == [1]
    assert source.reads == 2
    go_on.set()
    until(manager.refresh_apart)
    assert quantities(manager) == [2]
    assert manager.message == ""


def test_what_is_being_written_is_read_once_it_is_whole() -> None:
    source = Source()
    manager = PositionManager(source)

    def half() -> Holdings:
        source.version, source.answer = 3, lambda: held(7)
        return Holdings()

    source.version, source.answer = 2, half
    seen: list[int] = []
    while 7 not in seen:
        manager.refresh_apart()
        seen += quantities(manager)
    assert set(seen) == {1, 7}


@pytest.mark.parametrize("defect", [ZeroDivisionError("SECRET"), RecursionError("SECRET"), MemoryError("SECRET")])
def test_a_defect_of_a_reader_is_one_line_and_the_looks_go_on(defect: Exception) -> None:
    source = Source()
    manager = PositionManager(source)

    def fail() -> Holdings:
        raise defect

    source.version, source.answer = 2, fail
    until(lambda: not manager.refresh_apart() and bool(manager.message))
    kind = type(defect).__name__
    assert manager.message == f"positions: cannot be read: {kind} (the last good positions still apply)"
    source.version, source.answer = 3, lambda: held(5)
    until(manager.refresh_apart)
    assert (manager.message, quantities(manager)) == ("", [5])


def test_a_defect_in_telling_the_state_is_one_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source()
    manager = PositionManager(source)
    with monkeypatch.context() as patched:
        patched.setattr(source, "state", lambda: 1 // 0)
        until(lambda: not manager.refresh_apart() and bool(manager.message))
        assert manager.message.startswith("positions: cannot be read: ZeroDivisionError")
    until(lambda: not manager.refresh_apart() and not manager.message)
    assert quantities(manager) == [1]


def test_a_system_without_threads_to_give_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source()
    looker = SourceReader(source, time.monotonic)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", lambda _: (_ for _ in ()).throw(RuntimeError("can't start")))
        looker.begin(1)
    assert looker.take() is None
    looker.begin(2)
    until(lambda: (look := looker.take()) is not None and look.found == held(1))


def test_a_disk_that_hangs_at_the_start_is_refused_in_one_line() -> None:
    source, answers = Source(), threading.Event()
    source.first_seconds = 0.05
    source.answer = lambda: held(1) if answers.wait(10) else held(2)
    with pytest.raises(PositionsError, match=r"^positions: no answer within 0.05 s: .* network drive"):
        PositionManager(source)
    answers.set()
