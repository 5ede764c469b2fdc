"""Every source of market data, one row each. What depends on the choice is read from its row.

Choices, variables, secrets, labels, journal classes, what waits for the next start, what is refused without a setting,
`doctor`, the tables of `docs/configuration.md` and the folder of learned figures derive from this table. A live source
is a folder under `feeds/`; what opens and checks it is named here and imported when it is chosen.

A new setting of a source is one `Setting` here and one field each in `values.Settings` and `schema.OrderFlowConfig`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from orderflow_tui.core.model.capabilities import SourceClass
from orderflow_tui.core.model.validators import DataValidationError

Kind = Literal["value", "secret", "http", "ws"]


class Setting(Struct, frozen=True):
    """One of a source's own settings.

    Attributes:
        field: Its name in `Settings` and `orderflow.toml`.
        variables: Where the environment has it, in the order they are looked at.
        kind: A `secret` is never shown, recorded or read from `orderflow.toml`; `http` and `ws` are addresses that a
            secret goes to: another machine is reached encrypted only. Anything else is a `value`.
        needed: What the source cannot do without, in words that follow "needs"; empty where the default serves.
        bound: What a `value` must be, in words.
        simulated: What a demo's own market is reached by, a format of `url`, `ws`, `host`, `port` and `key`; empty
            where the demo leaves it alone.
    """

    field: str
    variables: tuple[str, ...]
    kind: Kind = "value"
    needed: str = ""
    bound: str = ""
    simulated: str = ""


class Source(Struct, frozen=True):
    """One source.

    Attributes:
        name: What `data_source` calls it.
        label: What the screen calls it.
        source_class: Journals of different classes never mix.
        settings: Its own settings.
        feed: `module:class` of its feed, made with the settings; empty where a command makes it from files.
        checks: `module:class` of what `doctor` asks it, made with settings, symbols and `try_stream`.
        extra: What `pip install 'orderflow-tui[EXTRA]'` brings for it; empty where it needs no library of its own.
        has_depth: Its books may stand beside another source's tape (`depth_source`).
        learned_under: What it teaches is kept in `learned-` and this, or in `learned` where this is empty: figures of
            one source never judge another. `Capabilities.dataset` is added where the source has several.
    """

    name: str
    label: str
    source_class: SourceClass
    settings: tuple[Setting, ...] = ()
    feed: str = ""
    checks: str = ""
    extra: str = ""
    has_depth: bool = False
    learned_under: str = ""

    def missing(self, setting: Setting) -> str:
        """Why it cannot run without this setting, in one line."""
        first, *others = setting.variables
        serves = f" ({', '.join(others)} serves too)" if others else ""
        return f"{first} is not set{serves}: data source {self.name} needs {setting.needed}"

    def reach(self, reached: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """The settings, and the environment with the secrets, that lead it to a simulated market.

        Args:
            reached: `url`, `ws`, `host`, `port` and `key` of that market.
        """
        filled = [(setting, setting.simulated.format(**reached)) for setting in self.settings if setting.simulated]
        env = {setting.variables[0]: text for setting, text in filled if setting.kind == "secret"}
        settings = {setting.field: text for setting, text in filled if setting.kind != "secret"}
        return {"data_source": self.name, **settings}, env


_POLYGON_KEY: Final = Setting(
    "polygon_api_key",
    ("POLYGON_API_KEY", "MASSIVE_API_KEY"),
    "secret",
    needed="it, in the environment; `orderflow-tui demo` runs without one",
)
_POLYGON_REST: Final = Setting("polygon_base_url", ("ORDER_FLOW_POLYGON_BASE_URL",), "http")
_POLYGON_STREAM: Final = Setting("polygon_ws_url", ("ORDER_FLOW_POLYGON_WS_URL",), "ws")

SOURCES: Final = (
    Source(
        "polygon",
        "LIVE polygon",
        "live",
        (_POLYGON_KEY, _POLYGON_REST, _POLYGON_STREAM),
        feed="orderflow_tui.feeds.polygon.feed:PolygonFeed",
        checks="orderflow_tui.feeds.polygon.checks:SourceChecks",
    ),
    Source(
        "simulator",
        "SIMULATED",
        "simulated",
        (
            replace(_POLYGON_KEY, needed="", simulated="{key}"),
            replace(
                _POLYGON_REST,
                simulated="{url}",
                needed="the simulator's address (`orderflow-tui simulate` prints it; `orderflow-tui demo` needs none)",
            ),
            _POLYGON_STREAM,
        ),
        feed="orderflow_tui.feeds.polygon.feed:PolygonFeed",
        checks="orderflow_tui.feeds.polygon.checks:SourceChecks",
    ),
    Source(
        "alpaca",
        "LIVE alpaca",
        "live",
        (
            Setting(
                "alpaca_key_id",
                ("APCA_API_KEY_ID",),
                "secret",
                needed=(
                    "it and APCA_API_SECRET_KEY, in the environment; a free account has both; "
                    "`orderflow-tui demo --source alpaca` runs without"
                ),
                simulated="{key}",
            ),
            Setting(
                "alpaca_secret_key",
                ("APCA_API_SECRET_KEY",),
                "secret",
                needed="it and APCA_API_KEY_ID, in the environment",
                simulated="{key}",
            ),
            Setting(
                "alpaca_feed",
                ("ORDER_FLOW_ALPACA_FEED",),
                bound="must be auto, sip, iex or delayed_sip",
            ),
            Setting("alpaca_data_url", ("ORDER_FLOW_ALPACA_DATA_URL",), "http", simulated="{url}"),
            Setting("alpaca_stream_url", ("ORDER_FLOW_ALPACA_STREAM_URL",), "ws", simulated="{ws}"),
        ),
        feed="orderflow_tui.feeds.alpaca.feed:AlpacaFeed",
        checks="orderflow_tui.feeds.alpaca.checks:SourceChecks",
        learned_under="alpaca",
    ),
    Source(
        "databento",
        "LIVE databento",
        "live",
        (
            Setting(
                "databento_api_key",
                ("DATABENTO_API_KEY",),
                "secret",
                needed="it, in the environment; `orderflow-tui demo --source databento` runs without one",
                simulated="{key}",
            ),
            Setting(
                "databento_dataset",
                ("ORDER_FLOW_DATABENTO_DATASET",),
                bound="must be the name of a dataset, such as XNAS.ITCH",
            ),
            Setting(
                "databento_gateway",
                ("ORDER_FLOW_DATABENTO_GATEWAY",),
                bound="must be host:port, such as 127.0.0.1:13000",
                simulated="{host}:{port}",
            ),
        ),
        feed="orderflow_tui.feeds.databento.feed:DatabentoFeed",
        checks="orderflow_tui.feeds.databento.checks:SourceChecks",
        extra="databento",
        has_depth=True,
        learned_under="databento",
    ),
    Source(
        "ibkr",
        "LIVE ibkr",
        "live",
        (
            Setting("ibkr_host", ("IBKR_HOST",), bound="must be the name or address of a machine", simulated="{host}"),
            Setting(
                "ibkr_port",
                ("IBKR_PORT",),
                bound="must be a port from 1 to 65535 (TWS 7496 or 7497, Gateway 4001 or 4002)",
                simulated="{port}",
            ),
            Setting("ibkr_books", ("ORDER_FLOW_IBKR_BOOKS",), bound="must be a whole number from 0 to 60"),
            Setting("ibkr_tapes", ("ORDER_FLOW_IBKR_TAPES",), bound="must be a whole number from 0 to 60"),
        ),
        feed="orderflow_tui.feeds.ibkr.feed:IbkrFeed",
        checks="orderflow_tui.feeds.ibkr.checks:SourceChecks",
        learned_under="ibkr",
        has_depth=True,
    ),
    Source("replay", "REPLAY", "replayed"),
)
NAMES: Final = tuple(source.name for source in SOURCES)
DEPTH_NAMES: Final = tuple(source.name for source in SOURCES if source.has_depth)
"""What `depth_source` may name."""
SETTINGS: Final[dict[str, Setting]] = {}
"""Every source's own settings, by field; of a setting that several share the first one's."""
for _source in SOURCES:
    for _setting in _source.settings:
        SETTINGS.setdefault(_setting.field, _setting)
SECRET_VARIABLES: Final = {name: setting.variables for name, setting in SETTINGS.items() if setting.kind == "secret"}
"""Where the environment has each secret, by field."""


def source_named(name: str) -> Source:
    """The row of a source.

    Raises:
        KeyError: There is none of this name.
    """
    for source in SOURCES:
        if source.name == name:
            return source
    raise KeyError(name)


def as_simulated(source: Source) -> Source:
    """The row of a source whose wire a simulated market speaks: nothing of it is live."""
    if source.source_class == "simulated":
        return source
    return replace(source, source_class="simulated", label=f"SIMULATED {source.name}")


def one_of(names: Iterable[str] = NAMES) -> str:
    """`polygon, simulator or replay`."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def fields_of(kind: Kind) -> tuple[str, ...]:
    """The settings of a kind, of all sources."""
    return tuple(name for name, setting in SETTINGS.items() if setting.kind == kind)


def needed_by(field: str) -> tuple[str, ...]:
    """The sources that cannot do without a setting."""
    return tuple(source.name for source in SOURCES if any(one.field == field and one.needed for one in source.settings))


def feed_of(source: Source) -> Callable[..., Any]:
    """What makes the source's feed of the settings.

    Raises:
        DataValidationError: `CONFIG_INVALID`: a command of its own makes it, from files, or its library is missing.
    """
    if not source.feed:
        name = source.name
        raise DataValidationError(
            "CONFIG_INVALID",
            f"data_source = {name} refused: use the command `orderflow-tui {name}`, or set another source",
        )
    return load(source.feed, source.extra)


def load(place: str, extra: str = "") -> Callable[..., Any]:
    """What `module:name` names.

    Args:
        place: Where it is.
        extra: What brings the libraries it needs; empty where it needs none.

    Raises:
        DataValidationError: `CONFIG_INVALID`: a library of the extra is not installed.
    """
    module, name = place.split(":")
    try:
        return getattr(import_module(module), name)  # type: ignore[no-any-return]
    except ModuleNotFoundError as missing:
        if not extra or (missing.name or "").startswith("orderflow_tui"):
            raise
        raise DataValidationError(
            "CONFIG_INVALID", f"{missing.name} is not installed: pip install 'orderflow-tui[{extra}]'"
        ) from None
