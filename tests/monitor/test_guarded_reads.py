"""What is beside the rules fails in every way, and the rules go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from orderflow_tui.monitor import guarded_reads
from orderflow_tui.monitor.guarded_reads import BoundedRead, Guard


def until(done: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_look_tells_what_it_found_once() -> None:
    found = iter([1, 2, 3])
    look = BoundedRead("numbers", lambda: next(found))
    assert [look.turn(20) for _ in range(3)] == [1, 2, 3]
    look.close()


def test_nobody_waits_for_a_look_that_hangs_and_it_is_said(monkeypatch: object) -> None:
    gate = threading.Event()
    look = BoundedRead("settings", lambda: gate.wait(20))
    began = time.monotonic()
    assert [look.turn(0.0) for _ in range(5)] == [None] * 5
    assert time.monotonic() - began < 10
    assert look.problem == ""
    look._began = time.monotonic() - guarded_reads._SLOW_SECONDS - 1
    assert look.problem == "settings: no answer from the disk for 11 s; the last reading still applies"
    gate.set()
    until(lambda: look.turn(0.1))
    assert look.problem == ""
    look.close()


def test_a_look_that_fails_is_said_and_the_next_one_looks_again() -> None:
    def look_once() -> str:
        if broken:
            raise MemoryError(broken[0])
        return "good"

    broken = ["a\x1b[2Jb"]
    look = BoundedRead("settings", look_once)
    assert look.turn(20) is None
    assert look.problem == "settings cannot be read: MemoryError: a?[2Jb; the last reading still applies"
    broken.clear()
    assert look.turn(20) == "good"
    assert look.problem == ""
    look.close()
    until(lambda: look._thread is not None and not look._thread.is_alive())


def test_a_guard_tells_what_fails_until_it_works_again() -> None:
    guarded_reads = Guard()
    assert guarded_reads.run("one", lambda: 1 // 0, 7) == 7
    assert guarded_reads.run("other", lambda: 5, 7) == 5
    assert guarded_reads.problem == "one failed: ZeroDivisionError: integer division or modulo by zero"
    assert guarded_reads.run("one", lambda: 3, 7) == 3
    assert guarded_reads.problem == ""
