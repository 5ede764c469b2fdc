"""A symbol's line of depth: when a change of its book is complete, and when the book must be asked for again."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.model.events import Levels
from orderflow_tui.feeds.feed import Arrival
from orderflow_tui.feeds.ibkr import wire
from orderflow_tui.feeds.ibkr.depth import DELETE, BookRows
from orderflow_tui.feeds.ibkr.normalize import DepthVenues

ROWS_ASKED: Final = 40
QUIET_SECONDS: Final = 0.06
"""A change of a book comes in several messages without a mark of its end: so long without another it is over."""
BUSY_SECONDS, LATEST_SECONDS = 0.15, 0.25
"""A book that is never quiet is shown after a shorter pause, and at last between two reads."""
SHORT_QUIET_SECONDS: Final = 0.005
BROKEN_SECONDS: Final = 1.0
"""Rows that make no book for so long are asked for again."""
AWAY_SECONDS: Final = 1.0
"""A book that was reset or lost is waited for so long; then the best bid and offer stand in for it."""
DEAD_SECONDS: Final = 15.0
DEAD_MOVES: Final = 4


class DepthLine:
    """Used by the feed's thread alone. All instants are the monotonic clock's, seconds."""

    def __init__(self) -> None:
        self.rows: BookRows | None = None
        """None while no book is asked for."""
        self.venues = DepthVenues()
        self.wants_renewal = ""
        """Why the book must be asked for again."""
        self.lost = False
        """Whether something may have changed unseen since the book that was told last."""
        self.thinned_at = 0.0
        """When several changes were told as one last; 0 for never."""
        self.level_count = 1
        """Levels of the side that shows fewer, in the newest complete book."""
        self.changed_ns = 0
        """When the newest change came, nanoseconds UTC."""
        self._dirty_at = self._changed_at = 0.0
        self._shrank = False
        """The newest change took a row away: others that belong to it may follow."""
        self._away_at = 0.0
        self._moves, self._moves_since = 0, 0.0

    def begin(self, now: float) -> None:
        """A book was asked for."""
        self.rows = BookRows(ROWS_ASKED)
        self.venues = DepthVenues()
        self.wants_renewal = ""
        self._dirty_at, self._away_at, self.lost = 0.0, now, True

    def reset(self, now: float) -> None:
        """The server empties the book and fills it again: nothing was withdrawn."""
        if self.rows is not None:
            self.rows.clear()
            self._dirty_at, self._away_at, self.lost = 0.0, now, True

    def end(self) -> None:
        """No book any more."""
        self.rows = None
        self.wants_renewal = ""
        self._dirty_at = self._away_at = 0.0
        self.lost = True

    def apply(self, change: wire.DepthRow, arrival: Arrival, now: float) -> bool:
        """One change of one row; whether it proves that sizes are round lots instead of shares."""
        rows = self.rows
        if rows is None:
            return False
        rows.apply(change)
        self._shrank = change.op == DELETE
        self._dirty_at = self._dirty_at or now
        self._changed_at, self.changed_ns = now, arrival.wall_ns
        self._moves = 0
        if rows.broken:
            self.wants_renewal = f"the book does not add up ({rows.broken})"
        return rows.in_lots

    def best_price_moved(self, now: float) -> None:
        """Where it moves again and again while the book says nothing, the book's line is dead."""
        if self.rows is None:
            return
        self._moves += 1
        self._moves_since = now if self._moves == 1 else self._moves_since
        if self._moves >= DEAD_MOVES and now - self._moves_since > DEAD_SECONDS:
            self._moves = 0
            self.wants_renewal = "its book is silent while the quote moves"

    @property
    def unfinished(self) -> bool:
        """Whether a change is not complete, as far as is known."""
        return bool(self._dirty_at)

    @property
    def away(self) -> bool:
        """Whether no complete book has come since it was asked for, reset or ended."""
        return self.rows is None or bool(self._away_at)

    def away_for_long(self, now: float) -> bool:
        """Whether the best bid and offer stand in for it: at once where it ended, else after a moment."""
        return self.rows is None or bool(self._away_at and now - self._away_at >= AWAY_SECONDS)

    def complete(self, now: float, *, read: bool) -> tuple[Levels, Levels] | None:
        """The book's levels once a change of it is complete; None while it is not, and where there is none.

        Args:
            now: The instant.
            read: Whether all that has arrived was read.
        """
        rows = self.rows
        if rows is None or not self._dirty_at or rows.broken:
            return None
        quiet, waited = now - self._changed_at, now - self._dirty_at
        short = waited >= BUSY_SECONDS and quiet >= SHORT_QUIET_SECONDS and not self._shrank
        over = quiet >= QUIET_SECONDS or short
        if not over and not (read and waited >= LATEST_SECONDS):
            return None
        if not rows.whole:
            if quiet >= BROKEN_SECONDS or waited >= 4 * BROKEN_SECONDS:
                self.wants_renewal = "its rows are out of order"
            return None
        self._dirty_at = 0.0
        if quiet < QUIET_SECONDS:
            self.thinned_at = now
        bids, asks = rows.levels()
        if not bids and not asks:
            return None
        self.level_count = max(min(len(bids) or 99, len(asks) or 99), 1)
        self._away_at = 0.0
        return bids, asks
