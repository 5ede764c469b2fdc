"""A terminal that reads nothing holds up nobody, and shows the newest screen once it reads again."""

from __future__ import annotations

import os
import pty
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from orderflow_tui.tui.app import OrderFlowApp
from orderflow_tui.tui.keys.guarded_app import NOT_SHOWN
from orderflow_tui.tui.keys.terminal_input import Key
from orderflow_tui.tui.keys.terminal_output import BEHIND, MOST_WAITING, TerminalOutput
from orderflow_tui.tui.state.attention import Attention
from tests.tui.driving import press, running, toasts
from tests.tui.fake import busy_market

FRAME = "x" * 20_000
WAIT = 10.0


class Terminal:
    """A pseudo-terminal whose other end is read when a test says so."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        self.file = os.fdopen(slave, "w")
        self.lost: list[str] = []
        self.gone, self.caught_up = threading.Event(), threading.Event()
        self.output = TerminalOutput(self.file, self._lost, self.caught_up.set)
        self.output.start()

    def _lost(self, why: str) -> None:
        self.lost.append(why)
        self.gone.set()

    def read_until(self, end: bytes) -> bytes:
        seen = b""
        while end not in seen:
            seen += os.read(self.master, 1 << 16)
        return seen


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    if made.master >= 0:
        os.close(made.master)
    made.output.stop()
    made.output.join(WAIT)
    made.file.close()


def test_what_is_written_waits_for_nobody_and_is_bounded(terminal: Terminal) -> None:
    output = terminal.output
    painted = 0
    for _ in range(1_000):
        if output.takes_frame():
            output.write(FRAME)
            painted += 1
        output.write("\x07")
    assert output.behind
    assert painted * len(FRAME) < BEHIND + 3 * len(FRAME)
    assert output._size < BEHIND + 3 * len(FRAME) + MOST_WAITING
    assert not terminal.caught_up.is_set()


def test_once_it_reads_again_a_repaint_is_asked_for_and_the_newest_frame_comes_last(terminal: Terminal) -> None:
    output = terminal.output
    while output.takes_frame():
        output.write(FRAME)
    output.write("title")
    terminal.read_until(b"title")
    assert terminal.caught_up.wait(WAIT)
    assert output.takes_frame()
    output.write("newest")
    assert terminal.read_until(b"newest") == b"newest"
    output.stop()
    assert output.complete


def test_leaving_a_terminal_that_reads_nothing_is_quick_and_known_to_be_incomplete(terminal: Terminal) -> None:
    terminal.output.write(FRAME)
    terminal.output.stop()
    assert not terminal.output.complete


def test_a_terminal_that_is_gone_is_noticed_by_writing(terminal: Terminal) -> None:
    os.close(terminal.master)
    terminal.master = -1
    terminal.output.write("x")
    assert terminal.gone.wait(WAIT)
    assert terminal.lost[0].startswith("the terminal takes nothing more: ")
    assert not terminal.output.takes_frame()
    terminal.output.write(FRAME)


def exited() -> Key:
    key = Key("e", "e")
    key.alone = key.by_person = True
    return key


async def test_no_recommendation_is_answered_before_the_terminal_has_shown_it(monkeypatch: Any) -> None:
    monitor = busy_market()
    async with running(monitor) as (app, pilot):
        await press(pilot, "f2")
        driver = app._driver
        monkeypatch.setattr(driver, "behind", True, raising=False)
        app.post_message(exited())
        await pilot.pause()
        assert monitor.answers == []
        assert NOT_SHOWN in toasts(app)
        monkeypatch.setattr(driver, "behind", False, raising=False)
        app.post_message(exited())
        await pilot.pause()
        assert [given.kind for _, given in monitor.answers] == ["exited"]


async def test_a_frame_the_terminal_has_no_room_for_is_not_painted(monkeypatch: Any) -> None:
    painted: list[str] = []
    async with running(busy_market(), attention=Attention(bell=False)) as (app, pilot):
        assert isinstance(app, OrderFlowApp)
        driver = app._driver
        monkeypatch.setattr(type(app), "is_headless", False)
        monkeypatch.setattr(driver, "write", painted.append)
        monkeypatch.setattr(driver, "takes_frame", lambda: False, raising=False)
        app.refresh()
        await pilot.pause()
        assert painted == []
        monkeypatch.setattr(driver, "takes_frame", lambda: True, raising=False)
        app.refresh()
        await pilot.pause()
        monkeypatch.setattr(type(app), "is_headless", True)
        assert any("BAC" in text for text in painted)
