"""The liquidity map as rows: price by time, brightness is what rested, letters are who traded there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from orderflow_tui.core.model.units import NS, price_text
from orderflow_tui.tui.look.formatting import Zone, compact, left, right
from orderflow_tui.tui.look.gauges import side_letter
from orderflow_tui.tui.look.shades import half_token
from orderflow_tui.tui.look.styled_lines import Row, Span, make_row
from orderflow_tui.tui.rows.depth_ladder import WALL_LETTERS
from orderflow_tui.views.charts import SHADES, MapView
from orderflow_tui.views.frozen_views import SymbolView

LEAST_WIDTH: Final = 30
LEAST_HEIGHT: Final = 6
"""A smaller map tells nothing."""
_AXIS: Final = 11
_INK: Final = " ░▒▓█"
_LETTER_TOKENS: Final = {"S": "sell bold", "s": "sell", "b": "buy", "B": "buy bold"}


class MapFrame(Struct, frozen=True):
    """Where and how a map is drawn.

    Attributes:
        width: Cells.
        height: Rows, the title and the times among them.
        zone: For the times.
        text: Without shades of colour: a row a price, sizes as denser marks.
    """

    width: int
    height: int
    zone: Zone
    text: bool


class KeptRows:
    """Rows that are made anew only where what they are made of has changed."""

    def __init__(self) -> None:
        self._key: object = None
        self._rows: list[Row] = []

    def rows(self, key: object, make: Callable[[], list[Row]]) -> list[Row]:
        """The rows of this key."""
        if key != self._key:
            self._key, self._rows = key, make()
        return self._rows


def map_key(view: SymbolView, shown: MapView | None, frame: MapFrame) -> tuple[object, ...]:
    """What a map's rows are made of."""
    row = None if shown is None or view.last_price is None else view.last_price // shown.step
    return (frame, view.symbol, view.walls, row, view.capabilities, shown)


def map_rows(view: SymbolView, shown: MapView | None, frame: MapFrame) -> list[Row]:
    """A title, the map with its prices on the right, the times below it; fewer rows where there is no room."""
    if frame.width < LEAST_WIDTH or frame.height < LEAST_HEIGHT:
        return []
    rows = [make_row(Span(left(_title(view, shown), frame.width), "muted"))]
    if shown is None or not shown.largest:
        words = "no book seen yet" if view.capabilities.quotes else "no quotes, so no map"
        return [*rows, make_row(Span(f" {words}", "muted"))]
    columns = min(frame.width - _AXIS, shown.columns)
    each = 1 if frame.text else 2
    count = min(frame.height - 2, -(-shown.rows // each))
    first = max(0, (shown.rows - count * each) // 2)
    letters = _letters(shown, shown.columns - columns)
    for row in range(first, first + count * each, each):
        body = _text_cells if frame.text else _half_cells
        rows.append(Row((*body(shown, row, columns, letters), *_axis(view, shown, row, each))))
    return [*rows, _times(shown, columns, frame)]


def _title(view: SymbolView, shown: MapView | None) -> str:
    what = "LIQUIDITY MAP" if view.capabilities.depth_levels > 1 else "INSIDE QUOTE (one level, no depth)"
    if shown is None or not shown.largest:
        return f" {what}"
    largest = compact(shown.largest, view.capabilities.size_scale)
    return f" {what}  brightest {largest}, S sold B bought"


def _letters(shown: MapView, skipped: int) -> dict[tuple[int, int], str]:
    """`(row, column in sight)` and the letter of who started what traded there."""
    found: dict[tuple[int, int], str] = {}
    for column, row, sold, bought, unsided in shown.prints:
        if column >= skipped:
            found[row, column - skipped] = side_letter(sold + bought + unsided, sold, bought)
    return found


def _half_cells(shown: MapView, row: int, columns: int, letters: dict[tuple[int, int], str]) -> list[Span]:
    """Two prices a cell."""
    upper, lower = _values(shown, row, columns), _values(shown, row + 1, columns)
    cells = []
    for column in range(columns):
        letter = letters.get((row, column)) or letters.get((row + 1, column))
        if letter:
            under = upper[column] or lower[column]
            faint = SHADES + 1 if under > SHADES else 1 if under else 0  # a letter is read on the faintest shade only
            token = f"{half_token(0, faint)} {_LETTER_TOKENS.get(letter, 'strong')}"
            cells.append((letter, token))
        elif upper[column] or lower[column]:
            cells.append(("▀", half_token(upper[column], lower[column])))
        else:
            cells.append((" ", ""))
    return _joined(cells)


def _text_cells(shown: MapView, row: int, columns: int, letters: dict[tuple[int, int], str]) -> list[Span]:
    """One price a cell, denser where more rested."""
    cells = []
    for column, value in enumerate(_values(shown, row, columns)):
        letter = letters.get((row, column))
        if letter:
            cells.append((letter, _LETTER_TOKENS.get(letter, "strong")))
            continue
        shade = -(-((value - 1) % SHADES + 1) * (len(_INK) - 1) // SHADES) if value else 0
        cells.append((_INK[shade], "ask" if value > SHADES else "bid" if value else ""))
    return _joined(cells)


def _values(shown: MapView, row: int, columns: int) -> bytes:
    """The newest cells of a price."""
    if row >= shown.rows:
        return bytes(columns)
    end = (row + 1) * shown.columns
    return shown.cells[end - columns : end]


def _joined(cells: Sequence[tuple[str, str]]) -> list[Span]:
    """Cells as spans, neighbours of one style together."""
    spans: list[Span] = []
    text, token = "", ""
    for letter, style in cells:
        if style != token and text:
            spans.append(Span(text, token))
            text = ""
        text, token = text + letter, style
    return [*spans, Span(text, token)] if text else spans


def _axis(view: SymbolView, shown: MapView, row: int, each: int) -> list[Span]:
    """The price of a row, where the last print and the walls are."""
    prices = [shown.top - (row + more) * shown.step for more in range(each)]
    lowest, highest = prices[-1], prices[0] + shown.step
    walls = [wall for wall in view.walls if lowest <= wall.price < highest]
    marks = "".join(dict.fromkeys(WALL_LETTERS[wall.state] for wall in walls))[:1] or " "
    last = view.last_price is not None and lowest <= view.last_price < highest
    return [
        Span(marks, "alert"),
        Span(left(price_text(prices[0]) + ("<" if last else ""), _AXIS - 1), _price_token(last)),
    ]


def _price_token(last: bool) -> str:
    return "strong" if last else "muted"


def _times(shown: MapView, columns: int, frame: MapFrame) -> Row:
    oldest = frame.zone.clock((shown.end_second - (columns - 1) * shown.step_seconds) * NS)
    newest = frame.zone.clock(shown.end_second * NS)
    words = oldest + right(newest, max(0, columns - len(oldest)))
    return make_row(Span(f"{words[:columns]} {frame.zone.label}", "muted"))
