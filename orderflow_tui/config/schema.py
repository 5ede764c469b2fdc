"""`OrderFlowConfig`: the thresholds, the data source and the key, checked once and frozen.

`from_env` reads the environment alone; `config_load` adds `orderflow.toml` and the command line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from orderflow_tui.config.proxies import proxy_of
from orderflow_tui.config.sources import (
    DEPTH_NAMES,
    NAMES,
    SETTINGS,
    Setting,
    Source,
    fields_of,
    needed_by,
    one_of,
    source_named,
)
from orderflow_tui.config.values import (
    BROKERS,
    SECRET_FIELDS,
    ConfigError,
    Secret,
    Settings,
    check_encrypted,
    checked_url,
    invalid,
    nearest,
    read_environment,
)
from orderflow_tui.support.printable import shown_value

__all__ = ["OrderFlowConfig", "build_config", "to_settings", "validate_order_flow_config"]


def _bound(setting: Setting) -> str:
    if setting.kind == "secret":
        needing = one_of(needed_by(setting.field))
        return f"must be printable characters without spaces, and not empty when the source is {needing}"
    if setting.kind == "value":
        return setting.bound
    scheme = setting.kind
    a = "an" if scheme == "http" else "a"
    return f"must be {a} {scheme}:// or {scheme}s:// address without a user, a query or a fragment"


_BOUNDS: Final[Mapping[str, str]] = {
    "large_order_size_threshold": "must be a whole number of shares, 1000 or more (up to 10**12)",
    "volume_spike_threshold": "must be a number from 1.5 to 10.0",
    "red_burst_threshold": "must be a finite number not below the volume spike threshold",
    "alert_window_seconds": "must be a whole number of seconds from 30 to 300",
    "data_source": f"must be {one_of()}",
    "depth_source": f"must be {one_of(DEPTH_NAMES)}, and another one than the data source",
    "monitoring_mode": "must be positions_only or watchlist",
    "profile": "must be guarded or plan",
    "bucket_seconds": "must be a whole number of seconds from 1 to 60",
    "requests_per_second": "must be a finite number above 0",
    "unencrypted_host": "must be the name or address of a host, with or without :port",
    "stream": "must be auto, on or off",
    "log_dir": "must be the path of a directory",
    "record": "must be the path of a directory",
    "positions": f"must be the path of a file, or one of {', '.join(BROKERS)}",
    **{name: _bound(setting) for name, setting in SETTINGS.items()},
}


_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", re.ASCII)


def _no_bool(value: object) -> object:
    """True is an int to Python; here it is a mistake."""
    if isinstance(value, bool):
        message = "a yes/no value is not a number"
        raise ValueError(message)  # noqa: TRY004 pydantic reports ValueError as the field's own
    return value


_Int = Annotated[int, BeforeValidator(_no_bool)]
_Float = Annotated[float, BeforeValidator(_no_bool)]


_DEFAULT: Final = Settings()


class OrderFlowConfig(BaseModel):
    """Validated, immutable settings.

    Attributes:
        large_order_size_threshold: T, shares; sizes strictly above it are large.
        volume_spike_threshold: Window volume over its baseline that opens a red burst (3.0 is "300 %").
        red_burst_threshold: Ratio above which a burst is an exit; not below the spike threshold.
        alert_window_seconds: How far back alerts count towards an exit, seconds.
        data_source: A name of `config.sources`; `simulator` needs a base URL.
        depth_source: Another source that books come from; None where they are the data source's own.
        polygon_api_key: The secret; None where no vendor is asked.
        monitoring_mode: `positions_only`, or `watchlist` to watch symbols that are not held too.
        profile: `guarded`, or `plan` for the rules to the letter.
        bucket_seconds: B, the red burst's window, seconds; in `guarded` its floor.
        requests_per_second: Request starts allowed in any sliding second, all threads together.
        polygon_base_url: REST host, without a trailing slash.
        polygon_ws_url: WebSocket address.
        alpaca_key_id: The id of Alpaca's key, a secret here; None where Alpaca is not asked.
        alpaca_secret_key: Its secret.
        alpaca_feed: Whose prints and quotes Alpaca sends; `auto` finds out what the key is worth.
        alpaca_data_url: Alpaca's REST host, without a trailing slash.
        alpaca_stream_url: Alpaca's WebSocket host, without `/v2/{feed}`.
        databento_api_key: A secret; None where Databento is not asked.
        databento_dataset: Whose book and prints Databento sends.
        databento_gateway: `host:port` of its live gateway; None for the dataset's own.
        ibkr_host: Where TWS or IB Gateway runs.
        ibkr_port: Its port.
        ibkr_books: Books the login may have at once.
        ibkr_tapes: Tick-by-tick lines the login may have at once.
        unencrypted_host: The one other machine, `host` or `host:port`, that may be sent the key by `http://` or
            `ws://`; None for none.
        stream: Whether to use the WebSocket.
        log_dir: The journal's directory.
        positions: Path of the positions file (TOML, or an export that ends in `.csv`), or a broker of `BROKERS`.
        record: Where to keep what the rules are fed; None keeps nothing.

    Raises:
        DataValidationError: A value is out of bounds (`CONFIG_INVALID`): one line with the key, the value, the bound.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    large_order_size_threshold: _Int = Field(default=_DEFAULT.large_order_size_threshold, ge=1_000, le=10**12)
    volume_spike_threshold: _Float = Field(
        default=_DEFAULT.volume_spike_threshold, ge=1.5, le=10.0, allow_inf_nan=False
    )
    red_burst_threshold: _Float = Field(
        default=_DEFAULT.red_burst_threshold, allow_inf_nan=False, validate_default=True
    )
    alert_window_seconds: _Int = Field(default=_DEFAULT.alert_window_seconds, ge=30, le=300)
    data_source: str = _DEFAULT.data_source
    depth_source: str | None = _DEFAULT.depth_source
    polygon_api_key: SecretStr | None = None
    monitoring_mode: Literal["positions_only", "watchlist"] = _DEFAULT.monitoring_mode
    profile: Literal["guarded", "plan"] = _DEFAULT.profile
    bucket_seconds: _Int = Field(default=_DEFAULT.bucket_seconds, ge=1, le=60)
    requests_per_second: _Float = Field(default=_DEFAULT.requests_per_second, gt=0, allow_inf_nan=False)
    polygon_base_url: str = _DEFAULT.polygon_base_url
    polygon_ws_url: str = _DEFAULT.polygon_ws_url
    alpaca_key_id: SecretStr | None = None
    alpaca_secret_key: SecretStr | None = None
    alpaca_feed: Literal["auto", "sip", "iex", "delayed_sip"] = _DEFAULT.alpaca_feed
    alpaca_data_url: str = _DEFAULT.alpaca_data_url
    alpaca_stream_url: str = _DEFAULT.alpaca_stream_url
    databento_api_key: SecretStr | None = None
    databento_dataset: str = Field(default=_DEFAULT.databento_dataset, pattern=r"^[A-Z0-9]{4}\.[A-Z0-9]{2,16}$")
    databento_gateway: str | None = _DEFAULT.databento_gateway
    ibkr_host: str = Field(default=_DEFAULT.ibkr_host, pattern=r"^[A-Za-z0-9._:-]{1,253}$")
    ibkr_port: _Int = Field(default=_DEFAULT.ibkr_port, ge=1, le=65_535)
    ibkr_books: _Int = Field(default=_DEFAULT.ibkr_books, ge=0, le=60)
    ibkr_tapes: _Int = Field(default=_DEFAULT.ibkr_tapes, ge=0, le=60)
    unencrypted_host: str | None = _DEFAULT.unencrypted_host
    stream: Literal["auto", "on", "off"] = _DEFAULT.stream
    log_dir: Path = _DEFAULT.log_dir
    positions: str = _DEFAULT.positions
    record: Path | None = _DEFAULT.record

    if not TYPE_CHECKING:  # the checker keeps the signature made from the fields

        def __init__(self, **values: object) -> None:
            try:
                super().__init__(**values)
            except ValidationError as error:
                raise _refusal(error, values) from None

    @field_validator("data_source")
    @classmethod
    def _known_source(cls, value: str) -> str:
        if value not in NAMES:
            message = "no such source"
            raise ValueError(message)
        return value

    @field_validator("red_burst_threshold")
    @classmethod
    def _not_below_spike(cls, value: float, info: ValidationInfo) -> float:
        if value < info.data.get("volume_spike_threshold", value):
            message = "below the spike threshold"
            raise ValueError(message)
        return value

    @field_validator(*fields_of("secret"))
    @classmethod
    def _usable_key(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None:
            return None
        key = value.get_secret_value().strip()
        usable = bool(key) and all("!" <= character <= "~" for character in key)
        chosen = {info.data.get("data_source", NAMES[0]), info.data.get("depth_source")}
        if not usable and not chosen.intersection(needed_by(str(info.field_name))):
            return None  # another source's, or a broker's: who needs it says so
        if not usable:
            message = "not a usable key"
            raise ValueError(message)
        return SecretStr(key)

    @field_validator("depth_source")
    @classmethod
    def _another_source(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and (value not in DEPTH_NAMES or value == info.data.get("data_source")):
            message = "no other source with depth"
            raise ValueError(message)
        return value

    @field_validator("databento_gateway")
    @classmethod
    def _gateway(cls, value: str | None) -> str | None:
        if value is None:
            return None
        host, colon, port = value.rpartition(":")
        usable = bool(host and colon) and not set(host) & set(" /@?#") and port.isascii() and port.isdecimal()
        if not (usable and 0 < int(port) < 65_536):
            message = "not host:port"
            raise ValueError(message)
        return value

    @field_validator(*fields_of("http"))
    @classmethod
    def _http(cls, value: str) -> str:
        return checked_url(value, ("http", "https"))

    @field_validator(*fields_of("ws"))
    @classmethod
    def _websocket(cls, value: str) -> str:
        return checked_url(value, ("ws", "wss"))

    @field_validator("unencrypted_host")
    @classmethod
    def _host(cls, value: str | None) -> str | None:
        if value is None:
            return None
        host = value.strip()
        if not _HOST.fullmatch(host):
            message = "not a host"
            raise ValueError(message)
        return host

    @field_validator("log_dir", "positions", "record", mode="before")
    @classmethod
    def _path(cls, value: object) -> object:
        if value is None:
            return None
        text = str(value) if isinstance(value, str | Path) else ""
        if not text.strip() or not text.isprintable():
            message = "not a path"
            raise ValueError(message)
        return value

    @field_validator("log_dir", "record")
    @classmethod
    def _home(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser()

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> OrderFlowConfig:
        """The settings in the environment over the defaults; no file is read.

        Args:
            env: Variables to read instead of `os.environ`.

        Raises:
            DataValidationError: `CONFIG_INVALID`: an unknown `ORDER_FLOW_*` variable, a value out of bounds, or no
                key for the source polygon (nothing is simulated in its place).
        """
        found = read_environment(os.environ if env is None else env)
        values = {field: value for field, (value, _) in found.items()}
        config = build_config(values, {field: variable for field, (_, variable) in found.items()})
        validate_order_flow_config(config)
        return config


def to_settings(config: OrderFlowConfig) -> Settings:
    """The values, for the run."""
    values = {name: getattr(config, name) for name in Settings.__struct_fields__}
    secrets = {name: Secret(value.get_secret_value()) for name, value in values.items() if isinstance(value, SecretStr)}
    return Settings(**{**values, **secrets})


def build_config(values: Mapping[str, object], labels: Mapping[str, str]) -> OrderFlowConfig:
    """A config whose refusals name where the value came from (`labels`: field to variable or file and key)."""
    try:
        return OrderFlowConfig(**values)
    except ConfigError as error:
        raise error.labelled(labels.get(error.field)) from None


def validate_order_flow_config(config: OrderFlowConfig | Settings) -> None:
    """Check what a run needs beyond each value's own bounds.

    Raises:
        DataValidationError: `CONFIG_INVALID`: a setting that the source needs is not set, an address would send the
            key unencrypted to another machine, or the environment names a proxy that cannot be used.
    """
    for name in filter(None, (config.data_source, config.depth_source)):
        _check_source(config, source_named(name))


def _check_source(config: OrderFlowConfig | Settings, source: Source) -> None:
    values = {setting.field: getattr(config, setting.field) for setting in source.settings}
    for setting in source.settings:
        if setting.needed and values[setting.field] == OrderFlowConfig.model_fields[setting.field].default:
            raise invalid(source.missing(setting))
    for setting in source.settings:
        if setting.kind == "http":
            proxy_of(values[setting.field])
    if any(values[setting.field] for setting in source.settings if setting.kind == "secret"):
        check_encrypted(config, source.settings)


def _refusal(error: ValidationError, values: Mapping[str, object]) -> ConfigError:
    """The first of pydantic's complaints in this project's one line."""
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = str(problem["loc"][0])
    if field not in OrderFlowConfig.model_fields:
        known = OrderFlowConfig.model_fields
        return ConfigError(field, "", f"there is no such setting{nearest(field, known)}", shown_value(field)[1:-1])
    value = values.get(field, OrderFlowConfig.model_fields[field].default)
    bound = _BOUNDS[field]
    if field == "red_burst_threshold":
        spike = values.get("volume_spike_threshold", OrderFlowConfig.model_fields["volume_spike_threshold"].default)
        bound = f"{bound}, {shown_value(spike)}"
    if field in SECRET_FIELDS:
        return ConfigError(field, "(hidden)", bound)
    if field.endswith("_url") and any(mark in str(value) for mark in "@?#"):
        return ConfigError(field, "(hidden, it may hold a secret)", bound)
    return ConfigError(field, shown_value(value), bound)
