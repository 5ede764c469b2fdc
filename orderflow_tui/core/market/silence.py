"""A pause nobody announced: a symbol that used to print has printed nothing for a minute."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.market.sessions import Session
from orderflow_tui.core.market.state import MarketState
from orderflow_tui.core.market.volume_window import BASELINE_SECONDS, VolumeWindow
from orderflow_tui.core.model.units import NS

PAUSE_NS: Final = 60 * NS
"""So long without a print is a pause for a symbol that prints `_BUSY_PRINTS` a minute."""
_BUSY_PRINTS: Final = 12
_OPEN: Final = frozenset({"regular", "always"})
"""Sessions in which a silence means something."""


class Silence:
    """Whether one symbol's tape is silent.

    Args:
        market: Its newest print.
        window: How many prints there were before.
    """

    __slots__ = ("_market", "_window", "since_ns")

    def __init__(self, market: MarketState, window: VolumeWindow) -> None:
        self._market = market
        self._window = window
        self.since_ns = 0
        """The last print before the pause; 0 without one."""

    def notice(self, time_ns: int, session: Session | None, known_from: int | None) -> None:
        """A whole second is over.

        Args:
            time_ns: Its instant.
            session: In progress.
            known_from: The first second of known tape.
        """
        newest, window = self._market.newest_print_ns, self._window
        if self.since_ns or time_ns - newest < PAUSE_NS:
            return
        if known_from is None or session is None or session.name not in _OPEN:
            return
        seconds = min(BASELINE_SECONDS, max(PAUSE_NS // NS, window.head - known_from + 1))
        prints = window.count - window.count_through(window.head - seconds)
        if newest >= max(session.start_ns, known_from * NS) and prints * 60 >= _BUSY_PRINTS * seconds:
            self.since_ns = newest

    def end(self, time_ns: int) -> int:
        """It prints again: seconds it was silent; 0 where it was not, as by prints of a connection that was away."""
        since_ns, self.since_ns = self.since_ns, 0
        silent_ns = time_ns - since_ns
        return round(silent_ns / NS) if silent_ns >= PAUSE_NS else 0
