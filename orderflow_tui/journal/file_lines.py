"""Lines of a day file with their offsets, from either end, in pieces: a day of any size costs little memory."""

from __future__ import annotations

import errno
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO, Final, cast

from orderflow_tui.support.bounded_file import UnfitFileError, open_regular

UNREADABLE: Final = (OSError, EOFError, zlib.error)
LONGEST_LINE: Final = 1 << 24
"""No record is nearly as long: a file with a longer line is not a journal."""

CHUNK: Final = 1 << 18
_IN_MEMORY: Final = 1 << 24
_TAIL: Final = 1 << 20
_SMALL: Final = 1 << 26
_MOST_RATIO: Final = 100
"""Records pack to a tenth or a thirtieth; what packs far better is not a journal, and may have no end."""


@contextmanager
def opened(path: Path, most: int | None = None) -> Iterator[IO[bytes]]:
    """A day file as seekable bytes, packed (`.gz`) or not; also when it was packed since its name was learnt.

    Args:
        path: The file.
        most: How many bytes it may unpack to; None for what a journal can have.

    Raises:
        OSError: It cannot be read, or is no regular file; EOFError and zlib.error for a damaged packed one.
    """
    packed = path if path.suffix == ".gz" else path.with_name(path.name + ".gz")
    if path.suffix != ".gz" and (path.exists() or not packed.exists()):
        with plain_bytes(path) as file:
            yield file
        return
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as plain:
        unpack(packed, plain, most)
        yield plain


def plain_bytes(path: Path) -> IO[bytes]:
    """A regular file's bytes. Raises OSError."""
    return BufferedReader(open_regular(path))


@contextmanager
def unpacked_bytes(path: Path) -> Iterator[IO[bytes]]:
    """A packed file's bytes as they come. Raises OSError, EOFError or zlib.error, while it is read too."""
    import gzip  # noqa: PLC0415 most days are not packed yet

    with open_regular(path) as raw, gzip.open(raw, "rb") as file:
        yield cast("IO[bytes]", file)


def unpack(packed: Path, into: IO[bytes], most: int | None = None) -> None:
    """Unpack a day. Raises OSError, EOFError or zlib.error; OSError too where it grows as no journal can, or `most`."""
    left = _SMALL + _MOST_RATIO * packed.stat().st_size
    left = left if most is None else min(left, most)
    with unpacked_bytes(packed) as file:
        while chunk := file.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                raise OSError(f"{packed.name} unpacks to more than a journal can")
            into.write(chunk)


def packed_tail(day: Path) -> frozenset[bytes]:
    """The last lines of a day that was packed, with their newlines; none where it was not, or cannot be read."""
    packed = day.with_name(day.name + ".gz")
    try:
        with opened(packed) as file:
            start, end = newest_lines(file, _TAIL)
            file.seek(start)
            return frozenset(file.read(end - start).splitlines(keepends=True))
    except (OSError, EOFError, zlib.error):
        return frozenset()


def forward(file: IO[bytes], start: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes]]:
    """`(offset, line)` from `start`, which begins a line, oldest first; lines come without their newline.

    What follows the last newline comes too when `end` is None. Raises OSError for a line longer than any record.
    """
    file.seek(start)
    pieces: list[bytes] = []  # of a line that is not read to its end, which may be many
    held, offset = 0, start
    while end is None or offset + held < end:
        wanted = CHUNK if end is None else min(CHUNK, end - offset - held)
        chunk = file.read(wanted)
        if not chunk:
            break
        first, *lines = chunk.split(b"\n")
        pieces.append(first)
        held += len(first)
        if not lines:
            _refuse_endless(held)
            continue
        rest = lines.pop()
        for line in (b"".join(pieces), *lines):
            yield offset, line
            offset += len(line) + 1
        pieces, held = [rest], len(rest)
    if held and end is None:
        yield offset, b"".join(pieces)


def backward(file: IO[bytes], end: int, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """`(offset, line)` of `[start, end)`, where `start` begins a line, newest first; lines come without their newline.

    Raises OSError for a line longer than any record.
    """
    held = 0
    pieces: list[bytes] = []  # of a line whose beginning is not reached, the last of them first
    position = end
    while position > start:
        begin = max(position - CHUNK, start)
        file.seek(begin)
        block = file.read(position - begin)
        first, *lines = block.split(b"\n")
        offset = begin + len(block)
        if lines:
            offset += sum(map(len, pieces))
            lines[-1] += b"".join(reversed(pieces))
            pieces.clear()
            held = 0
        for line in reversed(lines):
            offset -= len(line)
            if line:
                yield offset, line
            offset -= 1
        pieces.append(first)
        held += len(first)
        _refuse_endless(held)
        position = begin
    if rest := b"".join(reversed(pieces)):
        yield start, rest


def newest_lines(file: IO[bytes], most: int | None) -> tuple[int, int]:
    """`(start, end)` of the last whole lines of a file that are together no longer than `most`; None is all of it."""
    end = file.seek(0, 2)
    if most is None or end <= most:
        return 0, end
    file.seek(end - most)
    return min(end - most + len(file.readline(LONGEST_LINE)), end), end


def complete_end(file: IO[bytes]) -> int:
    """Where the last whole line ends: what follows is being written, or torn. Raises OSError as `forward`."""
    size = end = file.seek(0, 2)
    while end > 0:
        _refuse_endless(size - end)
        begin = max(end - CHUNK, 0)
        file.seek(begin)
        at = file.read(end - begin).rfind(b"\n")
        if at >= 0:
            return begin + at + 1
        end = begin
    return 0


def _refuse_endless(held: int) -> None:
    if held > LONGEST_LINE:
        raise UnfitFileError(errno.EFBIG, f"a line is longer than {LONGEST_LINE:,} bytes: not a journal")
