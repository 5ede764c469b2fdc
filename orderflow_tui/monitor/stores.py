"""What names taught and which alerts are followed, read and written beside the monitor's thread."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Final, TypeVar

from orderflow_tui.core.learning.learned_sizes import SessionStats
from orderflow_tui.core.learning.outcomes import FollowUp, Outcomes
from orderflow_tui.core.model.outputs import AlertOutcome
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.monitor.disk_thread import DiskThread
from orderflow_tui.monitor.followup_store import FollowUpStore
from orderflow_tui.monitor.learned_store import LearnedStore

T = TypeVar("T")

_START_SECONDS: Final = 2.0
_PATIENCE_SECONDS: Final = 0.5
"""A file is there in a millisecond. Within one second all reads together are waited for no longer than this."""
_END_SECONDS: Final = 0.3


class Stores:
    """Used by the monitor's thread alone. What the disk does not give in time is taken up when it comes.

    Args:
        learned: Where what each name teaches is kept between sessions; None keeps nothing.
        followed: Where alerts are kept whose outcome is not known yet; None keeps nothing.
    """

    def __init__(self, learned: LearnedStore | None, followed: FollowUpStore | None) -> None:
        self._learned = learned
        self._followed = followed
        self._disk = DiskThread("learned figures and followed alerts")
        self._patience = _START_SECONDS
        self._taught: dict[str, Future[dict[str, SessionStats]]] = {}
        self._listed: Future[list[FollowUp]] | None = None
        self._taken_up = followed is None

    def second(self) -> None:
        """A second has passed: what is asked for now is waited for again."""
        self._patience = _PATIENCE_SECONDS

    def use(self, dataset: str) -> None:
        """From now on figures of this data set are read and kept."""
        if self._learned is not None:
            self._learned = self._learned.of(dataset)
            self._taught.clear()

    def taught(self, symbol: str) -> dict[str, SessionStats]:
        """What the newest sessions of each kind taught; empty where the disk is late, `late` has it then."""
        self._taught.pop(symbol, None)
        if self._learned is None:
            return {}
        asked = self._disk.read(partial(self._learned.load, symbol))
        found = self._wait(asked)
        if found is None:
            self._taught[symbol] = asked
        return found or {}

    def late(self) -> Iterator[tuple[str, dict[str, SessionStats]]]:
        """Each symbol whose figures came after `taught` was asked for them."""
        for symbol, asked in list(self._taught.items()):
            if asked.done():
                del self._taught[symbol]
                if asked.exception() is None:
                    yield symbol, asked.result()

    def keep_taught(self, symbol: str, taught: SessionStats) -> None:
        """Keep what a session taught."""
        if self._learned is not None:
            place = self._learned.dataset, symbol, taught.day, taught.session
            self._disk.write(place, partial(self._learned.save, symbol, taught))

    def take_up(self, cores: Mapping[str, SymbolCore], now_ns: int) -> list[AlertOutcome]:
        """Give each core what it followed; returns the outcomes of what nothing watches any more."""
        if self._followed is None:
            return []
        self._listed = self._disk.read(self._followed.listed)
        self._wait(self._listed)
        return self._take_up(cores, now_ns)

    def take_up_late(self, now_ns: int) -> list[AlertOutcome]:
        """The list came when the watch had begun: what it follows has a gap, and is told as it is."""
        return [] if self._taken_up else self._take_up({}, now_ns)

    def keep_followed(self, followed: list[Outcomes], now_ns: int, *, now: bool) -> None:
        """Keep the alerts whose outcome is not known yet, once what was kept before was read."""
        if self._followed is None or not self._taken_up:
            return
        rows = self._followed.due(followed, now_ns, now=now)
        if rows is not None:
            self._disk.write("followed", partial(self._followed.write, rows))

    @property
    def problem(self) -> str:
        """What could not be read or written, in one line; empty where all was."""
        stores = (store.problem for store in (self._learned, self._followed) if store is not None)
        return next(filter(None, (self._disk.problem, *stores)), "")

    def close(self) -> None:
        """Write what waits; what the disk does not take in a moment is lost."""
        self._disk.close(_END_SECONDS)

    def _take_up(self, cores: Mapping[str, SymbolCore], now_ns: int) -> list[AlertOutcome]:
        if self._followed is None or self._listed is None or not self._listed.done():
            return []
        self._taken_up = True
        listed = [] if self._listed.exception() is not None else self._listed.result()
        return self._followed.resume_into(listed, cores, now_ns)

    def _wait(self, asked: Future[T]) -> T | None:
        """The answer, if it comes while there is patience; None where it does not, or the read failed."""
        began = time.monotonic()
        try:
            failed = asked.exception(self._patience)
        except TimeoutError:
            self._patience = 0.0
            return None
        self._patience = max(0.0, self._patience - (time.monotonic() - began))
        return None if failed is not None else asked.result()
