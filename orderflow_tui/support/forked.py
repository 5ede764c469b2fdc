"""Does something once in a process of its own, whose memory goes with it."""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.support.terminal import hang_up

T = TypeVar("T")


def run_in_fork(work: Callable[[], T]) -> Callable[[], T]:
    """Begin `work` in a forked child; what is returned waits for its result.

    Checking the settings loads pydantic, ten megabytes that a process which runs all day never needs again, and the
    time that takes is the parent's to load the screen. Where forking is not safe (other systems' libraries, threads
    that run already) or fails, or the child comes to no result, the parent does the work when it is asked for it.

    Returns:
        A function that returns the result, which must pickle, or raises the DataValidationError that `work` raised.
    """
    if sys.platform != "linux" or set(threading.enumerate()) - {threading.main_thread(), hang_up.thread}:
        return work
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError:  # no more processes or memory
        os.close(reading)
        os.close(writing)
        return work
    if child == 0:
        try:
            os.close(reading)
            hang_up.watch_again()
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(pickle.dumps(_outcome(work)))
        finally:
            os._exit(0)  # the rest of the program is the parent's
    os.close(writing)

    def result() -> T:
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read()
        with suppress(ChildProcessError):  # whoever ignores SIGCHLD has none to wait for
            os.waitpid(child, 0)
        if not said:
            return work()
        value, refused = pickle.loads(said)  # noqa: S301 our own child's
        if refused is not None:
            raise DataValidationError(*refused)
        found: T = value
        return found

    return result


def _outcome(work: Callable[[], T]) -> tuple[T | None, tuple[str, str] | None]:
    try:
        return work(), None
    except DataValidationError as error:
        return None, (error.code, str(error))
