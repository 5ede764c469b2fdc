"""A positions file as text: read whole, bounded, its refusals in one line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from msgspec import Struct

from orderflow_tui.config.reload import FileState
from orderflow_tui.positions.errors import PositionsError, PositionsMissing
from orderflow_tui.support.bounded_file import UnfitFileError, read_bounded

_LIMIT_BYTES: Final = 1_000_000


class PositionsFile(Struct, frozen=True):
    """A file that holds positions.

    Attributes:
        path: The file.
    """

    path: Path

    @property
    def first_seconds(self) -> float:
        """A disk answers sooner than that, unless it is a network drive that is gone."""
        return 10.0

    @property
    def name(self) -> str:
        """The path as it may be shown."""
        name = str(self.path)
        return name if name.isprintable() else ascii(name)

    def state(self) -> FileState | int | None:
        """Inode, size and times of the file; why it has none (an error's number); None without it."""
        try:
            status = os.stat(self.path)  # noqa: PTH116 one call, no object, once a second
        except OSError as error:
            return None if isinstance(error, FileNotFoundError) else error.errno
        return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    def checked_at(self, now: float) -> float:
        """A look at the file is a look at all there is."""
        return now

    def content(self) -> bytes:
        """The bytes.

        Raises:
            PositionsMissing: There is no such file.
            PositionsError: It cannot be read, is no regular file or too large.
        """
        try:
            return read_bounded(self.path, _LIMIT_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            raise PositionsMissing(f"{self.name}: there is no such positions file") from None
        except UnfitFileError as unfit:
            raise PositionsError(f"{self.name}: {unfit}, so not a positions file") from None
        except OSError as error:
            raise PositionsError(f"{self.name}: cannot be read: {error.strerror or type(error).__name__}") from None

    def text(self) -> str:
        """The content. Raises PositionsError like `content`, and where it is not UTF-8."""
        try:
            return self.content().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise PositionsError(f"{self.name}: not UTF-8 text") from None
