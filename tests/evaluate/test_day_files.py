"""Day files: read once for all symbols, kept, and evaluated as if each symbol had a recording of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.cli import main
from orderflow_tui.core.model.events import Book, Print
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.evaluate.executors import processes
from orderflow_tui.evaluate.progress import Progress, time_words
from orderflow_tui.evaluate.run_tasks import Watcher, run_tasks
from orderflow_tui.evaluate.symbol_day import Rules, Setting, Unit, run_unit
from orderflow_tui.recordings.formats.recorded_session import RecordingError
from orderflow_tui.recordings.market_day import MarketDay, bytes_read, market_days
from orderflow_tui.recordings.market_day import import_day as take_day
from orderflow_tui.recordings.open_recording import expanded, open_recording
from orderflow_tui.recordings.run_files import RawReader
from tests.evaluate.dying import always_dies, day_taken_by_the_next
from tests.evaluate.generated import recording
from tests.recordings.reader_files import dbn, dbn_book, flat, flat_quote, flat_trade

needs_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="the extra cluster is not installed")
needs_dbn = pytest.mark.skipif(find_spec("databento_dbn") is None, reason="the extra databento is not installed")
NAMES = ("AA", "BAC", "BAC.WS", "IBM", "ZZZ")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A market's day of five names, a session each."""
    folder = tmp_path_factory.mktemp("made")
    trades: list[str] = []
    quotes: list[str] = []
    for number, name in enumerate(NAMES):
        prefix = recording(folder, f"x_{number}", seed=number, seconds=700)
        for event in open_recording(prefix).events():
            if isinstance(event, Print):
                price = f"{event.price / 10_000}"
                trades.append(flat_trade(0, event.seq, price, str(event.size), ticker=name, base=event.time_ns))
            elif isinstance(event, Book):
                (bid, bid_size), (ask, ask_size) = event.bids[0], event.asks[0]
                quotes.append(
                    flat_quote(
                        0, event.seq, f"{bid / 10_000}", str(bid_size), ask=f"{ask / 10_000}", ask_size=str(ask_size),
                        ticker=name, base=event.time_ns,
                    )
                )  # fmt: skip
    return flat(folder / "market", trades, quotes)


@pytest.fixture
def market(made: Path, tmp_path: Path) -> str:
    """The same in a folder of the test's own."""
    root = made.parents[2]
    return str(shutil.copytree(root, tmp_path / "market") / made.relative_to(root))


def import_day(day: MarketDay, to: str) -> tuple[str, ...]:
    return take_day(day, to).recordings


def the_day(given: list[str]) -> MarketDay:
    (day,) = set(market_days(expanded(given)).values())
    return day


def test_a_kept_symbol_is_the_file_s_own(market: str, tmp_path: Path) -> None:
    day = the_day([f"{market}:ZZZ,BAC"])
    assert day.symbols == ("BAC", "ZZZ")
    setting = (Setting(Rules()), Setting(Rules("plan"), mirrored=True))
    for symbol, kept in zip(day.symbols, import_day(day, str(tmp_path / "kept")), strict=True):
        original, session = open_recording(f"{market}:{symbol}"), open_recording(kept)
        assert list(session.events())[1:] == list(original.events())
        assert session.symbol == symbol
        mine, theirs = session.capabilities(), original.capabilities()
        assert (mine.depth_levels, mine.streaming, mine.quotes, mine.sides_given) == (
            theirs.depth_levels, theirs.streaming, theirs.quotes, theirs.sides_given,
        )  # fmt: skip
        assert run_unit(Unit(kept, setting)).days == run_unit(Unit(f"{market}:{symbol}", setting)).days


def test_what_is_kept_is_not_read_again_and_a_changed_file_is(market: str, tmp_path: Path) -> None:
    to = str(tmp_path / "kept")
    first = import_day(the_day([f"{market}:BAC"]), to)
    more = import_day(the_day([f"{market}:AA,BAC"]), to)
    assert more[1:] == first
    kept = {path: path.stat().st_mtime_ns for path in Path(to).rglob("*")}
    assert import_day(the_day([f"{market}:AA,BAC"]), to) == more
    assert {path: path.stat().st_mtime_ns for path in Path(to).rglob("*")} == kept
    os.utime(market, ns=(1, 1))
    changed = import_day(the_day([f"{market}:BAC"]), to)
    assert changed != first
    assert bytes_read(the_day([f"{market}:BAC"]), to) == 0, "nothing is being read"


def test_a_symbol_that_is_not_there_costs_the_others_nothing(market: str, tmp_path: Path) -> None:
    to = tmp_path / "kept"
    with pytest.raises(RecordingError, match=r"2026-01-09\.csv\.gz: no rows for NOT, XX"):
        import_day(the_day([f"{market}:BAC,XX,NOT"]), str(to))
    (run,) = [path for path in to.iterdir() if path.is_dir()]
    assert sorted(path.name.split("-")[0] for path in run.glob("*.raw")) == ["BAC"]
    assert not list(run.glob("*.part"))
    assert not RawReader(run, "BAC").torn


def test_a_row_that_cannot_be_right_leaves_no_half_recording(tmp_path: Path) -> None:
    rows = [flat_trade(at, at, ticker="AA") for at in range(9)]
    path = flat(tmp_path, [*rows, *(flat_trade(at, at) for at in range(9)), flat_trade(10, 1, price="x")])
    with pytest.raises(RecordingError, match="line 20: could not convert"):
        import_day(the_day([f"{path}:AA,BAC"]), str(tmp_path / "kept"))
    left = [file.name for file in (tmp_path / "kept").rglob("*") if file.is_file()]
    assert sorted(left) == ["AA-2026-01-09.raw", "run.json"]


@needs_dbn
def test_a_dbn_file_is_kept_with_its_sides(tmp_path: Path) -> None:
    records = [
        dbn_book(at, [(138_600, 100 + at, 138_700, 500)], instrument_id=5 + at % 2, action="AT"[at % 4 // 2], side="A")
        for at in range(40)
    ]
    path = dbn(tmp_path / "xnas.dbn", records, ids={"BAC": 5, "MSFT": 6})
    for symbol, kept in zip(("BAC", "MSFT"), import_day(the_day([f"{path}:BAC,MSFT"]), str(tmp_path)), strict=True):
        for infer in (False, True):
            original, session = open_recording(f"{path}:{symbol}"), open_recording(kept)
            assert list(session.events(infer_sides=infer))[1:] == list(original.events(infer_sides=infer))
            mine, theirs = session.capabilities(infer_sides=infer), original.capabilities(infer_sides=infer)
            assert mine.sides_given == theirs.sides_given == (not infer)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are not Windows's")
def test_a_worker_that_dies_leaves_the_file_to_the_next(market: str) -> None:
    day = the_day([f"{market}:AA,ZZZ"])
    (found,) = run_tasks([day], [-1], processes(1), day_taken_by_the_next, Watcher())
    assert [open_recording(one).symbol for one in found] == ["AA", "ZZZ"]


def evaluated(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["evaluate", *arguments, "--profile", "guarded", "--workers", "1", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_commands(market: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    direct = evaluated(capsys, f"{market}:AA,IBM", f"{market}:ZZZ")
    assert direct["symbol_days"] == 3
    kept = tmp_path / "kept"
    assert main(["import", f"{market}:AA,IBM", f"{market}:ZZZ", "--to", str(kept)]) == 0
    prefixes = capsys.readouterr().out.split()
    assert evaluated(capsys, *prefixes) == direct
    assert evaluated(capsys, prefixes[0].rpartition(":")[0]) == direct
    before = sorted(kept.rglob("*"))
    assert evaluated(capsys, f"{market}:AA,IBM,ZZZ", "--keep", str(kept)) == direct
    assert sorted(kept.rglob("*")) == before
    assert main(["import", prefixes[0], "--to", str(kept)]) == 2
    assert "needs no import" in capsys.readouterr().err
    assert main(["evaluate", f"{market}:AA", "--cluster", "tcp://127.0.0.1:9"]) == 2
    assert "give --keep DIR, a folder that all workers see" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_named(market: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RecordingError, match=r"cannot be kept in .*file: "):
        import_day(the_day([f"{market}:AA"]), str(tmp_path / "file"))


@needs_dask
def test_day_files_on_a_dask_cluster(market: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.evaluate.on_a_cluster", "import", f"{market}:AA,ZZZ", str(tmp_path / "a")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    found = done.stdout.split()
    assert len(found) == 2, done.stderr[-2_000:]
    there = import_day(the_day([f"{market}:AA,ZZZ"]), str(tmp_path / "b"))
    for mine, other in zip(found, there, strict=True):
        assert list(open_recording(mine).events()) == list(open_recording(other).events())


class Terminal:
    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """Nothing waits."""

    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_with_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, now = Terminal(), [0.0]
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = Progress("symbol-days", lambda: now[0])
    for done in range(1, 5):
        now[0] += 60
        progress.done(0, done, 4)
    shown = [line.strip() for line in terminal.text.replace("\n", "").split("\r")]
    assert shown == [
        "", "1 of 4 symbol-days, about 3 min left", "2 of 4 symbol-days, about 2 min left",
        "3 of 4 symbol-days, about 60 s left", "4 of 4 symbol-days",
    ]  # fmt: skip
    assert terminal.text.endswith("\n")
    assert [time_words(seconds) for seconds in (0.2, 89, 100, 7_800)] == ["1 s", "89 s", "2 min", "2 h 10 min"]


def test_nothing_is_shown_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Progress("symbol-days").done(0, 1, 1)
    assert capsys.readouterr().err == ""


def test_a_task_that_fails_by_itself_ends_the_run() -> None:
    with pytest.raises(DataValidationError, match="2 of 2 pieces of work lost their worker"):
        run_tasks([1, 2], [-1, 0], processes(1), always_dies, Watcher())
