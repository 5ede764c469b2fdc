"""A simulated market behind Polygon's own REST wire format on loopback, for the demo and for tests."""

from orderflow_tui.feeds.simulator.instruments import DEMO_POSITIONS_TOML, DEMO_SYMBOLS, HEARTBEAT_SYMBOL
from orderflow_tui.feeds.simulator.process import SimulatorError, SimulatorProcess

__all__ = ["DEMO_POSITIONS_TOML", "DEMO_SYMBOLS", "HEARTBEAT_SYMBOL", "SimulatorError", "SimulatorProcess"]
