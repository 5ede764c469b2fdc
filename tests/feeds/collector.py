"""Gathers a feed's messages and waits for what must come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from orderflow_tui.core.model.events import Book, Print, TapeCovered
from orderflow_tui.feeds.feed import Batch, FeedMessage

M = TypeVar("M")
PATIENCE = 60.0
"""Seconds after which a test gives up; nothing is asserted about how soon a message comes."""


class Collector:
    """A `put` that remembers."""

    def __init__(self) -> None:
        self.messages: list[FeedMessage] = []
        self._news = threading.Condition()

    def __call__(self, message: FeedMessage) -> None:
        with self._news:
            self.messages.append(message)
            self._news.notify_all()

    def of(self, kind: type[M], symbol: str | None = None) -> list[M]:
        """The messages of one kind so far."""
        with self._news:
            return [
                message
                for message in self.messages
                if isinstance(message, kind) and symbol in (None, getattr(message, "symbol", None))
            ]

    def wait(self, kind: type[M], found: Callable[[M], bool] = lambda _: True, *, count: int = 1, since: int = 0) -> M:
        """The `count`th message of this kind that fits, counted from position `since`."""
        until = time.monotonic() + PATIENCE
        with self._news:
            while True:
                fitting = [m for m in self.messages[since:] if isinstance(m, kind) and found(m)]
                if len(fitting) >= count:
                    return fitting[count - 1]
                if not self._news.wait(until - time.monotonic()):
                    raise AssertionError(f"no {kind.__name__} as expected among {self.messages[since:][-8:]}")

    def mark(self) -> int:
        """A position for `since`."""
        with self._news:
            return len(self.messages)

    def batches(self, symbol: str, channel: str) -> list[Batch]:
        """The good payloads of one channel so far."""
        return [batch for batch in self.of(Batch, symbol) if batch.channel == channel]

    def prints(self, symbol: str) -> list[Print]:
        """Every print delivered so far, in order of delivery."""
        return [event for batch in self.batches(symbol, "tape") for event in batch.events if isinstance(event, Print)]

    def covered(self, symbol: str) -> list[int]:
        """Every instant the tape was said to be covered to."""
        events = [event for batch in self.batches(symbol, "tape") for event in batch.events]
        return [event.time_ns for event in events if isinstance(event, TapeCovered)]


def is_book(symbol: str) -> Callable[[Batch], bool]:
    """A good book of this symbol."""
    return lambda batch: batch.symbol == symbol and batch.channel == "book"


def is_tape(symbol: str) -> Callable[[Batch], bool]:
    """A good tape payload of this symbol."""
    return lambda batch: batch.symbol == symbol and batch.channel == "tape"


def shown(batch: Batch) -> Book:
    """The book a batch carries."""
    (event,) = batch.events
    assert isinstance(event, Book)
    return event


def covers(symbol: str, moment_ns: int) -> Callable[[Batch], bool]:
    """A tape payload that covers this instant."""
    return lambda batch: (
        is_tape(symbol)(batch)
        and any(isinstance(event, TapeCovered) and event.time_ns > moment_ns for event in batch.events)
    )
