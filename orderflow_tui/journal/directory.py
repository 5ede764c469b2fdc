"""The journal's directory: one class of source, a file a UTC day, torn lines set aside."""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from orderflow_tui.core.model.capabilities import SourceClass
from orderflow_tui.journal.days import day_files
from orderflow_tui.journal.file_lines import LONGEST_LINE
from orderflow_tui.support.atomic_file import open_to_append
from orderflow_tui.support.bounded_file import UnfitFileError, open_regular, read_bounded
from orderflow_tui.support.open_flags import NEW
from orderflow_tui.support.ownership import distrust_folder

if sys.platform != "win32":
    import fcntl

MARKER: Final = ".source-class"
_SOURCE_CLASSES: Final = ("live", "simulated", "replayed")
_MARKER_TRIES: Final = 50
_MARKER_PAUSE_SECONDS: Final = 0.02
_MARKER_BYTES: Final = 64
_TAIL_CHUNK: Final = 65_536
LOCK_SECONDS: Final = 0.5
"""Writers that are not alone hold the lock for the time of one write; who has it for longer does not run."""
_LOCK_PAUSE_SECONDS: Final = 0.001
_SETTLE_SECONDS: Final = 0.2
"""Twice what a writer takes to see that it is no longer alone (`writer._LOOK_NS`): then it locks for each line."""


class LockedError(OSError):
    """Another process holds the file's lock and does not let it go."""


class JournalError(RuntimeError):
    """The journal cannot be used, in one line."""


@contextmanager
def locked(fd: int, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Keep other processes from writing the same file; waits for them at most `seconds`. Raises LockedError."""
    if sys.platform == "win32":
        yield
        return
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LockedError(errno.EAGAIN, "locked by another process") from None
        time.sleep(_LOCK_PAUSE_SECONDS)
    try:
        yield
    finally:
        fcntl.flock(fd, fcntl.LOCK_UN)


def claim(directory: Path, source_class: SourceClass, *, starts: bool = True) -> None:
    """Make the directory if it is missing (owner-only) and mark it as this class's, or check that it is.

    Args:
        directory: The directory.
        source_class: This run's.
        starts: Whether the run begins: from then on a record is written wherever it can be.

    Raises:
        JournalError: It belongs to another class of source, or others could replace what is written there.
        OSError: It cannot be made or written.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if starts and (why := distrust_folder(directory.stat())):
        raise JournalError(f"{_shown(directory)} cannot hold a journal: {why} (ORDER_FLOW_LOG_DIR)")
    marked = _marked_class(directory / MARKER)
    owner = marked or _class_of_records(directory)
    if owner and owner != source_class:
        raise JournalError(
            f"{_shown(directory)} holds a {owner} journal and this run is {source_class}: journals never mix; "
            "choose another directory (ORDER_FLOW_LOG_DIR)"
        )
    if not marked and not _mark(directory, source_class):
        claim(directory, source_class)  # another process was first, perhaps with another class


def _mark(directory: Path, source_class: SourceClass) -> bool:
    """Whether there was no marker yet."""
    try:
        fd = os.open(directory / MARKER, NEW, 0o600)
    except FileExistsError:
        return False
    try:
        _write_all(fd, source_class.encode() + b"\n")
    except OSError:
        (directory / MARKER).unlink()
        raise
    finally:
        os.close(fd)
    return True


def _marked_class(marker: Path) -> str:
    """The class a marker names; empty without one. One that stays empty or unreadable was torn: it goes."""
    for _ in range(_MARKER_TRIES):
        try:
            text = read_bounded(marker, _MARKER_BYTES, follow_link=False).decode("ascii", "replace").strip()
        except FileNotFoundError:
            return ""
        except UnfitFileError as error:
            raise JournalError(f"{_shown(marker)} is {error}") from None
        if text in _SOURCE_CLASSES:
            return text
        if text:
            raise JournalError(f"{_shown(marker)} names no class of source: live, simulated or replayed")
        time.sleep(_MARKER_PAUSE_SECONDS)  # its maker is between creating and writing it
    marker.unlink(missing_ok=True)
    return ""


def _class_of_records(directory: Path) -> str:
    """The class the newest readable record names, for a directory whose marker was lost."""
    for path in reversed([path for path in day_files(directory) if path.suffix == ".jsonl"]):
        try:
            with open_regular(path, follow_link=False) as file:
                file.seek(max(path.stat().st_size - _TAIL_CHUNK, 0))
                lines = file.read(_TAIL_CHUNK).splitlines()
        except UnfitFileError:
            continue
        for line in reversed(lines):
            if (record := _object(line)) and record.get("source_class") in _SOURCE_CLASSES:
                return str(record["source_class"])
    return ""


def open_day(path: Path, seconds: float = LOCK_SECONDS, *, alone: bool = True) -> int:
    """A descriptor that appends whole lines to this file; a torn last line is set aside first.

    Args:
        path: The day's file.
        seconds: How long to wait for another process that holds its lock.
        alone: Whether no other process writes in the directory.

    Raises:
        OSError: It is not a regular file of this user's own, its end is no line of a journal, it is locked.
    """
    fd = open_to_append(path, readable=True)
    try:
        repair(fd, path, seconds, alone=alone)
        if sys.platform != "win32":
            status = os.fstat(fd)
            if status.st_mode & 0o077 and status.st_uid == os.geteuid():
                os.fchmod(fd, 0o600)
    except BaseException:
        os.close(fd)
        raise
    return fd


def repair_days(directory: Path, *, alone: bool = True) -> None:
    """Set aside the torn last line of every day that can be written; readers say what is wrong with the others."""
    for path in day_files(directory):
        if path.suffix == ".jsonl":
            with suppress(OSError):
                os.close(open_day(path, alone=alone))


def repair(fd: int, path: Path, seconds: float = LOCK_SECONDS, *, alone: bool = True) -> None:
    """Move what stands after the last newline to `<day>.jsonl.torn`; a whole record only gets its newline.

    Writers that are not alone hold the same lock for each line, so what is seen under it is nobody's line in the
    making.
    """
    if not alone and not _ends_whole(fd):
        time.sleep(_SETTLE_SECONDS)
    with locked(fd, seconds):
        if _ends_whole(fd):
            return
        size = os.fstat(fd).st_size
        start = _after_last_newline(fd, size, path)
        tail = _read(fd, start, size)
        if _object(tail):
            os.write(fd, b"\n")
            return
        _set_aside(path.with_name(path.name + ".torn"), tail)
        os.ftruncate(fd, start)


def _ends_whole(fd: int) -> bool:
    size = os.fstat(fd).st_size
    return not size or _read_at(fd, 1, size - 1) == b"\n"


def _set_aside(path: Path, tail: bytes) -> None:
    fd = open_to_append(path)
    try:
        _write_all(fd, tail + b"\n")
        os.fsync(fd)
    finally:
        os.close(fd)


def append_line(fd: int, line: bytes, seconds: float = LOCK_SECONDS) -> None:
    """Append one line whole or not at all beside other writers, with one write (two when the first is cut short).

    Args:
        fd: From `open_day`.
        line: With its newline.
        seconds: How long to wait for another process that holds the file's lock.

    Raises:
        OSError: Nothing of the line stands in the file.
    """
    with locked(fd, seconds):
        written = os.write(fd, line)
        if written != len(line):
            _complete(fd, line, written)


def append_alone(fd: int, line: bytes) -> None:
    """The same for the only writer, without a lock; LockedError, and part of the line, where another one came just now.

    Raises:
        OSError: As `append_line`.
    """
    written = os.write(fd, line)
    if written != len(line):
        with locked(fd):
            _complete(fd, line, written)


def _complete(fd: int, line: bytes, written: int) -> None:
    start = os.fstat(fd).st_size - written
    if _read_at(fd, written, start) != line[:written]:
        raise OSError(errno.EIO, "another process wrote into the line")
    try:
        _write_all(fd, line[written:])
    except OSError:
        os.ftruncate(fd, start)
        raise


def _write_all(fd: int, content: bytes) -> None:
    while content:
        written = os.write(fd, content)
        if not written:
            raise OSError(5, "nothing was written")
        content = content[written:]


def _read_at(fd: int, count: int, start: int) -> bytes:
    """What stands there, at most `count` bytes; what is appended goes to the end wherever was read."""
    if sys.platform == "win32":
        os.lseek(fd, start, os.SEEK_SET)
        return os.read(fd, count)
    return os.pread(fd, count, start)


def _read(fd: int, start: int, end: int) -> bytes:
    parts = []
    while start < end:
        part = _read_at(fd, min(end - start, 1 << 24), start)
        if not part:
            break
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def _after_last_newline(fd: int, size: int, path: Path) -> int:
    """Raises UnfitFileError where what follows the last newline is longer than any record."""
    end = size
    while end > 0:
        if size - end > LONGEST_LINE:
            raise UnfitFileError(
                errno.EFBIG, f"its last line is longer than {LONGEST_LINE:,} bytes: not a journal", str(path)
            )
        begin = max(end - _TAIL_CHUNK, 0)
        at = _read(fd, begin, end).rfind(b"\n")
        if at >= 0:
            return begin + at + 1
        end = begin
    return 0


def _object(line: bytes) -> dict[str, object] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _shown(path: Path) -> str:
    text = str(path)
    return text if text.isprintable() else ascii(text)
