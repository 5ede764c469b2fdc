"""Reload `orderflow.toml` when it changes; a bad one is refused and the old values still apply."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from msgspec import structs

from orderflow_tui.config.load import LoadedConfig
from orderflow_tui.config.sources import SETTINGS
from orderflow_tui.core.model.validators import DataValidationError

START_ONLY: Final = (
    "data_source",
    "depth_source",
    *(name for name, setting in SETTINGS.items() if setting.kind != "secret"),
    "unencrypted_host",
    "stream",
    "requests_per_second",
    "profile",
    "log_dir",
    "positions",
    "record",
)
"""What a run is wired with: a change of these waits for the next start, and the message says so."""

FileState = tuple[int, int, int, int]


def file_state(path: Path) -> FileState | None:
    """What changes whenever a file's content does: inode, size and both times; None without the file."""
    try:
        status = os.stat(path)  # noqa: PTH116 one call, no object, from a tick
    except OSError:
        return None
    return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


class ConfigWatcher:
    """Looks at the file whenever the caller has time.

    What checks it is loaded at the first change, which takes a tenth of a second: no thread that runs rules polls it.

    Args:
        loaded: What is in force now. Without a path there is nothing to watch.
        load: Loads again from the same command line and environment.
        find: Says where a file is that was not there at the start; None where none may come.
    """

    def __init__(
        self,
        loaded: LoadedConfig,
        load: Callable[[], LoadedConfig],
        find: Callable[[], Path | None] | None = None,
    ) -> None:
        self.loaded = loaded
        """The settings in force."""
        self.message = ""
        """Why the file as it stands is not (fully) in force, in one line; empty when it is."""
        self._load = load
        self._find = find
        self._path = loaded.path
        self._seen = file_state(loaded.path) if loaded.path else None

    def poll(self) -> LoadedConfig | None:
        """The new settings when the file changed and is good, else None; `message` tells of a refusal."""
        if self._path is None and self._find is not None:
            self._path = self._find()
        path = self._path
        if path is None:
            return None
        state = file_state(path)
        if state == self._seen:
            return None
        self._seen = state
        if state is None:
            self.message = f"{path} is gone: the last settings still apply"
            return None
        try:
            fresh = self._load()
        except DataValidationError as error:
            self.message = f"{error} (the old settings still apply)"
            return None
        except Exception as error:  # noqa: BLE001 - whatever it met with, the run goes on and it is said
            self.message = f"{path} cannot be checked: {type(error).__name__} (the old settings still apply)"
            return None
        self.loaded, waiting = _keep_wiring(self.loaded, fresh)
        self.message = f"{path}: {', '.join(waiting)} from the next start" if waiting else ""
        return self.loaded


def _keep_wiring(old: LoadedConfig, fresh: LoadedConfig) -> tuple[LoadedConfig, list[str]]:
    waiting = [name for name in START_ONLY if getattr(old.config, name) != getattr(fresh.config, name)]
    kept = {name: getattr(old.config, name) for name in waiting}
    effective = {
        symbol: structs.replace(
            fresh.for_symbol(symbol), **{name: value for name, value in kept.items() if name not in table}
        )
        for symbol, table in fresh.symbols.items()
    }
    config = structs.replace(fresh.config, **kept)
    provenance = {**fresh.provenance, **{name: old.provenance[name] for name in waiting}}
    return replace(fresh, config=config, provenance=provenance, effective=effective), waiting
