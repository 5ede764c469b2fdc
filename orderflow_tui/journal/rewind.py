"""Takes a replay's journal back to where its run began, so that the recording can be played again from there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from orderflow_tui.journal.days import day_files
from orderflow_tui.support.atomic_file import open_to_append, replace_file
from orderflow_tui.support.bounded_file import read_bounded

_LEARNED: Final = "learned*"
_MOST_BYTES: Final = 4_000_000


class JournalMark:
    """A journal's directory as it stands now.

    Args:
        directory: A journal in which nobody writes now; one that is not there yet is empty.

    Raises:
        OSError: It cannot be read.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._sizes = {path: path.stat().st_size for path in day_files(directory)}
        self._learned = {path: read_bounded(path, _MOST_BYTES) for path in _learned(directory)}

    def restore(self) -> None:
        """Take off what was written since; only for the one program that writes there, with its writer closed.

        Raises:
            OSError: A file cannot be changed.
        """
        for path in day_files(self._directory):
            size = self._sizes.get(path)
            if size is None:
                path.unlink()
            elif path.stat().st_size > size:
                descriptor = open_to_append(path)
                try:
                    os.truncate(descriptor, size)
                finally:
                    os.close(descriptor)
        for path in _learned(self._directory):
            if path not in self._learned:
                path.unlink()
        for path, content in self._learned.items():
            replace_file(path, content)


def _learned(directory: Path) -> Iterator[Path]:
    """What symbols have taught, kept beside the journal."""
    return (path for folder in directory.glob(_LEARNED) for path in folder.glob("*.json"))
