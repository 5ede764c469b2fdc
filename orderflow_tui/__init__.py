"""Watches the order flow of the stocks you hold and says when to think about leaving.

The public names load on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from orderflow_tui.support.version import __version__ as __version__

if TYPE_CHECKING:
    from orderflow_tui.config.schema import OrderFlowConfig, validate_order_flow_config
    from orderflow_tui.core.model.data_models import (
        ExitRecommendation,
        OrderBookSnapshot,
        OrderFlowAlert,
        Position,
        TimeAndSalesRecord,
    )
    from orderflow_tui.core.model.validators import DataValidationError, validate_level2_data, validate_tape_data
    from orderflow_tui.feeds.errors import (
        AuthError,
        FeedError,
        NetworkError,
        NotEntitledError,
        RateLimitError,
        ServerError,
        SymbolNotFoundError,
    )
    from orderflow_tui.feeds.live.retry import DEFAULT_POLICY, RetryPolicy, with_retry
    from orderflow_tui.library.order_flow_detector import OrderFlowDetector
    from orderflow_tui.library.polygon_client import PolygonClient
    from orderflow_tui.library.tape_monitor import TapeMonitor
    from orderflow_tui.positions import PositionManager

_HOMES = {
    "AuthError": "feeds.errors",
    "DEFAULT_POLICY": "feeds.live.retry",
    "DataValidationError": "core.model.validators",
    "ExitRecommendation": "core.model.data_models",
    "FeedError": "feeds.errors",
    "NetworkError": "feeds.errors",
    "NotEntitledError": "feeds.errors",
    "OrderBookSnapshot": "core.model.data_models",
    "OrderFlowAlert": "core.model.data_models",
    "OrderFlowConfig": "config.schema",
    "OrderFlowDetector": "library.order_flow_detector",
    "PolygonClient": "library.polygon_client",
    "Position": "core.model.data_models",
    "PositionManager": "positions",
    "RateLimitError": "feeds.errors",
    "RetryPolicy": "feeds.live.retry",
    "ServerError": "feeds.errors",
    "SymbolNotFoundError": "feeds.errors",
    "TapeMonitor": "library.tape_monitor",
    "TimeAndSalesRecord": "core.model.data_models",
    "validate_level2_data": "core.model.validators",
    "validate_order_flow_config": "config.schema",
    "validate_tape_data": "core.model.validators",
    "with_retry": "feeds.live.retry",
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
