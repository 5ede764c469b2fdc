"""Which prints of the tape the detail screen shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from orderflow_tui.views.frozen_views import PrintLine

_SIZES: Final = ("all sizes", "large +", "above T")
_SIDES: Final = ("both sides", "sells", "buys")
_VENUES: Final = ("all venues", "on exchange", "off exchange")
_SIDE_OF: Final = {1: "sell", 2: "buy"}


class TapeFilter(Struct, frozen=True):
    """Three choices, each an index into its words."""

    size: int = 0
    side: int = 0
    venue: int = 0

    def next(self, part: str) -> TapeFilter:
        """The next choice of `size`, `side` or `venue`."""
        return replace(self, **{part: (getattr(self, part) + 1) % 3})

    @property
    def words(self) -> str:
        """What is shown: `large +, sells, all venues`."""
        return f"{_SIZES[self.size]}, {_SIDES[self.side]}, {_VENUES[self.venue]}"

    def keep(self, prints: Sequence[PrintLine]) -> tuple[PrintLine, ...]:
        """The prints that pass."""
        return tuple(line for line in prints if self._passes(line))

    def _passes(self, line: PrintLine) -> bool:
        if line.tier < self.size or (self.side and line.side != _SIDE_OF[self.side]):
            return False
        return not self.venue or line.off_exchange == (self.venue == 2)
