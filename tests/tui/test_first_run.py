from __future__ import annotations

import re
from pathlib import Path
from typing import cast, get_args

import pytest
from msgspec.structs import replace

from orderflow_tui.positions.toml_file import read_text
from orderflow_tui.tui.screens.first_run import SAMPLE, FirstRunScreen
from orderflow_tui.tui.screens.main import MainScreen
from orderflow_tui.tui.state.first_run import FirstRun, Kind
from orderflow_tui.views.frozen_views import Chip, SymbolView
from tests.tui.driving import press, running, screen_text, settled, toasts
from tests.tui.fake import FakeMonitor, busy_market, symbol_view


def waiting(symbol: str, why: str, chip: str = "BLIND") -> SymbolView:
    """A symbol of which nothing came yet."""
    return replace(symbol_view(symbol), chip=cast("Chip", chip), chip_detail=why, last_price=None, stale=True)


def test_the_example_is_a_positions_file_once_its_marks_are_taken_away() -> None:
    assert read_text(SAMPLE, "positions.toml") == ((), ())
    text = "\n".join(re.sub(r"^# ?", "", line) for line in SAMPLE.splitlines()[1:])
    (position,), watched = read_text(text, "positions.toml")
    assert (position.symbol, position.quantity, watched) == ("BAC", 1_000, ("SPY",))


async def test_an_example_is_written_once_and_the_page_says_what_comes_next(tmp_path: Path) -> None:
    path = tmp_path / "positions.toml"
    async with running(FakeMonitor(), size=(80, 24), first_run=FirstRun("no_positions_file", path)) as (app, pilot):
        assert "press w" in " ".join(screen_text(app).split())
        await press(pilot, "w")
        assert path.read_text() == SAMPLE
        words = " ".join(screen_text(app).split())
        assert "open it in an editor" in words
        assert "Nothing is held" in words
        await press(pilot, "w")
        assert toasts(app)[-1] == "there is nothing to write here"


async def test_no_file_is_written_over_and_a_folder_that_is_missing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "positions.toml"
    async with running(FakeMonitor(), first_run=FirstRun("no_positions_file", path)) as (app, pilot):
        path.write_text("mine")
        await press(pilot, "w")
        assert "left unchanged" in toasts(app)[-1]
        assert path.read_text() == "mine"
    gone = tmp_path / "gone" / "positions.toml"
    async with running(FakeMonitor(), first_run=FirstRun("no_positions_file", gone)) as (app, pilot):
        await press(pilot, "w")
        assert "cannot be written" in toasts(app)[-1]
    async with running(FakeMonitor(), first_run=FirstRun("no_positions_file", tmp_path / "held.csv")) as (app, pilot):
        await press(pilot, "w")
        assert not (tmp_path / "held.csv").exists()


async def test_a_closed_market_is_explained_until_it_opens() -> None:
    monitor = busy_market()
    monitor.put(source_class="live", market="closed")
    async with running(monitor, size=(80, 24)) as (app, pilot):
        await settled(pilot)
        assert isinstance(app.screen, FirstRunScreen)
        words = " ".join(screen_text(app).split())
        assert "The market is closed" in words
        assert "regular session is 9:30" in words
        assert "orderflow-tui demo" in words
        monitor.put(source_class="live", market="open")
        await settled(pilot)
        await settled(pilot)
        assert isinstance(app.screen, MainScreen)
        monitor.put(source_class="live", market="closed")
        await settled(pilot)
        assert isinstance(app.screen, MainScreen)


async def test_a_page_that_is_over_while_help_covers_it_leaves_once() -> None:
    monitor = busy_market()
    monitor.put(source_class="live", market="closed")
    async with running(monitor, size=(80, 24)) as (app, pilot):
        await settled(pilot)
        page = app.screen
        assert isinstance(page, FirstRunScreen)
        await press(pilot, "f1")
        assert app.screen is not page
        monitor.put(source_class="live", market="open")
        await settled(pilot)
        await page.update_model()
        await press(pilot, "escape")
        await settled(pilot)
        assert isinstance(app.screen, MainScreen)
        await page.update_model()
        assert isinstance(app.screen, MainScreen)


async def test_what_the_plan_lacks_is_explained_once() -> None:
    monitor = busy_market()
    monitor.put(source_class="live", missing_features=("quotes", "trades"))
    async with running(monitor, size=(80, 24)) as (app, pilot):
        await settled(pilot)
        words = " ".join(screen_text(app).split())
        assert "without quotes: no bid" in words
        assert "without trades: no tape" in words
        await press(pilot, "enter")
        assert isinstance(app.screen, MainScreen)
        await settled(pilot)
        assert isinstance(app.screen, MainScreen)


async def test_a_refused_key_is_a_page_with_its_reason_first_in_a_demo_too() -> None:
    for source_class in ("live", "simulated"):
        monitor = FakeMonitor({"BAC": waiting("BAC", "waiting for the first answer", chip="NO DATA")})
        monitor.put(source_class=source_class, market="unknown", ended="401: Unknown API Key [/]", exit_code=1)
        async with running(monitor, size=(80, 24)) as (app, pilot):
            await settled(pilot)
            words = " ".join(screen_text(app).split())
            assert "the source refused your key 401: Unknown API Key [/] 1. Look" in words
            assert "Press r: the watch starts again" in words
            await press(pilot, "enter", "w")
            assert isinstance(app.screen, FirstRunScreen), "it can be had again"


async def test_a_start_without_data_is_a_page_until_data_comes() -> None:
    monitor = FakeMonitor({"BACX": waiting("BACX", "no data since the start")})
    monitor.put(source_class="live", market="open")
    async with running(monitor, size=(80, 24)) as (app, pilot):
        await settled(pilot)
        words = " ".join(screen_text(app).split())
        assert "no data has come since the start no data since the start 1. Is" in words
        monitor.put(symbol_view("BACX"))
        await settled(pilot)
        await settled(pilot)
        assert isinstance(app.screen, MainScreen)


async def test_a_plan_without_any_data_is_a_page_about_the_plan_and_its_reason_stays_current() -> None:
    monitor = FakeMonitor({"BACX": waiting("BACX", "no data yet")})
    monitor.put(source_class="simulated", market="open", missing_features=("quotes",), detail="rate limited, 22 s")
    async with running(monitor, size=(80, 24)) as (app, pilot):
        await settled(pilot)
        words = " ".join(screen_text(app).split())
        assert "NOTHING IS WATCHED: your key's plan leaves something out" in words
        assert "since the start: rate limited, 22 s - without quotes" in words
        assert "r Retry" in words
        monitor.put(missing_features=("quotes", "trades"), detail="rate limited, 9 s")
        await settled(pilot)
        words = " ".join(screen_text(app).split())
        assert "rate limited, 9 s - without quotes: no bid" in words
        assert "- without trades: no tape" in words


async def test_what_a_demo_of_a_small_plan_lacks_is_explained() -> None:
    monitor = busy_market()
    monitor.put(source_class="simulated", missing_features=("quotes",))
    async with running(monitor, size=(80, 24)) as (app, pilot):
        await settled(pilot)
        assert "without quotes" in screen_text(app)


@pytest.mark.parametrize("kind", get_args(Kind))
async def test_no_page_is_cut_at_eighty_columns(kind: Kind) -> None:
    first = FirstRun(kind, missing=("quotes", "trades"), message="401: Unknown API Key")
    async with running(FakeMonitor(), size=(80, 24)) as (app, pilot):
        screen = FirstRunScreen(first, app.zone)
        screen._is_over = lambda: False  # type: ignore[method-assign]
        await app.push_screen(screen)
        await settled(pilot)
        shown = screen_text(app)
        assert "It recommends; it never sends an order." in shown
        assert "…" not in shown


@pytest.mark.parametrize("size", [(1, 1), (30, 8), (80, 24)])
async def test_every_page_fits_whatever_there_is(size: tuple[int, int]) -> None:
    for kind in ("no_positions_file", "nothing_held", "message"):
        first = FirstRun(kind, Path("/x" * 200 + "/positions.toml"), "[/] \x1b[31m " * 400)
        async with running(FakeMonitor(), size=size, first_run=first) as (app, _):
            assert "\x1b" not in screen_text(app)
