"""Every source of market data, one row each. Choices, labels, journal classes and secrets derive from this table.

A live source is a folder under `feeds/`; what opens and checks it is named here and imported when it is chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from msgspec import Struct

from orderflow_tui.config.values import invalid
from orderflow_tui.core.model.capabilities import SourceClass


class Source(Struct, frozen=True):
    """One source.

    Attributes:
        name: What `data_source` calls it.
        label: What the screen calls it.
        source_class: Journals of different classes never mix.
        feed: `module:class` of its feed, made with the settings; empty where a command makes it from files.
        checks: `module:class` of what `doctor` asks it, made with settings, symbols and `try_stream`.
        key: The secret setting it cannot do without; empty where it needs none.
        key_words: What to do without that key.
        learned_under: What it teaches is kept in `learned-` and this, or in `learned` where this is empty: figures of
            one source never judge another.
    """

    name: str
    label: str
    source_class: SourceClass
    feed: str = ""
    checks: str = ""
    key: str = ""
    key_words: str = ""
    learned_under: str = ""


SOURCES: Final = (
    Source(
        "polygon",
        "LIVE polygon",
        "live",
        feed="orderflow_tui.feeds.polygon.feed:PolygonFeed",
        checks="orderflow_tui.feeds.polygon.checks:SourceChecks",
        key="polygon_api_key",
        key_words=(
            "POLYGON_API_KEY is not set (MASSIVE_API_KEY serves too): data source polygon needs it, "
            "in the environment; `orderflow-tui demo` runs without one"
        ),
    ),
    Source(
        "simulator",
        "SIMULATED",
        "simulated",
        feed="orderflow_tui.feeds.polygon.feed:PolygonFeed",
        checks="orderflow_tui.feeds.polygon.checks:SourceChecks",
    ),
    Source("replay", "REPLAY", "replayed"),
)
NAMES: Final = tuple(source.name for source in SOURCES)


def source_named(name: str) -> Source:
    """The row of a source.

    Raises:
        KeyError: There is none of this name.
    """
    for source in SOURCES:
        if source.name == name:
            return source
    raise KeyError(name)


def one_of(names: tuple[str, ...] = NAMES) -> str:
    """`polygon, simulator or replay`."""
    return f"{', '.join(names[:-1])} or {names[-1]}"


def feed_of(source: Source) -> Callable[..., Any]:
    """What makes the source's feed of the settings.

    Raises:
        DataValidationError: `CONFIG_INVALID`: a command of its own makes it, from files.
    """
    if not source.feed:
        name = source.name
        raise invalid(f"data_source = {name} refused: use the command `orderflow-tui {name}`, or set another source")
    return load(source.feed)


def load(place: str) -> Callable[..., Any]:
    """What `module:name` names."""
    module, name = place.split(":")
    return getattr(import_module(module), name)  # type: ignore[no-any-return]
