"""The tape: volume of the last two minutes with the sellers' share, and the newest prints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import overload

from orderflow_tui.core.model.units import price_text
from orderflow_tui.tui.look.formatting import Zone, compact, left, right, share_mark, shares
from orderflow_tui.tui.look.gauges import bins, side_letters, spark
from orderflow_tui.tui.look.styled_lines import Row, Span, make_row
from orderflow_tui.views.frozen_views import PrintLine, SymbolView

LABEL = 6
_TAIL = 16
"""Cells of the highest bar's words."""
SIDE_LETTERS = {"buy": "B", "sell": "S", "unknown": "?"}
SIDE_TOKENS = {"buy": "buy", "sell": "sell", "unknown": "muted"}
TIER_MARKS = (" ", "+", "#")
"""Usual, large for this name, above the print threshold."""
PRINT_WIDTH = 27
"""Cells a print needs: the time of day whole, a price and a size."""
_DECIMALS = re.compile(r"\.\d+(?=[kMG])|,")


def spark_rows(view: SymbolView, width: int) -> list[Row]:
    """Two rows: volume as heights, beside them the highest; below each bar a letter for who was the aggressor."""
    scale = view.capabilities.size_scale
    columns = max(0, width - LABEL - 1 - _TAIL)
    volume, step = bins(view.spark, columns)
    sold, _ = bins(view.spark_sell, columns)
    bought, _ = bins(view.spark_buy, columns)
    if not volume:
        return [make_row(Span(left(" tape", LABEL), "muted"), Span("no prints yet", "muted"))]
    letters = side_letters(volume, sold, bought)
    tokens = {"S": "sell bold", "s": "sell", "b": "buy", "B": "buy bold"}
    pad = " " * max(0, columns - len(volume))
    peak = f"peak {compact(max(volume), scale)}{share_mark(scale)}/{step}s"
    return [
        make_row(Span(left(" tape", LABEL), "muted"), Span(pad + spark(volume)), Span(right(peak, _TAIL + 1), "muted")),
        make_row(
            Span(left(" side", LABEL), "muted"),
            Span(pad),
            *_runs(letters, tokens),
            Span(right("S = sold", _TAIL + 1), "muted"),
        ),
    ]


def _runs(letters: str, tokens: dict[str, str]) -> list[Span]:
    """Letters as spans, equal neighbours joined."""
    spans: list[Span] = []
    start = 0
    for index in range(1, len(letters) + 1):
        if index == len(letters) or letters[index] != letters[start]:
            spans.append(Span(letters[start:index], tokens.get(letters[start], "muted")))
            start = index
    return spans


def print_spans(line: PrintLine, zone: Zone, scale: int, width: int) -> list[Span]:
    """One print in `width` cells, 27 to 32: time of day, side, price, size, tier and `o` for off-exchange."""
    price = price_text(line.price)
    both = max(14, min(width, 32) - 13)
    price_width = min(max(8, len(price) + 1), both - 4)
    size_width = both - price_width
    token = SIDE_TOKENS[line.side]
    tier = min(max(line.tier, 0), 2)
    strong = f"{token} bold" if tier else token
    return [
        Span(f" {zone.clock(line.time_ns)} ", "muted"),
        Span(SIDE_LETTERS[line.side], strong),
        Span(right(price, price_width), token),
        Span(right(_size(line.size, scale, size_width), size_width), strong),
        Span(TIER_MARKS[tier], strong),
        Span("o" if line.off_exchange else " ", "muted"),
    ]


def _size(units: int, scale: int, width: int) -> str:
    """As whole as it leaves a cell free: `12,400`, `12.4k` or `12k`."""
    short = compact(units, scale)
    choices = (shares(units, scale), short, _DECIMALS.sub("", short))
    return next((text for text in choices if len(text) < width), choices[-1])


class PrintRows(Sequence[Row]):
    """The newest prints, as many columns as fit, newest first; a row is made when somebody asks for it.

    A panel of a dozen shows two of its twenty rows: making them all would be a fifth of what a paint costs.
    """

    def __init__(self, view: SymbolView, width: int, zone: Zone, most: int) -> None:
        self._columns = max(1, width // PRINT_WIDTH)
        self._each = width // self._columns
        self._prints = view.prints[:most]
        self._scale = view.capabilities.size_scale
        self._zone = zone

    def __len__(self) -> int:
        return (len(self._prints) + self._columns - 1) // self._columns

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        places = range(len(self))[index]
        return [self._row(place) for place in places] if isinstance(places, range) else self._row(places)

    def _row(self, place: int) -> Row:
        spans: list[Span] = []
        for line in self._prints[place * self._columns : (place + 1) * self._columns]:
            spans += print_spans(line, self._zone, self._scale, self._each)
        return Row(tuple(spans))


def print_rows(view: SymbolView, width: int, zone: Zone, most: int = 40) -> Sequence[Row]:
    """The newest prints as rows that are made when they are asked for."""
    return PrintRows(view, width, zone, most)
