"""The app: it polls the monitor, keeps the model, owns the screens and the keys that work everywhere."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace
from textual._styles_cache import StylesCache
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import ModalScreen, Screen

from orderflow_tui.config.screen_settings import Sound
from orderflow_tui.support.atomic_file import replace_file
from orderflow_tui.tui.keys.bindings import APP_BINDINGS
from orderflow_tui.tui.keys.user_keymap import check_keymap
from orderflow_tui.tui.look.formatting import NEW_YORK, Zone
from orderflow_tui.tui.look.theme import DEFAULT_THEME, FALLBACK_SIGNALS
from orderflow_tui.tui.look.theme_switcher import ThemeSwitcher
from orderflow_tui.tui.replay_app import ReplayApp
from orderflow_tui.tui.screens import lazy
from orderflow_tui.tui.screens.base import ModelModal, ModelScreen
from orderflow_tui.tui.screens.main import MainScreen
from orderflow_tui.tui.state.attention import Attention, TerminalSignals
from orderflow_tui.tui.state.engine_controls import EngineControls
from orderflow_tui.tui.state.first_run import FirstRun, Kind, notice
from orderflow_tui.tui.state.positions_desk import PositionsDesk
from orderflow_tui.tui.state.screen_model import card_title
from orderflow_tui.tui.state.view_choice import read_choice, write_choice
from orderflow_tui.tui.widgets.pending_bar import AskBar
from orderflow_tui.views.frozen_views import MonitorPort, RecommendationView

if TYPE_CHECKING:
    from orderflow_tui.journal.history import HistoryStore
    from orderflow_tui.tui.state.replay_port import ReplayPort
    from orderflow_tui.tui.state.settings_model import SettingsDesk

APP_TITLE = "orderflow-tui"


_BLINK_SECONDS = 1.0
_SETTLE_SECONDS = 0.3
_BELL_SECONDS = 0.25
"""Between two bells: terminals make one sound of bells that come together."""
_THEME_SECONDS = 2.0


def _sound(item: RecommendationView) -> Sound:
    """What a recommendation rings as."""
    if item.kind == "stop":
        return "stop"
    return "exit" if item.weight == "leads" else "calm"


class NewsCame(Message):
    """The monitor has published something that does not wait for the next look."""


class OrderFlowApp(ReplayApp):
    """The dashboard over a monitor.

    Args:
        monitor: What is shown and who takes the answers.
        history: The journal's reader, or None without one.
        fps: Looks at the monitor a second.
        tz: The zone times are shown in.
        theme: Name of a theme, or None for the default.
        first_run: Shown first when there is nothing to watch.
        attention: How a new recommendation, or a position that goes blind, makes itself heard.
        keys: The user's keymap, binding id to keys.
        replay: The replay this is a screen of; None where nothing is replayed.
        export_directory: Where exports and pictures go: the journal's folder.
        settings: What the settings screen changes; None where there is none.
        positions: The positions file that may be changed here; None where none may.
        notices: What the trader should know once, at the start.
        engine: The engine in another process that this is a screen of; None where the monitor is in this one.
        monotonic: Seconds on a clock that never goes back.
        freeze: Collect garbage once after the first paint, leave what is there out of later collections, and collect
            from then on.

    Raises:
        KeymapError: `keys` cannot be used.
    """

    TITLE = APP_TITLE
    # Textual leaves its own key of the palette out where another one has it too.
    BINDINGS: ClassVar[list[BindingType]] = [
        *APP_BINDINGS,
        Binding(ReplayApp.COMMAND_PALETTE_BINDING, "command_palette", "palette", show=False, priority=True),
    ]
    COMMANDS = {lazy.palette}  # noqa: RUF012 - textual reads it from the class

    def __init__(
        self,
        monitor: MonitorPort,
        *,
        history: HistoryStore | None = None,
        fps: float = 10.0,
        tz: str = NEW_YORK,
        theme: str | None = None,
        first_run: FirstRun | None = None,
        attention: Attention | None = None,
        keys: Mapping[str, str] | None = None,
        replay: ReplayPort | None = None,
        export_directory: Path | None = None,
        settings: SettingsDesk | None = None,
        positions: PositionsDesk | None = None,
        notices: Sequence[str] = (),
        engine: EngineControls | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        freeze: bool = False,
    ) -> None:
        self._signals = TerminalSignals(attention or Attention(), self._write)
        super().__init__(monitor, check_keymap(keys or {}), engine)
        self.animation_level = "none"
        self.model.muted = not self._signals.use.bell
        self.history = history
        self.history_directory: Path | None = None
        """The journal to read where its reader waits for the first paint."""
        self.zone = Zone(tz)
        self.export_directory = export_directory
        self._settings = settings
        self.positions = positions or PositionsDesk(None, "the positions of this run cannot be changed")
        self._fps = fps
        self._first_run = first_run
        self._notices = notices
        self._told: set[Kind] = set()
        self._woken = False
        self.replay = replay
        self._monotonic = monotonic
        self._freeze = freeze
        self._themes = ThemeSwitcher(self, theme)

    @property
    def theme_names(self) -> list[str]:
        """The themes there are, in the order of the files."""
        return self._themes.names

    def _follow_themes(self) -> None:
        for problem in self._themes.follow():
            self.tell(problem, warning=True)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Colours with a meaning of ours, for themes that do not set them."""
        return FALLBACK_SIGNALS

    def get_default_screen(self) -> Screen[None]:
        """The dashboard."""
        return MainScreen(self.zone)

    async def on_mount(self) -> None:
        """Show what there is, then look at the monitor at the chosen pace."""
        self.follow_the_ending()
        for problem in (*self._themes.problems, *self._notices):
            self.tell(problem, warning=True)
        if self._first_run is not None:
            await self.push_screen(lazy.first_run_screen(self._first_run, self.zone))
        self._signals.save_title()
        if (choice := read_choice(self.export_directory)) is not None:
            self.model.take_up(choice)
        self.monitor.on_news(self._wake)
        await self.look()
        self._looking = self.set_interval(1 / self._fps, self.look)
        self.set_interval(_BLINK_SECONDS, self._blink)
        self.set_interval(_THEME_SECONDS, self._follow_themes)

    def on_ready(self) -> None:
        """The panels come with the next layout; what they do not need waits until they are painted."""
        self.set_timer(_SETTLE_SECONDS, self._settle)

    def _settle(self) -> None:
        """What the first paint did not need is made ready, and the screen's objects need no collecting from here on."""
        lazy.preload()
        self._open_history()
        self._follow_themes()
        if self._freeze:
            gc.collect()
            gc.freeze()
            gc.enable()

    def _open_history(self) -> None:
        if self.history is None and self.history_directory is not None:
            self.history = lazy.history_store(self.history_directory)

    def on_unmount(self) -> None:
        """Give the terminal its title back; nothing here waits for anything."""
        self._signals.restore_title()
        if self.history is not None:
            self.history.close()

    async def look(self) -> None:
        """Take what the monitor published and repaint the screens in sight; while leaving, they lose their parts."""
        if not self.is_running or not self.model.poll(self.monitor, self._monotonic()):
            return
        self._announce()
        self._follow_others()
        await self._notice()
        covered: list[Screen[Any]] = []
        for screen in reversed(self.screen_stack):
            if self.is_running and screen.is_mounted:
                if isinstance(screen, ModelScreen | ModelModal):
                    await screen.update_model()
                for bar in screen.query(AskBar):
                    bar.follow()
            if not isinstance(screen, ModalScreen):
                for dialog in covered[1:]:  # one below another keeps a picture of what is below itself
                    screen.call_after_refresh(dialog.refresh)
                break
            covered.append(screen)

    async def _notice(self) -> None:
        """A closed market and a trouble that stays are explained once, on a page of their own."""
        status = self.model.status
        if status is None or not isinstance(self.screen, MainScreen):
            return
        if (found := notice(status, self.model.views, self._told)) is not None:
            await self.push_screen(lazy.first_run_screen(found, self.zone))

    def pop_screen(self) -> AwaitComplete:
        """Leave the screen in front, and let what it painted go (Textual issue 6665: a cache keeps it otherwise)."""
        StylesCache.get_inner_outer.cache_clear()
        return super().pop_screen()

    def _wake(self) -> None:
        """Called in the monitor's thread: news does not wait for the next look."""
        if not self._woken:
            self._woken = True
            self.post_message(NewsCame())

    async def on_news_came(self) -> None:
        """An alert, a recommendation or a blindness was published."""
        self._woken = False
        await self.look()

    def _announce(self) -> None:
        opened, blinded = self.model.newly_open(), self.model.newly_blind()
        if self.is_seeking:  # what is passed over was heard when it was played, or is not wanted
            opened, blinded = [], []
        told = [item for item in opened if item.weight != "note"]
        fresh = [(card_title(item), item.reason) for item in told]
        fresh += [(f"BLIND {view.symbol}", view.chip_detail) for view in blinded]
        heard = {_sound(item) for item in told}
        heard |= {"blind"} if blinded or self.model.newly_silent() else set()
        heard |= {"alert"} if self.model.newly_alerted() and not self.is_seeking else set()
        for number in range(self._signals.use.rings(heard)):
            self.set_timer(number * _BELL_SECONDS, self.bell) if number else self.bell()
        self._signals.tell_desktop(fresh, focused=self.app_focus)
        self.title = self.model.asks or APP_TITLE

    def watch_title(self, title: str) -> None:
        """The terminal's title says what is asked, so that it shows in a tab or a task bar."""
        self._signals.show_title(title)

    def _blink(self) -> None:
        """While something is asked the title changes each second: a tab in the background shows it."""
        if self.model.asks:
            self._signals.blink(self.title)

    def _write(self, sequence: str) -> None:
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

    def action_help(self) -> None:
        """Keys and signs; from the help itself it closes."""
        if self._scope == "Help":
            self.screen.dismiss(None)
        else:
            self.push_screen(lazy.help_screen(self._scope))

    def action_command_palette(self) -> None:
        """Every action, symbol and theme by name."""
        if getattr(self.screen, "SCOPE", "") != "Palette":
            self.push_screen(lazy.palette_screen())

    def action_history(self) -> None:
        """Everything in the journal."""
        self._open_history()
        if self.history is None:
            self.tell("no journal to read on this machine")
        elif self._scope != "History":
            if self.replay is not None:  # its journal may have begun again
                self.history.close()
                self.history = self.history.anew()
            self.push_screen(lazy.history_screen(self.history, self.zone))

    def action_settings(self) -> None:
        """The settings that change often."""
        if self._settings is None:
            self.tell("no settings to change here")
        else:
            self.push_screen(lazy.settings_screen(self._settings))

    def _follow_others(self) -> None:
        """What was answered on another screen of the engine is told here, what was changed there holds here too."""
        if self._engine is None:
            return
        for words in self._engine.take_answers():
            self.tell(words)
        if self._settings is None or not (changed := self._engine.take_settings()):
            return
        for name, value in self._settings.follow(changed).items():
            self.apply_setting(name, value)

    def apply_setting(self, name: str, value: Any) -> None:
        """Put a changed setting of the screen in force now."""
        if name == "theme":
            self.theme = value or DEFAULT_THEME
        elif name == "fps":
            self._looking.stop()
            self._looking = self.set_interval(1 / value, self.look)
        else:
            changed = {"bell": not value} if name == "no_bell" else {name: value}
            self._signals.use = replace(self._signals.use, **changed)
            self.model.muted = not self._signals.use.bell

    async def action_mute(self) -> None:
        """No bell, or the bell again, on this screen until it is closed."""
        self.apply_setting("no_bell", self._signals.use.bell)
        self.tell("bell off on this screen until you quit" if self.model.muted else "bell on")
        if isinstance(self.screen, ModelScreen):
            await self.screen.update_model()

    def keep_choice(self) -> None:
        """Keep layout and sort for the next start, where there is a journal to keep them beside."""
        try:
            write_choice(self.export_directory, self.model.choice)
        except OSError as error:
            self.tell(f"layout and sort could not be saved: {error.strerror}", warning=True)

    def action_next_theme(self) -> None:
        """The next theme."""
        if name := self._themes.next():
            self.tell(f"theme {name}")

    def action_save_picture(self) -> None:
        """The screen as an SVG beside the journal."""
        if self.export_directory is None or self.model.status is None:
            self.tell("no journal folder to write to")
            return
        path = self.export_directory / f"screen-{self.model.status.now_ns // 1_000_000}.svg"
        try:
            replace_file(path, self.export_screenshot().encode())  # it shows what is held, and to nobody else
        except OSError as error:
            self.tell(f"not saved: {error.strerror}", warning=True)
        else:
            self.tell(f"saved {path}")

    async def action_quit(self) -> None:
        """Leave at once: no thread is waited for here."""
        if self.refuses_to_quit():
            return
        if self._engine is not None and self._engine.asks():
            if self._scope != "Quit":
                self.push_screen(lazy.leave_screen(), self._leave_engine)
            return
        self._leave_now()

    def _leave_engine(self, choice: str | None) -> None:
        if self._engine is None or choice is None:
            return
        if choice == "end":
            self._engine.end()
        else:
            self._engine.keep()
        self._leave_now()

    def _leave_now(self) -> None:
        self.leave("quit", self.monitor.status().exit_code)

    def _fatal_error(self) -> None:
        super()._fatal_error()
        self._signals.failed(APP_TITLE)
