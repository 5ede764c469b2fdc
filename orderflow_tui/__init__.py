"""Watches the order flow of the stocks you hold and says when to think about leaving.

The public names load on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orderflow_tui.config import OrderFlowConfig, validate_order_flow_config
    from orderflow_tui.core.data_models import (
        ExitRecommendation,
        OrderBookSnapshot,
        OrderFlowAlert,
        Position,
        TimeAndSalesRecord,
    )
    from orderflow_tui.core.order_flow_detector import OrderFlowDetector
    from orderflow_tui.core.tape_monitor import TapeMonitor
    from orderflow_tui.core.validators import DataValidationError, validate_level2_data, validate_tape_data
    from orderflow_tui.feeds.errors import (
        AuthError,
        FeedError,
        NetworkError,
        NotEntitledError,
        RateLimitError,
        ServerError,
        SymbolNotFoundError,
    )
    from orderflow_tui.feeds.polygon.client import PolygonClient
    from orderflow_tui.feeds.retry import DEFAULT_POLICY, RetryPolicy, with_retry
    from orderflow_tui.positions import PositionManager

__version__ = "0.1.0"

_HOMES = {
    "AuthError": "feeds.errors",
    "DEFAULT_POLICY": "feeds.retry",
    "DataValidationError": "core.validators",
    "ExitRecommendation": "core.data_models",
    "FeedError": "feeds.errors",
    "NetworkError": "feeds.errors",
    "NotEntitledError": "feeds.errors",
    "OrderBookSnapshot": "core.data_models",
    "OrderFlowAlert": "core.data_models",
    "OrderFlowConfig": "config",
    "OrderFlowDetector": "core.order_flow_detector",
    "PolygonClient": "feeds.polygon.client",
    "Position": "core.data_models",
    "PositionManager": "positions",
    "RateLimitError": "feeds.errors",
    "RetryPolicy": "feeds.retry",
    "ServerError": "feeds.errors",
    "SymbolNotFoundError": "feeds.errors",
    "TapeMonitor": "core.tape_monitor",
    "TimeAndSalesRecord": "core.data_models",
    "validate_level2_data": "core.validators",
    "validate_order_flow_config": "config",
    "validate_tape_data": "core.validators",
    "with_retry": "feeds.retry",
}

__all__ = [
    "DEFAULT_POLICY",
    "AuthError",
    "DataValidationError",
    "ExitRecommendation",
    "FeedError",
    "NetworkError",
    "NotEntitledError",
    "OrderBookSnapshot",
    "OrderFlowAlert",
    "OrderFlowConfig",
    "OrderFlowDetector",
    "PolygonClient",
    "Position",
    "PositionManager",
    "RateLimitError",
    "RetryPolicy",
    "ServerError",
    "SymbolNotFoundError",
    "TapeMonitor",
    "TimeAndSalesRecord",
    "validate_level2_data",
    "validate_order_flow_config",
    "validate_tape_data",
    "with_retry",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
