"""The lines of `headless`: one a record on stdout, for terminals without a screen, pipes and screen readers."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from orderflow_tui.core.model.units import utc_datetime
from orderflow_tui.journal.record_words import EXIT_WORDS, record_words
from orderflow_tui.journal.records import ExitRecord, Record
from orderflow_tui.support.console import RawOutput, print_error, printable
from orderflow_tui.support.masking import masked
from orderflow_tui.track_record.evidence_kinds import Weight

_RETRY_SECONDS: Final = 0.5
Worth = Callable[[ExitRecord], tuple[str, Weight]]


class HeadlessLines:
    """Writes one line a record from a thread of its own, so that a blocked pipe never holds up the monitor.

    A line that cannot be written waits and is tried again: a full disk or a reader that comes back loses none until
    `limit` of them wait; then the oldest go, and a line says how many.

    Args:
        out: Where the lines go.
        tz: Time zone of the lines.
        encoding: What the lines are written in; what it lacks is escaped.
        limit: How many lines may wait.
        worth: What a recommendation's kind of evidence was worth, in words, and its weight.
    """

    def __init__(
        self,
        out: RawOutput,
        tz: str,
        *,
        encoding: str = "utf-8",
        limit: int = 10_000,
        worth: Worth = lambda _: ("", "leads"),
    ) -> None:
        self.problem = ""
        """Why lines wait, in a few words; empty when none does."""
        self._out = out
        self._worth = worth
        self._zone = ZoneInfo(tz)
        self._encoding = encoding
        self._limit = limit
        self._changed = threading.Condition()
        self._waiting: deque[str] = deque()
        self._lost = 0
        self._closing = False
        self._rest = b""
        """What the last write did not take of the line before."""
        self._thread = threading.Thread(target=self._run, name="headless-lines", daemon=True)
        self._thread.start()

    def on_record(self, record: Record, happened_ns: int) -> None:
        """A monitor's listener."""
        words = record_words(record)
        if isinstance(record, ExitRecord):
            worth, weight = self._worth(record)
            words = words.replace(EXIT_WORDS, "NOTE", 1) if weight == "note" else words
            words += f" | {worth}" if worth else ""
        if words:
            moment = utc_datetime(happened_ns).astimezone(self._zone)
            self._put(f"{moment:%Y-%m-%d %H:%M:%S %Z} {words}")

    def close(self, timeout: float = 2.0) -> int:
        """Write what waits; what cannot be written now is tried no more. Returns how many lines that are."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout)
        return len(self._waiting) + bool(self._rest) + self._lost

    def _put(self, line: str) -> None:
        with self._changed:
            if len(self._waiting) >= self._limit:
                self._waiting.popleft()
                self._lost += 1
            self._waiting.append(line)
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._rest:
                    self._changed.wait_for(lambda: self._waiting or self._closing)
                    if not self._waiting:
                        return
                    self._rest = self._next()
            if not self._written():
                with self._changed:
                    if self._changed.wait_for(lambda: self._closing, _RETRY_SECONDS):
                        return

    def _next(self) -> bytes:
        lost, self._lost = self._lost, 0
        said = f"({lost:,} lines could not be written; the journal has them)\n" if lost else ""
        return f"{said}{printable(masked(self._waiting.popleft()))}\n".encode(self._encoding, "backslashreplace")

    def _written(self) -> bool:
        """Whether the line is out; a failure becomes `problem`."""
        while self._rest:
            try:
                taken = self._out.write(self._rest)
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or type(error).__name__
                self.problem = f"alert lines cannot be written: {reason.lower()}; they wait"
                return False
            if taken is None:
                return False
            self._rest = self._rest[taken:]
        self.problem = ""
        return True


class HeadlessProblems:
    """Tells on stderr what is wrong beside a run: once when it begins, once when it is over.

    Args:
        watched: What to ask for each kind of trouble (empty for none), and what is told when it is over, if anything.
    """

    def __init__(self, *watched: tuple[Callable[[], str], str]) -> None:
        self._watched = watched
        self._told = [""] * len(watched)

    def tell(self) -> None:
        """Ask all, and tell what has changed."""
        for number, (trouble, over) in enumerate(self._watched):
            now = trouble()
            if now != self._told[number]:
                self._told[number] = now
                if now or over:
                    print_error(now or over)
