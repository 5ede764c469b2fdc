"""A positions file as text: read whole, bounded, its refusals in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from msgspec import Struct

from orderflow_tui.config.reload import FileState, file_state
from orderflow_tui.positions.errors import PositionsError, PositionsMissing

_LIMIT_BYTES: Final = 1_000_000


class PositionsFile(Struct, frozen=True):
    """A file that holds positions.

    Attributes:
        path: The file.
    """

    path: Path

    @property
    def name(self) -> str:
        """The path as it may be shown."""
        name = str(self.path)
        return name if name.isprintable() else ascii(name)

    def state(self) -> FileState | None:
        """Inode, size and times of the file; None without it."""
        return file_state(self.path)

    def checked_at(self, now: float) -> float:
        """A look at the file is a look at all there is."""
        return now

    def text(self) -> str:
        """The content.

        Raises:
            PositionsMissing: There is no such file.
            PositionsError: It cannot be read, is too large or is not UTF-8.
        """
        try:
            with self.path.open("rb") as file:
                content = file.read(_LIMIT_BYTES + 1)
        except FileNotFoundError:
            raise PositionsMissing(f"{self.name}: there is no such positions file") from None
        except OSError as error:
            raise PositionsError(f"{self.name}: cannot be read: {error.strerror or type(error).__name__}") from None
        if len(content) > _LIMIT_BYTES:
            raise PositionsError(f"{self.name}: larger than {_LIMIT_BYTES:,} bytes, so no positions file")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise PositionsError(f"{self.name}: not UTF-8 text") from None
