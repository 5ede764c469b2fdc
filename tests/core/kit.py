"""Small markets for the core's tests: thresholds, positions, tapes written by hand and tapes drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import OrderFlowAlert, Position, WorkingOrder
from orderflow_tui.core.model.events import BUY, REGULAR, SELL, SIDE_GIVEN, UNKNOWN, Book, Event, Gap, Levels, Print
from orderflow_tui.core.model.outputs import AlertRaised, AlertUpdated, ExitTriggered, Output
from orderflow_tui.core.model.units import NS, datetime_ns, price_units, utc_datetime
from orderflow_tui.core.rules.red_burst import RedBurst, RedBurstRule
from orderflow_tui.core.rules.rule import Profile
from orderflow_tui.core.rules.wall_rules import WallRules
from orderflow_tui.core.symbol import SymbolCore

NOON = datetime_ns(datetime(2025, 10, 22, 16, 0, tzinfo=UTC))
"""12:00 in New York on a Wednesday."""
MS = 1_000_000


@dataclass(frozen=True)
class Rules:
    """Thresholds as the core asks for them."""

    large_order_size_threshold: int = 10_000
    volume_spike_threshold: float = 3.0
    red_burst_threshold: float = 4.0
    alert_window_seconds: int = 120
    bucket_seconds: int = 10
    profile: Profile = "plan"


def source(**changes: object) -> Capabilities:
    """A recording's capabilities: one joint sequence, a stream of one level."""
    facts: dict[str, object] = {"streaming": True, "joint_sequence": True} | changes
    return Capabilities("replay", "replayed", "test", **facts)  # type: ignore[arg-type]


def held(
    quantity: int = 1_000,
    cost: str = "100.00",
    *,
    stop: str | None = None,
    working: tuple[WorkingOrder, ...] = (),
) -> Position:
    """A position in TEST."""
    return Position("TEST", quantity, Decimal(cost), None if stop is None else Decimal(stop), working)


def make(rules: Rules | None = None, position: Position | None = None, **changes: object) -> SymbolCore:
    """The core of TEST."""
    return SymbolCore("TEST", rules or Rules(), source(**changes), position)


def burst_of(core: SymbolCore) -> RedBurst:
    """The burst of a core."""
    return core.rules.part(RedBurstRule).burst


def walls_of(core: SymbolCore) -> WallRules:
    """The walls of a core."""
    return core.rules.part(WallRules)


class Tape:
    """Writes events in order: times in seconds from noon, prices in dollars."""

    def __init__(self, start: int = NOON) -> None:
        self.start = start
        self.events: list[Event] = [Gap(start, "start")]
        self._seq = 0

    def at(self, seconds: float) -> int:
        return self.start + round(seconds * NS)

    def trade(self, seconds: float, price: float, size: int, side: int | None = None, flags: int = REGULAR) -> Tape:
        """A print; a given `side` is the source's own."""
        self._seq += 1
        given = flags if side is None else flags | SIDE_GIVEN
        self.events.append(
            Print(self.at(seconds), self._seq, price_units(price), size, given, UNKNOWN if side is None else side)
        )
        return self

    def sell(self, seconds: float, price: float, size: int, flags: int = REGULAR) -> Tape:
        return self.trade(seconds, price, size, SELL, flags)

    def buy(self, seconds: float, price: float, size: int, flags: int = REGULAR) -> Tape:
        return self.trade(seconds, price, size, BUY, flags)

    def book(
        self, seconds: float, bids: Iterable[tuple[float, int]] = (), asks: Iterable[tuple[float, int]] = ()
    ) -> Tape:
        self._seq += 1
        self.events.append(Book(self.at(seconds), self._seq, levels(bids), levels(asks)))
        return self

    def add(self, event: Event) -> Tape:
        self.events.append(event)
        return self

    def steady(
        self, first: int, last: int, *, size: int = 100, price: float = 100.0, side: int = BUY, per_second: int = 1
    ) -> Tape:
        """The same print in each second from `first` to `last`."""
        for second in range(first, last + 1):
            for part in range(per_second):
                self.trade(second + 0.5 + part / per_second / 4, price, size, side)
        return self


def levels(side: Iterable[tuple[float, int]]) -> Levels:
    return tuple((price_units(price), size) for price, size in side)


def alerts(outputs: Iterable[Output], evidence: str | None = None) -> list[OrderFlowAlert]:
    """The new alerts among outputs, of one kind if it is named."""
    found = [output.alert for output in outputs if isinstance(output, AlertRaised)]
    return [alert for alert in found if evidence in (None, alert.evidence)]


def updates(outputs: Iterable[Output], *, journal: bool | None = None) -> list[OrderFlowAlert]:
    """The updates among outputs."""
    return [o.alert for o in outputs if isinstance(o, AlertUpdated) and journal in (None, o.journal)]


def exits(outputs: Iterable[Output], kind: str = "flow") -> list[ExitTriggered]:
    """The recommendations among outputs."""
    return [output for output in outputs if isinstance(output, ExitTriggered) and output.kind == kind]


def act(at: float, price: int, evidence: str = "sell_print", *, order_size: int | None = 12_000) -> AlertRaised:
    """A counted alert at a price, so many seconds after noon."""
    time_ns = NOON + round(at * NS)
    facts: dict[str, Any] = {"evidence": evidence, "episode_id": f"TEST:{evidence}:{at}"}
    moment = utc_datetime(time_ns)
    alert = OrderFlowAlert("TEST", "large_seller", "critical", order_size, Decimal(100), None, moment, **facts)
    return AlertRaised(alert, time_ns, price, price, 1)


def drawn_market(
    seed: int, *, seconds: int = 400, depth: int = 3, middle: int = 1_000_000, given: bool = False
) -> list[Event]:
    """A market from a seed: quiet flow, then bursts, big prints, walls that come, move, scroll away and go.

    Prints and books share one sequence; times go up. Books always show `depth` levels a side, one cent apart or more.
    """
    draw = random.Random(seed)
    time_ns, seq = NOON + 350 * MS, 0
    best_bid = middle
    walls: dict[int, int] = {}
    events: list[Event] = [Gap(NOON, "start")]
    busy_until = 0
    end = NOON + seconds * NS
    while time_ns < end:
        busy = time_ns < busy_until
        time_ns += draw.randrange(1, 60 if busy else 900) * MS + draw.randrange(1_000_000)
        if draw.random() < 0.01:
            busy_until = time_ns + draw.randrange(2, 12) * NS
        if draw.random() < 0.004:
            time_ns += draw.randrange(5, 70) * NS
        seq += 1
        if draw.random() < 0.35:
            best_bid += draw.choice((-200, -100, 0, 0, 0, 100, 200))
            if draw.random() < 0.1:
                walls[best_bid - 100 * draw.randrange(depth)] = draw.randrange(8_000, 40_000)
            if walls and draw.random() < 0.1:
                walls.pop(draw.choice(sorted(walls)))
            bids = tuple((p, walls.get(p, draw.randrange(1, 30) * 100)) for p in _ladder(best_bid, -100, depth))
            far = {2 * middle - p: size for p, size in walls.items()}
            asks = tuple((p, far.get(p, draw.randrange(1, 30) * 100)) for p in _ladder(best_bid + 100, 100, depth))
            events.append(Book(time_ns, seq, bids, asks))
            continue
        side = SELL if draw.random() < (0.85 if busy else 0.5) else BUY
        price = best_bid if side == SELL else best_bid + 100
        if draw.random() < 0.05:
            price += draw.choice((-100, 50, 100))
        size = draw.randrange(10_000, 20_000) if draw.random() < 0.02 else draw.randrange(1, 40 if busy else 8) * 100
        events.append(
            Print(time_ns, seq, price, size, REGULAR | SIDE_GIVEN if given else REGULAR, side if given else 0)
        )
    return events


def _ladder(best: int, step: int, depth: int) -> list[int]:
    return [best + step * level for level in range(depth)]
