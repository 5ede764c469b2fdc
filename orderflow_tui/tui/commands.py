"""The command palette lists every action that has a key."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider

from orderflow_tui.tui.bindings import SCOPES, named

if TYPE_CHECKING:
    from orderflow_tui.tui.app import OrderFlowApp


class ActionCommands(Provider):
    """All actions that make sense on the screen the palette was opened from, and the themes by name."""

    def _actions(self) -> list[tuple[str, str, str]]:
        """`(title, help, action)` for each."""
        alive = {
            binding.id: namespace for namespace, binding, _, _ in self.screen.active_bindings.values() if binding.id
        }
        entries: list[tuple[str, str, str]] = []
        seen: set[str] = set()
        for bindings in SCOPES.values():
            for binding in named(bindings):
                if binding.id in alive and binding.action not in seen:
                    seen.add(binding.action)
                    entries.append((self._title(binding), binding.tooltip, self._action(binding, alive)))
        return entries

    def _title(self, binding: Binding) -> str:
        return f"{binding.description} ({self.app.get_key_display(binding)})"

    def _action(self, binding: Binding, alive: dict[str | None, object]) -> str:
        return (
            binding.action
            if "." in binding.action
            else f"{'app' if alive[binding.id] is self.app else 'screen'}.{binding.action}"
        )

    async def discover(self) -> Hits:
        """Everything, before a letter is typed."""
        for title, words, action in self._actions():
            yield DiscoveryHit(title, partial(self.app.run_action, action), help=words)

    async def search(self, query: str) -> Hits:
        """What matches the letters."""
        matcher = self.matcher(query)
        app = cast("OrderFlowApp", self.app)
        for title, words, action in self._actions():
            score = matcher.match(f"{title} {words}")
            if score > 0:
                yield Hit(score, matcher.highlight(title), partial(self.app.run_action, action), help=words)
        for name in app.theme_names:
            title = f"Theme: {name}"
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, matcher.highlight(title), partial(setattr, app, "theme", name), help="Use this theme")
