"""The newest lines of an alert feed, one an episode."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from msgspec.structs import replace

from orderflow_tui.views.frozen_views import AlertLine


class AlertLines:
    """Iterates newest first.

    Args:
        most: How many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lines: OrderedDict[str, AlertLine] = OrderedDict()

    def put(self, line: AlertLine) -> None:
        """Put a line at the top, or in the place of the one with its episode; that one keeps its first time."""
        old = self._lines.get(line.episode_id)
        self._lines[line.episode_id] = line if old is None else replace(line, time_ns=old.time_ns)
        if len(self._lines) > self._most:
            self._lines.popitem(last=False)

    def __iter__(self) -> Iterator[AlertLine]:
        return reversed(self._lines.values())

    @property
    def newest(self) -> AlertLine | None:
        """The line at the top; None without any."""
        return next(iter(self), None)
