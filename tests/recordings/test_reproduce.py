"""Every alert of a recorded run is made again byte for byte: by hand, polled, over restarts, reloads and answers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.cli import main
from orderflow_tui.config.schema import OrderFlowConfig
from orderflow_tui.config.values import VENDOR_WS_URL
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import Answer, Position
from orderflow_tui.core.model.events import REGULAR, SELL, SIDE_GIVEN, Book, Event, Print, TapeCovered
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.transcript import Begin, Changed
from orderflow_tui.feeds.feed import Arrival, Batch, Feed, FeedStatus
from orderflow_tui.feeds.polygon.feed import PolygonFeed
from orderflow_tui.feeds.simulator.process import SimulatorProcess
from orderflow_tui.journal.recommendations import journaled_recommendations
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.monitor.followup_store import FollowUpStore
from orderflow_tui.monitor.learned_store import LearnedStore
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.monitor.resume import EarlierRuns
from orderflow_tui.positions import PositionManager
from orderflow_tui.recordings.reproduce import _MADE_BY_CORES, find, reproduce
from orderflow_tui.recordings.run_files import RawError, RawReader
from orderflow_tui.recordings.writer import Recorder
from tests.feeds.fake_polygon import Config, FakePolygon, hang
from tests.monitor.test_monitor import CAPABILITIES, Fixed, HandFeed
from tests.recordings.recordings import until

ROOT = Path(__file__).parents[2]
BAC = Position("BAC", 1_000, Decimal("10.00"), stop=Decimal("9.80"))


class Run:
    """A recorded run: `journal` and `raw` in one folder."""

    def __init__(
        self,
        folder: Path,
        feed: Feed,
        positions: PositionManager,
        *,
        run_id: str = "run-1",
        **settings: Any,
    ) -> None:
        self.folder, self.feed = folder, feed
        self.journal = folder / "journal"
        self.config = Fixed(OrderFlowConfig(data_source="replay", **settings))
        profile = self.config.config.profile
        facts: Any = {"profile": profile, "source_class": "live", "data_source": "polygon"}
        self.monitor = Monitor(
            feed,
            positions,
            self.config,
            JournalWriter(self.journal, run_id=run_id, **facts),
            profile=profile,
            source_label="LIVE polygon",
            earlier=EarlierRuns(
                journaled_recommendations(self.journal, "live"),
                learned=LearnedStore(self.journal),
                followed=FollowUpStore(self.journal, "live"),
            ),
            recorder=Recorder(folder / "raw", run_id, journal=self.journal, **facts),
        )
        self.monitor.start()

    def records(self, *names: str) -> list[dict[str, Any]]:
        lines = [
            line
            for path in sorted(self.journal.glob("*.jsonl"))
            for line in path.read_bytes().rpartition(b"\n")[0].splitlines()
        ]
        records = [json.loads(line) for line in lines]
        return [record for record in records if not names or record["event"].rpartition(".")[2] in names]

    def wait_for(self, name: str, count: int = 1) -> list[dict[str, Any]]:
        until(lambda: len(self.records(name)) >= count)
        return self.records(name)

    def stop(self) -> None:
        self.monitor.stop(timeout=5)
        assert self.monitor.failure is None

    def all_made_again(self) -> list[dict[str, Any]]:
        """What cores said in this folder, each of it made again."""
        said = [record for record in self.records() if record["event"] in _MADE_BY_CORES]
        for record in said:
            remade = reproduce(find(record["event_id"], self.folder / "raw"))
            assert remade.same, remade.words
        return said


class Hand(Run):
    """One whose feed is the test's."""

    feed: HandFeed

    def __init__(self, folder: Path, positions: PositionManager | None = None, **more: Any) -> None:
        super().__init__(folder, HandFeed(), positions or PositionManager.fixed([BAC]), **more)
        assert self.feed.started.wait(5)
        self.tell(CAPABILITIES)

    def tell(self, capabilities: Capabilities) -> None:
        arrival = Arrival.now()
        self.feed.put(FeedStatus("open", 1.0, 5.0, 1.0, connected=True, capabilities=capabilities, arrival=arrival))

    def put(self, *events: Event) -> None:
        self.feed.put(Batch("BAC", "tape", events, Arrival.now(), vouched_ns=time.time_ns()))

    def sellers(self, *, price: int = 100_000, size: int = 12_000, count: int = 3) -> None:
        """A bid wall, and sells into lower and lower bids, all within the last seconds."""
        start = time.time_ns() - 20 * NS
        self.put(Book(start, 1, ((price, 5 * size),), ((price + 100, 500),)))
        for number in range(count):
            at, sold_at = start + (number + 1) * 5 * NS, price - 500 * number
            self.put(
                Book(at - 1, 2, ((sold_at, 500),), ((sold_at + 100, 3 * size),)),
                Print(at, number + 2, sold_at, size, REGULAR | SIDE_GIVEN, SELL, 11, trade_id=f"{at}"),
            )
        self.put(TapeCovered(start + 19 * NS))


@pytest.mark.parametrize("profile", ["guarded", "plan"])
@pytest.mark.parametrize("quantity", [1_000, -1_000])
def test_walls_sells_exits_and_answers(tmp_path: Path, profile: str, quantity: int) -> None:
    held = Position("BAC", quantity, Decimal("10.00"), stop=Decimal("9.80" if quantity > 0 else "10.10"))
    run = Hand(tmp_path, PositionManager.fixed([held]), profile=profile)
    run.sellers()
    counting = quantity > 0 and profile == "guarded"  # in `plan` sells do not count
    if counting:
        (told,) = run.wait_for("exit_signal_triggered")
        run.monitor.answer(told["recommendation_id"], Answer("hold", note="wait"))
        run.wait_for("exit_acknowledged")
        run.put(Book(time.time_ns(), 9, ((97_900, 500),), ((98_100, 500),)))
        run.wait_for("stop_alert")
    run.wait_for("order_flow_alert")
    run.stop()
    kinds = {record["event"].rpartition(".")[2] for record in run.all_made_again()}
    assert "order_flow_alert" in kinds
    assert not counting or {"exit_signal_triggered", "exit_acknowledged", "stop_alert"} <= kinds


def test_what_changes_while_it_runs(tmp_path: Path) -> None:
    """Thresholds, the position, its event, what the source shows."""
    path = tmp_path / "positions.toml"
    path.write_text('[[position]]\nsymbol = "BAC"\nquantity = 1000\naverage_cost = 10\n')
    run = Hand(tmp_path, PositionManager(path))
    run.sellers(size=12_000)
    before = len(run.wait_for("exit_signal_triggered")) and len(run.records("order_flow_alert"))
    run.config.config = OrderFlowConfig(data_source="replay", large_order_size_threshold=2_000)
    run.config.changed = True
    path.write_text('[[position]]\nsymbol = "BAC"\nquantity = 500\naverage_cost = 10\nstop = 9.7\n')
    watched = run.monitor._symbols.get("BAC")
    assert watched is not None
    core = watched.core
    until(lambda: core.terms.thresholds is run.config.config and core.holding.quantity == 500)
    run.tell(Capabilities("polygon", "live", "api.example", depth_levels=10, streaming=True))
    run.sellers(price=99_000, size=3_000)
    until(lambda: len(run.records("order_flow_alert")) >= before + 3)
    run.stop()
    assert run.all_made_again()
    changes = [one for one in RawReader(tmp_path / "raw" / "run-1", "BAC").frames() if isinstance(one, Changed)]
    assert [one.rules.large_order_size_threshold for one in changes if one.rules] == [2_000]
    assert [one.capabilities.depth_levels for one in changes if one.capabilities] == [10]
    assert [one.held[0].quantity for one in changes if one.held and one.held[0]] == [500]


def test_what_earlier_runs_left(tmp_path: Path) -> None:
    """The second run takes up an open recommendation and what the first followed; an alert of either is found."""
    first = Hand(tmp_path)
    first.sellers()
    (told,) = first.wait_for("exit_signal_triggered")
    first.stop()
    second = Hand(tmp_path, run_id="run-2")
    second.monitor.answer(told["recommendation_id"], Answer("exited"))
    second.wait_for("exit_acknowledged")
    second.sellers(price=98_000)
    second.wait_for("order_flow_alert", 6)
    second.stop()
    said = second.all_made_again()
    assert {record["run_id"] for record in said} == {"run-1", "run-2"}
    assert sum(record.get("kind") == "flow" for record in said) == 1


@pytest.mark.parametrize("sides", ["by quotes", "sides unsure"])
def test_polled_with_questions_about_sides(tmp_path: Path, sides: str) -> None:
    with FakePolygon() as host:
        if sides == "sides unsure":
            host.always("/v3/quotes/KO", hang)
        now = time.time_ns() // NS * NS
        host.market.quote("KO", 10.00, 10.02)
        host.market.quoted("KO", 10.00, 10.02, at=now - 14 * NS)
        for second in range(-425, -12):
            host.market.trade("KO", 10.02, 100, at=now + second * NS + NS // 2)
        for part in range(100):
            host.market.trade("KO", 10.00, 100, at=now - 12 * NS + part * NS // 10)
        held = PositionManager.fixed([Position("KO", 1_000, Decimal("10.00"))])
        run = Run(tmp_path, PolygonFeed(host.config(), cycle_seconds=0.1), held, profile="plan")
        (burst,) = run.wait_for("order_flow_alert")
        assert sides in str(burst["details"])
        if sides == "by quotes":
            run.wait_for("exit_signal_triggered")
        run.stop()
    assert run.all_made_again()
    assert all(b"SECRET" not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = Hand(tmp_path_factory.mktemp("recorded"))
    run.sellers()
    run.wait_for("exit_signal_triggered")
    run.stop()
    return run


def test_another_process_makes_it_again_and_says_so(recorded: Run, tmp_path: Path) -> None:
    (told,) = recorded.records("exit_signal_triggered")
    alert = recorded.records("order_flow_alert")[0]
    for name in (told["recommendation_id"], alert["episode_id"], alert["event_id"]):
        command = ["replay", "--alert", name, "--record", str(recorded.folder / "raw"), "--headless"]
        done = subprocess.run(
            [sys.executable, "-m", "orderflow_tui", *command],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PYTHONHASHSEED": "7"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        *lines, verdict = done.stdout.splitlines()
        assert "byte-identical to the journal's record run-1-" in verdict
        assert (told["reason"] if name == told["recommendation_id"] else alert["text"]) in lines[-1]


def test_what_differs_is_told_and_fails(recorded: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (told,) = recorded.records("exit_signal_triggered")
    raw = str(recorded.folder / "raw")
    ask = ["replay", "--alert", told["recommendation_id"], "--record", raw, "--headless", "--journal"]
    forged = tmp_path / "journal"
    forged.mkdir()
    day = forged / "2026-01-09.jsonl"
    day.write_text(json.dumps({**told, "shares": 1, "more": "x" * 100}) + "\n")
    assert main([*ask, str(forged)]) == 1
    verdict = capsys.readouterr().out.splitlines()[-1]
    assert f"{told['recommendation_id']}: DIFFERS from the journal's record {told['event_id']}" in verdict
    assert f"shares {told['shares']} (journal: 1)" in verdict
    assert f"more None (journal: '{'x' * 59}...)" in verdict
    day.write_text(json.dumps({**told, "reason": "as it was said", "evidence": ["before"]}) + "\n")
    assert main([*ask, str(forged)]) == 0
    verdict = capsys.readouterr().out.splitlines()[-1]
    assert f"the same but for its words as the journal's record {told['event_id']}: evidence [" in verdict
    other = told["recommendation_id"] + "1"
    day.write_text(json.dumps({**told, "recommendation_id": other}) + "\n")
    ask[2] = other
    assert main([*ask, str(forged)]) == 1
    assert f"{other}: NOT RAISED: the whole recording was played" in capsys.readouterr().out


def test_what_cannot_be_found_is_a_wrong_use(
    recorded: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    raw = ["--record", str(recorded.folder / "raw"), "--headless"]
    started = recorded.records("run_started")[0]["event_id"]
    elsewhere = recorded.folder / "elsewhere"
    Recorder(
        elsewhere, "run-9", profile="plan", source_class="live", data_source="polygon", journal=recorded.journal
    ).close()
    for command, words in (
        (["nothing", *raw], "nothing is in no journal: looked in"),
        ([started, *raw], "is not an alert but order_flow.run_started"),
        (["x", "--headless"], "--alert needs the directory of the recordings"),
        (["x", "--record", str(tmp_path), "--headless"], "nothing was recorded there"),
        (
            [recorded.records("order_flow_alert")[0]["episode_id"], "--record", str(elsewhere), "--headless"],
            "is of run run-1, which was not recorded in",
        ),
        (["x", "y", *raw], "give recordings to replay or --alert ID"),
    ):
        assert main(["replay", "--alert", *command]) == 2
        assert words in capsys.readouterr().err
    assert main(["replay"]) == 2


def test_a_broken_off_recording_makes_what_it_holds(recorded: Run, tmp_path: Path) -> None:
    (path,) = (recorded.folder / "raw" / "run-1").glob("*.raw")
    run = tmp_path / "raw" / "run-1"
    run.mkdir(parents=True)
    (run / "run.json").write_bytes((path.parent / "run.json").read_bytes())
    (run / path.name).write_bytes(path.read_bytes()[:-3])
    (told,) = recorded.records("exit_signal_triggered")
    remade = reproduce(find(told["event_id"], tmp_path / "raw"))
    assert remade.same or "breaks off before byte" in remade.words
    (run / path.name).write_bytes(path.read_bytes()[:60])
    assert "NOT RAISED" in reproduce(find(told["event_id"], tmp_path / "raw")).words
    (run / path.name).unlink()
    with pytest.raises(RawError, match="nothing of BAC"):
        reproduce(find(told["event_id"], tmp_path / "raw"))


def test_streamed_from_the_simulated_market(tmp_path: Path) -> None:
    with SimulatorProcess(seed=7, scenario="seller", depth="nbbo", symbols=("ACME",)) as market:
        config = Config(
            market.url,
            data_source="simulator",
            polygon_api_key=market.api_key,
            requests_per_second=20,
            stream="auto",
            polygon_ws_url=VENDOR_WS_URL,
        )
        held = PositionManager.fixed([Position("ACME", 1_000, Decimal("48.00"))])
        run = Run(tmp_path, PolygonFeed(config), held, large_order_size_threshold=3_000)
        until(lambda: len(run.records("order_flow_alert")) >= 2, seconds=90)
        run.stop()
    told = RawReader(tmp_path / "raw" / "run-1", "ACME").frames()
    assert any(one.capabilities.streaming for one in told if isinstance(one, Begin | Changed) and one.capabilities)
    assert len(run.all_made_again()) >= 2
