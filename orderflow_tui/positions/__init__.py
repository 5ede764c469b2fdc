"""What is held: the positions file, read again when it changes."""

from orderflow_tui.positions.errors import PositionsError, PositionsMissing
from orderflow_tui.positions.manager import Holdings, PositionManager, PositionSource
from orderflow_tui.positions.toml_file import TomlPositions, event_instant_ns

__all__ = [
    "Holdings",
    "PositionManager",
    "PositionSource",
    "PositionsError",
    "PositionsMissing",
    "TomlPositions",
    "event_instant_ns",
]
