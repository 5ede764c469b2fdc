"""What other screens did, until a screen takes it: threads say and take at once, and nothing is lost or doubled."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orderflow_tui.engine.protocol import SettingValue

_MOST_ANSWERS: Final = 20
_MOST_SETTINGS: Final = 200


class FromOtherScreens:
    """The newest answers in words, and the newest value of each setting."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: deque[str] = deque(maxlen=_MOST_ANSWERS)
        self._settings: dict[str, SettingValue] = {}

    def answers(self, words: Iterable[str]) -> None:
        """Say answers; the oldest go where more than 20 wait."""
        with self._lock:
            self._answers.extend(words)

    def settings(self, changed: Mapping[str, SettingValue]) -> None:
        """Say settings; a name beyond the 200th that waits is dropped."""
        with self._lock:
            for name, value in changed.items():
                if name in self._settings or len(self._settings) < _MOST_SETTINGS:
                    self._settings[name] = value

    def take_answers(self) -> tuple[str, ...]:
        """What was said since the last call."""
        with self._lock:
            taken = tuple(self._answers)
            self._answers.clear()
        return taken

    def take_settings(self) -> dict[str, SettingValue]:
        """What was said since the last call."""
        with self._lock:
            taken, self._settings = self._settings, {}
        return taken
