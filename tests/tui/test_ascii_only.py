"""The screen in ASCII alone: as wide as before, every sign of ours with one of its own."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from orderflow_tui.tui.keys.guarded_app import GuardedApp
from orderflow_tui.tui.keys.terminal_driver import TerminalDriver
from orderflow_tui.tui.keys.terminal_output import TerminalOutput
from orderflow_tui.tui.look.ascii_only import ascii_only
from tests.tui.driving import press, running, screen_text
from tests.tui.fake import busy_market


@given(st.text(max_size=40))
def test_any_text_keeps_its_width(text: str) -> None:
    plain = ascii_only(text)
    assert plain.isascii()
    if text.isprintable():
        assert cell_len(plain) == sum(cell_len(sign) for sign in text)


async def test_every_sign_on_the_screens_has_one_of_its_own() -> None:
    async with running(busy_market(), size=(120, 36)) as (app, pilot):
        for key in ("", "enter", "escape", "d", "escape", "f2"):
            if key:
                await press(pilot, key)
            shown = screen_text(app)
            assert ascii_only(shown).count("?") == shown.count("?"), {s for s in shown if ascii_only(s) == "?" != s}


async def test_a_key_whose_sign_ascii_lacks_is_a_word() -> None:
    async with running(busy_market(), size=(120, 36)) as (app, pilot):
        app.ascii_only = True
        await pilot.resize_terminal(119, 36)
        await pilot.pause()
        keys = screen_text(app).splitlines()[-1]
        assert keys.startswith(" Enter Detail")
        assert keys.isascii()


@pytest.mark.parametrize(
    ("encoding", "asked", "sent"), [("utf-8", False, "▇ é"), ("utf-8", True, "# ?"), ("ascii", False, "# ?")]
)
def test_the_driver_sends_it_where_it_is_asked_or_the_encoding_has_no_more(
    encoding: str, asked: bool, sent: str
) -> None:
    reading, writing = os.pipe()
    file = os.fdopen(writing, "w", encoding=encoding)
    driver = TerminalDriver.__new__(TerminalDriver)
    driver._dashboard = GuardedApp()
    driver._dashboard.ascii_only = asked
    driver._output = TerminalOutput(file, print, print)
    driver._output.start()
    driver.write("▇ é")
    driver._output.stop()
    file.close()
    assert os.read(reading, 100).decode() == sent
    os.close(reading)
