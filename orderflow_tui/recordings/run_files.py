"""A recording's files: `<directory>/<run id>/<SYMBOL>-<New York day>.raw`, and `run.json` beside them.

A file is `MAGIC`, then blocks: length and CRC-32 of the packed bytes (4 bytes each, big-endian), then those bytes. All
blocks of a file are one zlib stream, flushed at each block's end, so that small blocks pack well and a torn file reads
up to its last whole block. Unpacked, a block is frames: 4 bytes of length, then MessagePack (`frames`). The first
block of a file holds its `Day` alone.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Final

import msgspec

from orderflow_tui.core.model.validators import TICKER
from orderflow_tui.core.transcript import CoreCall, decode
from orderflow_tui.support.bounded_file import open_regular, read_bounded
from orderflow_tui.support.decoding import NO_JSON

MAGIC: Final = b"orderflow-tui raw 1\n"
RUN_FILE: Final = "run.json"
IMPORTED: Final = "import"
"""`Run.data_source` of recordings that were taken out of a vendor's file."""
HEADER_BYTES: Final = 8
LENGTH_BYTES: Final = 4
LARGEST_BLOCK: Final = 64 * 2**20
"""Unpacked; the writer lets no more than this wait."""
_DAY_NAME: Final = re.compile(rf"({TICKER})-(\d\d\d\d-\d\d-\d\d)\.raw")


class Day(msgspec.Struct, array_like=True):
    """The head of a day's file; `before` counts the blocks of the symbol's earlier days in this run."""

    run_id: str
    symbol: str
    before: int


class Run(msgspec.Struct, frozen=True):
    """`run.json`: which run was recorded. The journal's directory is where it stood on the recording machine."""

    run_id: str
    profile: str
    source_class: str
    data_source: str
    journal: str
    version: str


class RawError(ValueError):
    """A recording that is not there or cannot be read; one line with the file and the reason."""


def day_name(symbol: str, day: str) -> str:
    """The name of a symbol's file of a New York day (`2026-01-09`)."""
    return f"{symbol}-{day}.raw"


def read_run(directory: Path) -> Run | None:
    """What a run's directory holds; None where it is none."""
    try:
        return msgspec.json.decode(read_bounded(directory / RUN_FILE), type=Run)
    except (OSError, *NO_JSON):
        return None


def runs(directory: Path) -> list[Path]:
    """The runs in a directory of recordings, oldest first; a run's own directory is its only one."""
    if (directory / RUN_FILE).is_file():
        return [directory]
    try:
        return sorted(path for path in directory.iterdir() if (path / RUN_FILE).is_file())
    except OSError:
        return []


def symbols(run: Path) -> list[str]:
    """The symbols of a run."""
    return sorted({match[1] for path in run.glob("*.raw") if (match := _DAY_NAME.fullmatch(path.name))})


class RawReader:
    """One symbol's frames of a run, day after day.

    Args:
        run: The run's directory.
        symbol: Ticker.
    """

    def __init__(self, run: Path, symbol: str) -> None:
        self._run, self._symbol = run, symbol
        self._blocks = 0
        self.torn = ""
        """Where the recording breaks off, as a crash leaves it; empty while it does not."""

    def frames(self) -> Iterator[CoreCall]:
        """Everything up to the recording's end, or to where it breaks off.

        Raises:
            RawError: There is nothing of this symbol, something is missing before what is there, or a file is damaged.
        """
        self.torn, self._blocks = "", 0
        paths = sorted(self._run.glob(day_name(self._symbol, "*")))
        if not paths:
            raise RawError(f"{self._run}: nothing of {self._symbol} was recorded")
        for path in paths:
            if self.torn:
                raise RawError(f"{self.torn}, and later days follow")
            try:
                yield from self._day(path)
            except (OSError, zlib.error, *NO_JSON) as problem:
                raise RawError(f"{path}: not readable: {problem!s:.200}") from None

    def _day(self, path: Path) -> Iterator[CoreCall]:
        headed = False
        for data in self._unpacked(path):
            if headed:
                yield decode(data)
                continue
            headed = True
            head = msgspec.msgpack.decode(data, type=Day)
            if head.symbol != self._symbol or head.before != self._blocks:
                raise RawError(f"{path}: what the run recorded before is missing")

    def _unpacked(self, path: Path) -> Iterator[bytes]:
        """The frames' bytes of one file."""
        with open_regular(path) as raw, BufferedReader(raw) as file:
            magic = file.read(len(MAGIC))
            if not MAGIC.startswith(magic):
                raise RawError(f"{path}: no recording, or of another version")
            left = path.stat().st_size - len(magic)
            unpack = zlib.decompressobj()
            while left:
                header = file.read(HEADER_BYTES)
                size = int.from_bytes(header[:LENGTH_BYTES], "big")
                left -= HEADER_BYTES + size
                if left < 0:
                    break
                packed = file.read(size)
                if zlib.crc32(packed).to_bytes(4, "big") != header[LENGTH_BYTES:]:
                    raise RawError(f"{path}: damaged before byte {file.tell():,}")
                block = unpack.decompress(packed, LARGEST_BLOCK)
                if unpack.unconsumed_tail:
                    raise RawError(f"{path}: a block of more than {LARGEST_BLOCK:,} bytes before byte {file.tell():,}")
                yield from _split(block)
                self._blocks += 1
            if left < 0 or len(magic) < len(MAGIC):
                self.torn = f"{path}: breaks off before byte {file.tell():,}"


def _split(block: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(block):
        begin = at + LENGTH_BYTES
        at = begin + int.from_bytes(block[at:begin], "big")
        yield block[begin:at]
