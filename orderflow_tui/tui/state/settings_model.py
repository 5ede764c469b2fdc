"""The settings that change often: what is in force, where it comes from, and the step to the next value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict

from orderflow_tui.config.edit import SettingsFile, SettingsLook, Table
from orderflow_tui.config.screen_settings import ScreenSettings, screen_settings
from orderflow_tui.config.values import invalid
from orderflow_tui.core.model.validators import DataValidationError

SCREEN_FIELDS: Final = ("theme", "fps", "no_bell", "notify")
THRESHOLDS: Final[Mapping[str, float]] = {
    "large_order_size_threshold": 1_000,
    "volume_spike_threshold": 0.5,
    "red_burst_threshold": 0.5,
    "alert_window_seconds": 30,
    "bucket_seconds": 1,
}
"""What a symbol may have of its own, and how far one step goes."""
WORDS: Final[Mapping[str, str]] = {
    "theme": "colours",
    "fps": "updates per second; 2 on slow links",
    "no_bell": "mute: no bell",
    "notify": "notification of the desktop",
    "large_order_size_threshold": "shares that count as large",
    "volume_spike_threshold": "minimum volume ratio of a red burst",
    "red_burst_threshold": "volume ratio that recommends an exit by itself",
    "alert_window_seconds": "seconds back that alerts count",
    "bucket_seconds": "the burst's window in seconds",
}
_RATES: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
_NOTIFY: Final = ("unfocused", "always", "never")
_DEFAULTS: Final[Mapping[str, object]] = {**asdict(ScreenSettings()), "theme": "dark"}


class Setting(Struct, frozen=True):
    """One line of the settings.

    Attributes:
        table: Where it stands in the file.
        name: Its key there.
        value: What is in force.
        origin: Where that comes from, in words.
        own: It stands in this table of the file and can be taken out.
        choices: The values there are, or none where any within bounds will do.
    """

    table: Table
    name: str
    value: Any
    origin: str
    own: bool = False
    choices: Sequence[object] = ()

    def step(self, direction: int) -> object:
        """The next value, or the one before."""
        if self.choices:
            place = self.choices.index(self.value) if self.value in self.choices else -1
            return self.choices[(place + direction) % len(self.choices)]
        step = THRESHOLDS[self.name]
        return round(self.value + direction * step, 6)

    def parse(self, text: str) -> object:
        """A typed value. Raises DataValidationError where it is no value of this kind."""
        kept = text.strip()
        if isinstance(self.value, bool):
            words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
            if kept.casefold() in words:
                return words[kept.casefold()]
            raise invalid(f"{self.name} = {kept!a} refused: must be true or false")
        if isinstance(self.value, str):
            if kept not in self.choices:
                known = ", ".join(str(choice) for choice in self.choices)
                raise invalid(f"{self.name} = {kept!a} refused: there are {known}")
            return kept
        try:
            number = float(kept.replace(",", ""))
        except ValueError:
            raise invalid(f"{self.name} = {kept!a} refused: must be a number") from None
        whole = isinstance(self.value, int) and number.is_integer()
        return int(number) if whole else number


class SettingsDesk:
    """What the settings screen shows and changes.

    Args:
        ui: The screen's settings in force at the start.
        given: What the command line set of the screen: it stays in force over the file until the next start.
        file: The file changes go to; None where nothing is kept, as in the demo.
        tell: Takes what was changed here, for other screens.
    """

    def __init__(
        self,
        ui: ScreenSettings,
        given: Mapping[str, object],
        file: SettingsFile | None,
        tell: Callable[[str, Any], object] | None = None,
    ) -> None:
        self.followed = 0
        """Grows with each change of another screen."""
        self._tell = tell
        self._ui = asdict(ui)
        self._given = given
        self._file = file
        self._look: SettingsLook | None = None

    @property
    def place(self) -> str:
        """Where changes are kept, in words."""
        if self._file is None:
            return "changes are not saved here; they last until you quit"
        return str(self._look.path) if self._look else "orderflow.toml"

    def open(self, theme: str) -> None:
        """Look at the file anew. Raises DataValidationError where it cannot be used as it stands.

        Args:
            theme: The one in sight: a key may have changed it.
        """
        self._ui["theme"] = theme
        self._look = self._file.look() if self._file else None

    def settings(self, symbol: str, themes: Sequence[str]) -> list[Setting]:
        """The screen's settings, the thresholds of a symbol, and those of all."""
        choices = {"theme": themes, "fps": _RATES, "no_bell": (False, True), "notify": _NOTIFY}
        found = [
            Setting(("ui",), name, self._ui[name], self._ui_origin(name), self._in_ui(name), choices[name])
            for name in SCREEN_FIELDS
        ]
        if self._look is None:
            return found
        loaded = self._look.loaded
        if symbol:
            own, mine = loaded.symbols.get(symbol, {}), loaded.for_symbol(symbol)
            found += [
                Setting(("symbols", symbol), name, getattr(mine, name), "its own" if name in own else "", name in own)
                for name in THRESHOLDS
            ]
        for name in THRESHOLDS:
            origin = loaded.provenance[name]
            inside = origin == str(loaded.path)
            found.append(Setting((), name, getattr(loaded.config, name), "the file" if inside else origin, inside))
        return found

    def change(self, setting: Setting, value: object) -> str:
        """Put one setting in force and into the file; None takes it out of there again.

        Returns:
            A line that says what is in force and from when.

        Raises:
            DataValidationError: One line; nothing has changed.
        """
        told = ""
        if setting.table == ("ui",):
            new = _DEFAULTS[setting.name] if value is None else value
            screen_settings({**self._ui, setting.name: new})
        if self._file is not None and self._look is not None:
            self._look = self._file.write(self._look, setting.table, setting.name, value)
            told = f", written to {self._look.path}"
        elif self._file is not None:
            told = ", not written: the file has errors"
        if setting.table == ("ui",):
            self._ui[setting.name] = new
            if setting.name in self._given and self._look is not None:
                told += "; the command line overrides it at the next start"
        elif self._overruled(setting):
            told += f"; {self._origin(setting.name)} overrides it"
        if self._tell is not None:
            self._tell(setting.name, new if setting.table == ("ui",) else value)
        return f"{setting.name} {'as everywhere' if value is None else value}{told}"

    def follow(self, changed: Mapping[str, Any]) -> dict[str, Any]:
        """Take what another screen has changed; what the command line set of this one stays.

        Returns:
            What is to be put in force here.
        """
        self.followed += 1
        wanted = {name: value for name, value in changed.items() if name in SCREEN_FIELDS and name not in self._given}
        try:
            screen_settings({**self._ui, **wanted})
        except DataValidationError:
            return {}  # a theme that this screen does not know
        self._ui |= wanted
        return wanted

    def _overruled(self, setting: Setting) -> bool:
        return not setting.table and self._origin(setting.name) not in {str(self._path), "default"}

    def _origin(self, name: str) -> str:
        return self._look.loaded.provenance[name] if self._look else ""

    @property
    def _path(self) -> object:
        return self._look.path if self._look else None

    def _in_ui(self, name: str) -> bool:
        return self._look is not None and name in self._look.loaded.ui

    def _ui_origin(self, name: str) -> str:
        if name in self._given:
            return "command line"
        return "the file" if self._in_ui(name) else "default"
