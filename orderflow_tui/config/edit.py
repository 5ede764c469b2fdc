"""Changing single settings in `orderflow.toml`: comments and all else stay, and it is never half written."""

from __future__ import annotations

import os
import stat
import tempfile
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from orderflow_tui.config.load import (
    FILE_NAME,
    LoadedConfig,
    find_file,
    load_config,
    user_config_folder,
    working_directory,
)
from orderflow_tui.config.screen_settings import screen_settings
from orderflow_tui.config.tickers import normalise_symbol
from orderflow_tui.config.values import invalid
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.support.bounded_file import read_bounded
from orderflow_tui.support.decoding import MOST_CHARACTERS

_BOM: Final = b"\xef\xbb\xbf"
_NEW_FILE_MODE: Final = 0o600
_MOST_BYTES: Final = 4 * MOST_CHARACTERS

Table = tuple[str, ...]
"""Where a setting stands: `()`, `("ui",)` or `("symbols", "AAPL")`."""


class SettingsLook(Struct, frozen=True):
    """The file as it stood when it was looked at, and what it means.

    Attributes:
        path: The file, which may not be there yet.
        content: Its bytes; None without a file.
        loaded: The settings it gives together with the command line and the environment.
    """

    path: Path
    content: bytes | None
    loaded: LoadedConfig


class SettingsFile:
    """The `orderflow.toml` of a run, for the screen that changes it.

    Args:
        overrides: Settings of the command line, which stay in force over the file.
        path: `--config`, or None.
        env: Variables to read instead of `os.environ`.
        cwd: Where `./orderflow.toml` is looked for.
    """

    def __init__(
        self,
        overrides: Mapping[str, object],
        path: str | None = None,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self._overrides, self._path = overrides, path
        self._env, self._cwd = env, cwd

    def look(self) -> SettingsLook:
        """Read the file.

        Raises:
            DataValidationError: It cannot be read, or a setting in it is refused.
        """
        env = os.environ if self._env is None else self._env
        found = find_file(env, self._cwd or working_directory(), self._path)
        loaded = load_config(self._overrides, self._env, self._cwd, path=self._path)
        if found is None:
            return SettingsLook(user_config_folder() / FILE_NAME, None, loaded)
        try:
            return SettingsLook(found, read_bounded(found, _MOST_BYTES), loaded)
        except OSError as error:
            raise invalid(f"{found} cannot be read: {error.strerror}") from None

    def write(self, look: SettingsLook, table: Table, name: str, value: object) -> SettingsLook:
        """Set one setting, or take it out when `value` is None.

        The new file is checked by what loads it before it takes the old one's place.

        Returns:
            The file as it stands now.

        Raises:
            DataValidationError: One line: the value is refused, the file is read-only, was changed since `look`, or
                cannot be written. Nothing is changed then.
        """
        target = Path(os.path.realpath(look.path))
        _refuse_changed(target, look)
        content = _changed(look, table, name, value)
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, written = tempfile.mkstemp(prefix=".orderflow-", suffix=".toml", dir=target.parent)
        except OSError as error:
            raise invalid(f"{look.path} cannot be written: {error.strerror}") from None
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self._check(look.path, written)
            mode = _NEW_FILE_MODE if look.content is None else stat.S_IMODE(target.stat().st_mode)
            Path(written).chmod(mode)
            _refuse_changed(target, look)
            Path(written).replace(target)
        except OSError as error:
            raise invalid(f"{look.path} cannot be written: {error.strerror}") from None
        finally:
            with suppress(FileNotFoundError):
                Path(written).unlink()
        return SettingsLook(look.path, content, load_config(self._overrides, self._env, self._cwd, path=look.path))

    def _check(self, path: Path, written: str) -> None:
        try:
            screen_settings(load_config(self._overrides, self._env, self._cwd, path=written).ui)
        except DataValidationError as error:
            raise invalid(error.args[-1].replace(written, str(path))) from None


def _refuse_changed(target: Path, look: SettingsLook) -> None:
    try:
        now = read_bounded(target, _MOST_BYTES)
        writable = bool(target.stat().st_mode & 0o222) and os.access(target, os.W_OK)
    except FileNotFoundError:
        now, writable = None, True
    except OSError as error:
        raise invalid(f"{look.path} cannot be read: {error.strerror}") from None
    if now != look.content:
        raise invalid(f"{look.path} was changed meanwhile: nothing written, look again")
    if not writable:
        raise invalid(f"{look.path} is read-only: nothing written")


def _changed(look: SettingsLook, table: Table, name: str, value: object) -> bytes:
    """The file's new bytes; refused where the same change to its meaning cannot be made in its text."""
    import tomlkit  # noqa: PLC0415 a fifth of a second that only a change needs
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    content = look.content or b""
    text = content.decode("utf-8-sig")
    meant: dict[str, object] = tomllib.loads(text)
    place = _place(meant, table)
    set_in(meant, place, name, value)
    try:
        document = tomlkit.parse(text)
        set_in(document, place, name, value, new=lambda last: tomlkit.table(is_super_table=not last))
        changed = tomlkit.dumps(document)
    except (TOMLKitError, ValueError) as error:
        raise invalid(f"{look.path} cannot be changed here: {error}") from None
    if tomllib.loads(changed) != meant:
        raise invalid(f"{look.path} is written in a way that cannot be changed here: edit it yourself")
    return (_BOM if content.startswith(_BOM) else b"") + changed.encode()


def _place(meant: Mapping[str, Any], table: Table) -> Table:
    """The table by the name the file has for it: `[symbols.brk-b]` is BRK.B's."""
    if len(table) < 2:
        return table
    for written in meant.get(table[0], {}):
        if normalise_symbol(written) == table[1]:
            return table[0], written
    return table


def set_in(
    document: Any,
    table: Table,
    name: str,
    value: object,
    new: Any = lambda last: {},  # noqa: ARG005 - as tomlkit's
) -> None:
    """Set one entry of a TOML document, parsed by `tomllib` or `tomlkit`, or take it out when `value` is None."""
    for depth, part in enumerate(table):
        if part not in document:
            if value is None:
                return
            document[part] = new(depth == len(table) - 1)
        document = document[part]
    if value is None:
        document.pop(name, None)
        return
    # Comments behind a table's last setting are about what follows them: a new setting goes before.
    body = getattr(getattr(document, "value", None), "body", [])
    behind: list[Any] = []
    while name not in document and body and body[-1][0] is None:
        behind.append(body.pop())
    document[name] = value
    body.extend(reversed(behind))
