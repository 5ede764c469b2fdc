"""The keys worth knowing on a screen, in its last row; a click presses them. What is said stands there for seconds.

Textual's own footer mounts a widget a key and does so again at each change of screen or focus, which is most of what
opening the answer would cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from textual import events
from textual.binding import Binding, BindingType

from orderflow_tui.tui.keys.bindings import APP_BINDINGS, named
from orderflow_tui.tui.look.styled_lines import LineWidget, Row, Span
from orderflow_tui.tui.state.dashboard_port import DashboardPort


class KeyBar(LineWidget):
    """The shown bindings of a screen, then those that work everywhere."""

    DEFAULT_CSS = """
    KeyBar { width: 1fr; height: 1; dock: bottom; }
    """

    def __init__(self, bindings: Sequence[BindingType]) -> None:
        super().__init__(id="keys")
        own = named(list(bindings))
        self._own = {binding.id for binding in own}
        taken = {key for binding in own for key in binding.key.split(",")}
        everywhere = [binding for binding in named(APP_BINDINGS) if not taken.issuperset(binding.key.split(","))]
        shown = [binding for binding in [*own, *everywhere] if binding.show]
        self._shown_bindings = list({binding.action: binding for binding in reversed(shown)}.values())[::-1]
        self._places: list[tuple[range, Binding]] = []
        self._keys = Row(())
        self._shown = True

    def on_mount(self) -> None:
        """The keymap does not change while the app runs."""
        self._lay_out()

    def on_resize(self) -> None:
        """Another width has room for other keys."""
        self._lay_out()

    def _lay_out(self) -> None:
        """The keys that fit, none cut: the screen's own leave first, from the last, the help lists them all."""
        app, width = cast("DashboardPort", self.app), self.app.size.width
        labels = {
            binding.id: (f" {app.first_key(binding)} ", f"{binding.description} ") for binding in self._shown_bindings
        }
        fitting = list(self._shown_bindings)
        own = [binding for binding in fitting if binding.id in self._own]
        while own and sum(len(part) for binding in fitting for part in labels[binding.id]) > width:
            fitting.remove(own.pop())
        spans: list[Span] = []
        self._places = []
        column = 0
        for binding in fitting:
            key, label = labels[binding.id]
            spans += [Span(key, "strong"), Span(label)]
            self._places.append((range(column, column + len(key) + len(label)), binding))
            column += len(key) + len(label)
        self._keys = Row(tuple(spans), "bar")
        self.paint()

    def show_keys(self, *, shown: bool) -> None:
        """Whether the keys do what they say: not under a dialog, which has its own."""
        if shown != self._shown:
            self._shown = shown
            self.paint()

    def paint(self) -> None:
        """The keys, or for a few seconds what the program has to say."""
        said = cast("DashboardPort", self.app).messages.piece(self.app.size.width - 1)
        words = None if said is None else Row((Span(f" {said.text}", "alert" if said.warning else "strong"),), "bar")
        self.show([words or (self._keys if self._shown else Row((), "bar"))])

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does; quit only for a single click."""
        app = cast("DashboardPort", self.app)
        for place, binding in self._places:
            if event.x in place:
                event.stop()
                if binding.action == "quit":
                    app.after_one_click(app.action_quit)
                elif not app.refuses_click():
                    on_screen = hasattr(self.screen, f"action_{binding.action.split('(')[0]}")
                    await (self.screen if on_screen else self.app).run_action(binding.action)
