"""Grouped syncs in a thread of their own: what was written survives a power cut from about a second later."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

_INTERVAL_SECONDS: Final = 1.0


class GroupSync:
    """Calls `sync` in a daemon thread: at most once a second, at once when asked to.

    Args:
        sync: Does the work; must not raise.
    """

    def __init__(self, sync: Callable[[], None]) -> None:
        self._sync = sync
        self._changed = threading.Condition()
        self._dirty = False
        self._urgent = False
        self._stopping = False
        self._thread: threading.Thread | None = None

    def ask(self, *, now: bool = False) -> None:
        """What was written needs a sync, within a second or at once; returns immediately."""
        if self._dirty and not now:
            return  # it is cleared before the sync begins, so that one covers what was written before this call
        with self._changed:
            self._dirty = True
            self._urgent = self._urgent or now
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="journal-sync", daemon=True)
                self._thread.start()
            self._changed.notify()

    def stop(self, timeout: float) -> None:
        """End the thread after the sync it is in, waiting for it at most `timeout` seconds."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        earliest = 0.0
        while True:
            with self._changed:
                while not self._stopping and not self._urgent:
                    wait = earliest - time.monotonic()
                    if self._dirty and wait <= 0:
                        break
                    self._changed.wait(wait if self._dirty else None)
                if self._stopping and not self._dirty:
                    return
                self._dirty = self._urgent = False
            self._sync()
            earliest = time.monotonic() + _INTERVAL_SECONDS
