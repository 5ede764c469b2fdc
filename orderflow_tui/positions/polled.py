"""Positions that are asked for over a network: by a thread of their own, the last good answer kept."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Hashable
from typing import Final

from msgspec.structs import replace

from orderflow_tui.core.model.holder import Position
from orderflow_tui.positions.errors import PositionsError, PositionsMissing
from orderflow_tui.positions.holdings import Holdings, PositionSource

EVERY_SECONDS: Final = 15.0


class PolledPositions:
    """A broker, asked again and again. Implements `PositionSource`.

    The first `read` asks at once and waits for the answer; from then on a daemon thread asks, and `read` tells what it
    heard last: the holdings, or why the newest try failed.

    Args:
        fetch: Asks once; bounded in time. Raises PositionsError.
        every: Seconds from one answer to the next question.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        fetch: Callable[[], Holdings],
        *,
        every: float = EVERY_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._every = every
        self._clock = clock
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._heard: tuple[int, Holdings | PositionsError, float] = (0, Holdings(), clock())

    @property
    def first_seconds(self) -> float:
        """More than any broker's own deadline."""
        return 60.0

    def state(self) -> Hashable:
        """How many answers there have been."""
        return self._heard[0]

    def read(self) -> Holdings:
        """The newest answer; asks for the first.

        Raises:
            PositionsError: The newest try failed.
        """
        if self._thread is None:
            self._ask()
            self._thread = threading.Thread(target=self._run, name="positions", daemon=True)
            self._thread.start()
        answer = self._heard[1]
        if isinstance(answer, PositionsError):
            raise answer
        return answer

    def checked_at(self, now: float) -> float:
        """When the newest good answer came."""
        return min(now, self._heard[2])

    def close(self, timeout: float = 0.0) -> None:
        """Ask no more; waits for the thread at most `timeout` seconds."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self._ask()

    def _ask(self) -> None:
        count, _, good_at = self._heard
        try:
            answer: Holdings | PositionsError = self._fetch()
            good_at = self._clock()
        except PositionsError as refused:
            answer = refused
        except Exception as defect:  # noqa: BLE001 - a defect of a client is told and must not end the asking
            answer = PositionsError(f"positions: the client failed: {type(defect).__name__}")
        self._heard = (count + 1, answer, good_at)


class WithStops:
    """A source without stops, and a positions file that adds `stop`, `working`, `events` and a watchlist to it.

    Args:
        source: Knows the quantities.
        beside: The file; without it the source stands alone.
    """

    def __init__(self, source: PositionSource, beside: PositionSource) -> None:
        self._source = source
        self._beside = beside

    @property
    def first_seconds(self) -> float:
        """As the source that knows the quantities."""
        return self._source.first_seconds

    def state(self) -> Hashable:
        """Changes with either."""
        return (self._source.state(), self._beside.state())

    def checked_at(self, now: float) -> float:
        """When the quantities were last known to be right."""
        return self._source.checked_at(now)

    def read(self) -> Holdings:
        """The source's holdings with what the file adds. Raises PositionsError for either."""
        held = self._source.read()
        try:
            beside = self._beside.read()
        except PositionsMissing:
            return held
        added = {position.symbol: position for position in beside.positions}
        positions = tuple(_joined(position, added.get(position.symbol)) for position in held.positions)
        return replace(held, positions=positions, watchlist=(*held.watchlist, *beside.watchlist))


def _joined(held: Position, added: Position | None) -> Position:
    if added is None:
        return held
    stop = added.stop if added.stop is not None else held.stop
    return dataclasses.replace(held, stop=stop, working=added.working, events=added.events)
