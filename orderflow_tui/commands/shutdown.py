"""However a run is ended, it is gone within two seconds: its journal closed with the reason, its terminal given back.

Signals reach a pipe, whatever the main thread waits for; a thread of its own reads it, asks the run to leave, and where
that takes too long ends the process itself.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any, Final

from orderflow_tui.outbound.children import end_all
from orderflow_tui.support.terminal import GONE, TERMINAL_GONE, attributes, give_back, hang_up

_HANGUP: Final = int(getattr(signal, "SIGHUP", 0))
"""0 on systems that have none."""
SIGNALS: Final[Mapping[int, tuple[str, int]]] = {
    signal.SIGTERM: ("ended by SIGTERM", 0),
    signal.SIGINT: ("ended by SIGINT", 0),
    **({_HANGUP: (TERMINAL_GONE, GONE)} if _HANGUP else {}),
}
_SECONDS: Final = 1.3
"""How long a run may take to leave by itself."""
_CLOSING_SECONDS: Final = 0.5
_SAYING_SECONDS: Final = 0.2
_ASKED: Final = b"\x00"
_OVER: Final = b"\xff"


class Shutdown:
    """Who asked for the end of a run first, with which reason, and the certainty that it comes.

    Args:
        close: Closes the journal with a reason and an exit code; called in another thread, and only where the run did
            not leave in time.
        screen: Whether there is a terminal to give back.
        losses: What the run could not do to its end, in words; asked only where the run did not leave in time.
        signals: What ends the run: a reason and an exit code each.
    """

    def __init__(
        self,
        close: Callable[[str, int], object],
        *,
        screen: bool,
        losses: Callable[[], str] = str,
        signals: Mapping[int, tuple[str, int]] = SIGNALS,
    ) -> None:
        self.reason = ""
        self.code = 0
        self._words = ""
        self._close = close
        self._losses = losses
        self._signals = signals
        self._screen = screen
        self._attributes = attributes() if screen else None
        self._leave: Callable[[int], object] | None = None
        self._lock = threading.Lock()
        self._reading, self._writing = os.pipe()
        if sys.platform != "win32":
            os.set_blocking(self._writing, False)
        self._before: dict[int, Any] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="ending", daemon=True)

    def start(self) -> None:
        """Take the signals and watch. Called in the main thread."""
        for number in self._signals:
            if number == _HANGUP and not self._screen and signal.getsignal(number) == signal.SIG_IGN:
                continue  # started by nohup
            self._before[number] = signal.signal(number, self._noted)
        if sys.platform != "win32":
            signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, self._signals)
        self._thread.start()
        hang_up.tell(self.ask)

    def _noted(self, number: int, _: FrameType | None) -> None:
        """Where the main thread runs, it says so too: a system may lack the pipe."""
        with suppress(OSError):
            os.write(self._writing, bytes([number]))

    def when_asked(self, leave: Callable[[int], object]) -> None:
        """How the run is asked to leave with an exit code; called at once where that was asked already."""
        with self._lock:
            self._leave = leave
            asked = bool(self.reason)
        if asked:
            leave(self.code)

    def ask(self, reason: str, code: int, words: str = "") -> None:
        """End the run; the first reason stays, and its words are said where the run cannot. From any thread."""
        with self._lock:
            if self.reason:
                return
            self._words = words
            self.reason, self.code = reason, code
        with suppress(OSError):
            os.write(self._writing, _ASKED)

    def over(self) -> None:
        """The run has left by itself. Called in the main thread."""
        self._over.set()
        hang_up.tell(_nothing_left)
        with suppress(OSError):
            os.write(self._writing, _OVER)
        self._thread.join(1.0)
        if sys.platform != "win32":
            signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._writing)
        os.close(self._reading)

    def _watch(self) -> None:
        while not self.reason:
            for byte in os.read(self._reading, 64):
                if byte == _OVER[0]:
                    return
                if byte in self._signals:
                    self.ask(*self._signals[byte])
        with self._lock:
            leave = self._leave
        if leave is not None:
            with suppress(RuntimeError):  # its loop is closed: it leaves already
                leave(self.code)
        if not self._over.wait(_SECONDS if leave is not None else 0):  # nothing there yet that could leave
            self._end_now()

    def _end_now(self) -> None:
        """The run does not leave: a writer stands still, a lock is held."""
        closing = threading.Thread(target=self._close, args=(self.reason, self.code), daemon=True)
        closing.start()
        closing.join(_CLOSING_SECONDS)
        if self._screen:
            give_back(self._attributes)
        if words := "\n".join(filter(None, (self._words, self._losses()))):
            # A terminal that takes nothing more holds up only the thread.
            saying = threading.Thread(target=_say, args=(words,), daemon=True)
            saying.start()
            saying.join(_SAYING_SECONDS)
        end_all()
        os._exit(self.code)


def _say(words: str) -> None:
    with suppress(OSError):
        os.write(sys.stderr.fileno(), f"{words}\n".encode(errors="backslashreplace"))


def _nothing_left(reason: str, code: int) -> None:
    """The run is over already."""
