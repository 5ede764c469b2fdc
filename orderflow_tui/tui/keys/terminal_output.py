"""Writes to the terminal from a thread of its own: the screen never waits for a terminal that reads nothing."""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from textual.drivers._writer_thread import WriterThread

BEHIND: Final = 1 << 15
"""Bytes waiting: with more than this no frame is painted; the whole screen is, once all of it is written."""
MOST_WAITING: Final = 500
"""Pieces waiting, titles and bells among them; more are dropped."""
_LOOK_SECONDS: Final = 0.1
_STOP_SECONDS: Final = 0.5


class TerminalOutput(WriterThread):
    """Stands where Textual has a queue that blocks the app when the terminal is slow or gone.

    Args:
        file: The terminal.
        lost: Called once, in this thread, with the reason why it takes nothing more.
        caught_up: Called in this thread when frames were left out and everything that waited is written.
    """

    def __init__(self, file: Any, lost: Callable[[str], None], caught_up: Callable[[], None]) -> None:
        super().__init__(file)
        self._descriptor = file.fileno()
        self._encoding = file.encoding or "utf-8"
        self.unicode = "utf" in self._encoding.lower()
        """Whether the terminal's encoding has more than ASCII."""
        self._lost, self._caught_up = lost, caught_up
        self._changed = threading.Condition()
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._left_out = self._closing = self._dead = False

    @property
    def behind(self) -> bool:
        """Whether the terminal shows an older screen than the app has."""
        return self._left_out

    @property
    def complete(self) -> bool:
        """Whether everything was written, after `stop`."""
        return not (self._waiting or self._left_out or self.is_alive())

    def takes_frame(self) -> bool:
        """Whether to paint now. Where not, `caught_up` asks for the whole screen later."""
        with self._changed:
            self._left_out = self._left_out or self._size > BEHIND
            return not (self._left_out or self._dead)

    def write(self, text: str) -> None:
        """Hand text over; returns at once."""
        data = text.encode(self._encoding, "backslashreplace")
        with self._changed:
            if self._dead or not data:
                return
            if len(self._waiting) >= MOST_WAITING:
                self._left_out = True
                return
            self._waiting.append(data)
            self._size += len(data)
            self._changed.notify()

    def run(self) -> None:
        """Write what comes until the end, or until it cannot be written."""
        try:
            while (data := self._next()) is not None:
                self._write_whole(data)
        except OSError as error:
            self._dead = True
            self._lost(f"the terminal takes nothing more: {error.strerror}")

    def _next(self) -> bytes | None:
        """What to write next, nothing after frames were left out; None at the end."""
        with self._changed:
            while not self._waiting:
                if self._closing:
                    return None
                if self._left_out:
                    self._left_out = False
                    break
                self._changed.wait()
            else:
                return self._waiting.popleft()
        self._caught_up()
        return b""

    def _write_whole(self, data: bytes) -> None:
        left = memoryview(data)
        while left and not self._dead:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:  # another program made the terminal non-blocking
                select.select([], [self._descriptor], [], _LOOK_SECONDS)
        with self._changed:
            self._size -= len(data)

    def stop(self) -> None:
        """Write what waits, within half a second; a terminal that reads nothing keeps a daemon thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self.join(_STOP_SECONDS)
        self._dead = True
