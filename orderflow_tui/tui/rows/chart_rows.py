"""What the detail screen's charts show, as points: pure, and safe for series that are empty, flat or full of holes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from msgspec import Struct

from orderflow_tui.core.model.units import NS, PRICE_UNITS_PER_DOLLAR
from orderflow_tui.views.charts import SeriesView
from orderflow_tui.views.frozen_views import AlertLine

Point = tuple[float, float]
"""Minutes before the newest sample (0 or less) and a value."""

MOST_BARS: Final = 45
_UNITS: Final = (("M", 1e6), ("k", 1e3))
_NEARLY: Final = 1 - 1e-9
RANK_LETTERS: Final = {1: "E", 2: "!", 3: "w"}
RANK_TOKENS: Final = {1: "exit-line", 2: "alert", 3: "watch"}


class Curve(Struct, frozen=True):
    """One line, row of bars or row of letters; `token` names its colour in the theme."""

    points: tuple[Point, ...]
    token: str
    kind: Literal["line", "dots", "bars", "letters"] = "line"
    letter: str = ""


class Chart(Struct, frozen=True):
    """One chart: what it is, told apart by shape as well as by colour, and its curves. Plotext drops longer titles."""

    title: str
    curves: tuple[Curve, ...]

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The least and the most value with a little room, never equal; None without a point.

        Bars begin at 0, and plotext fills each row between it and their end, in sight or not: with 0 far outside the
        bounds that takes minutes.
        """
        values = [value for curve in self.curves for _, value in curve.points]
        if not values:
            return None
        if any(curve.kind == "bars" for curve in self.curves):
            values.append(0.0)
        low, high = min(values), max(values)
        room = (high - low) * 0.05 or max(abs(high) * 0.001, 0.5)
        return 0.0 if 0 <= low < room else low - room, high + room


def ticks(low: float, high: float, most: int) -> tuple[tuple[float, str], ...]:
    """Values between two bounds, 1, 2 or 5 times a power of ten apart, about `most` of them, and their words."""
    least = (high - low) / (most + 1)
    power = 10.0 ** math.floor(math.log10(least))
    step = next((times * power for times in (1, 2, 5) if times * power >= least * _NEARLY), 10 * power)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    letter, unit = next(((letter, unit) for letter, unit in _UNITS if step >= unit / 2), ("", 1.0))
    found = []
    for number in range(math.ceil(low / step), math.floor(high / step) + 1):
        value = number * step
        found.append((value, f"{value / unit:,g}{letter}" if letter and number else f"{value:,.{decimals}f}"))
    return tuple(found)


def _points(series: SeriesView, values: Iterable[float | None], scale: float = 1.0) -> tuple[Point, ...]:
    end = series.seconds[-1] if series.seconds else 0
    pairs = zip(series.seconds, values, strict=False)
    known = ((second, value) for second, value in pairs if value is not None and math.isfinite(value))
    return tuple(((second - end) / 60, value / scale) for second, value in known)


def charts(series: SeriesView, alerts: Sequence[AlertLine], size_scale: int = 1) -> tuple[Chart, ...]:
    """Price, signed volume, CVD and depth; the alerts are those of the symbol."""
    return (
        _price(series, alerts),
        _signed_volume(series, size_scale),
        _cvd(series, size_scale),
        _depth(series, size_scale),
    )


def _price(series: SeriesView, alerts: Sequence[AlertLine]) -> Chart:
    dollars = float(PRICE_UNITS_PER_DOLLAR)
    last = _points(series, series.last, dollars)
    vwap = _points(series, series.vwap, dollars)
    marks = [
        Curve(points, RANK_TOKENS[rank], "letters", RANK_LETTERS[rank])
        for rank in (3, 2, 1)
        if (points := _alert_points(series, [line for line in alerts if line.rank == rank], last))
    ]
    title = "Price, VWAP (dots), alerts E ! w"
    return Chart(title, (Curve(vwap, "muted", "dots"), Curve(last, "strong"), *marks))


def _alert_points(series: SeriesView, alerts: Sequence[AlertLine], prices: Sequence[Point]) -> tuple[Point, ...]:
    """Each alert at its own time and at the price that was last known then."""
    if not series.seconds or not prices:
        return ()
    end, first = series.seconds[-1], series.seconds[0]
    found = []
    for line in alerts:
        second = line.time_ns // NS
        if first <= second <= end:
            minute = (second - end) / 60
            found.append((minute, next((price for at, price in reversed(prices) if at <= minute), prices[0][1])))
    return tuple(found)


def _signed_volume(series: SeriesView, size_scale: int) -> Chart:
    """Buys less sells in at most `MOST_BARS` steps of equal length."""
    count = len(series.seconds)
    step = max(1, math.ceil(count / MOST_BARS))
    bars: list[Point] = []
    for start in range(count - 1, -1, -step):
        span = range(max(0, start - step + 1), start + 1)
        net = sum(series.bought[at] - series.sold[at] for at in span)
        bars.append(((series.seconds[span[len(span) // 2]] - series.seconds[-1]) / 60, net / size_scale))
    bars.reverse()
    bought, sold = tuple(bar for bar in bars if bar[1] > 0), tuple(bar for bar in bars if bar[1] < 0)
    seconds = step * series.step_seconds
    title = f"Delta per {seconds} s"
    return Chart(title, (Curve(bought, "buy", "bars"), Curve(sold, "sell", "bars")))


def _cvd(series: SeriesView, size_scale: int) -> Chart:
    pairs = list(zip(series.cvd, series.cvd_error, strict=False))
    low = _points(series, [value - error for value, error in pairs], size_scale)
    high = _points(series, [value + error for value, error in pairs], size_scale)
    own = _points(series, series.cvd, size_scale)
    title = "CVD (fine), +- one standard error (dots)"
    return Chart(title, (Curve(low, "muted", "dots"), Curve(high, "muted", "dots"), Curve(own, "strong")))


def _depth(series: SeriesView, size_scale: int) -> Chart:
    bids, asks = _points(series, series.bid_depth, size_scale), _points(series, series.ask_depth, size_scale)
    return Chart("size within reach: bids (fine), asks (dots)", (Curve(asks, "ask", "dots"), Curve(bids, "bid")))
