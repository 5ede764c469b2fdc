"""How much memory this process has used."""

from __future__ import annotations

import sys


def max_rss_mb() -> float | None:
    """The most memory this process held at once, megabytes; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 not on every system

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1)
