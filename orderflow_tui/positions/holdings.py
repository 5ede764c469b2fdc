"""One reading of what is held, and the protocol of where it comes from."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol

from msgspec import Struct

from orderflow_tui.core.model.holder import Position


class Holdings(Struct, frozen=True):
    """One good reading of a source, in the source's order.

    Attributes:
        positions: What is held; never with quantity 0, one a symbol.
        watchlist: Symbols to watch without holding them.
        notes: What the reading left out or assumed, a line each.
    """

    positions: tuple[Position, ...] = ()
    watchlist: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class PositionSource(Protocol):
    """Where positions come from."""

    @property
    def first_seconds(self) -> float:
        """How long the first reading may take."""
        ...

    def state(self) -> Hashable:
        """Something cheap that differs whenever `read` would."""
        ...

    def read(self) -> Holdings:
        """What is held. Raises PositionsError (PositionsMissing where there is nothing to read)."""
        ...

    def checked_at(self, now: float) -> float:
        """When the source was last seen to be as `read` has it; `now` where it has just been looked at."""
        ...
