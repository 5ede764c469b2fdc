"""Which poll comes next: every poll ends before its next begins, and slow ones queue behind one another only."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_LONGEST_WAIT: Final = 0.25
"""Seconds between looks at the clock while nothing is due."""


@dataclass(slots=True, eq=False)
class Job:
    """One repeating poll.

    Attributes:
        name: Unique.
        run: Polls once; returns the seconds from its start to the next start.
        endpoint: The word for it in faults.
        symbol: The symbol it is about, or None.
        optional: The feed works without it: its failures are no faults.
        due: When it may start, on the monotonic clock.
        failures: Failed polls in a row.
        failing_since: When the first of them failed.
        suspect: Its last poll hung, broke or was slow: suspects run one at a time, so that they cannot hold up the
            others; when the network is gone all are, and one probes for all.
        running: Now with a worker.
    """

    name: str
    run: Callable[[], float]
    endpoint: str
    symbol: str | None = None
    optional: bool = False
    due: float = 0.0
    failures: int = 0
    failing_since: float = 0.0
    suspect: bool = False
    running: bool = False


class Schedule:
    """The jobs of a feed; safe from any thread."""

    def __init__(self, stop: threading.Event, clock: Callable[[], float] = time.monotonic) -> None:
        self._stop = stop
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._changed = threading.Condition()

    def add(self, job: Job) -> None:
        """Take a job in; one of the same name gives way to it."""
        with self._changed:
            self._jobs[job.name] = job
            self._changed.notify()

    def remove(self, name: str) -> None:
        """Forget a job; if it is running, it will not run again."""
        with self._changed:
            self._jobs.pop(name, None)

    def take(self) -> Job | None:
        """The job that has been due the longest, waiting for one; None when asked to stop."""
        with self._changed:
            while not self._stop.is_set():
                now = self._clock()
                job = self._first_due(now)
                if job is not None:
                    job.running = True
                    return job
                next_due = min((job.due for job in self._jobs.values() if job.due > now), default=now + _LONGEST_WAIT)
                self._changed.wait(min(next_due - now, _LONGEST_WAIT))
            return None

    def finished(self, job: Job, due: float) -> None:
        """Give a job back, with its next start."""
        with self._changed:
            job.running = False
            job.due = due
            self._changed.notify()

    def hurry(self, *, failed_only: bool = False) -> None:
        """Let waiting jobs start now: all, or those whose last poll failed."""
        with self._changed:
            for job in self._jobs.values():
                if job.failures or not failed_only:
                    job.due = min(job.due, self._clock())
            self._changed.notify_all()

    def wake(self) -> None:
        """Let waiting workers see that they are to stop."""
        with self._changed:
            self._changed.notify_all()

    def _first_due(self, now: float) -> Job | None:
        lane_taken = any(job.running and job.suspect for job in self._jobs.values())
        ready = [
            job
            for job in self._jobs.values()
            if not job.running and job.due <= now and not (job.suspect and lane_taken)
        ]
        return min(ready, key=lambda job: job.due, default=None)
