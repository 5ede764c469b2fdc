"""Where units run: processes of this machine, or a Dask cluster that is already there."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Final

from msgspec import Struct

from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.support.console import printable
from orderflow_tui.support.version import __version__

_WORKER_SECONDS: Final = 30
_OURS: Final = "orderflow-tui"
_ALIKE: Final = ("python", "distributed", "dask", "cloudpickle", "msgpack", _OURS)
"""What is pickled by one version may not be read, or be read wrongly, by another."""


class Place(Struct, frozen=True):
    """Where units run.

    Attributes:
        executor: Makes an executor.
        workers: How many tasks run at once.
        lost: What a unit fails with when its worker died.
        close: Let go of what was opened for it.
    """

    executor: Callable[[], Executor]
    workers: int
    lost: tuple[type[BaseException], ...]
    close: Callable[[], None] = lambda: None


def place_for(address: str, workers: int, tasks: int) -> Place:
    """A cluster's workers where an address is given, else processes: so many, 0 for one a core; no more than tasks."""
    return cluster(address) if address else processes(max(1, min(workers or os.cpu_count() or 1, tasks)))


def processes(workers: int) -> Place:
    """This many processes of this machine; each starts fresh, so that nothing of the parent's state counts.

    From now on no interpreter that this process starts imports from the working directory.
    """
    os.environ["PYTHONSAFEPATH"] = "1"
    return Place(
        lambda: ProcessPoolExecutor(workers, mp_context=get_context("spawn")),
        workers,
        (BrokenProcessPool, ConnectionError),
    )


def cluster(address: str) -> Place:
    """A Dask scheduler (`tcp://host:port`, `tls://` with Dask's own certificates), whose workers see the same files.

    What its workers answer is unpickled here and what is sent is unpickled there: each runs what the other says.

    Raises:
        DataValidationError: `CONFIG_INVALID`: the extra is not installed, nobody answers there, or scheduler or
            workers have other versions than this machine.
    """
    try:
        from distributed import Client, KilledWorker  # noqa: PLC0415 an extra
    except ModuleNotFoundError:
        message = "--cluster needs the extra: pip install 'orderflow-tui[cluster]'"
        raise DataValidationError("CONFIG_INVALID", message) from None
    try:
        client: Any = Client(address, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise _refused(address, type(error).__name__) from None
    except TypeError:  # what distributed makes of tls:// without certificates
        raise _refused(address, "tls:// needs certificates (DASK_DISTRIBUTED__COMM__TLS__..._CERT, ..._KEY)") from None
    try:
        _refuse_others(client, address)
    except BaseException:
        client.close()
        raise
    workers = max(1, sum(client.ncores().values()))
    return Place(lambda: client.get_executor(retries=2), workers, (KilledWorker, ConnectionError), client.close)


def our_version() -> str:
    """The version that a worker has of this package."""
    return __version__


def _refuse_others(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_WORKER_SECONDS)
        versions = client.get_versions()
        ours = client.run(our_version)
    except TimeoutError:
        raise _refused(address, f"no worker within {_WORKER_SECONDS} s") from None
    except ImportError as error:
        raise _refused(address, f"a worker lacks {printable(error.name or 'a package')}") from None
    except Exception as error:  # noqa: BLE001 - whatever another version of Dask answers with
        raise _refused(address, f"its workers cannot be asked for their versions: {type(error).__name__}") from None
    here = {**versions["client"]["packages"], _OURS: __version__}
    others = {worker: {**found["packages"], _OURS: ours.get(worker)} for worker, found in versions["workers"].items()}
    others["the scheduler"] = {**versions["scheduler"]["packages"], _OURS: __version__}
    for where, found in others.items():
        if why := differing(here, found):
            raise _refused(address, f"{printable(where)} has {why}: install the same versions everywhere")


def differing(here: Mapping[str, object], there: Mapping[str, object]) -> str:
    """What another machine has of what must be alike, in words; empty where all is."""
    for name in _ALIKE:
        mine, other = (_release(name, versions.get(name)) for versions in (here, there))
        if mine != other:
            return f"{name} {printable(other)[:40]}, this machine {mine}"
    return ""


def _release(name: str, version: object) -> str:
    """A version as far as it must be alike: of Python the first two numbers."""
    text = str(version)
    return ".".join(text.split(".")[:2]) if name == "python" else text


def _refused(address: str, why: str) -> DataValidationError:
    return DataValidationError("CONFIG_INVALID", f"--cluster {printable(address)}: {why}")
