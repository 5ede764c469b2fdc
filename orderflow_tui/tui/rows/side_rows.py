"""The right column of a wide screen: the selected symbol's price, liquidity map, price ladder and tape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from msgspec.structs import replace

from orderflow_tui.core.model.units import NS, price_text
from orderflow_tui.tui.look.formatting import clean, left
from orderflow_tui.tui.look.styled_lines import Row, Span, make_row
from orderflow_tui.tui.rows.chart_rows import RANK_LETTERS, RANK_TOKENS
from orderflow_tui.tui.rows.map_rows import LEAST_HEIGHT, KeptRows, MapFrame, map_key, map_rows
from orderflow_tui.tui.rows.price_ladder import PriceLadder
from orderflow_tui.tui.rows.tape_rows import print_rows
from orderflow_tui.views.charts import SeriesView
from orderflow_tui.views.frozen_views import AlertLine, DetailView, SymbolView

_AXIS: Final = 11
_Price = TypeVar("_Price", int, float)
_LEAST_PRICE, _LEAST_LADDER, _LEAST_TAPE = 5, 8, 3


class SideRows:
    """The column's rows. Price and map change a few times in ten seconds and are kept until then."""

    def __init__(self) -> None:
        self._price, self._map = KeptRows(), KeptRows()

    def rows(
        self, view: SymbolView, detail: DetailView | None, alerts: Sequence[AlertLine], frame: MapFrame
    ) -> list[Row]:
        """The column in at most `frame.height` rows; each part has the same rows at each moment."""
        width, height = frame.width, frame.height
        price, ladder = max(_LEAST_PRICE, height // 6), max(_LEAST_LADDER, height // 4)
        tape = max(_LEAST_TAPE, height // 6)
        map_height = max(LEAST_HEIGHT, height - price - ladder - tape - 3)
        series = detail.series if detail is not None else SeriesView(1)
        liquidity = detail.map if detail is not None else None
        prints = detail.prints if detail is not None else view.prints
        name = clean(view.symbol, 12)
        lowered = replace(frame, height=map_height)
        charted = self._price.rows(
            (
                name,
                series.seconds[-1:],
                series.last[-1:],
                series.vwap[-1:],
                len(series.seconds),
                len(alerts),
                alerts[:1],
                frame,
            ),
            lambda: price_rows(series, alerts, width, price),
        )
        mapped = self._map.rows(map_key(view, liquidity, lowered), lambda: map_rows(view, liquidity, lowered))
        return [
            _bar(f" {name}  price, last half hour; VWAP ·; alerts E ! w", width),
            *_filled(charted, price),
            *_filled(mapped, map_height),
            _bar(f" {name}  volume at price", width),
            *_filled(PriceLadder(view, width, frame.zone)[:ladder], ladder),
            _bar(f" {name}  tape ({frame.zone.label})", width),
            *print_rows(replace(view, prints=prints), width, frame.zone, 4 * tape)[:tape],
        ][:height]


def _bar(words: str, width: int) -> Row:
    return make_row(Span(left(words, width), "bold"), base="bar")


def _filled(rows: list[Row], height: int) -> list[Row]:
    return [*rows, *[Row(())] * (height - len(rows))]


def price_rows(series: SeriesView, alerts: Sequence[AlertLine], width: int, height: int) -> list[Row]:
    """The price in half cells, its highest and lowest on the right, each alert's letter at its time and price.

    VWAP is dots where it lies within them, named on the right.
    """
    columns = width - _AXIS
    points = _points(series, series.last, columns)
    if not points or height < 1:
        return [make_row(Span(" no samples yet", "muted"))]
    low, high = min(points.values()), max(points.values())
    span = max(1, high - low)
    cells: dict[tuple[int, int], tuple[str, str]] = {}
    labels = {0: price_text(high), height - 1: price_text(low)}
    dots = {at: vwap for at, vwap in _points(series, series.vwap, columns).items() if low <= vwap <= high}
    for column, vwap in dots.items():
        row = round((high - vwap) / span * (2 * height - 1)) // 2
        cells[row, column] = ("·", "muted")
        if column == max(dots):
            labels.setdefault(row, "VWAP")
    for column, price in points.items():
        half = round((high - price) / span * (2 * height - 1))
        cells[half // 2, column] = ("▄" if half % 2 else "▀", "strong")
    for line in sorted(alerts, key=lambda line: -line.rank):
        at = _column(series, line.time_ns // NS, columns)
        known = [column for column in points if at is not None and column <= at]
        if at is not None and known:
            half = round((high - points[max(known)]) / span * (2 * height - 1))
            rank = min(max(line.rank, 1), 3)
            cells[half // 2, at] = (RANK_LETTERS[rank], RANK_TOKENS[rank])
    return [_price_row(row, columns, cells, labels.get(row, "")) for row in range(height)]


def _price_row(row: int, columns: int, cells: dict[tuple[int, int], tuple[str, str]], label: str) -> Row:
    spans: list[Span] = []
    for column in range(columns):
        letter, token = cells.get((row, column), (" ", ""))
        if spans and spans[-1].token == token:
            spans[-1] = Span(spans[-1].text + letter, token)
        else:
            spans.append(Span(letter, token))
    return Row((*spans, Span(f" {label}", "muted")))


def _column(series: SeriesView, second: int, columns: int) -> int | None:
    """Where an instant stands; None before the first sample or after the last."""
    first, last = series.seconds[0], series.seconds[-1]
    if not first <= second <= last:
        return None
    return columns - 1 - (last - second) * columns // max(1, 1_800 + series.step_seconds)


def _points(series: SeriesView, prices: Sequence[_Price | None], columns: int) -> dict[int, _Price]:
    """The last price known in each column."""
    found: dict[int, _Price] = {}
    for second, price in zip(series.seconds, prices, strict=False):
        column = _column(series, second, columns)
        if price is not None and column is not None and column >= 0:
            found[column] = price
    return found
