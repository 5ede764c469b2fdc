"""The settings that change often, changed where they are seen and written back to `orderflow.toml`."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.tui.keys.bindings import SETTINGS_BINDINGS, named
from orderflow_tui.tui.look.formatting import clean, left, wrap
from orderflow_tui.tui.look.styled_lines import LineWidget, Row, Span, make_row
from orderflow_tui.tui.screens.base import ModelModal
from orderflow_tui.tui.screens.search import SearchScreen
from orderflow_tui.tui.state.settings_model import WORDS, Setting, SettingsDesk

_NAME_WIDTH = 27
_VALUE_WIDTH = 22
_ORIGIN_WIDTH = 14


class SettingsScreen(ModelModal):
    """A list with a cursor: left and right change, enter types a value, x goes back to what holds for all."""

    AUTO_FOCUS = ""
    SCOPE = "Settings"
    BINDINGS = SETTINGS_BINDINGS
    DEFAULT_CSS = """
    SettingsScreen { align: center middle; }
    SettingsScreen > Vertical {
        width: 107; max-width: 100%; height: auto; max-height: 100%; background: $surface; border: heavy $primary;
    }
    SettingsScreen LineWidget { width: 1fr; }
    """

    def __init__(self, desk: SettingsDesk) -> None:
        super().__init__()
        self._desk = desk
        self._symbol = ""
        self._cursor = 0
        self._said = ""
        self._settings: list[Setting] = []
        self._followed = desk.followed

    def compose(self) -> ComposeResult:
        """One block of rows."""
        with Vertical():
            yield LineWidget(id="settings")

    def on_mount(self) -> None:
        """Show what is in force."""
        self._symbol = self.model.selected
        self._look()

    async def update_model(self) -> None:
        """Another screen of the engine has changed something."""
        if self._desk.followed != self._followed:
            self._followed = self._desk.followed
            self._look()

    def on_resize(self) -> None:
        """Cut the lines anew."""
        self._draw()

    def _look(self) -> None:
        try:
            self._desk.open(self.app.theme)
        except DataValidationError as error:
            self._said = str(error.args[-1])
        self._take()

    def _take(self) -> None:
        self._settings = self._desk.settings(self._symbol, self.dashboard.theme_names)
        self._cursor = max(0, min(self._cursor, len(self._settings) - 1))
        self._draw()

    def _draw(self) -> None:
        width = max(10, min(98, self.app.size.width - 2))
        key = self._key
        head = (
            f" Settings: {key('less')} {key('more')} change, {key('type')} types a value, "
            f"{key('take-back')} removes it, {key('close')} closes"
        )
        rows = [make_row(head, base="bar")]
        table: tuple[str, ...] | None = None
        first = 0
        for index, setting in enumerate(self._settings):
            if setting.table != table:
                table = setting.table
                rows.append(make_row(Span(f" {self._heading(table)}", "strong")))
            if index == self._cursor:
                first = len(rows)
            rows.append(_row(setting, width, cursor=index == self._cursor))
        if self._settings and max(map(len, WORDS.values())) > _words_room(width):  # there is no column for them all
            rows.append(make_row(f" {self._current.name}: {WORDS[self._current.name]}"))
        rows += [make_row(Span(f" {line}", "muted")) for line in wrap(clean(self._desk.place), width - 2, 2)]
        rows += [make_row(Span(f" {line}", "alert")) for line in wrap(clean(self._said), width - 2, 3) if line]
        room = max(3, self.app.size.height - 2)
        if len(rows) > room:
            start = min(max(0, first - room // 2), len(rows) - room)
            rows = [rows[0], *rows[start + 1 : start + room]]
        block = self.query_one("#settings", LineWidget)
        block.styles.height = len(rows)
        block.show(rows)

    def _key(self, name: str) -> str:
        """The key in force of one of this screen's bindings."""
        found = next(binding for binding in named(SETTINGS_BINDINGS) if binding.id == f"settings-{name}")
        return self.dashboard.first_key(found)

    def _heading(self, table: tuple[str, ...]) -> str:
        if table == ("ui",):
            return "Screen"
        if table:
            return f"Thresholds of {clean(table[1])}   ({self._key('symbol')}: the next symbol)"
        return "Thresholds of all other symbols"

    @property
    def _current(self) -> Setting:
        return self._settings[self._cursor]

    def _change(self, value: object) -> None:
        setting = self._current
        try:
            self._said = self._desk.change(setting, value)
        except DataValidationError as error:
            self._said = str(error.args[-1])
            self._draw()
            return
        self._take()
        if setting.table == ("ui",):
            self.dashboard.apply_setting(setting.name, self._current.value)

    def action_cursor(self, step: int) -> None:
        """The next line, or the one before."""
        self._cursor = (self._cursor + step) % len(self._settings)
        self._draw()

    def action_change(self, direction: int) -> None:
        """The next value, or the one before."""
        self._change(self._current.step(direction))

    def action_take_back(self) -> None:
        """What holds without this line."""
        if self._current.own or self._current.table == ("ui",):
            self._change(None)
        else:
            self._said = "not set in this file, nothing to remove"
            self._draw()

    def action_type(self) -> None:
        """Ask for a value."""
        setting = self._current

        def take(text: str | None) -> None:
            if not text:
                return
            try:
                value = setting.parse(text)
            except DataValidationError as error:
                self._said = str(error.args[-1])
                self._draw()
            else:
                self._change(value)

        asked = f"{setting.name}, now {setting.value}; Enter saves it, Esc drops it"
        self.app.push_screen(SearchScreen("", asked), take)

    def action_next_symbol(self) -> None:
        """The thresholds of the next symbol."""
        order = self.model.order
        if order:
            place = order.index(self._symbol) if self._symbol in order else -1
            self._symbol = order[(place + 1) % len(order)]
            self._take()

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)


def _words_room(width: int) -> int:
    return width - _NAME_WIDTH - _VALUE_WIDTH - _ORIGIN_WIDTH - 5


def _row(setting: Setting, width: int, *, cursor: bool) -> Row:
    mark = ">" if cursor else " "
    value = f"< {setting.value} >" if cursor else f"  {setting.value}"
    origin = setting.origin or "as for all"
    words = WORDS[setting.name] if len(WORDS[setting.name]) <= _words_room(width) else ""
    return make_row(
        Span(f"{mark} "),
        Span(f"{left(setting.name, _NAME_WIDTH)} "),
        Span(f"{left(clean(value), _VALUE_WIDTH)} ", "bold"),
        Span(f"{left(clean(origin), _ORIGIN_WIDTH)} ", "" if cursor else "muted"),
        Span(words, "" if cursor else "muted"),
        base="cursor" if cursor else "",
    )
