"""Seeking in a replay: on at full speed, back by playing anew, with the same state and a journal that says it once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from orderflow_tui.cli import main
from orderflow_tui.commands import replay as replay_command
from orderflow_tui.commands.replay_deck import ReplayDeck
from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.journal.make_records import core_bytes
from orderflow_tui.journal.rewind import JournalMark
from orderflow_tui.tui.app import OrderFlowApp
from orderflow_tui.tui.look.formatting import NEW_YORK, Zone
from orderflow_tui.tui.rows.replay_rows import time_bar
from orderflow_tui.tui.widgets.replay_bar import ReplayBar
from orderflow_tui.views.replay_progress import ReplayView
from tests.feeds.recorded import NS, START, quote, trade, write
from tests.recordings import recordings
from tests.tui.driving import press, screen_text, settled

SECONDS = 700
SELLERS = (380, 420, 460)

until = partial(recordings.until, seconds=60)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Twelve minutes of a quiet tape into which three large sellers come."""
    trades = [trade(at, 10 * at, side="B" if at % 2 else "S") for at in range(1, SECONDS)]
    trades += [trade(at + 0.5, 10 * at + 5, size="30000", side="S") for at in SELLERS]
    book = [quote(at + 0.2, 10 * at + 1, f"13.86,{500 + at % 7},13.87,{600 + at % 5}") for at in range(SECONDS)]
    return write(tmp_path_factory.mktemp("recording"), trades=sorted(trades), book=book)


@contextmanager
def played(recording: str, journal: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> Iterator[ReplayDeck]:
    """The command's deck, waiting at the recording's start."""
    decks: list[ReplayDeck] = []

    def shown(deck: ReplayDeck, *_: object, **__: object) -> int:
        decks.append(deck)
        return 0

    monkeypatch.setattr(replay_command, "show", shown)
    assert main(["replay", recording, "--position", "BAC:1000@13.86", "--log-dir", str(journal), *more]) == 0
    (deck,) = decks
    deck.toggle_pause()
    deck.start()
    until(lambda: state(deck)[0].replay.end_ns > 0)
    try:
        yield deck
    finally:
        deck.stop(timeout=10)


def state(deck: ReplayDeck) -> Any:
    """What a screen would take now."""
    deck.version  # noqa: B018 a look is what turns to the newest pass
    return deck.status(), deck.views(), deck.alert_lines(), deck.recommendations(), deck.detail()


def sought(deck: ReplayDeck, second: float) -> Any:
    """The state once an instant is reached."""
    assert deck.seek(START + round(second * NS)) == ""
    until(lambda: state(deck)[0].replay.seeks_ns == 0)
    return state(deck)


def settled_state(deck: ReplayDeck, second: float) -> bytes:
    """The state with a detail that was made there."""
    sought(deck, second)
    monitor = deck._shown.monitor
    monitor.watch_details(frozenset())
    until(lambda: deck.detail() is None)
    monitor.watch_details(frozenset(["BAC"]))
    until(lambda: deck.detail() is not None)
    return plain(state(deck)) + msgspec.json.encode(deck.detail())


def told(journal: Path) -> list[bytes]:
    """What the journal says, without what differs from run to run."""
    records = [json.loads(line) for path in journal.glob("*.jsonl") for line in path.read_bytes().splitlines()]
    return [core_bytes(record) for record in records if record["event"] != "order_flow.run_started"]


def plain(shown: Any) -> bytes:
    """A state without the replay's own place and the detail, which is made each half second of the wall's clock."""
    status, *rest, _ = shown
    return msgspec.json.encode([status.now_ns, status.alerts_total, *rest])


def test_back_is_the_state_it_had_and_the_journal_says_it_once(
    recording: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with played(recording, tmp_path, monkeypatch) as deck:
        deck.watch_detail("BAC")
        before = settled_state(deck, 430.9)
        early = told(tmp_path)
        after = sought(deck, 600)
        assert [card.status for card in after[3]] == ["open"]
        late = told(tmp_path)
        assert len(late) > len(early)
        assert settled_state(deck, 430.9) == before
        back = state(deck)
        assert back[3] == ()
        assert told(tmp_path) == early
        assert {kind for _, kind in back[0].replay.marks} == {"alert", "exit"}, "what was seen stays marked"
        assert plain(sought(deck, 600)) == plain(after)
        assert told(tmp_path) == late
        assert not deck.status().ended


def test_an_answer_given_by_then_stays_and_a_later_one_goes(
    recording: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with played(recording, tmp_path, monkeypatch) as deck:
        (card,) = sought(deck, 470)[3]
        deck.answer(card.recommendation_id, Answer("hold"))
        until(lambda: state(deck)[3][0].status == "held")
        sought(deck, 490)
        assert sought(deck, 480)[3][0].status == "held"
        assert sought(deck, 465)[3][0].status == "open"
        assert b"exit_acknowledged" not in b"".join(told(tmp_path))


def test_after_the_end_it_goes_back_and_not_on(recording: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with played(recording, tmp_path, monkeypatch, "--speed", "0") as deck:
        deck.toggle_pause()
        until(lambda: state(deck)[0].ended != "")
        assert deck.seek_by(60) == "the recording has ended"
        deck.change_speed(1)
        deck.toggle_pause()
        assert deck.seek_by(-60) == ""
        until(lambda: state(deck)[0].replay.seeks_ns == 0)
        status = state(deck)[0]
        assert (status.ended, status.paused) == ("", True)
        assert abs(status.now_ns - (START + (SECONDS - 61) * NS)) <= NS


async def test_the_bar_shows_the_way_and_a_click_goes_there(
    recording: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with played(recording, tmp_path, monkeypatch) as deck:
        sought(deck, 600)
        app = OrderFlowApp(deck, replay=deck)
        async with app.run_test(size=(80, 24)) as pilot:
            await settled(pilot)
            (row,) = (line for line in screen_text(app).splitlines() if "now 14:14:59" in line)
            assert row.startswith(" 14:05:00 ━")
            assert "14:16:39" in row
            assert "!" in row
            assert "E" in row
            bar = app.screen.query_one(ReplayBar)
            await pilot.click(ReplayBar, offset=(12, 0))
            until(lambda: state(deck)[0].replay.seeks_ns == 0 and state(deck)[0].now_ns < START + 100 * NS)
            await settled(pilot)
            assert "now 14:05:" in bar.rows[0].plain
            await press(pilot, "right_square_bracket")
            until(lambda: state(deck)[0].now_ns > START + 60 * NS)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_bar_is_never_cut(width: int) -> None:
    zone = Zone(NEW_YORK)
    for replay in (
        ReplayView(),
        ReplayView(START, START + NS, 0, START),
        ReplayView(START, START + 60 * NS, START + 3_600 * NS, START + 30 * NS, ((START + 10 * NS, "exit"),)),
    ):
        bar = time_bar(replay, zone, width)
        assert len(bar.row.plain) == width
        if replay.end_ns:
            assert bar.time_at(bar.cells[0]) == replay.start_ns
            assert bar.time_at(bar.cells[-1]) == replay.end_ns
        assert bar.time_at(0) is None


def test_what_others_wrote_before_stays(tmp_path: Path) -> None:
    (tmp_path / "learned").mkdir()
    old, taught = tmp_path / "2026-01-02.jsonl", tmp_path / "learned" / "BAC.json"
    old.write_text("{}\n")
    taught.write_text("[]")
    mark = JournalMark(tmp_path)
    old.write_text("{}\n{}\n")
    taught.write_text("[1]")
    (tmp_path / "2026-01-03.jsonl").write_text("{}\n")
    (tmp_path / "learned" / "KO.json").write_text("[]")
    (tmp_path / "screen.json").write_text("{}")
    mark.restore()
    assert sorted(path.name for path in tmp_path.rglob("*.json*")) == ["2026-01-02.jsonl", "BAC.json", "screen.json"]
    assert (old.read_text(), taught.read_text()) == ("{}\n", "[]")
