"""The terminal's driver: reads through `TerminalInput`, and notices by itself when there is no terminal any more."""

from __future__ import annotations

import os
import select
import threading
from typing import Any, Final, NoReturn

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from orderflow_tui.support.terminal import give_back, is_shown_to_nobody
from orderflow_tui.tui.keys.guarded_app import GuardedApp
from orderflow_tui.tui.keys.input_pacing import InputPacing
from orderflow_tui.tui.keys.terminal_input import HOLD_SECONDS, TerminalInput, doubted, plausible_size
from orderflow_tui.tui.keys.terminal_output import TerminalOutput
from orderflow_tui.tui.look.ascii_only import ascii_only

_READ: Final = 4096
_END_OF_INPUT: Final = b"\x04"
"""What `script` sends when its own input has ended; a key otherwise."""
_LOOK_SECONDS: Final = 0.1
_SOON_SECONDS: Final = 0.02
_PLAIN_SIZE: Final = (80, 24)


class TerminalDriver(LinuxDriver):
    """Textual's, with another input and another output."""

    def __init__(self, app: GuardedApp, **options: Any) -> None:
        super().__init__(app, **options)
        self._dashboard = app
        self._output: TerminalOutput | None = None
        self._last_size = _PLAIN_SIZE

    def _get_terminal_size(self) -> tuple[int, int]:
        """The terminal's size; one that no terminal has leaves the last."""
        size = super()._get_terminal_size()
        if plausible_size(*size):
            self._last_size = size
        return self._last_size

    def start_application_mode(self) -> None:
        """Start application mode with an output of our own."""
        self._output = TerminalOutput(self._file, self._gone, self._repaint)
        self._output.start()
        self._dashboard.ascii_only |= not self._output.unicode
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is not None:
            self._writer_thread.stop()
        self._writer_thread = self._output
        if self._key_thread is None:  # textual gives up silently where the terminal went away meanwhile
            self._gone("the terminal is gone: it cannot be set up")

    def write(self, data: str) -> None:
        """Hand text over to the terminal, in ASCII alone where that is asked or the terminal's encoding has no more."""
        if self._output is not None:
            plain = self._dashboard.ascii_only or not self._output.unicode
            self._output.write(ascii_only(data) if plain else data)

    @property
    def behind(self) -> bool:
        """Whether the terminal shows an older screen than the app has."""
        return self._output is not None and self._output.behind

    def takes_frame(self) -> bool:
        """Whether to paint now; where not, the app is asked to repaint once the terminal has caught up."""
        return self._output is None or self._output.takes_frame()

    def _repaint(self) -> None:
        """Called in the output's thread."""
        self._dashboard.call_later(self._dashboard.refresh)

    def close(self) -> None:
        """Write what waits; a terminal that does not read it is given back without."""
        super().close()
        if self._output is not None and not self._output.complete:
            give_back(self.attrs_before)

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
        source, pass_on = TerminalInput(), InputPacing(self._dashboard, self.process_message)
        while not self.exit_event.is_set() and threading.main_thread().is_alive():
            soon = source.waits or pass_on.waits
            ready, _, _ = select.select([self.fileno], [], [], _SOON_SECONDS if soon else _LOOK_SECONDS)
            if ready:
                try:
                    data = os.read(self.fileno, _READ)
                except BlockingIOError:
                    continue
                except OSError as error:
                    self._gone(f"the terminal is gone: {error.strerror}")
                    return
                if not data or (data == _END_OF_INPUT and is_shown_to_nobody()):
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
