"""Files of the owner alone: written without following links, replaced whole.

A reader of a replaced file sees the old or the new one, never half of either, however many processes replace it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from orderflow_tui.support.bounded_file import UnfitFileError
from orderflow_tui.support.open_flags import AS_IS, FOLDER, NEW, NO_LINK, NO_WAIT

_BY_FOLDER: Final = os.open in os.supports_dir_fd


def open_to_append(path: Path, *, readable: bool = False) -> int:
    """A descriptor that appends to a regular file of this user's own; the file is made if it is missing.

    Args:
        path: The file.
        readable: Whether its content is looked at too.

    Raises:
        UnfitFileError: A link, a pipe, a device or another user's file stands there; `strerror` says which.
        OSError: It cannot be opened.
    """
    flags = os.O_APPEND | os.O_CREAT | (os.O_RDWR if readable else os.O_WRONLY) | AS_IS | NO_LINK | NO_WAIT
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK):
            raise UnfitFileError(errno.ELOOP, "a symbolic link, which is not followed here", str(path)) from None
        if error.errno in (errno.ENXIO, errno.EISDIR):  # a pipe that nobody reads, a socket, a directory
            raise UnfitFileError(errno.EINVAL, "not a regular file", str(path)) from None
        raise
    try:
        _refuse_foreign(os.fstat(descriptor), path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_foreign(found: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise UnfitFileError(errno.EINVAL, "not a regular file", str(path))
    if sys.platform != "win32" and found.st_uid != os.geteuid() and os.geteuid() != 0:
        raise UnfitFileError(errno.EPERM, "another user's file", str(path))


def replace_file(path: Path, data: bytes, *, mode: int = 0o600, linked_folder: bool = True) -> None:
    """Write `data` to `path`, readable by the owner only; its folder is made if missing.

    A link at `path` is replaced, and what it points to stays as it is.

    Args:
        path: The file.
        data: Its new content.
        mode: Its new permissions.
        linked_folder: Whether the file's folder may be a symbolic link.

    Raises:
        OSError: It cannot be written; the old file stands.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    waiting = f".{path.name}.{os.urandom(8).hex()}.tmp"
    with _folder(path.parent, linked=linked_folder) as folder:
        written, target = (waiting, path.name) if folder is not None else (path.with_name(waiting), path)
        descriptor = os.open(written, NEW | NO_LINK, 0o600, dir_fd=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                if mode != 0o600 and hasattr(os, "fchmod"):
                    os.fchmod(file.fileno(), mode)
            os.replace(written, target, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(written, dir_fd=folder)
            raise


@contextlib.contextmanager
def _folder(path: Path, *, linked: bool) -> Iterator[int | None]:
    """The folder's descriptor, so that nobody puts another in its place meanwhile; None where there are none."""
    if not _BY_FOLDER:
        yield None
        return
    try:
        folder = os.open(path, FOLDER if linked else FOLDER | NO_LINK)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR) and path.is_symlink():
            raise UnfitFileError(errno.ELOOP, "a symbolic link, which is not followed here", str(path)) from None
        raise
    try:
        yield folder
    finally:
        os.close(folder)
