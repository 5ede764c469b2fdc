"""Questions about the sides of large prints: each waits a little for its quotes, then the core goes on without."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from orderflow_tui.core.model.events import SideCheckResult
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.core.model.units import NS

_WAIT_NS: Final = 2 * NS
"""An alert waits so long for the quotes of its span; then it is told as unsure."""


class PendingSideChecks:
    """Those that wait for an answer.

    Args:
        ask: Takes a question to the feed; None where a recording holds the answers.
    """

    def __init__(self, ask: Callable[[SideCheckRequested], None] | None) -> None:
        self._ask = ask
        self._asked: deque[tuple[int, SideCheckRequested]] = deque()
        """Each with the instant until which its answer is waited for, on the monotonic clock."""
        self.unasked: deque[SideCheckRequested] = deque()
        """Those that the feed does not know of yet."""

    def put(self, asked: SideCheckRequested) -> None:
        """A core asks."""
        if self._ask is not None:
            self._asked.append((time.monotonic_ns() + _WAIT_NS, asked))
            self.unasked.append(asked)

    def ask(self) -> None:
        """Take the questions to the feed: in the monitor's thread, for a feed may be at work where one came up."""
        while self._ask is not None and self.unasked:
            self._ask(self.unasked.popleft())

    def due_s(self) -> float | None:
        """How long until the first is given up; None where none waits."""
        return max(0.0, (self._asked[0][0] - time.monotonic_ns()) / NS) if self._asked else None

    def given_up(self, *, over: bool = False) -> Iterator[tuple[str, SideCheckResult]]:
        """The symbol and the event of each whose time is up; of all when the run is `over`."""
        while self._asked and (over or self._asked[0][0] <= time.monotonic_ns()):
            _, asked = self._asked.popleft()
            yield asked.symbol, SideCheckResult(asked.time_ns, asked.key, answered=False)
