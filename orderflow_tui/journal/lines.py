"""Lines of a day file with their offsets, from either end, in pieces: a day of any size costs little memory."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

CHUNK: Final = 1 << 18
_IN_MEMORY: Final = 1 << 24
_SMALL: Final = 1 << 26
_MOST_RATIO: Final = 100
"""Records pack to a tenth or a thirtieth; what packs far better is no journal, and may have no end."""


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """A day file as seekable bytes, packed (`.gz`) or not; also when it was packed since its name was learnt."""
    packed = path if path.suffix == ".gz" else path.with_name(path.name + ".gz")
    if path.suffix != ".gz" and (path.exists() or not packed.exists()):
        with path.open("rb") as file:
            yield file
        return
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as plain:
        unpack(packed, plain)
        yield plain


def unpack(packed: Path, into: IO[bytes]) -> None:
    """Unpack a day. Raises OSError, EOFError or zlib.error; OSError too where it grows as no journal can."""
    left = _SMALL + _MOST_RATIO * packed.stat().st_size
    with gzip.open(packed, "rb") as file:
        while chunk := file.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                raise OSError(f"{packed.name} unpacks to more than a journal can")
            into.write(chunk)


def forward(file: IO[bytes], start: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes]]:
    """`(offset, line)` from `start`, which begins a line, oldest first; lines come without their newline.

    What follows the last newline comes too when `end` is None.
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
            continue
        rest = lines.pop()
        for line in (b"".join(pieces), *lines):
            yield offset, line
            offset += len(line) + 1
        pieces, held = [rest], len(rest)
    if held and end is None:
        yield offset, b"".join(pieces)


def backward(file: IO[bytes], end: int) -> Iterator[tuple[int, bytes]]:
    """`(offset, line)` of what lies before `end`, newest first; lines come without their newline."""
    pieces: list[bytes] = []  # of a line whose beginning is not reached, the last of them first
    position = end
    while position > 0:
        begin = max(position - CHUNK, 0)
        file.seek(begin)
        block = file.read(position - begin)
        first, *lines = block.split(b"\n")
        offset = begin + len(block)
        if lines:
            offset += sum(map(len, pieces))
            lines[-1] += b"".join(reversed(pieces))
            pieces.clear()
        for line in reversed(lines):
            offset -= len(line)
            if line:
                yield offset, line
            offset -= 1
        pieces.append(first)
        position = begin
    if rest := b"".join(reversed(pieces)):
        yield 0, rest


def complete_end(file: IO[bytes]) -> int:
    """Where the last whole line ends: what follows is being written, or torn."""
    end = file.seek(0, 2)
    while end > 0:
        begin = max(end - CHUNK, 0)
        file.seek(begin)
        at = file.read(end - begin).rfind(b"\n")
        if at >= 0:
            return begin + at + 1
        end = begin
    return 0
