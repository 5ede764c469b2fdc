"""Rows of styled text, and the widgets that draw them through the line API.

A row is made by a pure function and holds text and style tokens, never a colour. A widget compares new rows with the
ones it shows and refreshes only those that differ, so a flood of events costs a paint only where a figure moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from orderflow_tui.tui.look.formatting import clean
from orderflow_tui.tui.look.shades import SHADE_PREFIX, shade_style


class TokenStyle(NamedTuple):
    """How a token is painted: names of theme variables, never colours."""

    colour: str = ""
    background: str = ""
    bold: bool = False
    dim: bool = False
    """Where the terminal's palette is used: it has no grey to rely on."""


TOKEN_STYLES = {
    "": TokenStyle(),
    "bid": TokenStyle("bid"),
    "ask": TokenStyle("ask"),
    "buy": TokenStyle("buy"),
    "sell": TokenStyle("sell"),
    "profit": TokenStyle("profit"),
    "loss": TokenStyle("loss"),
    "muted": TokenStyle("muted"),
    "strong": TokenStyle("strong", bold=True),
    "stale": TokenStyle("stale", dim=True),
    "bar": TokenStyle("", "bar"),
    "picked": TokenStyle("picked-text", "picked", bold=True),
    "cursor": TokenStyle("picked-text", "picked"),
    "exit": TokenStyle("exit-text", "exit", bold=True),
    "exit-line": TokenStyle("exit-line", bold=True),
    "blind": TokenStyle("blind-text", "blind", bold=True),
    "alert": TokenStyle("alert", bold=True),
    "watch": TokenStyle("watch"),
    "calm": TokenStyle("calm"),
    "badge-live": TokenStyle("live-text", "live", bold=True),
    "badge-simulated": TokenStyle("simulated-text", "simulated", bold=True),
}
"""What a span's token looks like. The styles are read from the theme's variables and not from component classes: a
screen of a dozen panels would match some three hundred component styles against the stylesheet at every change."""

WHOLE_ROW = frozenset({"picked", "cursor", "exit", "blind"})
"""Bases with a color of text of their own: any other would not be read on them."""

LOUD = frozenset({"exit", "blind"})
"""Reversed where there is no colour."""

BRIGHT = frozenset({"exit-line", "alert"})
"""Their grey would be quieter than plain text: the strongest there is where there is no colour."""

COLORED = frozenset({"bid", "ask", "buy", "sell", "profit", "loss", "watch"})
"""Plain text where there is no color: a gray that stands for a side says nothing and is harder to read."""

_PLAIN_LOUD = Style(bold=True, reverse=True)
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


@lru_cache(maxsize=512)
def _style(colour: str, background: str, bold: bool, dim: bool) -> Style:
    return Style(
        color=Color.parse(colour).rich_color if colour else None,
        bgcolor=Color.parse(background).rich_color if background else None,
        bold=bold or None,
        dim=dim or None,
    )


class TokenStyles(Widget):
    """Turns style tokens into styles of the theme in force."""

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - textual's name
        super().__init__(id=id, classes=classes)
        self._token_styles: dict[str, Style] = {}
        self._base_styles: dict[str, Style] = {}
        self._span_styles: dict[tuple[str, str], Style] = {}

    def notify_style_update(self) -> None:
        """Forget the styles of the theme that was in force."""
        self._token_styles.clear()
        self._base_styles.clear()
        self._span_styles.clear()
        super().notify_style_update()

    def token_style(self, tokens: str) -> Style:
        """The style of space-separated tokens, e.g. `bid bold`."""
        known = self._token_styles.get(tokens)
        if known is not None:
            return known
        style = Style()
        for token in tokens.split():
            style += _ATTRIBUTES.get(token) or self._look(token)
        self._token_styles[tokens] = style
        return style

    def _on(self, base: str, tokens: str) -> Style:
        """The style of a span on its row: a row that is loud or picked as a whole keeps its own color of text."""
        known = self._span_styles.get((base, tokens))
        if known is not None:
            return known
        style = self.token_style(tokens)
        if base in WHOLE_ROW and style.bgcolor is None:
            style = style.without_color
        style = self._span_styles[base, tokens] = self._base(base) + style
        return style

    def _base(self, base: str) -> Style:
        known = self._base_styles.get(base)
        if known is None:
            known = self._base_styles[base] = self.rich_style + self.token_style(base)
        return known

    def _look(self, token: str) -> Style:
        if token.startswith(SHADE_PREFIX):
            return shade_style(token, self.app.theme_variables)
        if self.app.no_color:
            if token in LOUD:
                return _PLAIN_LOUD
            token = "strong" if token in BRIGHT else "" if token in COLORED else token
        look, variables = TOKEN_STYLES[token], self.app.theme_variables
        dim = look.dim and self.app.current_theme.ansi
        return _style(variables.get(look.colour, ""), variables.get(look.background, ""), look.bold, dim)

    def draw(self, row: Row, width: int) -> Strip:
        """The row as a strip of exactly `width` cells, every text cleaned once more."""
        segments = [Segment(clean(span.text), self._on(row.base, span.token)) for span in row.spans if span.text]
        return Strip(segments).adjust_cell_length(width, self._base(row.base))


class LineWidget(TokenStyles):
    """A block of rows that repaints only the rows that changed."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - textual's name
        super().__init__(id=id, classes=classes)
        self.rows: Sequence[Row] = ()

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:  # noqa: ARG002
        """Take a new size without asking for a second layout: nothing inside is laid out by it."""
        return super()._size_updated(size, virtual_size, container_size, layout=False)

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
