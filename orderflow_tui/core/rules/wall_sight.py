"""Which walls of one side a book can change: those in sight, and those out of sight whose price it reaches again.

A market of ever new prices leaves hundreds of walls standing out of sight: no book pays for those that it does not
show.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator
from operator import attrgetter
from typing import Final

from orderflow_tui.core.rules.wall import Wall

_AGE: Final = attrgetter("number")


class WallSight:
    """Keeps apart what is in sight and what is not.

    Args:
        sign: +1 for bids, -1 for asks: a place is a price times this, the best one the greatest.
    """

    __slots__ = ("_hidden", "_number", "_places", "_seen", "_sign")

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._number = 0
        self._seen: dict[int, Wall] = {}
        self._hidden: OrderedDict[int, Wall] = OrderedDict()
        """By place, in the order in which they went out of sight."""
        self._places: list[int] = []
        """Of those out of sight, ascending."""

    def add(self, wall: Wall) -> None:
        """A wall stands in sight from now on; it is the youngest."""
        self._number += 1
        wall.number = self._number
        self._seen[wall.number] = wall

    def remove(self, wall: Wall) -> None:
        """It stands no more."""
        if self._seen.pop(wall.number, None) is None:
            self._find(wall)

    def hide(self, wall: Wall) -> None:
        """It goes out of sight."""
        place = self._sign * wall.price
        del self._seen[wall.number]
        self._hidden[place] = wall
        insort(self._places, place)

    def show(self, wall: Wall) -> None:
        """It is in sight again."""
        self._find(wall)
        self._seen[wall.number] = wall

    def _find(self, wall: Wall) -> None:
        place = self._sign * wall.price
        del self._hidden[place]
        del self._places[bisect_left(self._places, place)]

    def seen(self) -> list[Wall]:
        """Those in sight, the oldest first."""
        return sorted(self._seen.values(), key=_AGE)

    def reached(self, last: int) -> list[Wall]:
        """Those in sight, and those from this place on to the best one or beyond it; the oldest first."""
        walls = list(self._seen.values())
        walls += [self._hidden[place] for place in self._places[bisect_left(self._places, last) :]]
        if len(walls) > 1:
            walls.sort(key=_AGE)
        return walls

    def longest_hidden(self) -> Iterator[Wall]:
        """Those out of sight, the longest first; each may be removed before the next one is asked for."""
        while self._hidden:
            wall = next(iter(self._hidden.values()))
            yield wall
            if self._hidden.get(self._sign * wall.price) is wall:
                return
