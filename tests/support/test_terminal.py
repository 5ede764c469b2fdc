"""A terminal that goes away is noticed by whoever waits for it, before and after somebody answers for the run."""

from __future__ import annotations

import os
import pty
import queue
from collections.abc import Iterator

import pytest

from orderflow_tui.support.terminal import GONE, TERMINAL_GONE, HangUp, is_hung_up

WAIT = 10.0


@pytest.fixture
def ends() -> Iterator[list[int]]:
    """Master and slave of a pseudo-terminal."""
    made = list(pty.openpty())
    yield made
    for one in made:
        os.close(one)


def test_before_anybody_answers_for_the_run_the_process_leaves(ends: list[int]) -> None:
    left: queue.Queue[int] = queue.Queue()
    HangUp(left.put).watch(ends[1])
    assert left.empty()
    os.close(ends.pop(0))
    assert left.get(timeout=WAIT) == GONE


def test_whoever_answers_for_the_run_is_asked_to_end_it(ends: list[int]) -> None:
    asked: queue.Queue[tuple[str, int]] = queue.Queue()
    hang_up = HangUp()
    hang_up.watch(ends[1])
    hang_up.tell(lambda *said: asked.put(said))
    os.close(ends.pop(0))
    assert asked.get(timeout=WAIT) == (TERMINAL_GONE, GONE)


def test_whoever_comes_late_is_asked_at_once(ends: list[int]) -> None:
    left: queue.Queue[int] = queue.Queue()
    hang_up = HangUp(left.put)
    hang_up.watch(ends[1])
    os.close(ends.pop(0))
    left.get(timeout=WAIT)
    asked: list[tuple[str, int]] = []
    hang_up.tell(lambda *said: asked.append(said))
    assert asked == [(TERMINAL_GONE, GONE)]


def test_what_is_no_terminal_is_not_watched() -> None:
    reading, writing = os.pipe()
    hang_up = HangUp()
    hang_up.watch(reading)
    assert hang_up.thread is None
    os.close(reading)
    os.close(writing)


def test_a_terminal_that_has_gone_is_told_from_what_never_was_one() -> None:
    master, slave = pty.openpty()
    reading, writing = os.pipe()
    try:
        assert not is_hung_up(slave)
        assert not is_hung_up(reading)
        os.close(master)
        assert is_hung_up(slave)
    finally:
        for descriptor in (slave, reading, writing):
            os.close(descriptor)
