"""Looking at a source of positions from a thread of its own: a disk or a network that hangs holds up nobody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Final

from msgspec import Struct

from orderflow_tui.positions.errors import PositionsError
from orderflow_tui.positions.holdings import Holdings, PositionSource

SETTLE_S: Final = 0.1
"""A file that is being written is looked at again after so long."""
_TRIES: Final = 5
_HANGS_S: Final = 5.0


class SourceRead(Struct, frozen=True):
    """What one look found.

    Attributes:
        state: The source's state.
        found: What it held, or why it cannot be used; None where the state was the known one.
        at: When, on the looker's clock.
    """

    state: Hashable
    found: Holdings | PositionsError | None
    at: float


def first_read(source: PositionSource) -> tuple[Hashable, Holdings | Exception]:
    """The source's state and what it holds, or why not; asked in a thread of its own that may hang."""
    found: list[tuple[Hashable, Holdings | Exception]] = []

    def look() -> None:
        state: Hashable = None
        try:
            state = source.state()
            found.append((state, source.read()))
        except Exception as refused:  # noqa: BLE001 - raised again where somebody waits for it
            found.append((state, refused))

    thread = threading.Thread(target=look, name="positions first", daemon=True)
    thread.start()
    thread.join(source.first_seconds)
    if found:
        return found[0]
    return None, PositionsError(
        f"positions: no answer within {source.first_seconds:g} s: is the file on a network drive that is gone?"
    )


class SourceReader:
    """Looks at one source, one look at a time.

    Args:
        source: What to look at.
        clock: Seconds that only grow.
    """

    def __init__(self, source: PositionSource, clock: Callable[[], float]) -> None:
        self._source = source
        self._clock = clock
        self._thread: threading.Thread | None = None
        self._began = 0.0
        self._last: SourceRead | None = None

    def begin(self, seen: Hashable) -> None:
        """Start a look unless one is under way; `seen` is the state that is known."""
        if self._thread is not None:
            return
        self._began = self._clock()
        thread = threading.Thread(target=self._keep, args=(seen,), name="positions look", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system has no thread to give; the next look asks again
            return
        self._thread = thread

    def take(self) -> SourceRead | None:
        """What the look found that has ended since the last call; None where none has."""
        if self._thread is None or self._thread.is_alive():
            return None
        self._thread = None
        look, self._last = self._last, None
        return look

    @property
    def hangs(self) -> bool:
        """Whether the look under way takes longer than a disk or a parser may."""
        return self._thread is not None and self._clock() - self._began > _HANGS_S

    def _keep(self, seen: Hashable) -> None:
        try:
            self._last = self.look(seen, SETTLE_S)
        except Exception as defect:  # noqa: BLE001 - a defect is told and must not end the watch
            self._last = SourceRead(None, _told(defect), self._clock())

    def look(self, seen: Hashable, settle_s: float = 0.0) -> SourceRead:
        """One look, in the caller's thread.

        Args:
            seen: The state that is known.
            settle_s: A source whose state differs so long after it was read is read again, a few times.
        """
        for _ in range(_TRIES):
            state = self._source.state()
            if state == seen:
                return SourceRead(state, None, self._clock())
            found = self._read()
            time.sleep(settle_s)
            if not settle_s or self._source.state() == state:
                break
        return SourceRead(state, found, self._clock())

    def _read(self) -> Holdings | PositionsError:
        try:
            return self._source.read()
        except PositionsError as refused:
            return refused
        except Exception as defect:  # noqa: BLE001 - a defect of a reader is told and must not end the watch
            return _told(defect)


def _told(defect: Exception) -> PositionsError:
    return PositionsError(f"positions: cannot be read: {type(defect).__name__}")
