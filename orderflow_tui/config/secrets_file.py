"""Keys and passwords put where they are read from: the owner's env file, or the system's keyring."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from orderflow_tui.config.secrets import FILE_NAME, KEYRING, SECRET_NAMES, SERVICE, needed_keyring, read_secrets
from orderflow_tui.config.values import SECRETS_VARIABLE, invalid
from orderflow_tui.support.atomic_file import replace_file
from orderflow_tui.support.bounded_file import read_bounded


def secrets_place(env: Mapping[str, str], folder: Callable[[], Path]) -> Path | None:
    """The file that secrets are read from; None for the keyring.

    Args:
        env: The environment.
        folder: The user's configuration folder.
    """
    where = env.get(SECRETS_VARIABLE, "").strip()
    if where == KEYRING:
        return None
    return Path(where).expanduser() if where else folder() / FILE_NAME


def store_secrets(place: Path | None, values: Mapping[str, str]) -> None:
    """Keep these secrets there; other lines of a file stay as they are.

    Args:
        place: The file, made readable by its owner only where it is missing; None is the keyring.
        values: By a name of `SECRET_NAMES`; a value is one line of text.

    Raises:
        DataValidationError: `CONFIG_INVALID`: a value that no line can hold, a file that is refused as it stands, or a
            place that cannot be written. Nothing is changed then.
    """
    for name, value in values.items():
        if name not in SECRET_NAMES or not value or not value.isprintable() or value != value.strip():
            raise invalid(f"{name}: what was given is not a key: one word without spaces around it")
    if place is None:
        _to_keyring(values)
        return
    target = Path(os.path.realpath(place))
    old = ""
    if os.path.lexists(place):
        read_secrets(place)
        old = read_bounded(target).decode("utf-8-sig")
    left = dict(values)
    lines = [_line(name, left.pop(name)) if (name := _name_in(line)) in left else line for line in old.splitlines()]
    lines += [_line(name, value) for name, value in left.items()]
    try:
        replace_file(target, "".join(f"{line}\n" for line in lines).encode())
    except OSError as error:
        raise invalid(f"{place} cannot be written: {error.strerror or type(error).__name__}") from None


def _name_in(line: str) -> str:
    return line.strip().removeprefix("export ").partition("=")[0].strip()


def _line(name: str, value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return f'{name}="{value}"' if quoted else f"{name}={value}"


def _to_keyring(values: Mapping[str, str]) -> None:
    keyring, failed = needed_keyring()
    for name, value in values.items():
        try:
            keyring.set_password(SERVICE, name, value)
        except failed as error:
            raise invalid(f"the keyring cannot keep {name}: {type(error).__name__}") from None
