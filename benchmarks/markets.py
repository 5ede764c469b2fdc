"""Markets drawn from a seed for timing: one name on its NBBO, prints and books at a steady rate."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import REGULAR, Book, Print
from orderflow_tui.core.model.units import NS, datetime_ns
from orderflow_tui.evaluate.symbol_day import Rules

__all__ = ["NOON", "SOURCE", "Rules", "market"]

NOON = datetime_ns(datetime(2025, 10, 22, 14, 0, tzinfo=UTC))
"""10:00 in New York: six hours before the session's end."""
SOURCE = Capabilities("replay", "replayed", "benchmark", streaming=True, joint_sequence=True)


def market(rate: float, *, books: float = 0.5, seed: int = 1) -> Iterator[Print | Book]:
    """Without end: `rate` prints a second and `books` books a print, sizes lognormal, now and then a burst of sells."""
    draw = random.Random(seed)
    bid, time_ns, seq = 1_000_000, NOON, 0
    owed = 1.0
    step = NS / rate
    while True:
        time_ns += round(draw.expovariate(1.0) * step)
        owed += books
        while owed >= 1.0:
            owed -= 1.0
            seq += 1
            if draw.random() < 0.1:
                bid += draw.choice((-100, 100))
            sizes = draw.randrange(1, 60) * 100, draw.randrange(1, 60) * 100
            yield Book(time_ns, seq, ((bid, sizes[0]),), ((bid + 100, sizes[1]),))
        seq += 1
        sells = 0.8 if time_ns // NS % 600 > 590 else 0.5
        price = bid if draw.random() < sells else bid + 100
        size = max(1, round(draw.lognormvariate(4.6, 1.0)))
        yield Print(time_ns, seq, price, size, REGULAR, 0, draw.randrange(1, 12))
