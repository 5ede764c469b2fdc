"""What a path names, and whole runs through the command line on each format."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.cli import main
from orderflow_tui.core.model.events import Event, Print
from orderflow_tui.recordings.formats.csv_pair import open_pair
from orderflow_tui.recordings.open_recording import RecordingError, open_recording
from tests.evaluate.generated import recording
from tests.feeds.recorded import quote, trade, write

from .reader_files import as_dbn, as_flat, as_lobster, flat, flat_trade, lobster, put

DBN = pytest.param(
    "dbn", marks=pytest.mark.skipif(find_spec("databento_dbn") is None, reason="the extra databento is not installed")
)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    """Twelve minutes of a generated name, with one burst of sells."""
    prefix = recording(tmp_path_factory.mktemp("session"), "abc_day0", seed=3, seconds=720)
    return list(open_pair(prefix).events())


def converted(folder: Path, kind: str, events: list[Event]) -> str:
    if kind == "flat":
        return f"{as_flat(folder, 'ABC', events)}:ABC"
    if kind == "dbn":
        return str(as_dbn(folder / "abc-20131009.mbp-1.dbn.zst", "ABC", events))
    return str(as_lobster(folder, "ABC", events, levels=1))


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> int:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return main(words)


@pytest.mark.parametrize("kind", ["flat", "lobster", DBN])
def test_a_whole_replay_without_a_screen(
    tmp_path: Path, kind: str, session: list[Event], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = converted(tmp_path, kind, session)
    assert run(monkeypatch, tmp_path, "replay", given, "--headless", "--profile", "plan") == 0
    assert " red_burst: " in capsys.readouterr().out
    (journal,) = (tmp_path / "logs" / "replay").glob("*/*.jsonl")
    records: list[dict[str, Any]] = [json.loads(line) for line in journal.read_text().splitlines()]
    assert {record["data_source"] for record in records} == {"replay"}
    assert any(record["event"] == "order_flow_alert" and record["symbol"] == "ABC" for record in records)
    assert journal.parent.name.lower().startswith("abc_")


def test_a_bad_row_ends_a_replay_with_its_reason_and_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = flat(tmp_path, [flat_trade(0, 1), flat_trade(1, 2, price="x")])
    given = ("replay", f"{path}:BAC", "--headless", "--position", "BAC:100@13.80")
    assert run(monkeypatch, tmp_path, *given) == 1
    assert "2026-01-09.csv.gz: line 3: could not convert" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["flat", "lobster"])
def test_an_evaluation(
    tmp_path: Path, kind: str, session: list[Event], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = converted(tmp_path, kind, session)
    words = ("evaluate", given, "--profile", "plan", "--no-mirror", "--workers", "1", "--json")
    assert run(monkeypatch, tmp_path, *words) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["symbol_days"] == 1
    assert report["comparison"][0]["alerts_a_day"]["red_burst"] > 0


def test_flat_files_give_the_prints_they_were_made_of(tmp_path: Path, session: list[Event]) -> None:
    back = list(open_recording(converted(tmp_path, "flat", session)).events())
    assert len(back) == len(session)
    prints = [(event.time_ns, event.seq, event.price, event.size) for event in session if isinstance(event, Print)]
    assert [(event.time_ns, event.seq, event.price, event.size) for event in back if isinstance(event, Print)] == prints


def test_what_is_none_of_them_says_what_was_expected_in_one_line(tmp_path: Path) -> None:
    put(tmp_path / "table.csv", "a,b\n1,2\n")
    for given in (tmp_path / "table.csv", tmp_path / "nothing", tmp_path, f"{tmp_path / 'nothing'}:AAPL"):
        with pytest.raises(RecordingError, match=r"no recording: .*LOBSTER message.*\.dbn") as error:
            open_recording(str(given))
        assert "\n" not in str(error.value)


def test_a_symbol_after_the_colon_is_checked_everywhere(tmp_path: Path) -> None:
    pair = write(tmp_path, trades=[trade(0, 1)], book=[quote(0, 1)])
    other = str(lobster(tmp_path, ["34200,1,1,300,138600,1"], ["138700,500,138600,300"], levels=1))
    for given in (pair, other):
        assert open_recording(f"{given}:BAC").symbol == "BAC"
        with pytest.raises(RecordingError, match="this is a recording of BAC, not of AAPL"):
            open_recording(f"{given}:AAPL")
        for wrong in ("aapl", "1A", "A" * 11, ""):
            with pytest.raises(RecordingError):
                open_recording(f"{given}:{wrong}")
    odd = tmp_path / "odd:AAPL"
    put(odd / "x", "")
    assert open_recording(write(odd, trades=[trade(0, 1)], book=[quote(0, 1)])).symbol == "BAC"


def test_a_flat_file_may_end_like_a_pair(tmp_path: Path) -> None:
    path = flat(tmp_path, [flat_trade(0, 1)])
    renamed = path.rename(tmp_path / "day.trades.csv.gz")
    assert open_recording(f"{renamed}:BAC").capabilities().depth_label == "NO QUOTES"


def test_recordings_that_show_different_things_are_not_mixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = write(tmp_path, "aig_1", trades=[trade(0, 1)], book=[quote(0, 1)])
    other = str(lobster(tmp_path, ["34200,4,1,300,138600,1"], ["138700,500,138600,300"], levels=1))
    assert run(monkeypatch, tmp_path, "replay", pair, other, "--headless") == 2
    assert "hold different data" in capsys.readouterr().err


def test_without_a_print_a_position_must_be_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = write(tmp_path, book=[quote(0, 1)])
    assert run(monkeypatch, tmp_path, "replay", pair, "--headless") == 2
    assert "no print to take a position's price from: give --position" in capsys.readouterr().err
