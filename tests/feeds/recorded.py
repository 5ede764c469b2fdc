"""Writes small recordings for tests."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

START = 1_381_169_100_000_000_000
NS = 1_000_000_000
TRADES_HEAD = "ts_ns,seq,price,size,side,kind"
BOOK_HEAD = "ts_ns,seq,bp1,bs1,ap1,as1"


def write(
    folder: Path,
    name: str = "bac_1",
    trades: Iterable[str] = (),
    book: Iterable[str] = (),
    *,
    trades_head: str = TRADES_HEAD,
    book_head: str = BOOK_HEAD,
) -> str:
    """Write a pair of files; returns their common prefix."""
    for kind, head, rows in (("trades", trades_head, trades), ("book", book_head, book)):
        with gzip.open(folder / f"{name}.{kind}.csv.gz", "wt", encoding="ascii", newline="") as file:
            file.write("\n".join([head, *rows]) + "\n" if head else "")
    return str(folder / name)


def trade(at: float, seq: int, price: str = "13.86", size: str = "100", *, side: str = "", kind: str = "v") -> str:
    """One row of trades, `at` seconds after the start."""
    return f"{START + round(at * NS)},{seq},{price},{size},{side},{kind}"


def quote(at: float, seq: int, levels: str = "13.86,100,13.87,200") -> str:
    """One row of the book."""
    return f"{START + round(at * NS)},{seq},{levels}"
