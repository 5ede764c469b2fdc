"""What a replay and an evaluation need of a recording, whatever its format, and what the formats share."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import Final, Protocol

from msgspec import Struct

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Event
from orderflow_tui.core.model.units import PRICE_UNITS_PER_DOLLAR
from orderflow_tui.support.bounded_file import open_regular

GZIP_MAGIC: Final = b"\x1f\x8b"
UNREADABLE: Final = (OSError, EOFError, zlib.error)
"""What reading a file, packed or not, fails with."""
LATEST: Final = 2**63 - 1
"""The core keeps times and sequences as 64-bit numbers."""
MOST_PRICE: Final = 10**9 * PRICE_UNITS_PER_DOLLAR
"""A billion dollars a share, in price units: no price of a stock."""
MOST_SIZE: Final = 10**12
"""Shares."""
LONGEST_LINE: Final = 1 << 16

Reading = Callable[[Path, int], None]
"""Told now and then how many bytes of which file have been read, packed as they lie on disk."""


class RecordingError(ValueError):
    """A recording that cannot be read; one line that names the file, the line and the reason."""


class Repeats(Struct):
    """Rows that stand in a recording once more and were left out, since its events were last asked for."""

    rows: int = 0


class RecordedSession(Protocol):
    """One symbol's recorded session."""

    @property
    def name(self) -> str:
        """What the screen and the journal call it."""

    @property
    def symbol(self) -> str:
        """Ticker."""

    def capabilities(self, *, infer_sides: bool = False) -> Capabilities:
        """What it can show; `infer_sides` leaves recorded aggressors out."""

    def events(self, *, infer_sides: bool = False) -> Iterator[Event]:
        """All events from the first on, in the order in which they happened, at equal times prints before books.

        Raises:
            RecordingError: At a row that cannot be right.
        """


def repeated_rows(sessions: Iterable[RecordedSession]) -> int:
    """How many rows stood there twice and were counted once."""
    found = [getattr(session, "repeats", None) for session in sessions]
    return sum(one.rows for one in found if isinstance(one, Repeats))


def repeated_words(rows: int) -> str:
    """That in words; empty for none."""
    return f"{rows:,} repeated rows counted once" if rows else ""


@contextmanager
def opened(path: Path) -> Iterator[BufferedIOBase]:
    """The file's bytes, unpacked where it is gzipped.

    Raises:
        RecordingError: It cannot be read, here or later on.
    """
    try:
        with open_regular(path) as unbuffered, BufferedReader(unbuffered) as raw:
            packed = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            if not packed:
                yield raw
                return
            with gzip.open(raw) as file, BufferedReader(file) as buffered:
                yield buffered
    except UNREADABLE as problem:
        raise RecordingError(f"{path}: not readable: {problem}") from problem


def packed_position(file: BufferedIOBase) -> int:
    """How many bytes of what `opened` gave have been read, packed as they lie on disk."""
    unpacking = file.raw if isinstance(file, BufferedReader) else None
    packed = unpacking.fileobj if isinstance(unpacking, gzip.GzipFile) else file
    return packed.tell() if isinstance(packed, BufferedIOBase) else 0


def lines(path: Path) -> Iterator[bytes]:
    """The file's lines; one longer than `LONGEST_LINE` comes in pieces, which no format takes for lines of its own.

    Raises:
        RecordingError: It cannot be read.
    """
    with opened(path) as file:
        yield from iter(partial(file.readline, LONGEST_LINE), b"")


def bounded(text: str) -> int:
    """A whole number from 0 to `LATEST`. Raises ValueError."""
    value = int(text)
    if not 0 <= value <= LATEST:
        raise ValueError(f"{value} is out of range")
    return value


def shown(problem: Exception) -> str:
    """An exception's reason in one printable line, cut to 160 characters."""
    text = str(problem)
    return (text if text.isprintable() else ascii(text))[:160]
