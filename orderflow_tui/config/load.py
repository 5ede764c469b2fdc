"""Where each setting comes from: command line, environment, `orderflow.toml`, defaults, in this order."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from orderflow_tui.config.secrets import with_secrets
from orderflow_tui.config.sources import SECRET_VARIABLES, one_of
from orderflow_tui.config.tickers import normalise_symbol
from orderflow_tui.config.values import (
    BROKERS,
    CONFIG_VARIABLE,
    KEY_WORDS,
    SECRET_FIELDS,
    Settings,
    invalid,
    nearest,
    read_environment,
)
from orderflow_tui.core.model.capabilities import SourceClass
from orderflow_tui.support.bounded_file import UnfitFileError, read_bounded
from orderflow_tui.support.decoding import MOST_CHARACTERS, TomlError, parse_toml
from orderflow_tui.support.printable import shown_value

if TYPE_CHECKING:
    from orderflow_tui.config.schema import OrderFlowConfig

FILE_NAME: Final = "orderflow.toml"
COMMAND_LINE: Final = "command line"
DEFAULT: Final = "default"
SYMBOL_FIELDS: Final = (
    "large_order_size_threshold",
    "volume_spike_threshold",
    "red_burst_threshold",
    "alert_window_seconds",
    "bucket_seconds",
    "profile",
)
"""What `[symbols.AAPL]` may set."""

_FILE_FIELDS: Final = tuple(name for name in Settings.__struct_fields__ if name not in SECRET_FIELDS)
_TABLES: Final = ("symbols", "ui", "keys", "notify")
_MOST_BYTES: Final = 4 * MOST_CHARACTERS
_NOTIFY_SHOWN: Final = frozenset({"at_least", "quiet_hours", "per_symbol_seconds", "escalate_after_seconds"})
_SECRET: Final = re.compile(r"api_?key|secret|token|password", re.IGNORECASE)
_UNSAFE_IN_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """The settings in force and where each came from.

    Attributes:
        config: The settings for every symbol without a table of its own.
        provenance: Field name to `ORDER_FLOW_PROFILE`, `/path/orderflow.toml`, `command line` or `default`.
        symbols: What `[symbols.X]` tables set, by symbol and field.
        path: The `orderflow.toml` read, or None.
        ui: The `[ui]` table as it stands; the screen validates it.
        keys: The `[keys]` table as it stands; the screen validates it.
        notify: The `[notify]` table as it stands; `notify.settings` validates it.
        effective: The settings of each symbol with a table of its own.
        env: The environment with the secrets of file or keyring under it; brokers find their keys there.
    """

    config: Settings
    provenance: Mapping[str, str]
    symbols: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    path: Path | None = None
    ui: Mapping[str, object] = field(default_factory=dict)
    keys: Mapping[str, Any] = field(default_factory=dict)
    effective: Mapping[str, Settings] = field(default_factory=dict, repr=False)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    notify: Mapping[str, object] = field(default_factory=dict)

    def for_symbol(self, symbol: str) -> Settings:
        """The settings for one symbol: its own table over the rest."""
        return self.effective.get(symbol, self.config)

    @property
    def log_dir_explicit(self) -> bool:
        """Whether somebody chose the journal's directory; then every class of source writes there."""
        return self.provenance["log_dir"] != DEFAULT

    def journal_dir(self, source_class: SourceClass, recording: str = "", run_id: str = "") -> Path:
        """Where a run's journal goes.

        Args:
            source_class: Journals of different classes never mix.
            recording: For replays: the recording's path or name.
            run_id: For replays: the run's id.
        """
        if self.log_dir_explicit or source_class == "live":
            return self.config.log_dir
        if source_class == "simulated":
            return Path("logs/demo")
        stem = _UNSAFE_IN_NAME.sub("_", Path(recording).name.split(".")[0])[:80].strip("._-") or "recording"
        return Path("logs/replay") / f"{stem}-{_UNSAFE_IN_NAME.sub('_', run_id)}"


def user_config_folder() -> Path:
    """The platform's folder for this program's settings (on Linux `~/.config/orderflow-tui`)."""
    from platformdirs import user_config_path  # noqa: PLC0415 most commands never look there

    return user_config_path("orderflow-tui", appauthor=False)


def load_config(
    overrides: Mapping[str, object] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    *,
    path: Path | str | None = None,
    files: bool = True,
) -> LoadedConfig:
    """Read every source of settings and check the result.

    Relative paths in the file are taken from the file's own folder, all others from the working directory. Whether the
    source has its key is not asked here (`report` and `replay` need none): see `validate_order_flow_config`.

    Args:
        overrides: Settings of the command line by field name; None stands for "not given".
        env: Variables to read instead of `os.environ`.
        cwd: Where `./orderflow.toml` is looked for; the working directory.
        path: `--config`: this file, which must exist.
        files: False reads no file at all.

    Raises:
        DataValidationError: `CONFIG_INVALID`, one line with the key, the value and the bound.
    """
    from orderflow_tui.config.schema import build_config, to_settings  # noqa: PLC0415 pydantic

    given = read_given(overrides, env, cwd, path=path, files=files)
    config = build_config(given.values, given.labels)
    symbols = _read_symbols(given.document, given.path)
    effective = {symbol: _symbol_config(config, symbol, table, given.path) for symbol, table in symbols.items()}
    return given.loaded(to_settings(config), symbols, effective)


class Given(Struct, frozen=True):
    """What was given, by whom, before any value is checked.

    Attributes:
        values: Field name to value.
        labels: What a refusal calls each of them.
        provenance: As `LoadedConfig` has it.
        document: The file's tables.
        path: The file, or None.
        env: The environment with the secrets of file or keyring under it.
    """

    values: dict[str, object]
    labels: dict[str, str]
    provenance: dict[str, str]
    document: dict[str, Any]
    path: Path | None
    env: dict[str, str]

    def loaded(
        self, config: Settings, symbols: Mapping[str, Mapping[str, object]], effective: Mapping[str, Settings]
    ) -> LoadedConfig:
        """The settings in force, once the values are checked."""
        return LoadedConfig(
            config=config,
            provenance=self.provenance,
            symbols=symbols,
            path=self.path,
            ui=self.document.get("ui", {}),
            notify=self.document.get("notify", {}),
            keys=self.document.get("keys", {}),
            env=self.env,
            effective=effective,
        )


def read_given(
    overrides: Mapping[str, object] | None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    *,
    path: Path | str | None = None,
    files: bool = True,
) -> Given:
    """Read every source of settings and check no value. Arguments and what it raises: see `load_config`."""
    environment = os.environ if env is None else env
    if files:
        environment = with_secrets(environment, user_config_folder)
    found = read_environment(environment)
    file_path = find_file(environment, cwd or working_directory(), path) if files else None
    document = _read_document(file_path) if file_path else {}
    values = {name: document[name] for name in _FILE_FIELDS if name in document}
    provenance = dict.fromkeys(Settings.__struct_fields__, DEFAULT)
    labels: dict[str, str] = {}
    for name in values:
        provenance[name] = str(file_path)
        labels[name] = f"{_file_label(file_path)}: {name}"
    for name, (value, variable) in found.items():
        values[name], provenance[name], labels[name] = value, variable, variable
    for name, given in (overrides or {}).items():
        if given is not None:
            values[name], provenance[name], labels[name] = given, COMMAND_LINE, f"{name} ({COMMAND_LINE})"
    _resolve_paths(values, provenance, file_path)
    return Given(values, labels, provenance, document, file_path, dict(environment))


def checked_config(overrides: Mapping[str, object], config_file: str | None) -> LoadedConfig:
    """The settings of a watch, and that they go together. Raises DataValidationError."""
    from orderflow_tui.config.schema import validate_order_flow_config  # noqa: PLC0415 pydantic

    loaded = load_config(overrides, path=config_file)
    validate_order_flow_config(loaded.config)
    return loaded


def working_directory() -> Path:
    """Where this process works. Raises DataValidationError where that folder was removed."""
    try:
        return Path.cwd()
    except OSError:
        raise invalid("the working directory is gone: start again from one that exists") from None


def find_file(env: Mapping[str, str], cwd: Path, path: Path | str | None = None) -> Path | None:
    """The `orderflow.toml` to read: `--config`, `ORDER_FLOW_CONFIG`, `./`, the user's config folder; or None."""
    named = path if path is not None else env.get(CONFIG_VARIABLE)
    if named is not None:
        label = "--config" if path is not None else CONFIG_VARIABLE
        if not str(named).strip():
            raise invalid(f"{label} = '' refused: must be the path of a file")
        return Path(named).expanduser() if Path(named).expanduser().is_absolute() else cwd / named
    for folder in (cwd, user_config_folder()):
        if os.path.lexists(folder / FILE_NAME):
            return folder / FILE_NAME
    return None


def describe(loaded: LoadedConfig) -> list[str]:
    """One line a setting: name, value in force, where it came from. The key is only said to be set."""
    lines = []
    for name in Settings.__struct_fields__:
        origin = loaded.provenance[name]
        value = getattr(loaded.config, name)
        if name in SECRET_FIELDS:
            state = f"set ({origin})" if value else f"not set ({one_of(SECRET_VARIABLES[name])})"
            lines.append(f"{name} = {state}")
        else:
            lines.append(f"{name} = {_plain(value)} ({_plain(origin)})")
    for table, entries in (
        *((f"symbols.{symbol}", settings) for symbol, settings in loaded.symbols.items()),
        ("ui", loaded.ui),
        *_notify_tables(loaded.notify),
        ("keys", loaded.keys),
    ):
        lines += [
            f"[{table}] {_plain(name)} = {_plain(entries[name])} ({_file_label(loaded.path)})" for name in entries
        ]
    lines.append(f"file: {_file_label(loaded.path)}" if loaded.path else "file: none")
    return lines


def _notify_tables(notify: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    """`[notify]` as it may be shown: arguments and addresses hold tokens, and so may whatever is not known here."""
    yield "notify", {name: _notify_value(name, value) for name, value in notify.items() if not isinstance(value, dict)}
    for channel, table in notify.items():
        if isinstance(table, dict):
            yield f"notify.{_plain(channel)}", {name: _notify_value(name, value) for name, value in table.items()}


def _notify_value(name: str, value: object) -> object:
    if name in _NOTIFY_SHOWN:
        return value
    if name == "argv" and isinstance(value, list) and value:
        return f"{value[0]}, {len(value) - 1} arguments (not shown)"
    return "(not shown)"


def _plain(value: object) -> str:
    text = str(value)
    return text if text.isprintable() else ascii(value)


def _file_label(path: Path | None) -> str:
    return _plain(path) if path else FILE_NAME


def _read_document(path: Path) -> dict[str, Any]:
    """The file's tables, with unknown and secret keys refused."""
    try:
        document = parse_toml(read_bounded(path, _MOST_BYTES, own=True).decode("utf-8-sig"))
    except UnfitFileError as error:
        raise invalid(f"{_file_label(path)} refused: {error}") from None
    except OSError as error:
        raise invalid(f"{_file_label(path)} cannot be read: {error.strerror or type(error).__name__}") from None
    except UnicodeDecodeError:
        raise invalid(f"{_file_label(path)} is not UTF-8 text") from None
    except TomlError as error:
        raise invalid(f"{_file_label(path)} is not valid TOML: {error}") from None
    for table in ("", "ui", "keys", "notify"):
        entries = document if not table else _table(document, table, path)
        for name in entries:
            if name in SECRET_FIELDS or _SECRET.search(name):
                raise _secret_in_file(path, name)
    for name in document:
        if name not in _FILE_FIELDS and name not in _TABLES:
            known = (*_FILE_FIELDS, *_TABLES)
            raise invalid(f"{_file_label(path)}: unknown key {shown_value(name)}{nearest(name, known)}")
    return document


def _table(document: Mapping[str, object], name: str, path: Path | None) -> dict[str, object]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise invalid(f"{_file_label(path)}: {name} = {shown_value(table)} refused: must be a table, [{name}]")
    return table


def _secret_in_file(path: Path | None, name: str) -> Exception:
    own = SECRET_VARIABLES.get(name.lower())
    return invalid(
        f"{_file_label(path)}: {shown_value(name)} refused: a key does not belong in a file; "
        f"set {own[0] if own else KEY_WORDS} in the environment and take it out here"
    )


def _read_symbols(document: Mapping[str, object], path: Path | None) -> dict[str, Mapping[str, object]]:
    symbols: dict[str, Mapping[str, object]] = {}
    for written, table in _table(document, "symbols", path).items():
        try:
            symbol = normalise_symbol(written)
        except ValueError as error:
            raise invalid(f"{_file_label(path)}: [symbols]: {error}") from None
        if symbol in symbols:
            raise invalid(f"{_file_label(path)}: [symbols.{symbol}] is listed twice")
        if not isinstance(table, dict):
            raise invalid(f"{_file_label(path)}: [symbols.{symbol}] = {shown_value(table)} refused: must be a table")
        for name in table:
            if _SECRET.search(name):
                raise _secret_in_file(path, name)
            if name not in SYMBOL_FIELDS:
                hint = nearest(name, SYMBOL_FIELDS)
                raise invalid(f"{_file_label(path)}: [symbols.{symbol}] unknown key {shown_value(name)}{hint}")
        symbols[symbol] = table
    return symbols


def _symbol_config(config: OrderFlowConfig, symbol: str, table: Mapping[str, object], path: Path | None) -> Settings:
    from orderflow_tui.config.schema import build_config, to_settings  # noqa: PLC0415 pydantic

    labels = {name: f"{_file_label(path)}: [symbols.{symbol}] {name}" for name in SYMBOL_FIELDS}
    values = {name: getattr(config, name) for name in Settings.__struct_fields__}
    return to_settings(build_config(values | dict(table), labels))


def _resolve_paths(values: dict[str, object], provenance: Mapping[str, str], path: Path | None) -> None:
    """What the file says relative to itself, made independent of where the program was started."""
    for name in ("log_dir", "positions", "record"):
        value = values.get(name)
        if name == "positions" and value in BROKERS:
            continue
        if path and provenance[name] == str(path) and isinstance(value, str) and value.strip():
            relative = Path(value).expanduser()
            values[name] = str(relative if relative.is_absolute() else path.parent / relative)
