"""Which files hold a journal's days: one a day, plain or packed, or two where a day was packed while it was written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from orderflow_tui.journal.file_lines import UNREADABLE, plain_bytes, unpacked_bytes

DAY_FILE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.jsonl(\.gz)?")
PACKED: Final = ".gz"
_SUFFIX: Final = ".jsonl"
_LONGEST_FIRST_LINE: Final = 1 << 20


def days_of(directory: Path) -> list[str]:
    """The days (`2026-01-31`) that have a file, oldest first; none where there is no such directory."""
    try:
        names = os.listdir(directory)  # noqa: PTH208 names suffice
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted({name[:10] for name in names if DAY_FILE.fullmatch(name)})


def files_of(directory: Path, day: str) -> Iterator[Path]:
    """A day's files in the order of their records.

    Whoever packs a day while it is written leaves its earlier records packed, and the later ones in a plain file that
    was begun after. A packed file whose records the plain one holds too is a copy, and left out.
    """
    plain = directory / f"{day}{_SUFFIX}"
    packed = plain.with_name(plain.name + PACKED)
    if packed.exists() and not (plain.exists() and _begin_alike(plain, packed)):
        yield packed
    if plain.exists():
        yield plain


def day_files(directory: Path) -> list[Path]:
    """The files of all days, oldest first."""
    return [path for day in days_of(directory) for path in files_of(directory, day)]


def _begin_alike(plain: Path, packed: Path) -> bool:
    """Whether two files begin with the same record, or one of them has none yet."""
    try:
        with plain_bytes(plain) as one, unpacked_bytes(packed) as other:
            first, second = _first_line(one), _first_line(other)
    except EOFError:  # it is being packed
        return True
    except UNREADABLE:  # whoever reads it says so
        return False
    return first == second or not first or not second


def _first_line(file: IO[bytes]) -> bytes:
    line = file.readline(_LONGEST_FIRST_LINE)
    return line if line.endswith(b"\n") else b""
