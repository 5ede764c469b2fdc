"""How much memory this process uses, and how to keep it little."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_BIG: Final = 128 * 1_024


def spare_memory() -> None:
    """Keep a process that runs all day small; call it before there are threads and before httpx is imported.

    All threads allocate from one heap, where the C library is glibc: it gives each thread its own, megabytes in all,
    which Python does not need, for one thread runs at a time. What is big (the bytes of a page) goes back to the
    system when it is freed: without a fixed limit glibc raises its own to the biggest page and keeps the holes. And
    httpx leaves out its command line, which would bring rich's and pygments' parts that no screen here uses.
    """
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: the import fails, and httpx says so
    if sys.platform != "linux":
        return
    import ctypes  # noqa: PLC0415 only where it is used

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for setting, value in ((_M_ARENA_MAX, 1), (_M_MMAP_THRESHOLD, _BIG), (_M_TRIM_THRESHOLD, _BIG)):
            mallopt(setting, value)


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
