"""The monitor's inbox: data waits when it is full, commands never wait and go first."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

Data = TypeVar("Data")
Command = TypeVar("Command")


class Inbox(Generic[Data, Command]):
    """Two lanes into one thread.

    Args:
        limit: How many data messages may wait; then `put` waits, which slows the feed and not the screen.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._data: deque[Data | Command] = deque()
        self._commands: deque[Command] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, message: Data | Command) -> None:
        """Add data, waiting for room; what comes after `close` is dropped, for nobody reads any more."""
        with self._changed:
            while len(self._data) >= self._limit and not self._closed:
                self._changed.wait()
            if not self._closed:
                self._data.append(message)
                self._changed.notify_all()

    def ask(self, command: Command) -> None:
        """Add a command; returns at once."""
        with self._changed:
            self._commands.append(command)
            self._changed.notify_all()

    def take(self, timeout: float) -> Data | Command | None:
        """The next command, else the next data, waiting at most `timeout` seconds."""
        with self._changed:
            if not self._commands and not self._data and timeout > 0:
                self._changed.wait(timeout)
            if self._commands:
                return self._commands.popleft()
            if not self._data:
                return None
            if len(self._data) == self._limit:
                self._changed.notify_all()
            return self._data.popleft()

    def close(self) -> None:
        """Nobody takes any more: let those who wait go."""
        with self._changed:
            self._closed = True
            self._data.clear()
            self._changed.notify_all()
