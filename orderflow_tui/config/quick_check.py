"""Checks the settings that most watches have without pydantic, whose loading costs a start as much as Textual's.

What is not plainly right here is checked whole, and refused, by `load.checked_config`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from orderflow_tui.config.load import Given, LoadedConfig, checked_config, read_given
from orderflow_tui.config.secrets import KEYRING
from orderflow_tui.config.sources import NAMES, SETTINGS, source_named
from orderflow_tui.config.values import SECRETS_VARIABLE, Secret, Settings, check_encrypted, checked_url
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.support.forked import run_in_fork

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "data_source": NAMES,
    "profile": ("guarded", "plan"),
    "monitoring_mode": ("positions_only", "watchlist"),
    "stream": ("auto", "on", "off"),
}
_PATHS: Final = ("log_dir", "record")


def begin_check(overrides: Mapping[str, object], config_file: str | None) -> Callable[[], LoadedConfig]:
    """Begin to check the settings of a watch; what is returned waits for them. Both raise DataValidationError."""
    keyring = os.environ.get(SECRETS_VARIABLE, "").strip() == KEYRING  # asked where its libraries end with the child
    plain = None if keyring else plainly_right(read_given(overrides, path=config_file))
    return run_in_fork(lambda: checked_config(overrides, config_file)) if plain is None else lambda: plain


def plainly_right(given: Given) -> LoadedConfig | None:
    """What `checked_config` makes of it; None where that may refuse it, or looks at more than words and addresses."""
    proxied = any(name.lower().endswith("_proxy") for name in os.environ) or sys.platform in ("darwin", "win32")
    if "symbols" in given.document or proxied:
        return None
    checked = {name: _plain(name, value) for name, value in given.values.items()}
    if None in checked.values():
        return None
    settings = Settings(**checked)  # type: ignore[arg-type]
    source = source_named(settings.data_source).settings
    if any(one.needed and getattr(settings, one.field) == getattr(Settings(), one.field) for one in source):
        return None
    try:
        check_encrypted(settings, source)
    except DataValidationError:
        return None
    return given.loaded(settings, {}, {})


def _plain(name: str, value: object) -> object:
    """The value in force, or None where it is not plainly right."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        return None
    if name in _PATHS:
        return Path(value).expanduser()
    if name == "positions" or value in _WORDS.get(name, ()):
        return value
    kind = SETTINGS[name].kind if name in SETTINGS else "value"
    key = value.strip()
    if kind == "secret" and all("!" <= character <= "~" for character in key):
        return Secret(key)
    with suppress(ValueError):
        return checked_url(value, (kind, f"{kind}s")) if kind in ("http", "ws") else None
    return None
