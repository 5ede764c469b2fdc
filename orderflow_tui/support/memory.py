"""How much memory this process uses, and how to keep it little."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_BIG: Final = 128 * 1_024
_ONE_HEAP: Final = {
    "MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": str(_BIG), "MALLOC_TRIM_THRESHOLD_": str(_BIG),
}  # fmt: skip
_LATE: Final = ("importlib.metadata", "zstandard")
"""What websockets and httpx import and ask nothing of as they are used here: a megabyte and a half."""


def spare_memory() -> None:
    """Keep a process that runs all day small; call it before there are threads and before httpx is imported.

    All threads allocate from one heap, where the C library is glibc: it gives each thread its own, megabytes in all,
    which Python does not need, for one thread runs at a time. What is big (the bytes of a page) goes back to the
    system when it is freed: without a fixed limit glibc raises its own to the biggest page and keeps the holes. And
    httpx leaves out its command line, which would bring rich's and pygments' parts that no screen here uses.
    """
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: the import fails, and httpx says so
    if not any(isinstance(finder, _LoadedWhenUsed) for finder in sys.meta_path):
        sys.meta_path.insert(0, _LoadedWhenUsed())
    if sys.platform != "linux" or _ONE_HEAP.keys() <= os.environ.keys():
        return
    import ctypes  # noqa: PLC0415 only where it is used

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for setting, value in ((_M_ARENA_MAX, 1), (_M_MMAP_THRESHOLD, _BIG), (_M_TRIM_THRESHOLD, _BIG)):
            mallopt(setting, value)


def environment_that_spares_memory() -> dict[str, str]:
    """What a child of ours that runs all day finds in its environment beside the rest, from its first moment on.

    Its heap is one without ctypes, and its time zones are looked for where this process looks, without `sysconfig`: a
    megabyte together. What the user has set stays.
    """
    from zoneinfo import TZPATH  # noqa: PLC0415 where it is loaded already, or will be

    ours = {**_ONE_HEAP, "PYTHONTZPATH": os.pathsep.join(TZPATH)}
    return {name: value for name, value in ours.items() if name not in os.environ}


class _LoadedWhenUsed(MetaPathFinder):
    """Lets the first attribute that is asked for load a module, and not its first import."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _LATE:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


@contextmanager
def asyncio_without_tls() -> Iterator[None]:
    """What is imported within, asyncio above all, finds no `ssl` and loads no OpenSSL.

    For a process whose event loop opens no connection: that is a twentieth of a screen's start and 4 MB. Whoever wants
    `ssl` afterwards imports it as ever.
    """
    if "ssl" in sys.modules or "asyncio" in sys.modules:
        yield
        return
    sys.modules["ssl"] = None  # type: ignore[assignment]  # the import fails, and asyncio does without
    try:
        yield
    finally:
        del sys.modules["ssl"]


def settle_memory() -> None:
    """What is loaded stays: collecting garbage looks at it no more, which held every thread up for tens of ms."""
    gc.collect()
    gc.freeze()
    gc.enable()


def max_rss_mb() -> float | None:
    """The most memory this process held at once, megabytes; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 not on every system

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1)
