"""Work in a thread: its result or its failure is the caller's."""

from __future__ import annotations

import threading

import pytest

from orderflow_tui.support.in_thread import InThread


def test_what_came_of_it_is_handed_over_as_often_as_it_is_asked_for() -> None:
    work = InThread(lambda: threading.current_thread() is threading.main_thread())
    assert [work.result(), work.result()] == [False, False]


def test_what_it_raised_is_raised_where_it_is_asked_for() -> None:
    def fail() -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        InThread(fail).result()
