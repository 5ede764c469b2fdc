"""Where keys and passwords come from: the environment, an env file of the owner's alone, or the system's keyring.

The environment wins. `ORDER_FLOW_SECRETS` names the file, or says `keyring`; without it `secrets.env` in the user's
configuration folder is read where it exists. No value is ever shown, in no refusal.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from orderflow_tui.config.sources import SECRET_VARIABLES
from orderflow_tui.config.values import SECRETS_VARIABLE, invalid, nearest
from orderflow_tui.support.bounded_file import UnfitFileError, open_regular
from orderflow_tui.support.masking import hide
from orderflow_tui.support.printable import shown_value

_OF_SOURCES: Final = tuple(variable for variables in SECRET_VARIABLES.values() for variable in variables)
_OF_BROKERS: Final = (
    "APCA_API_KEY_ID",
    "APCA_API_SECRET_KEY",
    "ROBINHOOD_USERNAME",
    "ROBINHOOD_PASSWORD",
    "ROBINHOOD_MFA_CODE",
)
SECRET_NAMES: Final = tuple(dict.fromkeys((*_OF_SOURCES, *_OF_BROKERS, "APPRISE_URLS")))
"""What may stand in the file or in the keyring (service `orderflow-tui`, the name as the user)."""
_ECHOED: Final = tuple(name for name in SECRET_NAMES if name not in ("ROBINHOOD_USERNAME", "APPRISE_URLS"))
"""Those that a host is sent and may send back: keys and passwords."""
KEYRING: Final = "keyring"
FILE_NAME: Final = "secrets.env"
SERVICE: Final = "orderflow-tui"
_LIMIT_BYTES: Final = 65_536


def with_secrets(env: Mapping[str, str], folder: Callable[[], Path]) -> dict[str, str]:
    """The environment, and under it the secrets of the file or keyring that it names.

    Args:
        env: The environment.
        folder: The user's configuration folder, asked only where `ORDER_FLOW_SECRETS` is not set.

    Raises:
        DataValidationError: `CONFIG_INVALID`: the file is missing though named, readable by others, or broken; the
            keyring cannot be asked.
    """
    where = env.get(SECRETS_VARIABLE, "").strip()
    if where == KEYRING:
        found = _from_keyring()
    elif where:
        found = read_secrets(Path(where).expanduser())
    else:
        usual = folder() / FILE_NAME
        found = read_secrets(usual) if os.path.lexists(usual) else {}
    known = {**found, **env}
    for name in _ECHOED:
        hide(known.get(name, ""))
    return known


def read_secrets(path: Path) -> dict[str, str]:
    """The names and values of an env file.

    Args:
        path: `NAME=value` lines, `#` comments, an optional `export`; only names of `SECRET_NAMES`.

    Raises:
        DataValidationError: `CONFIG_INVALID`, one line naming the file and the line, never a value.
    """
    name = str(path) if str(path).isprintable() else ascii(str(path))
    try:
        with open_regular(path) as file:
            _check_owner(name, os.fstat(file.fileno()))
            content = file.read(_LIMIT_BYTES + 1)
    except UnfitFileError as error:
        raise invalid(f"{name} is {error}") from None
    except OSError as error:
        raise invalid(f"{name} cannot be read: {error.strerror or type(error).__name__}") from None
    if len(content) > _LIMIT_BYTES:
        raise invalid(f"{name}: larger than {_LIMIT_BYTES:,} bytes, so not a secrets file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise invalid(f"{name}: not UTF-8 text") from None
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        key, equals, value = entry.removeprefix("export ").partition("=")
        key = key.strip()
        if not equals:
            raise invalid(f"{name}:{number}: must be NAME=value")
        if key not in SECRET_NAMES:
            raise invalid(
                f"{name}:{number}: {shown_value(key)[1:-1]} is not a known secret{nearest(key, SECRET_NAMES)}"
            )
        if key in found:
            raise invalid(f"{name}:{number}: {key} is listed twice")
        found[key] = _unquoted(value.strip())
    return found


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def secret_text(secret: object) -> str:
    """A key as text, wrapped against being shown or not; empty without one."""
    reveal = getattr(secret, "get_secret_value", None)
    return str(reveal() if reveal is not None else secret or "").strip()


def _check_owner(name: str, status: os.stat_result) -> None:
    if sys.platform == "win32":
        return
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise invalid(f"{name} can be read by others (mode {mode:04o}): `chmod 600` it, and think of the keys as known")
    if status.st_uid != os.geteuid():
        raise invalid(f"{name} belongs to another user")


def needed_keyring() -> tuple[Any, type[Exception]]:
    """The keyring's library and what it fails with.

    Raises:
        DataValidationError: `CONFIG_INVALID`: it is not installed.
    """
    try:
        import keyring  # noqa: PLC0415 an optional extra
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ImportError:
        raise invalid(
            f"{SECRETS_VARIABLE} = {KEYRING} needs the extra of that name: pip install 'orderflow-tui[keyring]'"
        ) from None
    return keyring, KeyringError


def _from_keyring() -> dict[str, str]:
    keyring, failed = needed_keyring()
    found: dict[str, str] = {}
    for name in SECRET_NAMES:
        try:
            value = keyring.get_password(SERVICE, name)
        except failed as error:
            raise invalid(f"the keyring cannot be asked for {name}: {type(error).__name__}") from None
        if value:
            found[name] = value
    return found
