"""What a screen can ask of the monitor, as the messages that reach its thread."""

from __future__ import annotations

from msgspec import Struct

from orderflow_tui.core.model.holder import Answer, WorkingOrder
from orderflow_tui.feeds.feed import Arrival


class AnswerGiven(Struct, frozen=True):
    """The trader answered a recommendation."""

    recommendation_id: str
    answer: Answer
    arrival: Arrival
    screen: str = ""
    """Which one it was given on, where there may be several."""


class Recover(Struct, frozen=True):
    """Try a BLIND symbol again now."""

    symbol: str
    arrival: Arrival


class OwnOrders(Struct, frozen=True):
    """These orders in the symbol's book are the holder's."""

    symbol: str
    orders: tuple[WorkingOrder, ...]


class WatchDetails(Struct, frozen=True):
    """Make the detail of these symbols, and of no other."""

    symbols: frozenset[str]


class ScreensLook(Struct, frozen=True):
    """So many screens look, the fastest of them so many times a second; 0 where none says."""

    count: int
    fps: float = 0.0


class Stop(Struct, frozen=True):
    """End the run; an exit code above 0 says that it failed."""

    reason: str
    exit_code: int = 0


Command = AnswerGiven | Recover | OwnOrders | WatchDetails | ScreensLook | Stop
