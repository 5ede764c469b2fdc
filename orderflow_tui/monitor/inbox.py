"""The monitor's inbox: data waits when it is full, commands never wait and go first; where nobody works, nothing waits.

A thread that is woken for each frame costs more than the frame itself. So whoever brings data works on it himself while
the monitor's thread waits and nothing else does: one at a time, by the turn that the monitor's thread lays down while
it waits.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Data = TypeVar("Data")
Command = TypeVar("Command")
Kind = TypeVar("Kind")


class Inbox(Generic[Data, Command]):
    """Two lanes into one thread, and a way past them while it waits.

    Args:
        limit: How many data messages may wait; then `put` waits, which slows the feed and not the screen.
        at_once: Works on data in the thread that brought it, with the turn; whether it did. None: nothing is.
    """

    def __init__(self, limit: int, at_once: Callable[[Data | Command], bool] | None = None) -> None:
        self._limit = limit
        self._at_once = at_once
        self._data: deque[Data | Command] = deque()
        self._commands: deque[Command] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._called = False
        self._wanted = False
        """The monitor's thread waits no more: nobody else begins."""
        self._turn = threading.Lock()

    def put(self, message: Data | Command) -> None:
        """Add data, waiting for room; what comes after `close` is dropped, for nobody reads any more."""
        if self._at_once is not None and self._idle and self._turn.acquire(blocking=False):
            try:
                if self._idle and self._at_once(message):
                    return
            finally:
                self._turn.release()
        with self._changed:
            while len(self._data) >= self._limit and not self._closed:
                self._changed.wait()
            if not self._closed:
                self._data.append(message)
                self._changed.notify_all()

    @property
    def _idle(self) -> bool:
        """Nothing waits that came before, and nobody."""
        return not (self._data or self._commands or self._wanted or self._closed)

    def ask(self, command: Command) -> None:
        """Add a command; returns at once."""
        with self._changed:
            self._commands.append(command)
            self._changed.notify_all()

    def call(self) -> None:
        """Let `wait` end: there is something to do that no message brings."""
        with self._changed:
            self._called = True
            self._changed.notify_all()

    def begin(self) -> None:
        """The thread that takes begins its turn; it lays it down in `wait` alone, until `end`."""
        self._turn.acquire()

    def end(self) -> None:
        """It takes no more."""
        self._turn.release()

    def wait(self, timeout: float) -> None:
        """Wait at most `timeout` seconds for a message or a call; meanwhile others may have their turn."""
        self._turn.release()
        try:
            with self._changed:
                if not (self._commands or self._data or self._called):
                    self._changed.wait(timeout)
                self._called = False
        finally:
            self._wanted = True
            self._turn.acquire()
            self._wanted = False

    def take(self) -> Data | Command | None:
        """The next command, else the next data; None where there is neither."""
        with self._changed:
            if self._commands:
                return self._commands.popleft()
            return self._pop() if self._data else None

    def take_next(self, kind: type[Kind]) -> Kind | None:
        """The next data if it is of this kind; None where it is not, or where a command waits."""
        if not self._data:
            return None
        with self._changed:
            if self._commands or not self._data or type(self._data[0]) is not kind:
                return None
            taken = self._pop()
        assert isinstance(taken, kind)
        return taken

    def _pop(self) -> Data | Command:
        if len(self._data) == self._limit:
            self._changed.notify_all()
        return self._data.popleft()

    def close(self) -> None:
        """Nobody takes any more: let those who wait go."""
        with self._changed:
            self._closed = True
            self._data.clear()
            self._changed.notify_all()
