"""The driver of a browser's tab: keys through `TerminalInput`, and an end of its own when the server is gone."""

from __future__ import annotations

import json
import signal
from typing import Any

from textual import events
from textual.driver import Driver
from textual.drivers._byte_stream import ByteStream
from textual.drivers.web_driver import WebDriver
from textual.message import Message

from orderflow_tui.tui.keys.guarded_app import GuardedApp
from orderflow_tui.tui.keys.input_pacing import InputPacing
from orderflow_tui.tui.keys.terminal_input import TerminalInput, plausible_size


class BrowserDriver(WebDriver):
    """Textual's, with another input, and an output whose failure ends the dashboard in order."""

    def __init__(self, app: GuardedApp, **options: Any) -> None:
        super().__init__(app, **options)
        self._dashboard = app

    def start_application_mode(self) -> None:
        """Start application mode; signals stay with whoever ends the run."""
        pipe = signal.set_wakeup_fd(-1)
        kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        super().start_application_mode()
        for number, handler in kept.items():
            self._loop.remove_signal_handler(number)
            signal.signal(number, handler)
        signal.set_wakeup_fd(pipe, warn_on_full_buffer=False)

    def write(self, data: str) -> None:
        """Write to the server's pipe."""
        try:
            super().write(data)
        except OSError as error:
            self._gone(f"the tab is gone: {error.strerror}")

    def write_meta(self, data: dict[str, object]) -> None:
        """Tell the server something."""
        try:
            super().write_meta(data)
        except OSError as error:
            self._gone(f"the tab is gone: {error.strerror}")

    def _gone(self, why: str) -> None:
        self._dashboard.terminal_is_gone(why)

    def run_input_thread(self) -> None:
        """Read packets until the end; an input that ends before is the tab's end."""
        source, packets, pass_on = TerminalInput(), ByteStream(), InputPacing(self._dashboard, self.process_message)
        for data in self._input_reader:
            for kind, payload in packets.feed(data) if data else ():
                if kind == "D":
                    pass_on(source.read(payload))
                else:
                    self._take(payload)
            pass_on(source.tick())
        if not self.exit_event.is_set():
            self._gone("the tab is gone: its input has ended")

    def _take(self, payload: bytes) -> None:
        told = json.loads(payload)
        if told.get("type") == "exit":
            self._input_reader.close()
        else:
            self.on_meta(str(told.get("type")), told)

    def process_message(self, message: Message) -> None:
        """Pass a message on to the app; a size that no terminal has is none."""
        if not isinstance(message, events.Resize) or plausible_size(*message.size):
            Driver.process_message(self, message)
