"""Each input of a run is broken in turn, in every way there is, while it runs: the next alert comes all the same."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.config.load import load_config
from orderflow_tui.config.reload import ConfigWatcher
from orderflow_tui.config.values import Settings
from orderflow_tui.core.model.events import Book
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Arrival, Batch, FeedStatus
from orderflow_tui.journal.recommendations import journaled_recommendations
from orderflow_tui.journal.records import AlertRecord, Record
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.monitor.followup_store import FollowUpStore
from orderflow_tui.monitor.learned_store import LearnedStore
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.monitor.resume import EarlierRuns
from orderflow_tui.positions import PositionManager
from orderflow_tui.recordings.writer import Recorder
from orderflow_tui.track_record.track_record import TrackRecord
from tests.monitor.test_monitor import CAPABILITIES, HandFeed

POSITIONS = '[[position]]\nsymbol = "BAC"\nquantity = 1000\naverage_cost = 13.86\n'


class Reloaded:
    """Thresholds of a real settings file."""

    def __init__(self, folder: Path) -> None:
        env = {"ORDER_FLOW_SECRETS": str(folder / "secrets.env"), "ORDER_FLOW_DATA_SOURCE": "replay"}

        def load() -> Any:
            return load_config(env=env, cwd=folder)

        self.watcher = ConfigWatcher(load(), load)

    @property
    def message(self) -> str:
        return self.watcher.message

    def poll(self) -> bool:
        return self.watcher.poll() is not None

    def for_symbol(self, symbol: str) -> Settings:
        return self.watcher.loaded.for_symbol(symbol)


class Run:
    """A monitor over real files in one folder; alerts are counted where they are told, not in the journal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        (folder / "positions.toml").write_text(POSITIONS)
        (folder / "orderflow.toml").write_text("bucket_seconds = 20\n")
        (folder / "secrets.env").write_text("")
        (folder / "secrets.env").chmod(0o600)
        writer = JournalWriter(self.logs, data_source="polygon", source_class="live", profile="guarded", run_id="run-1")
        self.feed = HandFeed()
        self.told: list[AlertRecord] = []
        self.monitor = Monitor(
            self.feed,
            PositionManager(folder / "positions.toml"),
            Reloaded(folder),
            writer,
            profile="guarded",
            source_label="LIVE polygon",
            earlier=EarlierRuns(
                journaled_recommendations(self.logs, "live"),
                learned=LearnedStore(self.logs),
                followed=FollowUpStore(self.logs, "live"),
            ),
            record=TrackRecord(self.logs, "guarded"),
            recorder=Recorder(
                folder / "raw",
                "run-1",
                profile="guarded",
                source_class="live",
                data_source="polygon",
                journal=self.logs,
            ),
            publish_hz=50.0,
        )
        self.monitor.listeners.append(self._hear)
        self.monitor.start()
        assert self.feed.started.wait(20)
        self.feed.put(
            FeedStatus("open", 1.0, 5.0, 1.0, connected=True, capabilities=CAPABILITIES, arrival=Arrival.now())
        )
        self._price = 100_000
        self.hears_an_alert()

    def _hear(self, record: Record, happened_ns: int) -> None:
        if isinstance(record, AlertRecord):
            self.told.append(record)

    def until(self, done: Callable[[], object]) -> None:
        deadline = time.monotonic() + 20
        while not done():
            assert self.monitor.failure is None, self.monitor.failure
            assert time.monotonic() < deadline, self.monitor.message
            time.sleep(0.005)

    def hears_an_alert(self) -> None:
        """A wall that was not there before."""
        before = len(self.told)
        self._price -= 300
        now = Arrival.now()
        book = Book(now.wall_ns, 0, ((self._price, 30_000),), ((self._price + 100, 500),))
        self.feed.put(Batch("BAC", "book", (book,), now, vouched_ns=now.wall_ns))
        self.until(lambda: len(self.told) > before)

    def seconds_pass(self) -> None:
        """Every file has been looked at since."""
        told = self.monitor.status().now_ns
        self.until(lambda: self.monitor.status().now_ns >= told + NS // 4)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = Run(tmp_path)
    yield made
    made.monitor.stop(timeout=20)
    assert made.monitor.failure is None


def emptied(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)


def gone(path: Path) -> None:
    emptied(path)


def pipe(path: Path) -> None:
    emptied(path)
    os.mkfifo(path)


def device(path: Path) -> None:
    emptied(path)
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    emptied(path)
    path.mkdir()


def link_to_itself(path: Path) -> None:
    emptied(path)
    path.symlink_to(path.name)


def gigabytes(path: Path) -> None:
    emptied(path)
    with path.open("wb") as file:
        file.truncate(8 << 30)


def holding(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        emptied(path)
        path.write_bytes(content)

    return write


WAYS: dict[str, Callable[[Path], None]] = {
    "gone": gone,
    "a pipe": pipe,
    "a device": device,
    "a folder": folder,
    "a link to itself": link_to_itself,
    "gigabytes": gigabytes,
    "no text": holding(bytes(range(256)) * 40),
    "endless nesting": holding(b"[" * 100_000),
    "endless keys": holding(b"a." * 5_000 + b"b = 1"),
    "an endless number": holding(b"x = 1" + b"0" * 200_000),
    "an endless exponent": holding(POSITIONS.replace("1000", "1e1000000").encode()),
    "control sequences": holding(b"\x1b[2J\x1b]52;c;x\x07 = 1"),
}
INPUTS = (  # files before the folders they lie in
    "positions.toml", "orderflow.toml", "secrets.env", "logs/.source-class", "logs/followups.json",
    "logs/learned/BAC.json", "logs/learned", "logs/{day}.jsonl", "logs", "raw/run-1", "raw",
)  # fmt: skip


def broken(way: Callable[[Path], None], path: Path) -> None:
    """Break it, though the run writes there in the same moment."""
    for _ in range(20):
        try:
            way(path)
        except OSError as error:
            assert error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.EISDIR, errno.ENOENT), error  # noqa: PT017
        else:
            return
    raise AssertionError(path)


@pytest.mark.parametrize("way", WAYS)
def test_a_broken_input_silences_no_alert(way: str, run: Run) -> None:
    today = time.strftime("%Y-%m-%d", time.gmtime())
    for name in INPUTS:
        broken(WAYS[way], run.folder / name.format(day=today))
        run.hears_an_alert()
        if name == "secrets.env":  # read again when the settings are
            run.seconds_pass()
            holding(b"bucket_seconds = 25\n")(run.folder / "orderflow.toml")
    run.seconds_pass()
    run.hears_an_alert()
    assert run.monitor.message.isprintable()


def test_a_working_directory_that_is_removed_silences_no_alert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    made = Run(tmp_path)
    here.rmdir()
    made.seconds_pass()
    made.hears_an_alert()
    made.monitor.stop(timeout=20)
    assert made.monitor.failure is None


def test_whoever_listens_and_fails_silences_no_alert(run: Run) -> None:
    def broken(record: Record, happened_ns: int) -> None:
        raise RuntimeError("x\x1b[2J")

    run.monitor.listeners.insert(0, broken)
    run.hears_an_alert()
    run.until(lambda: "broken failed: RuntimeError: x?[2J" in run.monitor.message)
