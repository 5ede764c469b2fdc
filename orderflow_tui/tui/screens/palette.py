"""The command palette lists every action that has a key."""

from __future__ import annotations

from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from orderflow_tui.tui.keys.bindings import SCOPES, named
from orderflow_tui.tui.state.dashboard import Dashboard


class ActionCommands(Provider):
    """All actions that make sense on the screen the palette was opened from, and the themes by name."""

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

    async def discover(self) -> Hits:
        """Everything, before a letter is typed."""
        for title, words, action in self._actions():
            yield DiscoveryHit(title, partial(self.app.run_action, action), help=words)

    async def search(self, query: str) -> Hits:
        """What matches the letters."""
        matcher = self.matcher(query)
        for title, words, action in self._actions():
            score = matcher.match(f"{title} {words}")
            if score > 0:
                yield Hit(score, matcher.highlight(title), partial(self.app.run_action, action), help=words)
        for name in self._app.theme_names:
            title = f"Theme: {name}"
            score = matcher.match(title)
            if score > 0:
                yield Hit(
                    score, matcher.highlight(title), partial(setattr, self.app, "theme", name), help="Use this theme"
                )
