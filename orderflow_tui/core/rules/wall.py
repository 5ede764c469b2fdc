"""One wall: a resting size above the threshold it opened with, what traded there and what became of it."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Final

from orderflow_tui.core.model.outputs import AlertRaised
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.alert_writer import CRITICAL_FACTOR, AlertWriter
from orderflow_tui.core.rules.explain import why
from orderflow_tui.core.rules.rule import Rule, has_quotes

HIT_NS: Final = 30 * NS
"""What traded at a wall's price longer ago says nothing of it."""

resting: Final = partial(Rule, live=has_quotes, on_book=True)
"""A rule about a resting size."""


class Wall:
    """One resting size above the threshold it opened with."""

    __slots__ = (
        "_last_size", "_unseen", "added", "below_ns", "cancelled", "continuous", "critical", "gone_ns", "hit",
        "in_sight", "journaled_critical", "journaled_ns", "journaled_size", "number", "opened_ns", "opened_price",
        "peak", "price", "refills", "sells", "size", "sold", "suspended_ns", "threshold", "traded",
    )  # fmt: skip

    def __init__(self, price: int, size: int, threshold: int, opened_ns: int) -> None:
        self.price = self.opened_price = price
        self.size = self.peak = size
        self.threshold = threshold
        self.opened_ns = opened_ns
        self.number = 0
        """Its age among those of its side: who began to stand where it stands later has a greater one."""
        self.below_ns = 0
        self.gone_ns = 0
        self.suspended_ns = 0
        self.in_sight = True
        self.continuous = True
        self.sells: deque[tuple[int, int, int]] = deque()
        """`(time_ns, size, the part of it that sellers are known to have started)` at its price, oldest first."""
        self.traded = self.sold = 0
        self.hit = False
        self.critical = self.journaled_critical = size >= CRITICAL_FACTOR * threshold
        self.journaled_ns = opened_ns
        self.journaled_size = size
        self.added = self.cancelled = self.refills = 0
        """By conservation: a change of the shown size is what was added, less what traded, less what was cancelled."""
        self._last_size = size
        self._unseen = 0

    def shows(self, size: int, *, again: bool) -> None:
        """Its shown size now; `again` when it was out of sight before, which tells nothing of what changed."""
        change = 0 if again else size - self._last_size + self._unseen
        if change > 0:
            self.added += change
            self.refills += self._unseen > 0
        else:
            self.cancelled -= change
        self._last_size, self._unseen = size, 0

    def life(self, until_ns: int) -> dict[str, float]:
        """What became of it, for the journal."""
        return {
            "lifetime_s": round((until_ns - self.opened_ns) / NS, 3),
            "added": self.added,
            "cancelled": self.cancelled,
            "refills": self.refills,
        }

    def low(self, size: int) -> bool:
        """Whether a size is below 0.7 T, where a wall ends."""
        return size * 10 < self.threshold * 7

    def trade(self, time_ns: int, size: int, sold: int) -> None:
        """A print at its price that may have consumed it; `sold` is what is known to have."""
        self.forget_before(time_ns - HIT_NS)
        self.sells.append((time_ns, size, sold))
        self.traded += size
        self.sold += sold
        self._unseen += size

    def forget_before(self, time_ns: int) -> None:
        """Keep what traded from an instant on."""
        sells = self.sells
        while sells and sells[0][0] < time_ns:
            _, size, sold = sells.popleft()
            self.traded -= size
            self.sold -= sold


def shown_alert(rule: Rule, writer: AlertWriter, wall: Wall, time_ns: int, text: str) -> AlertRaised:
    """A wall that is shown, on either side of the book."""
    alert = writer.alert(
        rule,
        time_ns=time_ns,
        opened_ns=wall.opened_ns,
        price=wall.opened_price,
        severity="critical" if wall.critical else "warning",
        rank=3,
        text=text,
        size=wall.size,
        details={"threshold": wall.threshold, "peak": wall.peak, "price_now": float(writer.price(wall.price))}
        | why(("resting_size", wall.size, wall.threshold)),
    )
    return AlertRaised(alert, time_ns, wall.price, wall.price)
