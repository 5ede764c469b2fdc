"""The terminal's driver: reads through `TerminalInput`, and notices by itself when there is no terminal any more."""

from __future__ import annotations

import os
import queue
import select
import threading
import time
from collections.abc import Callable
from typing import Any, Final, NoReturn

from textual import events
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from orderflow_tui.tui.keys.guarded_app import GuardedApp
from orderflow_tui.tui.keys.passing import Passing
from orderflow_tui.tui.keys.terminal_input import HOLD_SECONDS, TerminalInput, doubted, plausible_size

_READ: Final = 4096
_LOOK_SECONDS: Final = 0.1
_SOON_SECONDS: Final = 0.02
_STOP_SECONDS: Final = 0.5
_MOST_WAITING: Final = 30
_PLAIN_SIZE: Final = (80, 24)


class Output(WriterThread):
    """Writes to the terminal; once that fails nothing waits for it any more.

    Args:
        file: The terminal.
        lost: Called once, in this thread, with the reason why it takes nothing more.
    """

    def __init__(self, file: Any, lost: Callable[[str], None]) -> None:
        super().__init__(file)
        self._waiting: queue.Queue[bytes | None] = queue.Queue(_MOST_WAITING)
        self._encoding = file.encoding or "utf-8"
        self._lost = lost
        self._dead = False

    def write(self, text: str) -> None:
        """Hand text over; waits while a living terminal is slow."""
        self._put(text.encode(self._encoding, "backslashreplace"))

    def _put(self, data: bytes | None) -> None:
        while not self._dead:
            try:
                self._waiting.put(data, timeout=_LOOK_SECONDS)
            except queue.Full:
                continue
            return

    def run(self) -> None:
        """Write what comes until the end, or until it cannot be written."""
        try:
            while (data := self._waiting.get()) is not None:
                self._write_whole(data)
        except OSError as error:
            self._dead = True
            self._lost(f"the terminal takes nothing more: {error.strerror}")

    def _write_whole(self, data: bytes) -> None:
        descriptor = self.fileno()
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(descriptor, left) :]
            except BlockingIOError:  # another program made the terminal non-blocking
                select.select([], [descriptor], [], _LOOK_SECONDS)

    def stop(self) -> None:
        """Write what waits, within half a second; a terminal that stands still keeps a daemon thread."""
        until = time.monotonic() + _STOP_SECONDS
        while not self._dead:
            try:
                self._waiting.put(None, timeout=_LOOK_SECONDS)
            except queue.Full:
                self._dead = time.monotonic() > until
                continue
            break
        self.join(max(0.0, until - time.monotonic()))
        self._dead = True


class TerminalDriver(LinuxDriver):
    """Textual's, with another input and another output."""

    def __init__(self, app: GuardedApp, **options: Any) -> None:
        super().__init__(app, **options)
        self._dashboard = app
        self._output: Output | None = None
        self._last_size = _PLAIN_SIZE

    def _get_terminal_size(self) -> tuple[int, int]:
        """The terminal's size; one that no terminal has leaves the last."""
        size = super()._get_terminal_size()
        if plausible_size(*size):
            self._last_size = size
        return self._last_size

    def start_application_mode(self) -> None:
        """Start application mode with an output of our own."""
        self._output = Output(self._file, self._gone)
        self._output.start()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is not None:
            self._writer_thread.stop()
        self._writer_thread = self._output
        if self._key_thread is None:  # textual gives up silently where the terminal went away meanwhile
            self._gone("the terminal is gone: it cannot be set up")

    def write(self, data: str) -> None:
        """Hand text over to the terminal."""
        if self._output is not None:
            self._output.write(data)

    def _query_in_band_window_resize(self) -> None:
        """Sizes come from the system alone: a report of one may be meant for another program."""

    def _gone(self, why: str) -> None:
        """Called in a thread of ours."""
        self._dashboard.terminal_is_gone(why)

    def _run_input_thread(self) -> None:
        """A defect of the input is one of the screen: it ends it as any other does."""
        try:
            self.run_input_thread()
        except Exception as defect:  # noqa: BLE001 - raised again where the app meets it
            self._app.call_later(_raise, defect)

    def run_input_thread(self) -> None:
        """Read until the end is asked for, or the terminal is gone."""
        threading.current_thread().name = "terminal-input"
        source, pass_on = TerminalInput(), Passing(self._dashboard, self.process_message)
        while not self.exit_event.is_set() and threading.main_thread().is_alive():
            ready, _, _ = select.select([self.fileno], [], [], _SOON_SECONDS if source.waits else _LOOK_SECONDS)
            if ready:
                try:
                    data = os.read(self.fileno, _READ)
                except BlockingIOError:
                    continue
                except OSError as error:
                    self._gone(f"the terminal is gone: {error.strerror}")
                    return
                if not data:
                    self._gone("the terminal is gone: its input has ended")
                    return
                read = source.read(data)
                if self._dashboard.answering and len(read) == 1 and self._more_comes():
                    doubted(read)
                pass_on(read)
            pass_on(source.tick())

    def _more_comes(self) -> bool:
        """Whether something follows faster than a person's next key: a paste in pieces."""
        return bool(select.select([self.fileno], [], [], HOLD_SECONDS)[0])

    def process_message(self, message: Message) -> None:
        """Pass a message on to the app; a size that no terminal has is none."""
        if not isinstance(message, events.Resize) or plausible_size(*message.size):
            super().process_message(message)


def _raise(defect: Exception) -> NoReturn:
    raise defect
