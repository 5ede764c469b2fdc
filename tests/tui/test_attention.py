"""What rings, what the title says, what the desktop is told: each can be switched off."""

from __future__ import annotations

import pytest
from textual import events

from orderflow_tui.config.screen_settings import Sound, bells, screen_settings
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.tui.app import OrderFlowApp
from orderflow_tui.tui.state.attention import Attention, notification_sequence, title_sequence
from tests.tui.driving import running, settled
from tests.tui.fake import alert, calm_market, recommendation, symbol_view

HOSTILE = "BAC\x1b]52;c;eA==\x07;x"


def test_the_notification_fits_the_terminal_and_holds_no_sequence_of_others() -> None:
    assert notification_sequence("EXIT? BAC", "3 sellers; 85 s", {}) == "\x1b]9;EXIT? BAC: 3 sellers, 85 s\x07"
    assert notification_sequence("EXIT?", HOSTILE, {}) == "\x1b]9;EXIT?: BAC]52,c,eA==,x\x07"
    for terminal in ({"TERM": "foot"}, {"TERM": "rxvt-unicode-256color"}, {"VTE_VERSION": "7600"}):
        assert notification_sequence("EXIT?", "why", terminal) == "\x1b]777;notify;EXIT?;why\x07"
    inside = notification_sequence("EXIT?", "why", {"TMUX": "/tmp/tmux-0/default,1,0"})
    assert inside == "\x1bPtmux;\x1b\x1b]9;EXIT?: why\x07\x1b\\"


def test_the_title_holds_no_sequence_of_others() -> None:
    assert title_sequence(HOSTILE) == "\x1b]0;BAC]52;c;eA==;x\x07"


@pytest.mark.parametrize(
    ("notify", "focused", "wanted"),
    [("unfocused", True, False), ("unfocused", False, True), ("always", True, True), ("never", False, False)],
)
def test_when_the_desktop_is_told(notify: str, focused: bool, wanted: bool) -> None:
    assert Attention(notify=notify).wants_notification(focused=focused) is wanted  # type: ignore[arg-type]


class Written:
    """What the app wrote to the terminal beside its screen."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sequences: list[str] = []
        self.bells = 0
        monkeypatch.setattr(OrderFlowApp, "_write", lambda _, sequence: self.sequences.append(sequence))
        monkeypatch.setattr(OrderFlowApp, "bell", lambda _: setattr(self, "bells", self.bells + 1))

    def of(self, code: str) -> list[str]:
        return [sequence for sequence in self.sequences if sequence.startswith(f"\x1b]{code};")]


async def test_another_window_in_front_is_told_once_a_recommendation(monkeypatch: pytest.MonkeyPatch) -> None:
    written = Written(monkeypatch)
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("VTE_VERSION", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monitor = calm_market()
    async with running(monitor) as (app, pilot):
        monitor.put(recommendations=(recommendation("BAC", weight="calm"),))
        await settled(pilot)
        assert (written.of("9"), written.bells) == ([], 1)
        app.post_message(events.AppBlur())
        await pilot.pause()
        monitor.put(
            recommendations=(
                recommendation("BAC", weight="calm"),
                recommendation("KO", reason="a burst", weight="calm"),
            )
        )
        await settled(pilot)
        await settled(pilot)
        assert written.of("9") == ["\x1b]9;EXIT? KO: a burst\x07"]
        assert written.bells == 2
        monitor.put(symbol_view("MSFT", "BLIND", stale=True, detail="no fresh data"))
        await settled(pilot)
        assert written.of("9")[1:] == ["\x1b]9;BLIND MSFT: no fresh data\x07"]
        assert written.bells == 3


async def test_the_title_blinks_until_it_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    written = Written(monkeypatch)
    monitor = calm_market()
    async with running(monitor) as (app, pilot):
        monitor.put(recommendations=(recommendation("BAC"),))
        await settled(pilot)
        written.sequences.clear()
        for _ in range(2):
            app._blink()
        assert sorted(written.sequences) == ["\x1b]0;EXIT? BAC\x07", "\x1b]0;● EXIT? BAC\x07"]
        monitor.put(recommendations=())
        await settled(pilot)
        written.sequences.clear()
        app._blink()
        assert written.sequences == []


async def test_everything_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    written = Written(monkeypatch)
    monitor = calm_market()
    quiet = Attention(bell=False, title=False, notify="never")
    async with running(monitor, attention=quiet) as (app, pilot):
        app.post_message(events.AppBlur())
        monitor.put(recommendations=(recommendation("BAC"),))
        await settled(pilot)
        app._blink()
    assert (written.sequences, written.bells) == ([], 0)


async def test_news_is_painted_without_waiting_for_the_next_look() -> None:
    monitor = calm_market()
    async with running(monitor, fps=0.01) as (app, pilot):
        monitor.put(recommendations=(recommendation("BAC"),))
        monitor.ring()
        monitor.ring()
        await pilot.pause()
        assert app.title == "EXIT? BAC"


@pytest.mark.parametrize(
    ("text", "kinds", "rung"),
    [
        ("", {"exit"}, 2),
        ("", {"calm"}, 1),
        ("", {"alert"}, 0),
        ("", set(), 0),
        ("alert=1, exit=3", {"alert"}, 1),
        ("alert=1, exit=3", {"alert", "exit", "stop"}, 3),
        ("blind=0", {"blind"}, 0),
    ],
)
def test_each_kind_has_its_bells(text: str, kinds: set[Sound], rung: int) -> None:
    assert Attention(bells=bells(text)).rings(kinds) == rung
    assert Attention(bell=False, bells=bells(text)).rings(kinds) == 0


@pytest.mark.parametrize("text", ["exit", "exit=4", "exit=-1", "siren=1", "exit=²", "=1", "exit="])
def test_sounds_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(DataValidationError, match="refused: must be like exit=3"):
        screen_settings({"sounds": text})


async def test_an_alert_and_a_silent_watch_ring_as_their_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    written = Written(monkeypatch)
    monitor, now = calm_market(), [0.0]
    monitor.put(alerts=(alert("BAC", 0, "sold"),))
    loud = Attention(bells=bells("alert=1 blind=1"))
    async with running(monitor, attention=loud, monotonic=lambda: now[0]) as (_, pilot):
        assert written.bells == 0, "what stood there at the start is no news"
        monitor.put(alerts=(alert("BAC", 1, "sold"), alert("BAC", 0, "sold")))
        await settled(pilot)
        assert written.bells == 1
        monitor.put(alerts=(alert("KO", 3, "sold", counts=False), alert("BAC", 1, "sold"), alert("BAC", 0, "sold")))
        await settled(pilot)
        assert written.bells == 1
        now[0] = 10.0
        await settled(pilot)
        assert written.bells == 2
