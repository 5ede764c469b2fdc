"""What comes while the monitor's thread waits is worked on where it came, one at a time and in its order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from orderflow_tui.monitor.inbox import Inbox

LONG = 30.0


class Kitchen:
    """An inbox whose own thread takes until it is told to end; keeps what was worked on, and by whom."""

    def __init__(self) -> None:
        self.done: list[tuple[int | str, threading.Thread]] = []
        self.inbox: Inbox[int, str] = Inbox(1_000, self.cook)
        self.at_work = 0
        self.waiting = threading.Event()
        self.seen = threading.Condition()
        self.thread = threading.Thread(target=self._run)

    def cook(self, order: int | str) -> bool:
        self.at_work += 1
        assert self.at_work == 1, "two at once"
        with self.seen:
            self.done.append((order, threading.current_thread()))
            self.seen.notify_all()
        self.at_work -= 1
        return True

    def cook_of(self, number: int) -> threading.Thread:
        """Who worked on the order of this number, once it is done."""
        with self.seen:
            assert self.seen.wait_for(lambda: len(self.done) >= number, LONG)
            return self.done[number - 1][1]

    def _run(self) -> None:
        self.inbox.begin()
        try:
            while True:
                self.waiting.set()
                self.inbox.wait(LONG)
                while (order := self.inbox.take()) is not None:
                    if order == "end":
                        return
                    self.cook(order)
        finally:
            self.inbox.close()
            self.inbox.end()

    @contextmanager
    def open(self) -> Iterator[Kitchen]:
        self.thread.start()
        try:
            yield self
        finally:
            self.inbox.ask("end")
            self.thread.join(LONG)
        assert not self.thread.is_alive()


def test_data_is_worked_on_by_whoever_brings_it_while_nothing_else_is() -> None:
    with Kitchen().open() as kitchen:
        count, cook = 0, kitchen.thread
        while cook is not threading.current_thread():  # it may not wait yet
            kitchen.inbox.put(1)
            count += 1
            cook = kitchen.cook_of(count)
        assert kitchen.inbox.take() is None


def test_each_threads_data_keeps_its_order_whoever_works_on_it() -> None:
    with Kitchen().open() as kitchen:

        def bring(first: int) -> None:
            for number in range(first, first + 500):
                kitchen.inbox.put(number)

        threads = [threading.Thread(target=bring, args=(first,)) for first in (0, 1_000, 2_000)]
        for thread in threads:
            thread.start()
        for number in range(50):
            kitchen.inbox.ask(f"{number}")
        for thread in threads:
            thread.join(LONG)
        kitchen.cook_of(1_550)
    worked = [order for order, _ in kitchen.done]
    for first in (0, 1_000, 2_000):
        mine = [order for order in worked if isinstance(order, int) and first <= order < first + 1_000]
        assert mine == list(range(first, first + 500))
    assert [order for order in worked if isinstance(order, str)] == [f"{number}" for number in range(50)]


def test_where_nobody_takes_any_more_nobody_works() -> None:
    kitchen = Kitchen()
    with kitchen.open():
        pass
    kitchen.inbox.put(1)
    assert not kitchen.done


def test_who_waits_comes_to_his_turn_beside_one_who_brings_without_a_pause() -> None:
    with Kitchen().open() as kitchen:
        ended = threading.Event()

        def flood() -> None:
            while not ended.is_set():
                kitchen.inbox.put(1)

        thread = threading.Thread(target=flood)
        thread.start()
        kitchen.waiting.clear()
        kitchen.inbox.call()
        came = kitchen.waiting.wait(LONG)
        ended.set()
        thread.join(LONG)
        assert came
