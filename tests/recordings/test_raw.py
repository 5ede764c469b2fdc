"""Recordings of --record as sessions for other rules: `replay` and `evaluate` read them like any other."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from orderflow_tui.cli import main
from orderflow_tui.core.model.events import Clock, Gap, Print, SideCheckResult
from orderflow_tui.core.model.units import NS
from orderflow_tui.recordings.formats.raw import RawSession
from orderflow_tui.recordings.open_recording import RecordingError, expanded, open_recording
from tests.core.kit import NOON
from tests.recordings.recordings import HELD, core_of, feed, quiet, recorder


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A run of BAC and BRK.B, a minute each."""
    one = recorder(tmp_path / "raw")
    for symbol in ("BAC", "BRK.B"):
        core = core_of(one, symbol)
        core.process([Clock(NOON - 5 * NS)])
        feed(core, 60)
        core.process([SideCheckResult(NOON, 1, answered=False), *quiet(60)])
    one.close()
    return tmp_path / "raw"


def test_a_symbol_of_a_run_is_a_session(directory: Path) -> None:
    session = open_recording(f"{directory}:BRK.B")
    assert isinstance(session, RawSession)
    assert (session.symbol, session.name, session.position) == ("BRK.B", "BRK.B_run-1", replace(HELD, symbol="BRK.B"))
    shows = session.capabilities()
    assert (shows.source, shows.source_class, shows.host) == ("replay", "replayed", "run-1")
    assert (shows.polled, shows.asks_sides, shows.sides_in_doubt) == (True, False, "")
    first, *events = session.events()
    assert first == Gap(NOON - 5 * NS, "start of the recording")
    assert [event for event in events if isinstance(event, Print)] == [quiet(second)[1] for second in range(61)]
    assert not any(isinstance(event, SideCheckResult) for event in events)


def test_a_run_without_a_symbol_is_all_of_its_symbols(directory: Path) -> None:
    assert expanded([str(directory), "else"]) == [f"{directory}:BAC", f"{directory}:BRK.B", "else"]
    with pytest.raises(RecordingError, match="2 symbols were recorded: give one of them, as"):
        open_recording(str(directory))
    with pytest.raises(RecordingError, match="nothing of AIG was recorded"):
        list(open_recording(f"{directory}:AIG").events())
    with pytest.raises(RecordingError, match="nothing of AIG was recorded"):
        open_recording(f"{directory}:AIG").capabilities()


def test_of_several_runs_one_is_given(directory: Path) -> None:
    one = recorder(directory, "run-2")
    feed(core_of(one), 2)
    one.close()
    with pytest.raises(RecordingError, match=r"2 runs were recorded there: give one of them, as .*run-2"):
        expanded([str(directory)])
    assert open_recording(str(directory / "run-2")).symbol == "BAC"


def test_damage_is_a_reason(directory: Path) -> None:
    path = next((directory / "run-1").glob("BAC-*"))
    path.write_bytes(b"something else")
    with pytest.raises(RecordingError, match="no recording, or of another version"):
        list(open_recording(f"{directory}:BAC").events())


def test_replay_and_evaluate_take_it(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["replay", str(directory), "--headless", "--log-dir", str(tmp_path / "journal")]) == 0
    (day,) = (tmp_path / "journal").glob("*.jsonl")
    started = json.loads(day.read_text().splitlines()[0])
    assert (started["symbols"], started["recordings"]) == (["BAC", "BRK.B"], ["BAC_run-1", "BRK.B_run-1"])
    capsys.readouterr()
    assert main(["evaluate", str(directory), "--json", "--profile", "plan", "--workers", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["symbol_days"] == 2
