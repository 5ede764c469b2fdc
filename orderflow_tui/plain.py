"""Plain lines of what the monitor says, for terminals without a screen, pipes and screen readers."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from typing import Any, Final, TextIO
from zoneinfo import ZoneInfo

from orderflow_tui.core.units import utc_datetime

_WORDS: Final = {
    "order_flow_alert": "",
    "alert_updated": "",
    "stop_alert": "STOP: {text}",
    "exit_signal_triggered": "EXIT RECOMMENDED: {reason}",
    "exit_acknowledged": "answered: {answer}",
    "exit_resolved": "recommendation resolved: {reason}",
    "monitoring_gap": "BLIND: {reason}",
    "monitoring_resumed": "sees again",
    "api_error": "error {error_type}: {detail}",
    "data_validation_error": "refused {code}: {detail}",
}


class PlainLines:
    """Writes one line a record from a thread of its own, so that a blocked pipe never holds up the monitor.

    Args:
        out: Where the lines go.
        tz: Time zone of the lines.
    """

    def __init__(self, out: TextIO, tz: str) -> None:
        self._out = out
        self._zone = ZoneInfo(tz)
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="plain-lines", daemon=True)
        self._thread.start()

    def on_record(self, event: str, happened_ns: int, fields: Mapping[str, Any]) -> None:
        """A monitor's listener."""
        words = plain_words(event, fields)
        if words:
            moment = utc_datetime(happened_ns).astimezone(self._zone)
            self._lines.put(f"{moment:%Y-%m-%d %H:%M:%S %Z} {words}")

    def close(self, timeout: float = 2.0) -> None:
        """Write what waits."""
        self._lines.put(None)
        self._thread.join(timeout)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                self._out.write(line + "\n")
                self._out.flush()
            except (BrokenPipeError, ValueError):  # nobody reads any more; the journal has it all
                return


def plain_words(event: str, fields: Mapping[str, Any]) -> str:
    """The line for a record without its time, or nothing where there is nothing to say."""
    name = event.rpartition(".")[2]
    words = _WORDS.get(name)
    if words is None:
        return ""
    if not words:
        late = " LATE" if fields["late"] else ""
        update = " (update)" if name == "alert_updated" else ""
        return f"{fields['symbol']} {fields['severity']} {fields['evidence']}{late}{update}: {fields['text']}"
    words = words.format(**{key: _one_line(value) for key, value in fields.items()})
    return f"{_one_line(fields.get('symbol') or 'all')} {words}"


def _one_line(value: object) -> str:
    """Text from outside without what a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in str(value))
