"""Lines of a day file with their offsets, from either end, in pieces: a day of any size costs little memory."""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

CHUNK: Final = 1 << 18
_IN_MEMORY: Final = 1 << 24


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """A day file as seekable bytes, packed (`.gz`) or not; also when it was packed since its name was learnt."""
    packed = path if path.suffix == ".gz" else path.with_name(path.name + ".gz")
    if path.suffix != ".gz" and (path.exists() or not packed.exists()):
        with path.open("rb") as file:
            yield file
        return
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as plain:
        with gzip.open(packed, "rb") as file:
            shutil.copyfileobj(file, plain, CHUNK)
        yield plain


def forward(file: IO[bytes], start: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes]]:
    """`(offset, line)` from `start`, which begins a line, oldest first; lines come without their newline.

    What follows the last newline comes too when `end` is None.
    """
    file.seek(start)
    rest, offset = b"", start
    while end is None or offset + len(rest) < end:
        wanted = CHUNK if end is None else min(CHUNK, end - offset - len(rest))
        chunk = file.read(wanted)
        if not chunk:
            break
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield offset, line
            offset += len(line) + 1
    if rest and end is None:
        yield offset, rest


def backward(file: IO[bytes], end: int) -> Iterator[tuple[int, bytes]]:
    """`(offset, line)` of what lies before `end`, newest first; lines come without their newline."""
    rest = b""
    position = end
    while position > 0:
        begin = max(position - CHUNK, 0)
        file.seek(begin)
        block = file.read(position - begin) + rest
        lines = block.split(b"\n")
        rest = lines.pop(0)
        offset = begin + len(block)
        for line in reversed(lines):
            offset -= len(line)
            if line:
                yield offset, line
            offset -= 1
        position = begin
    if rest:
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
