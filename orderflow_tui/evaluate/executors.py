"""Where units run: processes of this machine, or a Dask cluster that is already there."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

from msgspec import Struct

from orderflow_tui.core.model.validators import DataValidationError


class Place(Struct, frozen=True):
    """Where units run.

    Attributes:
        executor: Makes an executor.
        lost: What a unit fails with when its worker died.
        close: Let go of what was opened for it.
    """

    executor: Callable[[], Executor]
    lost: tuple[type[BaseException], ...]
    close: Callable[[], None] = lambda: None


def processes(workers: int) -> Place:
    """This many processes of this machine; each starts fresh, so that nothing of the parent's state counts.

    From now on no interpreter that this process starts imports from the working directory.
    """
    os.environ["PYTHONSAFEPATH"] = "1"
    return Place(
        lambda: ProcessPoolExecutor(workers, mp_context=get_context("spawn")), (BrokenProcessPool, ConnectionError)
    )


def cluster(address: str) -> Place:
    """A Dask scheduler (`tcp://host:port`), whose workers see the same files and have this package.

    Raises:
        DataValidationError: `CONFIG_INVALID`: the extra is not installed, or nobody answers there.
    """
    try:
        from distributed import Client, KilledWorker  # noqa: PLC0415 an extra
    except ModuleNotFoundError:
        message = "--cluster needs the extra: pip install 'orderflow-tui[cluster]'"
        raise DataValidationError("CONFIG_INVALID", message) from None
    try:
        client: Any = Client(address, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        shown = address if address.isprintable() else ascii(address)
        raise DataValidationError("CONFIG_INVALID", f"--cluster {shown}: {type(error).__name__}") from None
    return Place(lambda: client.get_executor(retries=2), (KilledWorker, ConnectionError), client.close)
