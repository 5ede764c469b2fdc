"""What the screen changes in the positions file: one position a time; the engine takes the file up by itself."""

from __future__ import annotations

from pathlib import Path

from orderflow_tui.core.model.holder import Position
from orderflow_tui.positions.edit import PositionsLook, look_at, with_position, write
from orderflow_tui.positions.errors import PositionsError
from orderflow_tui.positions.typed import typed_position


class PositionsDesk:
    """The positions file of a run.

    Args:
        path: The file, which may not be there yet; None where none can be changed.
        why: Why none can be changed; empty where one can.
    """

    def __init__(self, path: Path | None, why: str = "") -> None:
        self.path = path
        self.why = why

    def line_of(self, symbol: str) -> str:
        """A position as it is typed; empty where the file has none of this symbol. Raises PositionsError."""
        found = next((one for one in self._look().positions if one.symbol == symbol), None)
        return "" if found is None else _line(found)

    def put(self, text: str) -> str:
        """Add or change the position that is typed.

        Returns:
            What was done, for the trader.

        Raises:
            PositionsError: What is typed is no position, or the file cannot be changed; nothing is then.
        """
        position = typed_position(text)
        look = self._look()
        known = any(one.symbol == position.symbol for one in look.positions)
        write(look, with_position(look, position))
        if not position.quantity:
            return f"{position.symbol} closed in {look.file.name}: no longer watched"
        return f"{position.symbol} {'changed' if known else 'added'}: {_line(position)}"

    def _look(self) -> PositionsLook:
        if self.path is None:
            raise PositionsError(self.why)
        return look_at(self.path)


def _line(position: Position) -> str:
    cost = f" {position.average_cost:f}" if position.average_cost else ""
    stop = f" stop {position.stop:f}" if position.stop is not None else ""
    return f"{position.symbol} {position.quantity}{cost}{stop}"
