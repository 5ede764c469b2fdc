"""What is held: the positions file, an export or a broker, read again and again."""

from orderflow_tui.positions.choose_source import source_of
from orderflow_tui.positions.errors import PositionsError, PositionsMissing
from orderflow_tui.positions.holdings import Holdings, PositionSource
from orderflow_tui.positions.manager import PositionManager
from orderflow_tui.positions.toml_file import TomlPositions, event_instant_ns

__all__ = [
    "Holdings",
    "PositionManager",
    "PositionSource",
    "PositionsError",
    "PositionsMissing",
    "TomlPositions",
    "event_instant_ns",
    "source_of",
]
