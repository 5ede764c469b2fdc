"""The terminal beside the screen: noticing that it is gone, from the first moment on, and giving it back."""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

if sys.platform != "win32":
    import termios

GONE: Final = 129
"""The exit code when the terminal is gone: what a shell calls the end by SIGHUP."""
TERMINAL_GONE: Final = "the terminal is gone"
SCREEN_STREAMS: Final = (0, 2)
"""Where the dashboard reads and paints."""
_RESTORE: Final = (
    b"\x1b\\\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[<u"
    b"\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[0m\x1b[23;0t"
)


class HangUp:
    """Waits for the terminal of a process to go away; a window may close without a signal."""

    def __init__(self, leave: Callable[[int], object] = os._exit) -> None:
        self._leave = leave
        self._ask: Callable[[str, int], object] | None = None
        self._gone = False
        self._lock = threading.Lock()
        self._watched: tuple[int, ...] = ()
        self.thread: threading.Thread | None = None

    def watch(self, *descriptors: int) -> None:
        """Begin; descriptors that are no terminal are left out."""
        self._watched = tuple(one for one in descriptors if os.isatty(one)) if hasattr(select, "poll") else ()
        self.watch_again()

    def watch_again(self) -> None:
        """Go on in a forked child, which has no threads yet."""
        if self._watched:
            self.thread = threading.Thread(target=self._wait, name="hang-up", daemon=True)
            self.thread.start()

    def tell(self, ask: Callable[[str, int], object]) -> None:
        """Who ends the run from now on, for a reason and with an exit code; before that the process just leaves."""
        with self._lock:
            self._ask = ask
            gone = self._gone
        if gone:
            ask(TERMINAL_GONE, GONE)

    def _wait(self) -> None:
        poll = select.poll()
        for descriptor in self._watched:
            poll.register(descriptor, 0)  # a hang-up is always told
        said = 0
        while not said & select.POLLHUP:
            (descriptor, said), *_ = poll.poll()
            if not said & select.POLLHUP:
                poll.unregister(descriptor)  # closed by ourselves
        with self._lock:
            self._gone = True
            ask = self._ask
        if ask is None:
            self._leave(GONE)
        else:
            ask(TERMINAL_GONE, GONE)


hang_up: Final = HangUp()
"""This process's."""


def is_hung_up(descriptor: int) -> bool:
    """Whether this was a terminal that has gone: nothing says so any more but the error it fails with."""
    if sys.platform == "win32":
        return False
    try:
        termios.tcgetattr(descriptor)
    except termios.error as error:
        return bool(error.args[0] == errno.EIO)
    return False


def is_shown_to_nobody() -> bool:
    """Whether what shows our terminal, as `script` does, goes on though its own terminal is gone. Only Linux says."""
    try:
        leader = os.getsid(0)
        with open(f"/proc/{leader}/stat", encoding="utf-8") as file:  # noqa: PTH123 one read
            shows = file.read().rpartition(")")[2].split()[1]
        return os.readlink(f"/proc/{shows}/fd/0").endswith(" (deleted)")  # noqa: PTH115 the text, not a path
    except OSError:
        return False


def attributes() -> list[Any] | None:
    """The terminal's attributes on stdin, or None where it is no terminal."""
    if sys.platform == "win32":
        return None
    try:
        return termios.tcgetattr(sys.__stdin__.fileno()) if sys.__stdin__ is not None else None
    except (termios.error, ValueError, OSError):
        return None


def give_back(before: list[Any] | None) -> None:
    """Restore the terminal without waiting for it: output it has not read yet is dropped.

    Args:
        before: Its attributes before the screen; None leaves it alone.
    """
    if sys.platform == "win32" or before is None or sys.__stdin__ is None or sys.__stderr__ is None:
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})  # in the background too
    with suppress(termios.error, OSError, ValueError):
        termios.tcflush(sys.__stderr__.fileno(), termios.TCOFLUSH)
        termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSANOW, before)
        if select.select([], [sys.__stderr__.fileno()], [], 0.1)[1]:
            os.write(sys.__stderr__.fileno(), _RESTORE)
