"""Small recordings drawn from a seed."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

from orderflow_tui.core.model.units import NS

OPEN_NS = 1_381_325_400 * NS
"""2013-10-09 09:30 in New York."""
DAY_NS = 86_400 * NS


def recording(folder: Path, name: str, *, seed: int, day: int = 0, seconds: int = 2_400, rate: float = 2.0) -> str:
    """A session of one name on its NBBO, with a slow wave and bursts of sells; its prefix."""
    draw = random.Random(seed)
    start = OPEN_NS + day * DAY_NS
    trades, books = ["ts_ns,seq,price,size,side,kind"], ["ts_ns,seq,bp1,bs1,ap1,as1"]
    bid, seq, at = 10_000, 0, start
    end = start + seconds * NS
    while at < end:
        at += round(draw.expovariate(rate) * NS)
        second = (at - start) // NS
        burst = second % 700 > 670
        seq += 1
        if draw.random() < (0.5 if burst else 0.1):
            bid += -1 if draw.random() < (0.8 if burst else 0.5) else 1
        books.append(f"{at},{seq},{bid / 1_000:.3f},{draw.randrange(1, 60) * 100},{(bid + 10) / 1_000:.3f},900")
        for _ in range(4 if burst else 1):
            seq += 1
            sell = draw.random() < (0.9 if burst else 0.5)
            price = bid / 1_000 if sell else (bid + 10) / 1_000
            size = draw.randrange(1, 9) * 100 + (14_000 if draw.random() < 0.003 else 0)
            trades.append(f"{at},{seq},{price:.3f},{size},,v")
    prefix = folder / name
    for ending, lines in ((".trades.csv.gz", trades), (".book.csv.gz", books)):
        with gzip.open(f"{prefix}{ending}", "wt", compresslevel=1) as file:
            file.write("\n".join(lines) + "\n")
    return str(prefix)
