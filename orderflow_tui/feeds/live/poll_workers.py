"""The threads that poll: some that run what is due on a schedule, and one that looks and reports meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from orderflow_tui.feeds.errors import FeedError, FeedStoppedError, PayloadError
from orderflow_tui.feeds.live.poll_faults import PollFaults
from orderflow_tui.feeds.live.schedule import Job, Schedule

REPORT_SECONDS: Final = 0.25
"""Between two looks at whether the status has changed."""
PAUSE_SECONDS: Final = 0.05
"""Between two polls of the same kind, however late the first was."""


class WorkerHooks(Struct, frozen=True):
    """What the threads ask of the feed; called in theirs.

    Attributes:
        report: Look at what may have changed, and tell it.
        polled: A poll has ended, well or not.
        refused: The source takes the key no more: the feed is to stop.
        ended: The last worker has ended.
    """

    report: Callable[[], None]
    polled: Callable[[Job], None]
    refused: Callable[[], None]
    ended: Callable[[], None]


class PollWorkers:
    """Daemon threads; safe from any thread.

    Args:
        name: Theirs begin with it.
        count: How many poll at once.
        schedule: What is due.
        faults: Takes failures, and says when the next try is.
        stop: Ends them when set.
        hooks: The feed.
    """

    def __init__(
        self,
        name: str,
        count: int,
        schedule: Schedule,
        faults: PollFaults,
        *,
        stop: threading.Event,
        hooks: WorkerHooks,
    ) -> None:
        self._stop = stop
        self._schedule = schedule
        self._faults = faults
        self._hooks = hooks
        self._lock = threading.Lock()
        self._working = count
        self._own = [
            *(threading.Thread(target=self._work, name=f"{name}-{n}", daemon=True) for n in range(count)),
            threading.Thread(target=self._report, name=f"{name}-status", daemon=True),  # workers may all wait
        ]
        self.threads: list[threading.Thread] = []
        """Those that were started, and others that are waited for with them."""

    def start(self) -> None:
        """Start them."""
        for thread in self._own:
            thread.start()
        self.threads += self._own

    def join(self, timeout: float | None = None) -> bool:
        """Wait until every thread has ended, which a running exchange's deadline bounds; True when they have."""
        until = time.monotonic() + timeout if timeout is not None else None
        for thread in self.threads:
            thread.join(max(until - time.monotonic(), 0) if until is not None else None)
        return not any(thread.is_alive() for thread in self.threads)

    def _work(self) -> None:
        try:
            while (job := self._schedule.take()) is not None:
                started = time.monotonic()
                try:
                    wait = job.run()
                    self._faults.succeeded(job)
                except FeedStoppedError:
                    break
                except FeedError as error:
                    wait = self._faults.failed(job, error, started)
                except Exception as error:  # noqa: BLE001 - a defect in one poll is told and must not silence the feed
                    wait = self._faults.failed(job, PayloadError(message=f"{job.name}: {error!r}"), started)
                if self._faults.ended:
                    self._hooks.refused()
                    break
                self._hooks.polled(job)
                self._schedule.finished(job, max(started + wait, time.monotonic() + PAUSE_SECONDS))
        finally:
            with self._lock:
                self._working -= 1
                last = self._working == 0
            if last:
                self._hooks.ended()

    def _report(self) -> None:
        while not self._stop.wait(REPORT_SECONDS):
            self._hooks.report()
