"""Since when nobody has watched: what a run that was killed, or lost its power, leaves in its journal."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from orderflow_tui.journal.days import day_files
from orderflow_tui.journal.file_lines import plain_bytes
from orderflow_tui.journal.records import RUN_STOPPED

_TAIL: Final = 1 << 16
_STOPPED: Final = f'"event":"{RUN_STOPPED}"'.encode()


def unwatched_since(directory: Path) -> int | None:
    """When the last run was last alive, nanoseconds UTC; None where it ended in order, or there was none.

    A writer touches its file about once a second. Call it before a new writer opens the directory.
    """
    plain = [path for path in day_files(directory) if path.suffix == ".jsonl"]
    if not plain:
        return None
    try:
        with plain_bytes(plain[-1]) as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL))
            tail = file.read(_TAIL).rstrip(b"\n")
            alive_ns = os.fstat(file.fileno()).st_mtime_ns
    except OSError:
        return None
    return alive_ns if tail and _STOPPED not in tail.rpartition(b"\n")[2] else None
