"""The command palette lists every action that has a key, the symbols and the themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import ClassVar, cast

from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.fuzzy import FuzzySearch

from orderflow_tui.tui.keys.bindings import SCOPES, named
from orderflow_tui.tui.look.formatting import clean, whole_facts
from orderflow_tui.tui.screens.main import MainScreen
from orderflow_tui.tui.state.dashboard_port import DashboardPort
from orderflow_tui.tui.state.screen_model import card_title
from orderflow_tui.tui.widgets.pending_bar import AskBar

_TITLE = 27
"""Cells of an entry's name; what it does stands behind it."""
_AROUND = 8
"""Cells beside an entry: borders, padding, the scroll bar."""
_INPUT_ROWS = 3
_PART = 0.75
"""Of the rows below what waits for an answer; the market stays readable under the rest."""


def entry_row(title: str, words: str, width: int, matched: Sequence[int] = ()) -> Content:
    """One entry in one row, as text and never markup; the letters that were typed are underlined."""
    name = Content(title)
    for at in matched:
        name = name.stylize("underline", at, at + 1)
    room = width - max(_TITLE, len(title) + 1)
    return Content.assemble(name, " " * max(1, _TITLE - len(title)), (whole_facts(words, room), "not bold"))


class _Above(AskBar):
    """What waits for an answer stands above the palette: the dashboard's own card whole, elsewhere a row."""

    def follow(self) -> None:
        """Give the palette the rows below."""
        beneath, palette = self.app.screen_stack[-2], self.screen
        if isinstance(beneath, MainScreen):
            rows = beneath.asking_rows
        else:
            super().follow()
            rows = len(self.rows)
        if isinstance(palette, Palette):
            palette.stand_below(rows)


class Palette(CommandPalette):
    """Textual's palette in the colors of the theme, below what waits for an answer, a row an entry."""

    SCOPE: ClassVar[str] = "Palette"
    DEFAULT_CSS = """
    Palette, Palette:ansi { background: transparent; }
    Palette > Vertical { background: $surface; &:dark { background: $surface; } }
    Palette #--input { border: heavy $primary; }
    Palette #--input.--list-visible { border: heavy $primary; }
    Palette SearchIcon { display: none; }
    Palette CommandInput, Palette CommandInput:focus { border: none; height: 1; padding: 0 1; }
    Palette CommandInput > .input--cursor { color: $background; background: $foreground; text-style: none; }
    Palette CommandInput > .input--placeholder { color: $muted; text-style: none; }
    Palette CommandList, Palette CommandList:focus { background: $surface; border: heavy $primary; border-top: none; }
    Palette CommandList > .option-list--option-highlighted { color: $picked-text; background: $picked; }
    Palette CommandList:focus > .option-list--option-highlighted { color: $picked-text; background: $picked; }
    Palette CommandList > .option-list--option-hover { background: $panel; }
    Palette > .command-palette--help-text { color: transparent; text-style: not bold; }
    """

    def __init__(self) -> None:
        super().__init__(id="--command-palette", placeholder="Type to search, Enter to run, Esc to close")

    def on_mount(self) -> None:
        """What waits for an answer is said above the palette too."""
        self.mount(_Above())

    def stand_below(self, rows: int) -> None:
        """Leave so many rows at the top to what waits for an answer."""
        self.query_one("#--container").styles.margin = (rows, 0, 0, 0)
        self.query_one(CommandList).styles.max_height = max(4, int((self.app.size.height - rows) * _PART) - _INPUT_ROWS)


class ActionCommands(Provider):
    """All actions that make sense on the screen the palette was opened from, symbols and themes by name."""

    @property
    def _app(self) -> DashboardPort:
        return cast("DashboardPort", self.app)

    def _actions(self) -> list[tuple[str, str, str]]:
        """`(title, help, action)` of each binding that is alive on the screen beneath the palette."""
        alive = {active.binding.id: active.node for active in self.screen.active_bindings.values()}
        entries: list[tuple[str, str, str]] = []
        seen: set[str] = set()
        for bindings in SCOPES.values():
            for binding in named(bindings):
                if binding.id in alive and binding.action not in seen:
                    seen.add(binding.action)
                    owner = "app" if alive[binding.id] is self.app else "screen"
                    title = f"{binding.description} ({', '.join(self._app.all_keys(binding))})"
                    entries.append((title, binding.tooltip, f"{owner}.{binding.action}"))
        return entries

    def _named(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        """`(title, help, what it does)` for each symbol, as far as the screen beneath has it, and each theme."""
        screen, model = self.screen, self._app.model
        if isinstance(screen, MainScreen):
            for symbol in model.order:
                name = clean(symbol, 12)
                yield f"Go to {name}", "Select it", partial(screen.go_to, symbol)
                yield f"Details of {name}", "Charts, rules, alerts, tape", partial(screen.go_to, symbol, "detail")
                if self._app.positions.path is not None:
                    words = "Change shares, cost or stop in positions.toml"
                    yield f"Edit {name}", words, partial(screen.go_to, symbol, "position")
            for card in model.open_cards:
                yield f"Answer {card_title(card)}", clean(card.reason), partial(screen.answer_card, card)
        for theme in self._app.theme_names:
            yield f"Theme: {theme}", "Use this theme", partial(setattr, self.app, "theme", theme)

    def _entries(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        """`(title, help, what it does)` of everything."""
        for title, words, action in self._actions():
            yield title, words, partial(self.app.run_action, action)
        yield from self._named()

    @property
    def _width(self) -> int:
        return self.app.size.width - _AROUND

    async def discover(self) -> Hits:
        """Everything, before a letter is typed."""
        for title, words, act in self._entries():
            yield DiscoveryHit(entry_row(title, words, self._width), act, title)

    async def search(self, query: str) -> Hits:
        """What matches the letters."""
        search = FuzzySearch()
        for title, words, act in self._entries():
            score, letters = search.match(query, title)
            score = max(score, search.match(query, f"{title} {words}")[0])
            if score > 0:
                yield Hit(score, entry_row(title, words, self._width, letters), act, title)
