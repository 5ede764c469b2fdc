"""Which poll comes next: every poll ends before its next begins, and slow ones queue behind one another only.

Books and tapes share four fifths of the budget, evenly, so that no tape is older than its share allows; among those due
the urgent ones go first. The rest (market state, units, minutes read again) has the last fifth and yields it first to
questions that an alert waits for: they go before everything else, but never take more than that fifth.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

_LONGEST_WAIT: Final = 0.25
"""Seconds between looks at the clock while nothing is due."""
OPTIONAL_SHARE: Final = 0.2
"""The part of the budget for everything but books and tapes."""
_OPTIONAL_BURST: Final = 2
_QUESTIONS_AT_ONCE: Final = 2
"""Workers that questions may hold up; the others are the polls'."""


def cycle_of(polls: int, per_second: float) -> float:
    """Seconds in which so many polls come round once, within their part of the budget."""
    return polls / ((1 - OPTIONAL_SHARE) * per_second)


class Job(Struct, eq=False):
    """One repeating poll.

    Attributes:
        name: Unique.
        run: Polls once; returns the seconds from its start to the next start.
        endpoint: The word for it in faults.
        symbol: The symbol it is about, or None.
        optional: The feed works without it: its failures are no faults.
        question: An alert waits for it.
        due: When it may start, on the monotonic clock.
        lead: Seconds by which it goes before others that are due: how urgent it is.
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
    question: bool = False
    due: float = 0.0
    lead: float = 0.0
    failures: int = 0
    failing_since: float = 0.0
    suspect: bool = False
    running: bool = False


class Schedule:
    """The jobs of a feed; safe from any thread.

    Args:
        stop: Ends waiting when set.
        per_second: The budget, of which optional jobs and questions have `OPTIONAL_SHARE`.
        clock: Seconds on a monotonic clock.
        held: No job starts before `release`: whoever starts the workers is not held up by their first work.
    """

    def __init__(
        self,
        stop: threading.Event,
        per_second: float = 1_000.0,
        clock: Callable[[], float] = time.monotonic,
        *,
        held: bool = False,
    ) -> None:
        self._stop = stop
        self._clock = clock
        self._optional_window = _OPTIONAL_BURST / (OPTIONAL_SHARE * per_second)
        self._optional_starts: deque[float] = deque(maxlen=_OPTIONAL_BURST)
        self._question_starts: deque[float] = deque(maxlen=_OPTIONAL_BURST)
        self._jobs: dict[str, Job] = {}
        self._held = held
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

    def release(self) -> None:
        """Let jobs start that were held."""
        with self._changed:
            self._held = False
            self._changed.notify_all()

    def take(self) -> Job | None:
        """The job that has been due the longest, waiting for one; None when asked to stop."""
        with self._changed:
            while not self._stop.is_set():
                now = self._clock()
                job = None if self._held else self.start_first(now)
                if job is not None:
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

    def set_leads(self, leads: Mapping[str, float]) -> None:
        """How urgent the named jobs are, seconds; the others are not."""
        with self._changed:
            for name, job in self._jobs.items():
                job.lead = leads.get(name, 0.0)

    def hurry(self, name: str = "", *, failed_only: bool = False) -> None:
        """Let waiting jobs start now: all, the named one, or those whose last poll failed."""
        with self._changed:
            for job in self._jobs.values():
                if name in ("", job.name) and (job.failures or not failed_only):
                    job.due = min(job.due, self._clock())
            self._changed.notify_all()

    def wake(self) -> None:
        """Let waiting workers see that they are to stop."""
        with self._changed:
            self._changed.notify_all()

    def start_first(self, now: float) -> Job | None:
        """Take the job to start now, None where none may."""
        lane_taken = any(job.running and job.suspect for job in self._jobs.values())
        optional_may = self._has_room(self._optional_starts, now)
        asking = sum(job.running and job.question for job in self._jobs.values())
        question_may = asking < _QUESTIONS_AT_ONCE and self._has_room(self._question_starts, now)
        ready = [
            job
            for job in self._jobs.values()
            if not job.running
            and job.due <= now
            and not (job.suspect and lane_taken)
            and (optional_may or not job.optional)
            and (question_may or not job.question)
        ]
        first = min(ready, key=lambda job: (not job.question, job.optional, job.due - job.lead), default=None)
        if first is not None:
            first.running = True
            if first.question:
                self._question_starts.append(now)
            if first.question or first.optional:
                self._optional_starts.append(now)
        return first

    def _has_room(self, starts: deque[float], now: float) -> bool:
        """Whether another start keeps within the share of the budget."""
        return len(starts) < _OPTIONAL_BURST or now - starts[0] >= self._optional_window
