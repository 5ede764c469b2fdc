"""Rows of styled text, and the widgets that draw them through the line API.

A row is made by a pure function and holds text and style tokens, never a colour. A widget compares new rows with the
ones it shows and refreshes only those that differ, so a flood of events costs a paint only where a figure moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from orderflow_tui.tui.text import clean

TOKENS = (
    "bid", "ask", "buy", "sell", "profit", "loss", "muted", "strong", "stale", "bar", "picked", "exit", "exit-line",
    "blind", "alert", "watch", "calm", "badge-live", "badge-simulated", "cursor",
)  # fmt: skip
"""Names a span may carry; each is a component class `of--<name>` whose colours come from theme variables."""

_ATTRIBUTES = {"bold": Style(bold=True), "dim": Style(dim=True), "reverse": Style(reverse=True)}


class Span(NamedTuple):
    """A piece of a row: text and space-separated style tokens."""

    text: str
    token: str = ""


class Row(NamedTuple):
    """One line: its spans and the token that fills it to the edge."""

    spans: tuple[Span, ...]
    base: str = ""

    @property
    def plain(self) -> str:
        """The text without styles."""
        return "".join(span.text for span in self.spans)


EMPTY_ROW = Row(())


def make_row(*spans: Span | str, base: str = "") -> Row:
    """A row from spans; a bare string takes the row's base style."""
    return Row(tuple(span if isinstance(span, Span) else Span(span) for span in spans), base)


def restyle(row: Row, token: str) -> Row:
    """The same text in one style throughout: what a stale row looks like."""
    return Row(tuple(Span(span.text, token) for span in row.spans), row.base)


class TokenStyles(Widget):
    """Turns style tokens into styles of the theme in force."""

    ALLOW_SELECT: ClassVar[bool] = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"of--{token}" for token in TOKENS}
    DEFAULT_CSS = """
    TokenStyles {
        & > .of--bid { color: $bid; }
        & > .of--ask { color: $ask; }
        & > .of--buy { color: $buy; }
        & > .of--sell { color: $sell; }
        & > .of--profit { color: $profit; }
        & > .of--loss { color: $loss; }
        & > .of--muted { color: $muted; }
        & > .of--strong { color: $strong; text-style: bold; }
        & > .of--stale { color: $stale; text-style: dim; }
        & > .of--bar { background: $bar; }
        & > .of--picked { background: $picked; color: $picked-text; text-style: bold; }
        & > .of--exit { background: $exit; color: $exit-text; text-style: bold; }
        & > .of--exit-line { color: $exit-line; text-style: bold; }
        & > .of--blind { background: $blind; color: $blind-text; text-style: bold; }
        & > .of--alert { color: $alert; text-style: bold; }
        & > .of--watch { color: $watch; }
        & > .of--calm { color: $calm; }
        & > .of--badge-live { background: $live; color: $live-text; text-style: bold; }
        & > .of--badge-simulated { background: $simulated; color: $simulated-text; text-style: bold; }
        & > .of--cursor { background: $picked; color: $picked-text; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - textual's name
        super().__init__(id=id, classes=classes)
        self._token_styles: dict[str, Style] = {}

    def notify_style_update(self) -> None:
        """Forget the styles of the theme that was in force."""
        self._token_styles.clear()
        super().notify_style_update()

    def token_style(self, tokens: str) -> Style:
        """The style of space-separated tokens, e.g. `bid bold`."""
        known = self._token_styles.get(tokens)
        if known is not None:
            return known
        style = Style()
        for token in tokens.split():
            attribute = _ATTRIBUTES.get(token)
            style += attribute or self.get_component_rich_style(f"of--{token}", partial=True)
        self._token_styles[tokens] = style
        return style

    def draw(self, row: Row, width: int) -> Strip:
        """The row as a strip of exactly `width` cells, every text cleaned once more."""
        base = self.rich_style + self.token_style(row.base)
        segments = [Segment(clean(span.text), base + self.token_style(span.token)) for span in row.spans if span.text]
        return Strip(segments).adjust_cell_length(width, base)


class LineWidget(TokenStyles):
    """A block of rows that repaints only the rows that changed."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - textual's name
        super().__init__(id=id, classes=classes)
        self.rows: Sequence[Row] = ()

    def show(self, rows: Sequence[Row]) -> int:
        """Take new rows and refresh those that differ.

        Returns:
            How many rows were marked for repainting.
        """
        old, self.rows = self.rows, rows
        count = max(len(old), len(rows))
        changed = [
            y
            for y in range(count)
            if (old[y] if y < len(old) else EMPTY_ROW) != (rows[y] if y < len(rows) else EMPTY_ROW)
        ]
        if changed:
            self.refresh(*(Region(0, y, max(self.size.width, 1), 1) for y in changed))
        return len(changed)

    def render_line(self, y: int) -> Strip:
        """One row of the content area."""
        return self.draw(self.rows[y] if y < len(self.rows) else EMPTY_ROW, self.size.width)
