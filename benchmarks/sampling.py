"""What a process holds while it runs: memory, threads, descriptors, asyncio tasks; and whether any of it grows.

    python -m benchmarks.sampling FILE SECONDS -- COMMAND...   # `orderflow-tui COMMAND...`, sampled into FILE

Sampled from inside, because only the process itself knows its asyncio tasks. Needs /proc.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import threading
import time
import weakref
from dataclasses import asdict, dataclass
from pathlib import Path

_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20
_loops: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()


@dataclass
class Sample:
    """One look: `minute` since the start, on the clock of the market that is watched."""

    minute: float
    rss_mb: float
    threads: int
    files: int
    tasks: int


def note_loops() -> None:
    """Remember every event loop made from now on."""
    made = asyncio.BaseEventLoop.__init__

    def init(self: asyncio.BaseEventLoop) -> None:
        made(self)
        _loops.add(self)

    asyncio.BaseEventLoop.__init__ = init  # type: ignore[method-assign]


def sample(minute: float) -> Sample:
    """This process, now."""
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_MB
    tasks = sum(len(asyncio.all_tasks(loop)) for loop in list(_loops) if not loop.is_closed())
    files = len(os.listdir("/proc/self/fd")) - 1  # noqa: PTH208 names suffice; one of them is this look's own
    return Sample(round(minute, 3), round(resident, 3), threading.active_count(), files, tasks)


def slope(samples: list[Sample]) -> float:
    """MB a minute by Theil and Sen: the median of the slopes between all pairs, which a single step cannot move."""
    pairs = [
        (late.rss_mb - early.rss_mb) / (late.minute - early.minute)
        for number, early in enumerate(samples)
        for late in samples[number + 1 :]
        if late.minute > early.minute
    ]
    return statistics.median(pairs) if pairs else 0.0


def growth(samples: list[Sample], name: str) -> float:
    """How much the middle of the last third lies above the middle of the first."""
    third = max(1, len(samples) // 3)
    first, last = samples[:third], samples[-third:]
    return statistics.median(getattr(one, name) for one in last) - statistics.median(
        getattr(one, name) for one in first
    )


def read(path: Path) -> list[Sample]:
    return [Sample(**json.loads(line)) for line in path.read_text().splitlines()]


def keep(path: Path, minute: float) -> None:
    """Add a sample of this process to a file."""
    with path.open("a") as file:
        file.write(json.dumps(asdict(sample(minute))) + "\n")


def main() -> int:
    path, every, command = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[4:]
    note_loops()
    began = time.monotonic()

    def look() -> None:
        while True:
            time.sleep(every)
            keep(path, (time.monotonic() - began) / 60)

    # The program forks once at its start and wants no thread before.
    os.register_at_fork(after_in_parent=threading.Thread(target=look, name="sampling", daemon=True).start)
    from orderflow_tui.cli import main as run

    return run(command)


if __name__ == "__main__":
    sys.exit(main())
