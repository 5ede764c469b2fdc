"""Files of the owner alone, replaced whole: a reader sees the old or the new one, never half of either."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def replace_file(path: Path, data: bytes) -> None:
    """Write `data` to `path`, readable by the owner only; its folder is made if missing.

    Raises:
        OSError: It cannot be written; the old file stands.
    """
    waiting = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        waiting.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            waiting.unlink(missing_ok=True)
        raise
