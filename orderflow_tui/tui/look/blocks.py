"""Fits blocks of rows into a height: what matters most keeps its rows, what is left over grows the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from msgspec import Struct

from orderflow_tui.tui.look.styled_lines import EMPTY_ROW, Row, Span


class Block(Struct, frozen=True):
    """Rows that belong together.

    Attributes:
        priority: Smaller stays longer when the height shrinks.
        rows: All it could show; the first ones are kept when it is cut.
        minimum: Fewer rows than this are not worth showing.
    """

    priority: int
    rows: Sequence[Row]
    minimum: int = 1


class Beside(Sequence[Row]):
    """Two blocks beside each other, the first `width` cells wide; each makes the rows that are asked of it."""

    def __init__(self, first: Sequence[Row], second: Sequence[Row], width: int) -> None:
        self._first, self._second, self._width = first, second, width

    def __len__(self) -> int:
        return max(len(self._first), len(self._second))

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, int):
            return self[: len(self)][index]
        first, second = self._first[index], self._second[index]
        joined: list[Row] = []
        for place in range(max(len(first), len(second))):
            one = first[place] if place < len(first) else EMPTY_ROW
            other = second[place] if place < len(second) else EMPTY_ROW
            pad = Span(" " * (self._width - len(one.plain)) + " ")
            joined.append(Row((*one.spans, pad, *other.spans)))
        return joined


def fit(blocks: Sequence[Block], height: int) -> list[Row]:
    """Rows for exactly what fits into `height`, in the order of `blocks`.

    First every block gets its minimum, by priority, while there is room; then the remaining rows go to the blocks
    that could use them, by priority again.
    """
    granted = [0] * len(blocks)
    by_priority = sorted(range(len(blocks)), key=lambda index: blocks[index].priority)
    room = height
    for index in by_priority:
        need = min(blocks[index].minimum, len(blocks[index].rows))
        if need <= room:
            granted[index] = need
            room -= need
    for index in by_priority:
        if granted[index] or not blocks[index].rows:
            more = min(room, len(blocks[index].rows) - granted[index])
            granted[index] += more
            room -= more
    return [row for block, count in zip(blocks, granted, strict=True) for row in block.rows[:count]]
