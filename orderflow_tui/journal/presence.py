"""Whether another process writes to the same journal: each holds a shared lock on the directory while it writes.

Who is alone appends without a lock a record: one write with O_APPEND keeps a line whole on a local file system.
Where the directory cannot be locked, as on some network file systems, nobody counts as alone.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from orderflow_tui.support.open_flags import FOLDER

if sys.platform != "win32":
    import fcntl

_TRIES: Final = 3


class Presence:
    """One writer's mark on its directory; the system drops it with the process.

    Attributes:
        alone: Nobody else had a mark there at the last `look`.
    """

    def __init__(self) -> None:
        self._descriptor = -1
        self.alone = False

    def enter(self, directory: Path) -> None:
        """Mark the directory, and look who is there. Raises OSError where it cannot be opened."""
        self.leave()
        if sys.platform != "win32":
            self._descriptor = os.open(directory, FOLDER)
        self.look()

    def look(self) -> bool:
        """Whether nobody else writes there now."""
        self.alone = self._locks("exclusive")
        for _ in range(_TRIES):
            if self._locks("shared"):
                break
        else:
            self.alone = False
        return self.alone

    def leave(self) -> None:
        """Take the mark away; doing so again is harmless."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self.alone = -1, False

    def _locks(self, how: str) -> bool:
        if sys.platform == "win32" or self._descriptor < 0:
            return False
        kind = fcntl.LOCK_EX if how == "exclusive" else fcntl.LOCK_SH
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
