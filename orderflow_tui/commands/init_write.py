"""Writes what was chosen: each file whole, the owner's alone, and none of another's."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from orderflow_tui.commands.init_positions import PositionsWanted
from orderflow_tui.config.edit import SettingsFile
from orderflow_tui.config.secrets_file import store_secrets
from orderflow_tui.config.values import invalid
from orderflow_tui.positions.edit import write
from orderflow_tui.support.atomic_file import replace_file

_WHOLE_NUMBERS = frozenset({"ibkr_port"})
_HEAD = "# Settings of orderflow-tui: docs/configuration.md lists them all.\n"


class Chosen(Struct, frozen=True):
    """All that is to be written.

    Attributes:
        settings_file: The `orderflow.toml`.
        settings: What goes into it, by field.
        secrets: What goes to the secrets, by variable.
        secrets_place: The file of secrets; None is the keyring.
        positions: What is held.
    """

    settings_file: Path
    settings: dict[str, str]
    secrets: dict[str, str]
    secrets_place: Path | None
    positions: PositionsWanted

    def lines(self) -> list[str]:
        """What will be written and where, without any secret."""
        named = ", ".join(f"{name} = {value}" for name, value in self.settings.items())
        lines = [f"{self.settings_file}: {named}"]
        if self.secrets:
            where = f"{self.secrets_place} (readable by you alone)" if self.secrets_place else "the system's keyring"
            lines.append(f"{where}: {', '.join(self.secrets)}")
        return [*lines, self.positions.said]


def write_all(chosen: Chosen) -> list[str]:
    """Write secrets, positions and settings; Ctrl+C waits so long.

    Returns:
        What was written, a line each.

    Raises:
        DataValidationError, PositionsError: A file cannot be written; those before it are.
    """
    with _uninterrupted():
        if chosen.secrets:
            store_secrets(chosen.secrets_place, chosen.secrets)
        if chosen.positions.text is not None:
            write(chosen.positions.look, chosen.positions.text)
        _write_settings(chosen)
    return ["Written."]


def _write_settings(chosen: Chosen) -> None:
    values = {name: int(value) if name in _WHOLE_NUMBERS else value for name, value in chosen.settings.items()}
    path = chosen.settings_file
    if os.path.lexists(path):
        file = SettingsFile({}, str(path))
        look = file.look()
        for name, value in values.items():
            look = file.write(look, (), name, value)
        return
    text = _HEAD + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise invalid(f"{path} cannot be written: {error.strerror or type(error).__name__}") from None


@contextmanager
def _uninterrupted() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
