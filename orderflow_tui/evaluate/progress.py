"""How far a long run is and how long it will take, on one line of a terminal's stderr; elsewhere nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

from orderflow_tui.evaluate.run_tasks import Watcher
from orderflow_tui.recordings.market_day import MarketDay, bytes_read
from orderflow_tui.support.console import print_progress

_WIDTH: Final = 60
_SURE_SECONDS: Final = 2.0
"""Before that nothing is said of the time left."""


class Progress(Watcher):
    """A line that counts what is done.

    Args:
        what: What is counted, `symbol-days`.
        clock: Seconds.
    """

    def __init__(self, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._what, self._clock = what, clock
        self._began = clock()
        self._text = ""
        self._shown = sys.stderr is not None and sys.stderr.isatty()

    def done(self, number: int, done: int, of: int) -> None:  # noqa: ARG002 whichever it was
        """A task is done."""
        self.show(f"{done} of {of} {self._what}", done / of)

    def show(self, text: str, share: float) -> None:
        """Show a text and how long the rest will take, where `share` of the whole is done."""
        passed = self._clock() - self._began
        if 0 < share < 1 and passed >= _SURE_SECONDS:
            text += f", about {time_words(passed * (1 - share) / share)} left"
        self._print(text, over=share >= 1)

    def end(self) -> None:
        """Whatever comes next begins a line of its own."""
        if self._text:
            self._print(self._text, over=True)

    def _print(self, text: str, *, over: bool) -> None:
        if self._shown and (over or text != self._text):
            print_progress(text.ljust(_WIDTH), over=over)
            self._text = "" if over else text


class ReadingProgress(Progress):
    """The same of day files, by the bytes read of them."""

    def __init__(self, days: Sequence[MarketDay], to: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__("day files read", clock)
        self._to, self._days = to, days
        self._sizes = [day.packed_bytes for day in days]
        self._read = [0] * len(days)

    def done(self, number: int, done: int, of: int) -> None:
        """A file is done."""
        self._read[number] = self._sizes[number]
        if done == of:
            self.show(f"{of} of {of} day files read", 1.0)

    def beat(self) -> None:
        """Look how far the files are that are being read."""
        for number, day in enumerate(self._days):
            self._read[number] = max(self._read[number], bytes_read(day, self._to))
        share = min(0.99, sum(self._read) / max(1, sum(self._sizes)))
        self.show(f"{share:.0%} of {len(self._days)} day files read", share)


def time_words(seconds: float) -> str:
    """`40 s`, `3 min`, `2 h 10 min`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
