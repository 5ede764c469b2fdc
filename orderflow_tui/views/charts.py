"""Frozen views of what the detail screen draws against time. Units are those of `views.frozen_views`."""

from __future__ import annotations

from msgspec import Struct

SHADES = 8
"""Steps of brightness of a liquidity map's cell."""


class SeriesView(Struct, frozen=True):
    """The last half hour, a sample every `step_seconds`, oldest first, all columns equally long; None = not known."""

    step_seconds: int
    seconds: tuple[int, ...] = ()
    """Unix seconds of the samples."""
    bid: tuple[int | None, ...] = ()
    ask: tuple[int | None, ...] = ()
    last: tuple[int | None, ...] = ()
    vwap: tuple[float | None, ...] = ()
    volume: tuple[int, ...] = ()
    """Eligible volume since the sample before."""
    sold: tuple[int, ...] = ()
    bought: tuple[int, ...] = ()
    cvd: tuple[int, ...] = ()
    cvd_error: tuple[float, ...] = ()
    bid_depth: tuple[int, ...] = ()
    """Size within max(10 bp, 3 ticks) of the best price; at the touch on one level."""
    ask_depth: tuple[int, ...] = ()


class MapView(Struct, frozen=True):
    """Price by time: what rested where, and what traded over it."""

    step_seconds: int
    """Seconds of a column."""
    end_second: int
    """The Unix second of the last column."""
    columns: int
    rows: int
    step: int
    """Price units of a row."""
    top: int
    """The price of the first row."""
    largest: int
    """The size of the brightest cell."""
    cells: bytes = b""
    """Row by row: 0 where nothing is shown, up to `SHADES` for what was bid, above for what was offered."""
    prints: tuple[tuple[int, int, int, int, int], ...] = ()
    """`(column, row, sold, bought, unsided)`."""
