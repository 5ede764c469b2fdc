"""Looks at files and sources while a run goes on: in threads of their own, and none of them can stop the rules."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from orderflow_tui.support.console import printable

T = TypeVar("T")

_SLOW_SECONDS: Final = 10.0


class Guard:
    """Runs what is beside the rules: a defect in it is told, and the rules go on.

    Who watches the alerts must hear the next one, whatever a file, a disk or a listener has met with.
    """

    def __init__(self) -> None:
        self._problems: dict[str, str] = {}

    def run(self, name: str, work: Callable[[], T], otherwise: T) -> T:
        """What `work` returns, or `otherwise` where it failed; `name` is what `problem` calls it."""
        try:
            done = work()
        except Exception as defect:  # noqa: BLE001 - see above
            self._problems[name] = f"{name} failed: {_said(defect)}"
            return otherwise
        self._problems.pop(name, None)
        return done

    @property
    def problem(self) -> str:
        """What fails now, in one line; empty where nothing does."""
        return " | ".join(self._problems.values())


class BoundedRead(Generic[T]):
    """One look again and again in a daemon thread; the caller waits no longer than it says.

    Args:
        name: What is looked at, as `problem` calls it.
        look: Looks once.
    """

    def __init__(self, name: str, look: Callable[[], T]) -> None:
        self._name = name
        self._look = look
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._began: float | None = None
        self._found: list[T] = []
        self._defect = ""
        self._closed = False

    def turn(self, wait_s: float) -> T | None:
        """Begin a look unless one is under way, and wait for it; None where it has not come to its end, or failed."""
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            if self._began is None:
                self._began = time.monotonic()
                self._changed.notify_all()
            self._changed.wait_for(lambda: self._began is None, wait_s)
            if self._began is None and self._found:
                return self._found.pop()
            return None

    @property
    def problem(self) -> str:
        """Why the newest look told nothing, in one line; empty where it did."""
        began = self._began
        seconds = 0.0 if began is None else time.monotonic() - began
        if seconds > _SLOW_SECONDS:
            return f"{self._name}: no answer from the disk for {seconds:.0f} s; the last reading still applies"
        return self._defect

    def close(self) -> None:
        """Look no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._began is not None)
                if self._closed:
                    return
            found: list[T] = []
            defect = ""
            try:
                found.append(self._look())
            except Exception as failure:  # noqa: BLE001 - whatever it is, what was read last holds and it is said
                defect = f"{self._name} cannot be read: {_said(failure)}; the last reading still applies"
            with self._changed:
                self._found, self._defect, self._began = found, defect, None
                self._changed.notify_all()


def _said(defect: Exception) -> str:
    return printable(f"{type(defect).__name__}: {defect}")[:160]
