"""Which theme is in use: the first, the next, and one whose file has changed."""

from __future__ import annotations

from textual.app import App

from orderflow_tui.tui.look.shipped_themes import DEFAULT
from orderflow_tui.tui.look.styled_lines import TokenStyles
from orderflow_tui.tui.look.theme import DEFAULT_THEME, load_themes, theme_folders, theme_stamp


class ThemeSwitcher:
    """The themes of an app.

    Args:
        app: Whose theme is set.
        wanted: The first one, None for the default; the files are read later where that is all that is needed.
    """

    def __init__(self, app: App[int], wanted: str | None) -> None:
        self._app = app
        self._folders = theme_folders()
        self._stamp: frozenset[tuple[str, int, int]] = frozenset()
        self._names: list[str] = []
        self.problems = self._first(wanted)
        """What was wrong at the start, a line each."""

    @property
    def names(self) -> list[str]:
        """The themes there are, in the order of the files."""
        if not self._names:
            self.follow()
        return self._names

    def follow(self) -> list[str]:
        """Take up a theme file that has changed, the one in use at once; one that has become bad stays as it was.

        Returns:
            What is wrong with them, a line each.
        """
        app = self._app
        if theme_stamp(self._folders) == self._stamp:
            return []
        before = app.available_themes[app.theme]
        problems = self._register()
        if app.available_themes[app.theme] != before:
            app.refresh_css(animate=False)
            for screen in app.screen_stack:  # a signal's color is no rule of the stylesheet: nothing else repaints it
                for widget in screen.query(TokenStyles):
                    widget.refresh()
        return problems

    def next(self) -> str:
        """Use the next theme; returns its name, empty where there is none."""
        names = self.names
        if names:
            place = names.index(self._app.theme) if self._app.theme in names else -1
            self._app.theme = names[(place + 1) % len(names)]
        return self._app.theme if names else ""

    def _register(self) -> list[str]:
        self._stamp = theme_stamp(self._folders)
        themes, problems = load_themes(self._folders)
        for theme in themes.values():
            self._app.register_theme(theme)
        self._names = list(themes)
        return problems

    def _first(self, wanted: str | None) -> list[str]:
        if wanted in (None, DEFAULT_THEME) and not theme_stamp(self._folders[1:]):
            self._app.register_theme(DEFAULT)
            self._begin_with_default()
            return []
        problems = self._register()
        themes = self._names
        if wanted is not None and wanted not in themes:
            problems.append(f"theme {wanted!r} not found; available: {', '.join(themes)}")
        name = wanted if wanted in themes else DEFAULT_THEME
        if name is not None and name in themes:
            self._app.theme = name
        return problems

    def _begin_with_default(self) -> None:
        """Without telling whoever watches the theme: Textual would parse the whole stylesheet once more."""
        app = self._app
        app.set_reactive(App.theme, DEFAULT_THEME)
        app.add_class(f"-theme-{DEFAULT_THEME}", "-dark-mode", update=False)
        app.stylesheet.set_variables(app.get_css_variables())
