"""What a run works with, the names of what can be set, and how a setting is refused.

`config.OrderFlowConfig` checks the values; nothing here loads pydantic, ten megabytes that a process which runs all
day can do without.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Literal, Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from orderflow_tui.config.sources import SECRET_VARIABLES, SETTINGS, Setting, one_of
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.support.hosts import is_loopback
from orderflow_tui.support.printable import shown_value

VENDOR_BASE_URL: Final = "https://api.polygon.io"
VENDOR_WS_URL: Final = "wss://socket.polygon.io/stocks"
ALPACA_DATA_URL: Final = "https://data.alpaca.markets"
ALPACA_STREAM_URL: Final = "wss://stream.data.alpaca.markets"
KEY_WORDS: Final = one_of(variables[0] for variables in SECRET_VARIABLES.values())
"""Where keys belong, for whoever put one elsewhere."""

VARIABLES: Final[Mapping[str, str]] = {
    "ORDER_FLOW_DATA_SOURCE": "data_source",
    "ORDER_FLOW_DEPTH_SOURCE": "depth_source",
    "ORDER_FLOW_LARGE_ORDER_SIZE": "large_order_size_threshold",
    "ORDER_FLOW_VOLUME_SPIKE_THRESHOLD": "volume_spike_threshold",
    "ORDER_FLOW_RED_BURST_THRESHOLD": "red_burst_threshold",
    "ORDER_FLOW_ALERT_WINDOW_SECONDS": "alert_window_seconds",
    "ORDER_FLOW_MONITORING_MODE": "monitoring_mode",
    "ORDER_FLOW_PROFILE": "profile",
    "ORDER_FLOW_BUCKET_SECONDS": "bucket_seconds",
    "ORDER_FLOW_REQUESTS_PER_SECOND": "requests_per_second",
    **{setting.variables[0]: name for name, setting in SETTINGS.items() if setting.kind != "secret"},
    "ORDER_FLOW_UNENCRYPTED_HOST": "unencrypted_host",
    "ORDER_FLOW_STREAM": "stream",
    "ORDER_FLOW_LOG_DIR": "log_dir",
    "ORDER_FLOW_POSITIONS": "positions",
    "ORDER_FLOW_RECORD": "record",
}
CONFIG_VARIABLE: Final = "ORDER_FLOW_CONFIG"
SECRETS_VARIABLE: Final = "ORDER_FLOW_SECRETS"
"""Names the file of secrets, or says `keyring`."""
BROKERS: Final = ("alpaca", "alpaca-paper", "ibkr", "robinhood")
"""What `positions` may name instead of a file."""
_VARIABLE_OF: Final = {
    **{field: variable for variable, field in VARIABLES.items()},
    **{field: variables[0] for field, variables in SECRET_VARIABLES.items()},
}


class ConfigError(DataValidationError):
    """One setting that is refused, in one line; its code is `CONFIG_INVALID`.

    Attributes:
        field: The setting's field name.
        value: What was given, as it may be shown (never the API key).
        bound: What it must be.
    """

    def __init__(self, field: str, value: str, bound: str, label: str | None = None) -> None:
        variable = _VARIABLE_OF.get(field)
        named = label or (f"{field} ({variable})" if variable else field)
        super().__init__("CONFIG_INVALID", f"{named}{f' = {value}' if value else ''} refused: {bound}")
        self.field = field
        self.value = value
        self.bound = bound

    def labelled(self, label: str | None) -> ConfigError:
        """The same refusal, naming the variable or the file's key it came from."""
        return ConfigError(self.field, self.value, self.bound, label)


def invalid(message: str) -> DataValidationError:
    """A refusal that is about more than one setting's value."""
    return DataValidationError("CONFIG_INVALID", message)


class Addressed(Protocol):
    """Whether a key may go somewhere; where to is said by the source's own settings."""

    @property
    def unencrypted_host(self) -> str | None:
        """`host` or `host:port` that may be sent the key unencrypted; None for none."""
        ...

    @property
    def stream(self) -> str:
        """`off` asks nothing of the stream's address."""
        ...


def check_encrypted(config: Addressed, settings: Iterable[Setting]) -> None:
    """Refuse to send a key unencrypted to another machine, unless the host is named in `unencrypted_host`.

    Args:
        config: Holds the addresses.
        settings: The source's: those that are addresses are looked at, the stream's only where it may be opened.

    Raises:
        ConfigError: An address is `http://` or `ws://` and its host is neither this machine nor the named one.
    """
    asked = ("http",) if config.stream == "off" else ("http", "ws")
    for setting in settings:
        if setting.kind in asked:
            check_address(setting.field, str(getattr(config, setting.field)), config.unencrypted_host)


def check_address(field: str, url: str, unencrypted_host: str | None) -> None:
    """Refuse an address that would carry a key unencrypted to another machine than the one that was named.

    Raises:
        ConfigError: It is `http://` or `ws://` and its host is neither this machine nor the named one.
    """
    parts = urlsplit(url)
    if parts.scheme in ("https", "wss") or is_loopback(parts.hostname or ""):
        return
    if (unencrypted_host or "").lower() not in (parts.netloc.lower(), parts.hostname):
        secure = {"http": "https", "ws": "wss"}.get(parts.scheme, "https")
        raise ConfigError(
            field,
            shown_value(url),
            f"it would send your key unencrypted to another machine; use {secure}://, or set unencrypted_host "
            f"(ORDER_FLOW_UNENCRYPTED_HOST) to {shown_value(parts.netloc)} if you mean it",
        )


def checked_url(value: str, schemes: tuple[str, str]) -> str:
    """An address without the slash at its end. Raises ValueError where it is none of these kinds, or says more."""
    parts = urlsplit(value)
    odd = any(character.isspace() or not character.isprintable() for character in value)
    if odd or parts.scheme not in schemes or not parts.hostname or "@" in parts.netloc or "?" in value or "#" in value:
        message = "not an address of this kind"
        raise ValueError(message)
    _ = parts.port  # a port that is no number raises ValueError here
    return value.rstrip("/")


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the known name most like this one, or nothing."""
    import difflib  # noqa: PLC0415 only for a refusal

    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.55)
    return f"; did you mean {matches[0]}?" if matches else ""


class Secret:
    """Text that no repr and no log shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        """The text."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


class Settings(Struct, frozen=True):
    """The values of an `OrderFlowConfig`, which says what each means and has checked them."""

    large_order_size_threshold: int = 10_000
    volume_spike_threshold: float = 3.0
    red_burst_threshold: float = 4.0
    alert_window_seconds: int = 120
    data_source: str = "polygon"
    depth_source: str | None = None
    polygon_api_key: Secret | None = None
    monitoring_mode: Literal["positions_only", "watchlist"] = "positions_only"
    profile: Literal["guarded", "plan"] = "guarded"
    bucket_seconds: int = 10
    requests_per_second: float = 5.0
    polygon_base_url: str = VENDOR_BASE_URL
    polygon_ws_url: str = VENDOR_WS_URL
    alpaca_key_id: Secret | None = None
    alpaca_secret_key: Secret | None = None
    alpaca_feed: Literal["auto", "sip", "iex", "delayed_sip"] = "auto"
    alpaca_data_url: str = ALPACA_DATA_URL
    alpaca_stream_url: str = ALPACA_STREAM_URL
    databento_api_key: Secret | None = None
    databento_dataset: str = "XNAS.ITCH"
    databento_gateway: str | None = None
    ibkr_host: str = "127.0.0.1"
    ibkr_port: int = 7497
    ibkr_books: int = 3
    ibkr_tapes: int = 5
    unencrypted_host: str | None = None
    stream: Literal["auto", "on", "off"] = "auto"
    log_dir: Path = Path("logs/order_flow")
    positions: str = "positions.toml"
    record: Path | None = None

    def recorded(self) -> dict[str, object]:
        """What `run_started` records of them: all but the secrets, as JSON has it."""
        named = ((name, getattr(self, name)) for name in self.__struct_fields__ if name not in SECRET_FIELDS)
        return {name: str(value) if isinstance(value, Path) else value for name, value in named}


SECRET_FIELDS: Final = frozenset(
    name for name in Settings.__struct_fields__ if Secret.__name__ in str(Settings.__annotations__[name])
)
"""Settings of the type `Secret`: never in a file, a journal or on a screen."""


def read_environment(env: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Field to `(value, variable)` for every setting in the environment.

    Raises:
        DataValidationError: `CONFIG_INVALID` for an unknown `ORDER_FLOW_*` variable; its value is not shown.
    """
    found = {field: (env[variable], variable) for variable, field in VARIABLES.items() if variable in env}
    known = {*VARIABLES, CONFIG_VARIABLE, SECRETS_VARIABLE}
    for variable in sorted(env):
        if variable.startswith("ORDER_FLOW_") and variable not in known:
            if "KEY" in variable:
                raise invalid(f"unknown variable {shown_value(variable)[1:-1]}; the key goes into {KEY_WORDS}")
            raise invalid(f"unknown variable {shown_value(variable)[1:-1]}{nearest(variable, known)}")
    for field, variables in SECRET_VARIABLES.items():
        given = ((env.get(variable, "").strip(), variable) for variable in variables)
        if first := next((one for one in given if one[0]), None):
            found[field] = first
    return found
