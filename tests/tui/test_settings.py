from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from orderflow_tui.config.edit import SettingsFile
from orderflow_tui.config.screen_settings import ScreenSettings
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.tui.screens.search import SearchScreen
from orderflow_tui.tui.screens.settings import SettingsScreen
from orderflow_tui.tui.state.settings_model import THRESHOLDS, WORDS, SettingsDesk
from orderflow_tui.tui.widgets.text_field import Field
from tests.tui.driving import block, press, running, screen_text, settled, toasts
from tests.tui.fake import FakeMonitor, busy_market, calm_market, recommendation


def desk(folder: Path, *, given: dict[str, object] | None = None, env: dict[str, str] | None = None) -> SettingsDesk:
    return SettingsDesk(ScreenSettings(), given or {}, SettingsFile({}, env=env or {}, cwd=folder))


def line(found: SettingsDesk, name: str, symbol: str = "") -> tuple[object, str]:
    setting = next(item for item in found.settings(symbol, ["dark", "light"]) if item.name == name)
    return setting.value, setting.origin


def test_each_line_says_where_its_value_comes_from(tmp_path: Path) -> None:
    (tmp_path / "orderflow.toml").write_text(
        "bucket_seconds = 7\n[symbols.BAC]\nalert_window_seconds = 60\n[ui]\nnotify = 'always'\n"
    )
    found = desk(tmp_path, given={"fps": 4.0}, env={"ORDER_FLOW_VOLUME_SPIKE_THRESHOLD": "2.5"})
    found.open("light")
    assert line(found, "theme") == ("light", "default")
    assert line(found, "fps") == (10.0, "command line")
    assert line(found, "notify")[1] == "the file"
    assert line(found, "bucket_seconds") == (7, "the file")
    assert line(found, "volume_spike_threshold") == (2.5, "ORDER_FLOW_VOLUME_SPIKE_THRESHOLD")
    assert line(found, "alert_window_seconds", "BAC") == (60, "its own")
    assert line(found, "bucket_seconds", "BAC") == (7, "")
    for setting in found.settings("BAC", ["dark"]):
        assert setting.name in WORDS
        if setting.table == () and setting.name == "volume_spike_threshold":
            assert found.change(setting, 3.5).endswith("ORDER_FLOW_VOLUME_SPIKE_THRESHOLD overrides it")
        if setting.name == "fps":
            assert "command line overrides it" in found.change(setting, 5.0)
    assert line(found, "fps")[0] == 5.0


def test_typed_words_become_values(tmp_path: Path) -> None:
    found = desk(tmp_path)
    found.open("dark")
    settings = {item.name: item for item in found.settings("", ["dark", "light"])}
    assert set(settings) == {"theme", "fps", "no_bell", "notify", *THRESHOLDS}
    assert settings["no_bell"].parse(" Yes ") is True
    assert settings["theme"].parse("light") == "light"
    assert settings["bucket_seconds"].parse("12") == 12
    assert settings["bucket_seconds"].parse("1.5") == 1.5
    assert settings["theme"].step(1) == "light"
    assert settings["theme"].step(-1) == "light"
    assert settings["red_burst_threshold"].step(1) == 4.5
    for name, words in (("no_bell", "perhaps"), ("fps", "fast"), ("theme", "drak")):
        with pytest.raises(DataValidationError):
            settings[name].parse(words)
    with pytest.raises(DataValidationError):
        found.change(settings["notify"], "loudly")
    with pytest.raises(DataValidationError):
        found.change(settings["bucket_seconds"], 1.5)


async def test_without_a_file_changes_last_until_the_end(tmp_path: Path) -> None:
    found = SettingsDesk(ScreenSettings(), {}, None)
    async with running(busy_market(), settings=found) as (app, pilot):
        await press(pilot, "comma", "right")
        assert isinstance(app.screen, SettingsScreen)
        assert app.theme != "dark"
        assert "changes are not saved here" in block(app, "settings")
        assert "Thresholds" not in block(app, "settings")
        await press(pilot, "j", "j", "right", "j", "right", "x", "k", "k", "k", "x")
        assert (app._signals.use.bell, app._signals.use.notify, app.theme) == (False, "unfocused", "dark")
    assert [path.name for path in tmp_path.glob("**/*.toml")] == []  # noqa: ASYNC240 - nothing waits here


async def test_a_file_that_does_not_load_is_said(tmp_path: Path) -> None:
    (tmp_path / "orderflow.toml").write_text("bucket_seconds = 700\n")
    async with running(busy_market(), settings=desk(tmp_path)) as (app, pilot):
        await press(pilot, "comma")
        assert "bucket_seconds = 700 refused" in " ".join(block(app, "settings").split())
        await press(pilot, "right")
        assert "not written: the file has errors" in block(app, "settings")
        await press(pilot, "enter", *"nonsense", "enter", "tab", "escape")
        assert (tmp_path / "orderflow.toml").read_text() == "bucket_seconds = 700\n"


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (80, 24), (200, 50)])
async def test_the_line_under_the_cursor_is_always_in_sight(tmp_path: Path, size: tuple[int, int]) -> None:
    async with running(busy_market(), size=size, settings=desk(tmp_path)) as (app, pilot):
        await press(pilot, "comma", *["j"] * 12)
        if size[1] > 4:
            assert any(row.lstrip(" ┃").startswith(">") for row in screen_text(app).splitlines())
        await pilot.resize_terminal(60, 12)
        await press(pilot, "k", "up")


async def test_no_settings_no_screen() -> None:
    async with running(busy_market()) as (app, pilot):
        await press(pilot, "comma")
        assert toasts(app) == ["no settings to change here"]


async def test_a_value_being_typed_hides_nothing_that_happens(tmp_path: Path) -> None:
    market = calm_market()
    async with running(market, settings=desk(tmp_path)) as (app, pilot):
        await press(pilot, "comma", "enter")
        assert isinstance(app.screen, SearchScreen)
        name = next(iter(market.views()))
        for reason in ("first reason", "second reason"):
            market.put(recommendations=(recommendation(name, reason=reason),))
            await settled(pilot)
            assert f"EXIT? {name}" in screen_text(app)
            assert reason in screen_text(app)


async def test_keys_that_come_at_once_act_in_their_order(tmp_path: Path) -> None:
    async with running(calm_market(), settings=desk(tmp_path)) as (app, pilot):
        await press(pilot, "comma", "enter")
        field = app.screen.query_one(Field)
        typed = ["9", "9", "backspace", "backspace", "2", "3", "5", "left", "4", "home", "1", "end", "6", "delete"]
        for key in typed:
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        assert field.value == "123456"


class OtherScreen:
    """An engine on which another screen changes settings."""

    gone = ""

    def __init__(self) -> None:
        self.changed: dict[str, object] = {}

    def asks(self) -> bool:
        return False

    def keep(self) -> None:
        raise AssertionError

    end = keep

    def restart(self) -> str:
        raise AssertionError

    def take_answers(self) -> list[str]:
        return ["BAC answered on pts/7: hold"] if self.changed else []

    def take_settings(self) -> dict[str, object]:
        changed, self.changed = self.changed, {}
        return changed


async def test_what_another_screen_changed_or_answered_holds_here_and_is_shown(tmp_path: Path) -> None:
    other = OtherScreen()
    async with running(busy_market(), settings=desk(tmp_path, given={"fps": 4.0}), engine=other) as (app, pilot):
        await press(pilot, "comma")
        assert "bucket_seconds  " in block(app, "settings")
        (tmp_path / "orderflow.toml").write_text("bucket_seconds = 9\n[ui]\nno_bell = true\ntheme = 'light'\n")
        other.changed = {"no_bell": True, "theme": "light", "fps": 2.0, "bucket_seconds": 9}
        monitor = app.monitor
        assert isinstance(monitor, FakeMonitor)
        monitor.put()
        await app.look()
        await settled(pilot)
        assert (app._signals.use.bell, app.theme) == (False, "light")
        assert "BAC answered on pts/7: hold" in toasts(app)
        shown = {row.split()[0]: row for row in block(app, "settings").splitlines() if row.split()}
        assert "9" in next(row for name, row in shown.items() if name.endswith("bucket_seconds"))
        assert "command line" in shown["fps"], "what the command line set of this screen stays"


def test_a_change_is_told_to_the_other_screens_and_a_refused_one_is_not(tmp_path: Path) -> None:
    told: list[tuple[str, object]] = []
    found = SettingsDesk(ScreenSettings(), {}, SettingsFile({}, env={}, cwd=tmp_path), lambda *each: told.append(each))
    (tmp_path / "orderflow.toml").write_text("")
    found.open("dark")
    settings = {item.name: item for item in found.settings("", ["dark", "light"])}
    found.change(settings["no_bell"], True)
    found.change(settings["bucket_seconds"], 12)
    with pytest.raises(DataValidationError):
        found.change(settings["notify"], "loudly")
    found.change(settings["no_bell"], None)
    assert told == [("no_bell", True), ("bucket_seconds", 12), ("no_bell", False)]
    assert found.follow({"notify": "loudly"}) == {}
