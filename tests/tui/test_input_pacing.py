"""Of a flood the app gets what it keeps up with; a key alone always."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.message import Message

from orderflow_tui.config.screen_settings import ScreenSettings
from orderflow_tui.tui.app import OrderFlowApp
from orderflow_tui.tui.keys.guarded_app import TOO_CLOSE
from orderflow_tui.tui.keys.input_pacing import MOST_BEHIND, InputPacing
from orderflow_tui.tui.keys.terminal_input import Key
from orderflow_tui.tui.state.messages import MOST
from orderflow_tui.tui.state.settings_model import SettingsDesk
from tests.tui.driving import press, running, screen_text, toasts
from tests.tui.fake import calm_market


class Slow(OrderFlowApp):
    """Deals with nothing until a test says so."""

    def __init__(self) -> None:
        super().__init__(calm_market())
        self.told: list[Callable[[], None]] = []

    def once_dealt_with(self, told: Callable[[], None]) -> None:
        self.told.append(told)


def test_an_app_that_is_behind_is_not_buried() -> None:
    app = Slow()
    got: list[Message] = []
    passing = InputPacing(app, got.append)
    flood = [events.Key("up", None) for _ in range(50)]
    passing(flood)
    passing(flood)
    assert len(got) == MOST_BEHIND
    alone = Key("f1", None)
    alone.alone = True
    passing([alone])
    assert got[-1] is alone
    for told in app.told:
        told()
    passing(flood)
    assert len(got) == 2 * MOST_BEHIND + 1


def test_the_key_behind_a_flood_is_passed_on_once_the_app_has_caught_up() -> None:
    app = Slow()
    got: list[Message] = []
    passing = InputPacing(app, got.append)
    last = Key("f1", None)
    passing([*(Key("f2", None) for _ in range(50)), last])
    passing([])
    assert passing.waits
    assert last not in got
    app.told[0]()
    passing([])
    assert got[-1] is last
    assert not passing.waits


async def test_the_app_says_when_it_has_dealt_with_what_came() -> None:
    async with running(calm_market()) as (app, pilot):
        done: list[bool] = []
        app.once_dealt_with(lambda: done.append(True))
        await pilot.pause()
        assert done == [True]


async def test_keys_that_nobody_pressed_change_no_setting() -> None:
    async with running(calm_market(), settings=SettingsDesk(ScreenSettings(), {}, None)) as (app, pilot):
        await press(pilot, "comma")
        key = Key("right", None)
        app.post_message(key)
        await pilot.pause()
        assert (app.theme, toasts(app)) == ("dark", [TOO_CLOSE])
        held_down = Key("right", None)
        held_down.repeated = True
        app.post_message(held_down)
        await pilot.pause()
        assert app.theme != "dark"


async def test_few_messages_wait_and_none_twice() -> None:
    async with running(calm_market()) as (app, pilot):
        for number in range(20):
            app.tell(f"words {number % 10}")
            app.action_help_quit()
        await pilot.pause()
        assert len(toasts(app)) == len(set(toasts(app))) == MOST
        assert "words 9" in toasts(app)


async def test_what_is_said_covers_no_data_and_comes_whole() -> None:
    async with running(calm_market(), size=(80, 24)) as (app, pilot):
        before = screen_text(app).splitlines()
        app.tell("first")
        app.tell("saved " + "folder/" * 20, warning=True)
        await pilot.pause()
        shown = [screen_text(app).splitlines()[-1]]
        assert screen_text(app).splitlines()[:-1] == before[:-1]
        for _ in range(2):
            app._next_message()
            await pilot.pause()
            shown.append(screen_text(app).splitlines()[-1])
        assert "".join(line.strip() for line in shown) == "saved " + "folder/" * 20 + "first"
        app._next_message()
        await pilot.pause()
        assert screen_text(app).splitlines() == before
