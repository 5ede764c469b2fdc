"""An engine and its screens: what one publishes the others show, and what a trader says on one reaches it."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given as given_
from hypothesis import settings
from hypothesis import strategies as st
from msgspec.structs import replace

from orderflow_tui.commands.engine import start_engine
from orderflow_tui.core.model.data_models import Answer, WorkingOrder
from orderflow_tui.core.model.units import NS
from orderflow_tui.engine.changes import with_lines
from orderflow_tui.engine.client import ENGINE_GONE, STARTING, RemoteMonitor
from orderflow_tui.engine.protocol import (
    MOST_FROM_ENGINE,
    MOST_FROM_SCREEN,
    PROTOCOL,
    Hello,
    Refused,
    State,
    decode_from_engine,
    receive,
    send,
)
from orderflow_tui.engine.runtime_folder import (
    EngineError,
    EngineLock,
    is_held,
    place_of,
    running_places,
    runtime_folder,
)
from orderflow_tui.views.frozen_views import AlertLine
from tests.engine.kit import VERSION, Engine, until
from tests.tui.fake import alert, detail, market_card, recommendation, symbol_view


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:  # pytest's own are too long for a socket
        yield Path(name)


@pytest.fixture
def engine(folder: Path) -> Iterator[Engine]:
    engine = Engine(folder)
    yield engine
    engine.close()


def test_a_screen_shows_what_the_engine_publishes(engine: Engine) -> None:
    engine.monitor.put(symbol_view("BAC", "CALM"), symbol_view("KO", "ALERT"), alerts=(alert("BAC", 1, "one"),))
    screen = engine.screen()
    assert screen.views() == engine.monitor.views()
    assert list(screen.views()) == ["BAC", "KO"]
    assert screen.alert_lines() == engine.monitor.alert_lines()
    assert screen.status() == engine.monitor.status()
    assert screen.directory == engine.directory.resolve()
    assert screen.pid == os.getpid()
    kept = screen.views()["KO"]
    engine.monitor.put(symbol_view("BAC", "EXIT"), recommendations=(recommendation("BAC"),), alerts_total=7)
    until(lambda: screen.status().alerts_total == 7)
    assert screen.views()["BAC"].chip == "EXIT"
    assert screen.views()["KO"] is kept, "what did not change is not sent again"
    assert screen.recommendations() == engine.monitor.recommendations()
    engine.monitor.drop("KO")
    until(lambda: list(screen.views()) == ["BAC"])


def test_news_reaches_the_screen_without_waiting_for_its_pace(engine: Engine) -> None:
    screen = engine.screen(fps=0.02)
    told: list[int] = []
    screen.on_news(lambda: told.append(screen.version))
    engine.monitor.put(symbol_view("BAC", "EXIT"))
    engine.monitor.ring()
    until(lambda: told)
    assert screen.views()["BAC"].chip == "EXIT"


def test_an_answer_on_one_screen_is_seen_on_all_with_who_gave_it(engine: Engine) -> None:
    item = recommendation("BAC")
    engine.monitor.put(symbol_view("BAC", "EXIT"), recommendations=(item,))
    one, other = engine.screen("pts/1"), engine.screen("pts/2")
    engine.monitor.put()
    until(lambda: set(one.screens) | set(other.screens) == {"pts/1", "pts/2"})
    one.answer(item.recommendation_id, Answer("hold", note="mine"))
    until(lambda: [card.status for card in other.recommendations()] == ["held"])
    assert engine.monitor.answers == [(item.recommendation_id, Answer("hold", note="mine"))]
    assert engine.monitor.answered_by == ["pts/1"]
    until(lambda: other.from_others.take_answers() == ("BAC answered on pts/1: kept",))
    assert other.from_others.take_answers() == one.from_others.take_answers() == ()


def _gathers(screen: RemoteMonitor, found: dict[str, object], count: int) -> bool:
    found.update(screen.from_others.take_settings())
    return len(found) == count


def test_a_setting_changed_on_one_screen_is_told_to_the_others_once(engine: Engine) -> None:
    one, other, third = engine.screen("pts/1"), engine.screen("pts/2"), engine.screen("pts/3", fps=0.02)
    until(lambda: len(engine.server.names) == 3)
    one.tell_setting("theme", "light")
    one.tell_setting("fps", 2.0)
    for screen in (other, third):
        found: dict[str, object] = {}
        until(partial(_gathers, screen, found, 2))
        assert found == {"theme": "light", "fps": 2.0}
        assert screen.from_others.take_settings() == {}
    assert one.from_others.take_settings() == {}


def _told(screen: RemoteMonitor, found: list[str], count: int) -> bool:
    found.extend(screen.from_others.take_answers())
    return len(found) == count


@dataclass
class Race:
    """Answers that several screens give at once."""

    screens: int
    answers: list[tuple[int, int]]


races = st.integers(2, 5).flatmap(
    lambda screens: st.builds(
        Race, st.just(screens), st.lists(st.tuples(st.integers(0, screens - 1), st.integers(0, 3)), max_size=24)
    )
)


@settings(max_examples=15, deadline=None)
@given_(race=races)
def test_answers_that_race_are_neither_lost_nor_doubled(race: Race) -> None:
    with tempfile.TemporaryDirectory() as name:
        engine = Engine(Path(name))
        items = [recommendation(symbol) for symbol in ("BAC", "KO", "IBM", "AIG")]
        engine.monitor.put(*(symbol_view(item.symbol, "EXIT") for item in items), recommendations=tuple(items))
        screens = [engine.screen(f"pts/{number}") for number in range(race.screens)]
        given = [
            (number, items[item], Answer("hold", note=f"{place}")) for place, (number, item) in enumerate(race.answers)
        ]

        def answer(number: int) -> None:
            for screen, item, words in given:
                if screen == number:
                    screens[number].answer(item.recommendation_id, words)

        threads = [threading.Thread(target=answer, args=(number,)) for number in range(race.screens)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        until(lambda: len(engine.monitor.answers) >= len(given))
        engine.monitor.put()
        came = list(zip(engine.monitor.answered_by, engine.monitor.answers, strict=True))
        gave = [(f"pts/{number}", (item.recommendation_id, words)) for number, item, words in given]
        assert sorted(came, key=str) == sorted(gave, key=str), "each once, with who gave it"
        for number in range(race.screens):
            mine = f"pts/{number}"
            assert [one for one in came if one[0] == mine] == [one for one in gave if one[0] == mine], "in their order"
        for number, screen in enumerate(screens):
            elsewhere = sum(1 for one in came if one[0] != f"pts/{number}")
            until(partial(_told, screen, [], min(elsewhere, 20)))
        until(lambda: all(screen.recommendations() == engine.monitor.recommendations() for screen in screens))
        engine.close()


def test_what_a_trader_asks_reaches_the_monitor(engine: Engine) -> None:
    engine.monitor.put(symbol_view("BAC", "BLIND"), symbol_view("KO", "CALM"))
    one, other = engine.screen(), engine.screen()
    one.recover("BAC")
    one.own_orders("BAC", (WorkingOrder("sell", Decimal("13.86"), 300),))
    engine.monitor.details = {name: detail(name) for name in ("BAC", "KO")}
    one.watch_detail("BAC")
    other.watch_detail("KO")
    until(lambda: engine.monitor.wanted == {"BAC", "KO"})
    engine.monitor.put()
    until(lambda: one.detail() is not None and other.detail() is not None)
    assert one.detail() == engine.monitor.details["BAC"]
    assert other.detail() == engine.monitor.details["KO"]
    assert engine.monitor.recovered == ["BAC"]
    assert engine.monitor.owned == [("BAC", (WorkingOrder("sell", Decimal("13.86"), 300),))]
    assert one.rule_record("red_burst") == "Track record: fell 51% of 200 here"
    assert one.rule_record("slow_bleed") == ""
    one.watch_detail("")
    until(lambda: engine.monitor.wanted == {"KO"})
    assert one.detail() is None
    other.close()
    until(lambda: not engine.monitor.wanted)


def test_views_are_made_only_while_somebody_looks(engine: Engine) -> None:
    screen = engine.screen()
    until(lambda: engine.monitor.screen_counts == [1])
    screen.close()
    until(lambda: engine.monitor.screen_counts == [1, 0])


def test_another_version_is_refused_in_one_line_that_says_what_to_do(engine: Engine) -> None:
    for hello in (Hello(PROTOCOL, "9.9", "pts/1", 10.0), Hello(PROTOCOL + 1, VERSION, "pts/1", 10.0)):
        with engine.link() as link:
            send(link, hello)
            refused = decode_from_engine(receive(link, MOST_FROM_ENGINE))
            assert isinstance(refused, Refused)
            assert f"`kill {os.getpid()}` ends it" in refused.reason
            assert "\n" not in refused.reason
            assert not receive(link, MOST_FROM_ENGINE)
    with pytest.raises(EngineError, match=r"the engine is orderflow-tui 1\.2\.3, this is 9\.9:"):
        RemoteMonitor(engine.link(), version="9.9", screen="pts/1", fps=10.0)
    assert not engine.monitor.screen_counts


@pytest.mark.parametrize(
    "bytes_",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00\x00\x00\x00",
        b"\xff\xff\xff\xff",
        (MOST_FROM_SCREEN + 1).to_bytes(4, "big") + b"x" * (MOST_FROM_SCREEN + 1),
        b"\x00\x00\x00\x04\xc1\xc1\xc1\xc1",
        b"\x00\x00\x08\x00" + b"\x91" * 2048,
        b"\x00\x00\x00\x0a" + b"\x81\xa4type\xa3end",
    ],
)
def test_bytes_that_are_no_screen_end_their_own_connection_only(engine: Engine, bytes_: bytes) -> None:
    screen = engine.screen()
    with engine.link() as hostile:
        hostile.settimeout(60.0)
        with suppress(ConnectionResetError, BrokenPipeError):
            hostile.sendall(bytes_)
            hostile.shutdown(socket.SHUT_WR)
            assert hostile.recv(1) == b""
    engine.monitor.put(symbol_view("BAC", "CALM"), alerts_total=3)
    until(lambda: screen.status().alerts_total == 3)
    assert engine.ended == []


def test_a_screen_that_turns_hostile_after_its_hello_is_let_go(engine: Engine) -> None:
    with engine.link() as link:
        send(link, Hello(PROTOCOL, VERSION, "pts/\x1b[31m9\n", 10.0))
        until(lambda: engine.server.names)
        assert engine.server.names == ("pts/[31m9",)
        link.sendall(b"\x00\x00\x00\x01\xc1")
        until(lambda: not engine.server.names)


def _has_seen(screen: RemoteMonitor, alerts: int) -> bool:
    return screen.status().alerts_total == alerts


def test_a_screen_that_does_not_read_holds_nobody_up(engine: Engine) -> None:
    engine.monitor.put(*(symbol_view(f"S{number}", "CALM") for number in range(12)))
    stuck = engine.link()
    send(stuck, Hello(PROTOCOL, VERSION, "stuck", 60.0))
    screen = engine.screen()
    for count in range(1, 60):
        engine.monitor.put(*(symbol_view(f"S{number}", "CALM", seed=count) for number in range(12)), alerts_total=count)
        engine.monitor.ring()
        until(partial(_has_seen, screen, count))
    stuck.settimeout(60.0)
    receive(stuck, MOST_FROM_ENGINE)
    seen = 0
    while seen != 59:
        state = decode_from_engine(receive(stuck, MOST_FROM_ENGINE))
        assert isinstance(state, State)
        seen = state.status.alerts_total
    stuck.close()


def test_what_waits_for_a_screen_that_does_not_read_has_an_end(engine: Engine) -> None:
    """An hour's states, settings and answers, as bytes: the socket's, and one state's, and no more."""
    stuck = engine.link()
    send(stuck, Hello(PROTOCOL, VERSION, "stuck", 60.0))
    other = engine.screen("pts/2")
    until(lambda: len(engine.server.names) == 2)
    lines = [alert("BAC", number, "sold into the bid " * 20) for number in range(200)]
    engine.monitor.put(*(symbol_view(f"S{number}", "CALM") for number in range(12)), alerts=tuple(lines))
    published = [symbol_view("S1", "CALM", seed=count) for count in range(150)]
    tracemalloc.start()
    try:
        for count, view in enumerate(published):
            lines = [alert("BAC", 200 + count, "sold into the bid " * 20), *lines[:199]]
            engine.monitor.put(view, alerts=tuple(lines), alerts_total=count)
            engine.monitor.ring()
            other.tell_setting(f"setting {count}", "x" * 10_000)
            if count == 50:
                before, _ = tracemalloc.get_traced_memory()
        until(partial(_has_seen, other, 149))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1_000_000
    stuck.settimeout(60.0)
    receive(stuck, MOST_FROM_ENGINE)
    seen: tuple[AlertLine, ...] = ()
    while seen != tuple(lines):
        state = decode_from_engine(receive(stuck, MOST_FROM_ENGINE))
        assert isinstance(state, State)
        seen = with_lines(() if state.all_lines else seen, state.lines, state.line_count)
    stuck.close()


def test_an_engine_that_goes_is_said_at_once_in_the_loudest_state(engine: Engine) -> None:
    engine.monitor.put(symbol_view("BAC", "CALM", quantity=1_000))
    screen = engine.screen()
    told: list[str] = []
    screen.on_news(lambda: told.append(screen.gone))
    engine.server.close()
    until(lambda: told)
    assert screen.gone.startswith(ENGINE_GONE)
    view = screen.views()["BAC"]
    assert (view.chip, view.stale, view.urgency) == ("BLIND", True, 0)
    assert view.data_age_s is None, "an age that stands still looks fresh"
    assert not screen.status().connected
    assert not screen.status().stream
    assert screen.status().ended
    screen.answer("BAC:exit:1", Answer("hold"))
    assert "your answer was not recorded" in screen.status().detail
    screen.recover("BAC")  # nobody is there: it must not raise into the screen


@pytest.mark.parametrize("recorded", [True, False])
def test_an_answer_the_engine_died_with_is_said_to_be_lost(engine: Engine, *, recorded: bool) -> None:
    names = market_card("BAC", "KO")
    engine.monitor.put(symbol_view("BAC", "EXIT"), symbol_view("KO", "EXIT"), recommendations=(names,))
    screen = engine.screen()
    if not recorded:
        engine.monitor.answer_from = lambda *_: None  # type: ignore[method-assign]
    screen.answer(names.names[0].recommendation_id, Answer("hold"))
    if recorded:
        until(lambda: any(card.status == "held" for card in screen.recommendations()))
    engine.server.close()
    until(lambda: screen.gone)
    assert ("your answer to BAC may not be recorded" in screen.status().detail) is not recorded


def test_one_engine_a_journal(engine: Engine) -> None:
    with pytest.raises(EngineError, match="already watches this journal"):
        EngineLock(engine.place)
    assert running_places(engine.env) == [engine.place]
    assert place_of(engine.directory / ".." / "journal", engine.env) == engine.place
    assert place_of(engine.directory.parent / "other", engine.env) != engine.place
    assert stat.S_IMODE(engine.place.socket.stat().st_mode) == 0o600


def test_what_a_killed_engine_left_is_taken_over(folder: Path) -> None:
    place = place_of(folder / "journal", {"XDG_RUNTIME_DIR": str(folder)})
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(place.socket))
    left.close()
    assert running_places({"XDG_RUNTIME_DIR": str(folder)}) == []
    engine = Engine(folder)
    assert engine.screen().pid == os.getpid()
    engine.close()
    with pytest.raises(EngineError, match="no engine is running here"):
        engine.link()


def test_a_folder_others_can_enter_is_refused(folder: Path) -> None:
    (folder / "orderflow-tui").mkdir(mode=0o755)
    with pytest.raises(EngineError, match="must be a folder of yours alone"):
        runtime_folder({"XDG_RUNTIME_DIR": str(folder)})
    (folder / "orderflow-tui").rmdir()
    (folder / "real").mkdir(mode=0o700)
    (folder / "orderflow-tui").symlink_to(folder / "real")
    with pytest.raises(EngineError, match="must be a folder of yours alone"):
        runtime_folder({"XDG_RUNTIME_DIR": str(folder)})


def test_the_watch_ends_with_its_last_screen_where_that_is_wanted(folder: Path) -> None:
    engine = Engine(folder, ends_with_screens=True)
    one, other = engine.screen("pts/1"), engine.screen("pts/2")
    asked = engine.screen("status", fps=0)
    asked.close()
    one.close()
    other.close()
    until(lambda: engine.ended)
    assert engine.ended == ["the last screen has closed"]
    engine.close()


def test_a_trader_may_keep_the_watch_or_end_it(folder: Path) -> None:
    engine = Engine(folder, ends_with_screens=True)
    screen = engine.screen("pts/1")
    screen.keep_watching()
    screen.close()
    until(lambda: engine.monitor.screen_counts[-1:] == [0])
    other = engine.screen("pts/2")
    other.end_engine("ended on pts/2")
    until(lambda: engine.ended)
    assert engine.ended == ["ended on pts/2"]
    engine.close()


def test_figures_beyond_the_feed_arrive_whole(engine: Engine) -> None:
    view = symbol_view("BAC", "EXIT", quantity=-300)
    engine.monitor.put(replace(view, counters={"prints": 2**62}))
    assert engine.screen().views()["BAC"].counters == {"prints": 2**62}


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/null")])
def test_what_stands_in_the_place_of_the_engines_files_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object]
) -> None:
    """A pipe in the log's place used to hold up the start for ever."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    place = place_of(folder / "journal")
    make(place.log)
    with pytest.raises(EngineError, match=r"the engine did not start: .*\.log is .*: remove it"):
        start_engine(folder / "journal", {}, None, ends_with_screens=True)
    place.lock.mkdir()
    with pytest.raises(EngineError, match=r"\.lock cannot be opened: Is a directory"):
        is_held(place)


@pytest.mark.parametrize("fps", [1e-300, float("inf"), float("nan")])
def test_no_rate_a_screen_asks_for_ends_what_it_is_sent(engine: Engine, fps: float) -> None:
    with engine.link() as link:
        link.settimeout(60.0)
        send(link, Hello(PROTOCOL, VERSION, "pts/1", fps))
        for _ in range(2):
            assert receive(link, MOST_FROM_ENGINE)
        engine.monitor.put(symbol_view("BAC", "CALM"))
        for screen in engine.server._all():
            screen.news.set()
        assert receive(link, MOST_FROM_ENGINE)


def test_a_screen_says_that_nothing_is_watched_until_its_engine_is_there(engine: Engine) -> None:
    screen = RemoteMonitor(None, version=VERSION, screen="pts/1", fps=60.0)
    assert (screen.status().detail, screen.views(), screen.gone) == (STARTING, {}, "")
    version = screen.version
    screen.still_coming(NS // 2)
    assert screen.version == version  # not a second yet
    screen.still_coming(NS)
    assert (screen.version, screen.status().now_ns) == (version + 1, NS)
    assert not screen.end_engine("quit")  # nobody there to tell
    screen.watch_detail("BAC")
    engine.monitor.put(symbol_view("BAC"))
    came: list[bool] = []
    screen.on_news(lambda: came.append(True))
    screen.attach(engine.link())
    try:
        assert came
        assert screen.status().detail != STARTING
        until(lambda: "BAC" in screen.views())
        until(lambda: engine.monitor.wanted == frozenset({"BAC"}))  # what it had asked for before
        assert screen.end_engine("quit")
        until(lambda: engine.ended)
    finally:
        screen.close()


def test_the_engine_knows_how_fast_its_fastest_screen_looks(engine: Engine) -> None:
    engine.screen(fps=2.0)
    until(lambda: round(engine.monitor.screen_fps) == 2)
    fast = engine.screen("pts/2", fps=12.0)
    until(lambda: round(engine.monitor.screen_fps) == 12)
    fast.close()
    until(lambda: round(engine.monitor.screen_fps) == 2)
