"""One thread for what is kept on disk beside the journal: a disk that hangs holds up no rule and no alert."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Final, TypeVar

from orderflow_tui.support.console import printable

T = TypeVar("T")

_MOST_JOBS: Final = 4_096
_SLOW_SECONDS: Final = 10.0


class DiskThread:
    """Reads and writes one after the other, in a daemon thread that begins with the first job.

    A write that still waits is replaced by a newer one of the same key, so that what waits stays small.

    Args:
        name: What is kept, as `problem` calls it.
        most: Jobs that may wait; one more is dropped and `problem` says so.
    """

    def __init__(self, name: str, most: int = _MOST_JOBS) -> None:
        self._name = name
        self._most = most
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._jobs: dict[Hashable, Callable[[], object]] = {}
        self._began: float | None = None
        self._dropped = False
        self._defect = ""
        self._closed = False

    def read(self, work: Callable[[], T]) -> Future[T]:
        """What `work` returns, once it is there; its exception too. A read that is dropped never comes."""
        found: Future[T] = Future()

        def job() -> None:
            try:
                found.set_result(work())
            except Exception as defect:
                found.set_exception(defect)
                raise

        self._put(object(), job)
        return found

    def write(self, key: Hashable, work: Callable[[], object]) -> None:
        """Do `work` when its turn comes, in place of what waits under the same key."""
        self._put(key, work)

    @property
    def problem(self) -> str:
        """Why not everything is read or written, in one line; empty where it is."""
        began = self._began
        seconds = 0.0 if began is None else time.monotonic() - began
        if seconds > _SLOW_SECONDS or self._dropped:
            return f"{self._name}: no answer from the disk for {seconds:.0f} s; the watch goes on"
        return self._defect

    def close(self, seconds: float) -> bool:
        """Take nothing more; whether all that waited was done within `seconds`."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._jobs and self._began is None, seconds)

    def _put(self, key: Hashable, job: Callable[[], object]) -> None:
        with self._changed:
            self._dropped = key not in self._jobs and len(self._jobs) >= self._most
            if self._closed or self._dropped:
                return
            self._jobs[key] = job
            if self._thread is None:
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # the system has no thread to give; the next job asks again
                    return
                self._thread = thread
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._jobs)
                if not self._jobs:
                    return
                job = self._jobs.pop(next(iter(self._jobs)))
                self._began = time.monotonic()
            defect = ""
            try:
                job()
            except Exception as failure:  # noqa: BLE001 - whatever it is, the rules go on and it is said
                defect = f"{self._name} failed: {printable(f'{type(failure).__name__}: {failure}')[:160]}"
            with self._changed:
                self._defect, self._began = defect, None
                self._changed.notify_all()
