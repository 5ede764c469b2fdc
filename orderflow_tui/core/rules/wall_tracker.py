"""Walls with a life: resting size above T as episodes that are seen, moved, out of sight, hit, pulled (SPEC section 5).

A wall is *in sight* while it lies between the best price and the last shown level. Out of sight it is suspended: no
alert, no timer. Verdicts wait until the tape covers the instant. Works on one side; `sign` is +1 for bids, -1 for asks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from orderflow_tui.core.model.events import Levels
from orderflow_tui.core.model.outputs import AlertOutput, AlertRaised, AlertUpdated
from orderflow_tui.core.model.units import NEVER_NS, NS
from orderflow_tui.core.rules.alert_writer import CRITICAL_FACTOR, AlertWriter
from orderflow_tui.core.rules.ask_wall import ask_wall_alert
from orderflow_tui.core.rules.bid_wall import bid_wall_alert
from orderflow_tui.core.rules.bid_wall_hit import bid_wall_hit_alert, is_hit
from orderflow_tui.core.rules.bid_wall_pulled import bid_wall_pulled_alert, was_pulled
from orderflow_tui.core.rules.wall import Wall
from orderflow_tui.core.rules.wall_sight import WallSight

_REST_NS: Final = 2 * NS
_MOVE_NS: Final = NS
_SUSPENDED_NS: Final = 300 * NS
_UPDATE_NS: Final = 60 * NS
_VERDICT_WAIT_NS: Final = 30 * NS
_PULLED_KEPT: Final = 4


class WallTracker:
    """The walls of one side of one symbol's book.

    Args:
        sign: +1 for bids, -1 for asks.
        writer: Writes the alerts.
        verdicts: Whether to judge hit and pulled (the side that protects the holder).
        pulled_rule: Whether `bid_wall_pulled` can be known on this source.
        at_least: One level and polls: a hit says "at least".
    """

    __slots__ = (
        "_at_least", "_pulled_rule", "_sight", "_sign", "_verdicts", "_writer", "closing", "next_ns", "pulled", "walls",
    )  # fmt: skip

    def __init__(
        self, sign: int, writer: AlertWriter, *, verdicts: bool, pulled_rule: bool, at_least: bool = False
    ) -> None:
        self._sign = sign
        self._writer = writer
        self._verdicts = verdicts
        self._pulled_rule = pulled_rule
        self._at_least = at_least
        self.walls: dict[int, Wall] = {}
        self._sight = WallSight(sign)
        self.closing: list[Wall] = []
        """Gone, and waiting for their verdict."""
        self.pulled: deque[Wall] = deque(maxlen=_PULLED_KEPT)
        """The newest ones that were withdrawn, for the screen."""
        self.next_ns = NEVER_NS
        """The earliest instant at which time alone changes something."""

    def set_source(self, *, deep: bool, streaming: bool) -> None:
        """On one polled level a withdrawn bid cannot be told from a moved quote, and a hit is "at least"."""
        self._pulled_rule = deep or streaming
        self._at_least = not self._pulled_rule

    def on_levels(self, time_ns: int, levels: Levels, threshold: int, step: int) -> list[AlertOutput]:
        """Take one side of a book in force from `time_ns` on; returns what there is to say."""
        out: list[AlertOutput] = []
        if self.walls:
            self._follow(time_ns, levels, out)
        for price, size in levels:
            if size > threshold and price not in self.walls:
                out += self._appear(time_ns, price, size, threshold, step)
        return out

    def _follow(self, time_ns: int, levels: Levels, out: list[AlertOutput]) -> None:
        if not levels:
            self._suspend_all(time_ns)
            return
        sign = self._sign
        best, last = sign * levels[0][0], sign * levels[-1][0]
        shown = dict(levels)
        for wall in self._sight.reached(last):
            place = sign * wall.price
            if place > best:
                self._passed(wall, time_ns)
            elif place < last:
                self._suspend(wall, time_ns)
            else:
                self._seen(wall, time_ns, shown.get(wall.price, 0), out)

    def lose_sight(self, time_ns: int) -> None:
        """Nothing was seen for a while: what is gone when sight returns was not seen to go."""
        self._suspend_all(time_ns)
        self.closing = []

    def _suspend_all(self, time_ns: int) -> None:
        for wall in self._sight.seen():
            self._suspend(wall, time_ns)

    def _suspend(self, wall: Wall, time_ns: int) -> None:
        """A wall that was in sight is so no more."""
        self._sight.hide(wall)
        wall.in_sight = False
        wall.suspended_ns = time_ns
        wall.below_ns = 0
        self._wake(time_ns + _SUSPENDED_NS)

    def _stand(self, wall: Wall) -> None:
        self.walls[wall.price] = wall
        self._sight.add(wall)

    def _end(self, wall: Wall) -> None:
        del self.walls[wall.price]
        self._sight.remove(wall)

    def _passed(self, wall: Wall, time_ns: int) -> None:
        """The best price has passed it: it is gone; it may turn up one step away as the same wall."""
        self._end(wall)
        wall.gone_ns = wall.below_ns or time_ns
        if not wall.in_sight:
            wall.continuous = False
        self.closing.append(wall)
        self._wake(wall.gone_ns + _MOVE_NS)

    def _seen(self, wall: Wall, time_ns: int, size: int, out: list[AlertOutput]) -> None:
        wall.shows(size, again=not wall.in_sight)
        if not wall.in_sight:
            self._sight.show(wall)
            wall.in_sight = True
            wall.suspended_ns = 0
            wall.continuous = not wall.low(size)
        if wall.low(size):
            if not wall.below_ns:
                wall.below_ns = time_ns
                self._wake(time_ns + _REST_NS)
            return
        if wall.below_ns:
            wall.below_ns = 0
            wall.continuous = True
        wall.size = size
        self._grow(wall, time_ns, out)

    def _grow(self, wall: Wall, time_ns: int, out: list[AlertOutput]) -> None:
        """Tell growth: a new peak on the line in place, doubling or turning critical in the journal too."""
        size = wall.size
        wall.critical = wall.critical or size >= CRITICAL_FACTOR * wall.threshold
        news = size >= 2 * wall.journaled_size or (wall.critical and not wall.journaled_critical)
        journal = news and time_ns - wall.journaled_ns >= _UPDATE_NS
        if not journal and size <= wall.peak:
            return
        wall.peak = max(wall.peak, size)
        if journal:
            wall.journaled_ns, wall.journaled_size, wall.journaled_critical = time_ns, size, wall.critical
        out.append(AlertUpdated(self._appearance(wall, time_ns).alert, time_ns, journal=journal))

    def _appear(self, time_ns: int, price: int, size: int, threshold: int, step: int) -> list[AlertOutput]:
        moved = self._moved_from(time_ns, price, size, step)
        if moved is not None:
            moved.price = price
            moved.size = size
            moved.peak = max(moved.peak, size)
            moved.below_ns = moved.gone_ns = moved.suspended_ns = 0
            moved.in_sight = moved.continuous = True
            moved.shows(size, again=True)
            self._stand(moved)
            return []
        wall = Wall(price, size, threshold, time_ns)
        self._stand(wall)
        return [self._appearance(wall, time_ns)]

    def _moved_from(self, time_ns: int, price: int, size: int, step: int) -> Wall | None:
        """The wall that stepped here: one tick away, size within 10 %, vanished inside 1 s or since the last book."""
        for wall in self.closing:
            if (
                abs(wall.price - price) == step
                and abs(size - wall.size) * 10 <= wall.size
                and time_ns - wall.gone_ns <= _MOVE_NS
            ):
                self.closing.remove(wall)
                return wall
        for neighbour in (price - step, price + step):
            wall_there = self.walls.get(neighbour)
            if wall_there is None or abs(size - wall_there.size) * 10 > wall_there.size:
                continue
            left_ns = wall_there.below_ns or wall_there.suspended_ns
            if left_ns and time_ns - left_ns <= _MOVE_NS:
                self._end(wall_there)
                return wall_there
        return None

    def _wake(self, time_ns: int) -> None:
        self.next_ns = min(self.next_ns, time_ns)

    def on_sell(self, time_ns: int, price: int, size: int, *, aggressor: bool) -> AlertRaised | None:
        """A print at a wall's price that may have consumed it; `aggressor` when it is known to have."""
        wall = self.walls.get(price)
        if wall is None:
            if not self.closing:
                return None
            wall = next((gone for gone in self.closing if gone.price == price and time_ns <= gone.gone_ns), None)
            if wall is None:
                return None
        if time_ns < wall.opened_ns:
            return None
        wall.trade(time_ns, size, size if aggressor else 0)
        if not aggressor or wall.hit or not self._verdicts or not is_hit(wall):
            return None
        wall.hit = True
        return bid_wall_hit_alert(self._writer, wall, time_ns, at_least=self._at_least)

    def on_clock(self, time_ns: int, covered_ns: int) -> list[AlertOutput] | None:
        """Let time pass: close what has rested below 0.7 T, expire what is long out of sight, judge what is gone."""
        if time_ns < self.next_ns:
            return None
        out: list[AlertOutput] = []
        self.next_ns = NEVER_NS
        for wall in self._sight.seen():
            if wall.below_ns and time_ns - wall.below_ns >= _REST_NS:
                self._end(wall)
                wall.gone_ns = wall.below_ns
                self.closing.append(wall)
            elif wall.below_ns:
                self._wake(wall.below_ns + _REST_NS)
        for wall in self._sight.longest_hidden():
            if time_ns - wall.suspended_ns >= _SUSPENDED_NS:
                self._end(wall)
            else:
                self._wake(wall.suspended_ns + _SUSPENDED_NS)
        self._judge(time_ns, covered_ns, out)
        return out

    def _judge(self, time_ns: int, covered_ns: int, out: list[AlertOutput]) -> None:
        waiting: list[Wall] = []
        for wall in self.closing:
            due = wall.gone_ns + _MOVE_NS
            if time_ns < due:
                waiting.append(wall)
                self._wake(due)
            elif covered_ns < wall.gone_ns and time_ns - wall.gone_ns < _VERDICT_WAIT_NS:
                waiting.append(wall)
                self._wake(time_ns + NS)
            elif covered_ns >= wall.gone_ns and self._verdicts and self._pulled_rule and was_pulled(wall):
                self.pulled.append(wall)
                out.append(bid_wall_pulled_alert(self._writer, wall))
        self.closing = waiting

    def showing(self) -> Iterator[Wall]:
        """The walls that stand, in sight or not."""
        return iter(self.walls.values())

    def _appearance(self, wall: Wall, time_ns: int) -> AlertRaised:
        alert = bid_wall_alert if self._sign > 0 else ask_wall_alert
        return alert(self._writer, wall, time_ns)
