"""Fits blocks of rows into a height: what matters most keeps its rows, what is left over grows the rest."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from orderflow_tui.tui.look.lines import Row


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
