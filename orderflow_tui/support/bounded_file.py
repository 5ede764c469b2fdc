"""A file read from disk: a regular file, of bounded size, that nothing can hold up.

A pipe, a socket, a device or a directory in a file's place is refused before a byte of it is read, a file of
gigabytes after `limit` bytes.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path
from typing import Final

from orderflow_tui.support.open_flags import AS_IS, NO_CHILD, NO_LINK, NO_WAIT
from orderflow_tui.support.ownership import distrust, owned

LIMIT_BYTES: Final = 1_000_000

_KINDS: Final = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class UnfitFileError(OSError):
    """What stands there is no file to read; `strerror` says why in one line, without the path."""

    def __str__(self) -> str:
        return str(self.strerror)


def read_bounded(path: Path, limit: int = LIMIT_BYTES, *, follow_link: bool = True, own: bool = False) -> bytes:
    """The whole content of a regular file.

    Args:
        path: The file.
        limit: The most bytes it may have.
        follow_link: Whether the path itself may be a symbolic link.
        own: Whether nobody else may own or write it, or have made the link.

    Raises:
        FileNotFoundError: There is no such file.
        UnfitFileError: It is no regular file, is larger than `limit`, is a link that is not to be followed, or others
            decide about what stands in it.
        OSError: It cannot be opened or read.
    """
    with open_regular(path, follow_link=follow_link) as file:
        if own:
            _refuse_distrusted(path, file)
        return _whole(file, limit, path)


def open_regular(path: Path, *, follow_link: bool = True) -> io.FileIO:
    """A regular file to read in pieces, for files that may be of any size.

    Raises:
        FileNotFoundError: There is no such file.
        UnfitFileError: It is no regular file, or is a link that is not to be followed.
        OSError: It cannot be opened.
    """
    flags = os.O_RDONLY | AS_IS | NO_CHILD | NO_WAIT
    try:
        # Looked at first: opening a device may do something, and opening a socket fails in its own words.
        _refuse_unless_regular(os.stat(path, follow_symlinks=follow_link), path)  # noqa: PTH116 takes any path
        descriptor = os.open(path, flags if follow_link else flags | NO_LINK)
    except ValueError:
        raise UnfitFileError(errno.EINVAL, "no path of a file", ascii(path)) from None
    try:
        _refuse_unless_regular(os.fstat(descriptor), path)
    except BaseException:
        os.close(descriptor)
        raise
    return io.FileIO(descriptor, "rb")


def _refuse_unless_regular(found: os.stat_result, path: Path) -> None:
    if stat.S_ISREG(found.st_mode):
        return
    if stat.S_ISLNK(found.st_mode):
        raise UnfitFileError(errno.ELOOP, "a symbolic link, which is not followed here", str(path))
    kind = next((words for is_kind, words in _KINDS if is_kind(found.st_mode)), "something else")
    raise UnfitFileError(errno.EINVAL, f"{kind}, not a regular file", str(path))


def _refuse_distrusted(path: Path, file: io.FileIO) -> None:
    why = distrust(os.fstat(file.fileno()))
    link = path.lstat()
    if stat.S_ISLNK(link.st_mode) and not owned(link):
        why = f"a link that another user made (uid {link.st_uid}): remove it"
    if why:
        raise UnfitFileError(errno.EPERM, why, str(path))


def _whole(file: io.FileIO, limit: int, path: Path) -> bytes:
    content = bytearray()
    while piece := file.read(limit + 1 - len(content)):
        content += piece
        if len(content) > limit:
            raise UnfitFileError(errno.EFBIG, f"larger than {limit:,} bytes", str(path))
    return bytes(content)
