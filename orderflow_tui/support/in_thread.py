"""Does something in a thread while the caller does something else, and hands over what comes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class InThread(Generic[T]):
    """Begins `work` at once; `result` waits for it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._found: list[T] = []
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="beside", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._found.append(self._work())
        except BaseException as failure:  # noqa: BLE001 raised again where it is asked for
            self._failure = failure

    def result(self) -> T:
        """What the work returned. Raises what it raised."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._found[0]
