"""How much memory this process has used."""

from __future__ import annotations

import sys
from typing import Final

_M_ARENA_MAX: Final = -8


def share_one_heap() -> None:
    """Let all threads allocate from one heap, where the C library is glibc; call it before there are threads.

    It gives each thread its own, megabytes in all, which Python does not need: one thread runs at a time.
    """
    if sys.platform != "linux":
        return
    import ctypes  # noqa: PLC0415 only where it is used

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def max_rss_mb() -> float | None:
    """The most memory this process held at once, megabytes; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 not on every system

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1)
