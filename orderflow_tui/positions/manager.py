"""The positions in force: read once, again when the source changes, never replaced by a bad reading."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct

from orderflow_tui.core.model.holder import Position
from orderflow_tui.positions.errors import PositionsError, PositionsMissing
from orderflow_tui.positions.holdings import Holdings, PositionSource
from orderflow_tui.positions.source_reader import SourceRead, SourceReader, first_read
from orderflow_tui.positions.splits import split_note
from orderflow_tui.positions.toml_file import TomlPositions

_NEWS_S: Final = 60.0


class _Fixed(Struct, frozen=True):
    """Positions that never change: a replay's, a test's."""

    holdings: Holdings

    @property
    def first_seconds(self) -> float:
        return 0.0

    def state(self) -> Hashable:
        return None

    def read(self) -> Holdings:
        return self.holdings

    def checked_at(self, now: float) -> float:
        return now


class PositionManager:
    """What is held and watched, as the last good reading had it.

    Args:
        source: Where to read; a path is a TOML file (SPEC section 3).
        allow_missing: Start empty when there is nothing yet, and take it up when it appears.
        clock: Seconds that only grow.

    Raises:
        PositionsError: The source cannot be used as it stands.
        PositionsMissing: There is nothing to read, and that is not allowed.
    """

    def __init__(
        self,
        source: PositionSource | Path | str,
        *,
        allow_missing: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = TomlPositions(Path(source)) if isinstance(source, str | Path) else source
        self._clock = clock
        self._good_at = clock()
        self._holdings = Holdings()
        self._split_notes: tuple[str, ...] = ()
        self._news: tuple[str, ...] = ()
        self._news_until = 0.0
        self._looker = None if isinstance(self._source, _Fixed) else SourceReader(self._source, clock)
        self._refused = ""
        self.missing = False
        """There has been nothing to read since the start."""
        self._seen, found = first_read(self._source) if self._looker else (None, self._source.read())
        if isinstance(found, PositionsMissing) and allow_missing:
            self._refused, self.missing = str(found), True
        elif isinstance(found, Exception):
            raise found
        else:
            self._holdings = found

    @classmethod
    def fixed(cls, positions: Iterable[Position], watchlist: Iterable[str] = ()) -> PositionManager:
        """A manager of positions given directly, for replays and tests; closed ones (quantity 0) are left out."""
        held = tuple(position for position in positions if position.quantity)
        return cls(_Fixed(Holdings(held, tuple(watchlist))))

    def get_active_positions(self) -> list[Position]:
        """What is held, in the source's order; shares of either sign, never 0."""
        return list(self._holdings.positions)

    def get_watchlist(self) -> list[str]:
        """Symbols to watch beside those held, in the source's order."""
        return list(self._holdings.watchlist)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reading in force left out or assumed, and splits met since the start; a line each."""
        return (*self._holdings.notes, *self._split_notes)

    @property
    def news(self) -> str:
        """What the last change left out or assumed, for a minute; empty where there is nothing to say."""
        return f"positions: {'; '.join(self._news)}" if self._news and self._clock() < self._news_until else ""

    @property
    def age_seconds(self) -> float:
        """Seconds since the source was last seen to agree with what is in force; given directly, 0."""
        if self._looker is None:
            return 0.0
        return max(self._clock() - self._good_at, 0.0)

    @property
    def message(self) -> str:
        """Why the source as it stands is not in force, in one line; empty when it is."""
        if self._looker is not None and self._looker.hangs:
            return "positions: reading them takes long (the last good positions still apply)"
        return self._refused

    def refresh(self) -> bool:
        """Look at the source again, from the caller's thread.

        A reading that is refused leaves the last good one in force and sets `message`.

        Returns:
            Whether what is in force changed.
        """
        return self._looker is not None and self._take_up(self._looker.look(self._seen))

    def refresh_apart(self) -> bool:
        """Take up what the last look found and begin the next one in a thread of its own; never waits.

        Returns:
            Whether what is in force changed.
        """
        if self._looker is None:
            return False
        look = self._looker.take()
        changed = look is not None and self._take_up(look)
        self._looker.begin(self._seen)
        return changed

    def _take_up(self, look: SourceRead) -> bool:
        if look.found is None:
            if not self._refused:
                self._good_at = self._source.checked_at(look.at)
            return False
        self._seen = look.state
        if isinstance(look.found, PositionsError):
            refused = str(look.found)
            self._refused = refused if self.missing else f"{refused} (the last good positions still apply)"
            return False
        self._refused, self.missing = "", False
        self._good_at = self._source.checked_at(look.at)
        changed = look.found != self._holdings
        if changed:
            splits = _splits(self._holdings.positions, look.found.positions)
            self._split_notes += splits
            self._news = (*splits, *(note for note in look.found.notes if note not in self._holdings.notes))
            self._news_until = look.at + _NEWS_S
        self._holdings = look.found
        return changed


def _splits(before: Iterable[Position], now: Iterable[Position]) -> tuple[str, ...]:
    old = {position.symbol: position for position in before}
    pairs = ((old[position.symbol], position) for position in now if position.symbol in old)
    return tuple(note for note in (split_note(*pair) for pair in pairs) if note)
