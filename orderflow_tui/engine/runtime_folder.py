"""Where this user's engines are: a socket, a lock and a log for each journal, in a folder nobody else can enter."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from binascii import crc32
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from orderflow_tui.support.open_flags import NO_CHILD, NO_LINK

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_FOLDER: Final = "orderflow-tui"
_LONGEST: Final = 100
"""Characters a Unix socket's path may have everywhere."""


class EngineError(RuntimeError):
    """An engine cannot be reached, started or talked to; the text is one line that says why and what to do."""


class EngineRunningError(EngineError):
    """Another engine writes the same journal."""


class EngineSilentError(EngineError):
    """An engine is there and does not answer."""


class EnginePlace(Struct, frozen=True):
    """Where the engine of one journal is found.

    Attributes:
        socket: What screens connect to: a socket, or a file that names a loopback port and its secret.
        lock: Held by the engine as long as it lives.
        log: What an engine without a terminal writes on stderr.
    """

    socket: Path
    lock: Path
    log: Path


def runtime_folder(env: Mapping[str, str] | None = None) -> Path:
    """The folder of this user's engines, made if it is missing.

    Args:
        env: Where `XDG_RUNTIME_DIR` is looked up; None for this process's.

    Raises:
        EngineError: Others could enter or replace it.
    """
    if sys.platform == "win32":
        folder = Path(tempfile.gettempdir()) / _FOLDER  # in the user's own profile
        folder.mkdir(exist_ok=True)
        return folder
    base = (os.environ if env is None else env).get("XDG_RUNTIME_DIR", "")
    if base and Path(base).is_absolute() and Path(base).is_dir():
        folder = Path(base) / _FOLDER
    else:
        folder = Path(tempfile.gettempdir()) / f"{_FOLDER}-{os.geteuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise EngineError(f"{folder} cannot be made for the engine's socket: {error.strerror}") from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise EngineError(f"{folder} must be a folder of yours alone: remove it, or `chmod 700` it if it is yours")
    return folder


def place_of(directory: Path, env: Mapping[str, str] | None = None) -> EnginePlace:
    """Where the engine that writes this journal is found.

    Args:
        directory: The journal's.
        env: See `runtime_folder`.

    Raises:
        EngineError: There is no safe folder for it.
    """
    path = os.fsencode(directory.resolve())
    name = f"{crc32(path):08x}{crc32(path[::-1]):08x}"  # one's own folders fool no checksum, and it loads no OpenSSL
    folder = runtime_folder(env)
    place = EnginePlace(folder / f"{name}.sock", folder / f"{name}.lock", folder / f"{name}.log")
    if len(os.fsencode(place.socket)) > _LONGEST:
        raise EngineError(f"{place.socket} is too long for a socket: set XDG_RUNTIME_DIR to a shorter folder")
    return place


def running_places(env: Mapping[str, str] | None = None) -> list[EnginePlace]:
    """Every engine of this user that takes connections."""
    folder = runtime_folder(env)
    places = [EnginePlace(path, path.with_suffix(".lock"), path.with_suffix(".log")) for path in folder.glob("*.sock")]
    return [place for place in sorted(places, key=lambda place: place.socket) if is_held(place)]


def is_held(place: EnginePlace) -> bool:
    """Whether a living engine holds the place."""
    try:
        EngineLock(place).release()
    except EngineRunningError:
        return True
    return False


class EngineLock:
    """The proof that no other engine writes the same journal; the system drops it with the process.

    Args:
        place: The engine's.

    Raises:
        EngineRunningError: Another engine holds it.
        EngineError: There is no room for it, or something else stands there.
    """

    def __init__(self, place: EnginePlace) -> None:
        try:
            self._descriptor = os.open(place.lock, os.O_RDWR | os.O_CREAT | NO_CHILD | NO_LINK, 0o600)
        except OSError as error:
            raise EngineError(f"{place.lock} cannot be opened: {error.strerror}") from None
        try:
            if sys.platform == "win32":
                msvcrt.locking(self._descriptor, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise EngineRunningError(
                "an engine already watches this journal: `orderflow-tui attach` shows it, `orderflow-tui stop` ends it"
            ) from None

    def release(self) -> None:
        """Let another engine have the place."""
        os.close(self._descriptor)
