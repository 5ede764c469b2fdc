"""The command palette lists every action that has a key, the symbols and the themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider

from orderflow_tui.tui.keys.bindings import SCOPES, named
from orderflow_tui.tui.look.formatting import clean
from orderflow_tui.tui.screens.main import MainScreen
from orderflow_tui.tui.state.dashboard_port import Dashboard
from orderflow_tui.tui.state.screen_model import card_title
from orderflow_tui.tui.widgets.pending_bar import AskBar


class Palette(CommandPalette):
    """Textual's palette in the colors of the theme, below what waits for an answer; the market stays readable."""

    SCOPE: ClassVar[str] = "Palette"
    DEFAULT_CSS = """
    Palette, Palette:ansi { background: transparent; }
    Palette > Vertical { background: $surface; &:dark { background: $surface; } }
    Palette #--input { border: heavy $primary; }
    Palette #--input.--list-visible { border: heavy $primary; }
    Palette SearchIcon { color: $foreground; }
    Palette CommandInput > .input--cursor { color: $background; background: $foreground; text-style: none; }
    Palette CommandInput > .input--placeholder { color: $muted; text-style: none; }
    Palette CommandList, Palette CommandList:focus { background: $surface; border: heavy $primary; border-top: none; }
    Palette CommandList > .option-list--option-highlighted { color: $picked-text; background: $picked; }
    Palette CommandList:focus > .option-list--option-highlighted { color: $picked-text; background: $picked; }
    Palette CommandList > .option-list--option-hover { background: $panel; }
    Palette > .command-palette--help-text { color: transparent; text-style: not bold; }
    """

    def __init__(self) -> None:
        super().__init__(id="--command-palette")

    def on_mount(self) -> None:
        """What waits for an answer is said above the palette too."""
        self.mount(AskBar())


class ActionCommands(Provider):
    """All actions that make sense on the screen the palette was opened from, symbols and themes by name."""

    @property
    def _app(self) -> Dashboard:
        return cast("Dashboard", self.app)

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

    async def discover(self) -> Hits:
        """Everything, before a letter is typed."""
        for title, words, action in self._actions():
            yield DiscoveryHit(title, partial(self.app.run_action, action), help=words)
        for title, words, act in self._named():
            yield DiscoveryHit(title, act, help=words)

    async def search(self, query: str) -> Hits:
        """What matches the letters."""
        matcher = self.matcher(query)
        for title, words, action in self._actions():
            score = matcher.match(f"{title} {words}")
            if score > 0:
                yield Hit(score, matcher.highlight(title), partial(self.app.run_action, action), help=words)
        for title, words, act in self._named():
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, matcher.highlight(title), act, help=words)
