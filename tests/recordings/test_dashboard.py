"""`replay --alert` in the dashboard: it waits a little before the alert, is stepped through, and says the same again."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.cli import main
from orderflow_tui.commands import replay as replay_command
from orderflow_tui.commands.replay_deck import ReplayDeck
from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.core.model.units import NS
from orderflow_tui.journal.make_records import core_bytes
from orderflow_tui.journal.records import ALERT_OUTCOME
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.recordings.reproduce import _MADE_BY_CORES
from orderflow_tui.tui.app import OrderFlowApp
from tests.recordings.recordings import until
from tests.recordings.test_reproduce import Hand
from tests.tui.driving import screen_text, settled

Shown = Callable[[Monitor, Path, ReplayDeck], int]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Hand:
    run = Hand(tmp_path_factory.mktemp("recorded"))
    run.sellers()
    (told,) = run.wait_for("exit_signal_triggered")
    run.monitor.answer(told["recommendation_id"], Answer("hold"))
    run.wait_for("exit_acknowledged")
    run.stop()
    return run


def replay(recorded: Hand, name: str, journal: Path, show: Shown, monkeypatch: pytest.MonkeyPatch) -> int:
    """The command with its screen in the test's hands."""

    def shown(deck: ReplayDeck, directory: Path, *_: object, replay: ReplayDeck) -> int:
        assert replay is deck
        deck.start()
        try:
            return show(deck._now.monitor, directory, deck)
        finally:
            deck.stop(timeout=5)

    monkeypatch.setattr(replay_command, "show", shown)
    return main(["replay", "--alert", name, "--record", str(recorded.folder / "raw"), "--log-dir", str(journal)])


def said(journal: Path) -> list[bytes]:
    """What cores said, without the outcomes: a replay's end tells those that were open."""
    lines = [
        line for path in sorted(journal.glob("*.jsonl")) for line in path.read_bytes().rpartition(b"\n")[0].splitlines()
    ]
    records: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [core_bytes(record) for record in records if record["event"] in _MADE_BY_CORES - {ALERT_OUTCOME}]


def test_played_to_its_end_the_journal_is_the_same(
    recorded: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (told,) = recorded.records("exit_signal_triggered")

    def show(monitor: Monitor, _: Path, deck: ReplayDeck) -> int:
        feed = deck._now.feed
        until(lambda: monitor.status().paused)
        status = monitor.status()
        assert (status.source_class, status.profile) == ("replayed", "guarded")
        assert status.source_label == "REPLAY BAC_run-1"
        assert "byte-identical" in status.config_message
        feed.set_speed(0)
        feed.toggle_pause()
        assert monitor.wait(10)
        return 0

    assert replay(recorded, told["recommendation_id"], tmp_path / "journal", show, monkeypatch) == 0
    assert capsys.readouterr().out.startswith(f"{told['recommendation_id']}: byte-identical")
    assert said(tmp_path / "journal") == said(recorded.journal)


async def test_stepped_through_on_the_screen(recorded: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (told,) = recorded.records("exit_signal_triggered")
    got: list[tuple[Monitor, ReplayDeck]] = []
    over = threading.Event()

    def show(monitor: Monitor, _: Path, deck: ReplayDeck) -> int:
        got.append((monitor, deck))
        assert over.wait(60)
        return 3

    codes: list[int] = []
    name = told["recommendation_id"]
    running = threading.Thread(
        target=lambda: codes.append(replay(recorded, name, tmp_path / "journal", show, monkeypatch))
    )
    running.start()
    try:
        until(lambda: bool(got) and got[0][0].status().paused)
        monitor, deck = got[0]
        app = OrderFlowApp(deck, replay=deck)
        async with app.run_test(size=(120, 36)) as pilot:
            until(lambda: monitor.status().paused)
            await settled(pilot)
            assert "PAUSED" in screen_text(app)
            deadline = time.monotonic() + 20
            while not monitor.recommendations():
                assert time.monotonic() < deadline
                await pilot.press("full_stop")
            await settled(pilot)
            assert monitor.status().paused
            assert "EXIT" in screen_text(app)
            before = monitor.status().now_ns
            await pilot.press("greater_than_sign")
            until(lambda: monitor.status().now_ns > before or monitor.status().ended != "")
            assert monitor.status().now_ns - before <= 2 * NS
    finally:
        over.set()
        running.join(20)
    assert codes == [3]


def test_what_did_not_come_out_the_same_fails_after_the_screen(
    recorded: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (told,) = recorded.records("exit_signal_triggered")
    forged = tmp_path / "forged"
    forged.mkdir()
    (forged / "2026-01-09.jsonl").write_text(json.dumps({**told, "shares": 1}) + "\n")
    original = main
    monkeypatch.setattr(f"{__name__}.main", lambda words: original([*words, "--journal", str(forged)]))
    assert replay(recorded, told["event_id"], tmp_path / "journal", lambda *_: 0, monkeypatch) == 1
