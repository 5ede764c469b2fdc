"""The fast part of the endurance run: a day of 6.5 hours pushed through the program as fast as it goes.

    python -m benchmarks.endurance_day FOLDER     # the program's half, driven through standard input

The feed judges freshness, gaps and time-outs by the wall clock, so a market on a scaled clock would test the scaling.
Instead the day is told in frames as the stream's bytes: decoded, joined with polls, deduplicated, judged, journaled,
made into views and painted by the real parts, on a clock that moves on when all of a step has been handled. Left out
are sockets and threads of the feed: the part in real time has those. Latencies are real: the journal's `latency_ms`
runs on the machine's own monotonic clock from the arrival of a step's frame.
"""

from __future__ import annotations

import gc
import random
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import msgspec

from benchmarks import sampling
from benchmarks.measuring import ROOT
from orderflow_tui.config.schema import OrderFlowConfig
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds import feed as feed_module
from orderflow_tui.feeds.feed import ApiFault, Arrival, FeedGap, FeedMessage, FeedStatus, Put
from orderflow_tui.feeds.live.tape_join import TapeJoin
from orderflow_tui.feeds.polygon import wire
from orderflow_tui.feeds.polygon.normalize import print_of
from orderflow_tui.feeds.polygon.sale_conditions import EMBEDDED
from orderflow_tui.feeds.polygon.stream_events import StreamEvents
from orderflow_tui.feeds.polygon.stream_wire import decode_frame
from orderflow_tui.feeds.simulator import DEMO_SYMBOLS
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.polygon_stream import _band_event, _quote_event, _trade_event
from orderflow_tui.feeds.simulator.polygon_wire import trade_row
from orderflow_tui.journal.history import HistoryStore
from orderflow_tui.journal.writer import JournalWriter, new_run_id
from orderflow_tui.monitor import after_exit as sold_module
from orderflow_tui.monitor import clock as clock_module
from orderflow_tui.monitor import monitor as monitor_module
from orderflow_tui.monitor import pending_side_checks as sides_module
from orderflow_tui.monitor import watched_symbols as symbols_module
from orderflow_tui.monitor.followup_store import FollowUpStore
from orderflow_tui.monitor.learned_store import LearnedStore
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.monitor.resume import EarlierRuns
from orderflow_tui.positions import PositionManager
from orderflow_tui.track_record.track_record import TrackRecord

START_NS = 1_772_481_600 * NS
"""2026-03-02 20:00 UTC: the day ends at 02:30 and crosses midnight after four hours."""
DAY_SECONDS = 23_400
STEP_NS = NS // 4
CYCLE_SECONDS = 480
SILENT_SECONDS = 40
DROPPED_SECONDS = 12
HISTORY_NS = 420 * NS
CAPABILITIES = Capabilities(
    "simulator", "simulated", "a simulated day", streaming=True, sessions=False, side_check="none"
)  # fmt: skip
HELD = {"ACME": (3_000, "47.65"), "BOLT": (8_000, "17.62"), "CRUX": (-600, "127.10"), "DYNO": (5_000, "9.51")}
STOP = Decimal("17.72")


class Step(msgspec.Struct):
    """What comes in one step of the day.

    Attributes:
        now_ns: The instant it ends.
        frames: As the stream's bytes.
        pages: Rows of `/v3/trades` by symbol, where the tape is polled.
        fault: What else happens: `drop`, `join`, `silent`, or the error type of a failed request.
    """

    now_ns: int
    frames: list[bytes] = []
    pages: dict[str, bytes] = {}
    fault: str = ""


# --- the market's half ------------------------------------------------------------------------------------------


def steps(seconds: int = DAY_SECONDS) -> Iterator[Step]:
    """The day: the scenario `bad-day`, and in each eight minutes a drop, a silence, failed requests, broken frames."""
    market = Market(DEMO_SYMBOLS, seed=7, now_ns=START_NS, scenario="bad-day")
    draw = random.Random(7)
    told = START_NS - HISTORY_NS
    yield Step(START_NS, pages=_pages(market, told, START_NS), fault="join")
    told = START_NS
    for number in range(1, seconds * NS // STEP_NS + 1):
        now_ns = START_NS + number * STEP_NS
        second, part = divmod(number * STEP_NS // (NS // 4), 4)
        market.advance(now_ns)
        place = second % CYCLE_SECONDS
        if 60 <= place < 60 + DROPPED_SECONDS:
            yield Step(now_ns, fault="drop" if (place, part) == (60, 0) else "")
            continue
        if 200 <= place < 200 + SILENT_SECONDS:
            yield Step(now_ns, fault="silent")
            continue
        fault, pages = "", {}
        if (place, part) in ((60 + DROPPED_SECONDS, 0), (200 + SILENT_SECONDS, 0)):
            fault, pages = "join", _pages(market, told - 10 * NS, now_ns)
        elif part == 0 and place in (300, 310, 320):
            fault = {300: "429", 310: "5xx", 320: "timeout"}[place]
        frames = [] if pages else _frames(market, told, now_ns)
        told = now_ns
        if part == 0 and frames:
            frames = _broken(frames, place, draw)
        yield Step(now_ns, frames, pages, fault)


def _frames(market: Market, after_ns: int, to_ns: int) -> list[bytes]:
    events = []
    for symbol in market.symbols:
        one = market.get(symbol)
        assert one is not None
        histories: Any = (
            (one.tape.prints, _trade_event), (one.tape.quotes, _quote_event), (one.bands, _band_event)
        )  # fmt: skip
        for history, made in histories:
            events += [(row.sip_timestamp, made(one.instrument, row)) for row in history.between(after_ns + 1, to_ns)]
    events.sort(key=lambda item: item[0])
    return [msgspec.json.encode([event for _, event in events])] if events else []


def _broken(frames: list[bytes], place: int, draw: random.Random) -> list[bytes]:
    """StreamEvents sent twice, in the wrong order, with events nobody knows, and with a price that cannot be."""
    events = msgspec.json.decode(frames[0])
    if 120 <= place < 125:
        return [*frames, *frames]
    if 130 <= place < 135:
        draw.shuffle(events)
    elif 140 <= place < 145:
        events.append({"ev": "FMV", "sym": "SPY", "fmv": 1.0})
    elif 150 <= place < 153:
        events.append({"ev": "T", "sym": "DYNO", "x": 11, "i": "x", "p": -1.0, "s": 100, "t": 1, "q": 1})
    return [msgspec.json.encode(events)]


def _pages(market: Market, from_ns: int, to_ns: int) -> dict[str, bytes]:
    found = {}
    for symbol in HELD:
        one = market.get(symbol)
        assert one is not None
        rows = [trade_row(row, one.instrument.tape) for row in one.tape.prints.between(from_ns, to_ns)]
        found[symbol] = msgspec.json.encode(rows)
    return found


def run(folder: Path, seconds: int = DAY_SECONDS) -> float:
    """The whole day; leaves `samples.jsonl` and a journal in the folder.

    Returns:
        Seconds it took.

    Raises:
        RuntimeError: The program's half failed.
    """
    command = [sys.executable, "-m", "benchmarks.endurance_day", str(folder)]
    began = time.monotonic()
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True)
    assert child.stdin is not None
    try:
        with suppress(BrokenPipeError):  # its exit code says why
            for step in steps(seconds):
                data = msgspec.msgpack.encode(step)
                child.stdin.write(struct.pack("<I", len(data)) + data)
        with suppress(BrokenPipeError):
            child.stdin.close()
        code = child.wait(120)
    finally:
        child.kill()
        child.wait()
    if code:
        raise RuntimeError(f"the program's half ended with exit code {code}")
    return time.monotonic() - began


# --- the program's half -----------------------------------------------------------------------------------------


class Clock:
    """The day's clock: nanoseconds UTC, moved on by the feed."""

    def __init__(self) -> None:
        self.now_ns = START_NS

    def time_ns(self) -> int:
        return self.now_ns


class StepFeed:
    """Delivers steps as the feed's own parts would. Implements `Feed`."""

    def __init__(self, clock: Clock) -> None:
        self.capabilities = CAPABILITIES
        self._clock = clock
        self._put: Put = lambda _: None
        self._stop = threading.Event()
        self._intakes: dict[str, TapeJoin] = {}
        self._frames = StreamEvents(self._send, lambda: EMBEDDED, self._intakes.get, lambda: tuple(self._intakes))

    def start(self, symbols: Iterable[str], put: Put) -> None:
        self._put = put
        self.set_symbols(symbols)

    def set_symbols(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            if symbol not in self._intakes:
                self._intakes[symbol] = TapeJoin(symbol, self._send, self._stop)

    def set_urgency(self, symbols: Sequence[str]) -> None:
        """Nothing is polled by urgency."""

    def request_side_check(self, asked: SideCheckRequested) -> None:
        """The stream's sides are not asked for."""

    def stop(self) -> None:
        self._stop.set()

    def take(self, step: Step) -> None:
        """One step of the day, ended by a status."""
        arrival = Arrival(time.monotonic_ns(), self._clock.now_ns)
        if step.fault == "drop":
            for intake in self._intakes.values():
                intake.stream_ended()
            self._put(ApiFault("network", "the server closed the stream (1011)", arrival, endpoint="stream"))
        elif step.fault == "join":
            self._join(step, arrival)
        elif step.fault not in ("", "silent"):
            status = {"429": 429, "5xx": 503}.get(step.fault, 0)
            self._put(ApiFault(step.fault, "a failed request", arrival, status=status, endpoint="trades"))  # type: ignore[arg-type]
        for data in step.frames:
            holes = self._frames.take(decode_frame(data), arrival)
            for symbol in holes:  # polls would fill the hole; here the stream simply goes on
                self._intakes[symbol].stream_began(arrival.wall_ns)
                self._cover(symbol, arrival)
        if step.frames:
            self._frames.vouch(arrival.wall_ns, 0, arrival)
        self._put(FeedStatus("open", 1.0, 5.0, 1.0, connected=not step.fault, capabilities=CAPABILITIES,
                             arrival=arrival, stream="stream"))  # fmt: skip

    def _join(self, step: Step, arrival: Arrival) -> None:
        """A poll fills what was missed, and the stream begins again."""
        from_ns = min((intake.newest_ns for intake in self._intakes.values()), default=0)
        if from_ns:
            self._put(FeedGap(None, from_ns, arrival.wall_ns, "no answer", arrival))
        self._frames.begin()
        for symbol, body in step.pages.items():
            arrival = Arrival(time.monotonic_ns(), self._clock.now_ns)  # each page is an answer of its own
            rows = wire.decode_rows(msgspec.json.decode(body, type=list[msgspec.Raw]), list[wire.TradeRow])
            prints = [print_of(row, arrival.wall_ns, EMBEDDED) for row in rows]
            intake = self._intakes[symbol]
            intake.begin_fetch(arrival.wall_ns - HISTORY_NS)
            intake.polled(
                prints, from_ns=arrival.wall_ns - HISTORY_NS, covered_ns=arrival.wall_ns, arrival=arrival, backfill=True
            )
            intake.newest_ns = max([intake.newest_ns, *(event.time_ns for event in prints)])
            intake.stream_began(arrival.wall_ns)
            self._cover(symbol, arrival)

    def _cover(self, symbol: str, arrival: Arrival) -> None:
        """The poll after the stream's beginning, which finds nothing new."""
        later = arrival.wall_ns + 2 * NS
        intake = self._intakes[symbol]
        intake.begin_fetch(arrival.wall_ns - HISTORY_NS)
        intake.polled([], from_ns=arrival.wall_ns - HISTORY_NS, covered_ns=later, arrival=arrival, backfill=False)

    def _send(self, message: FeedMessage) -> None:
        self._put(message)


class SteppedMonitor(Monitor):
    """Says when everything of a step has been handled and published."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._seen = False
        self.handled = threading.Event()

    def _handle(self, message: Any) -> None:
        super()._handle(message)
        self._seen = self._seen or isinstance(message, FeedStatus)

    def _take(self, wait_s: float) -> bool:
        if self._seen:  # the loop came round: the second's work and the views of this step are done
            self._seen = False
            self.handled.set()
        return super()._take(wait_s)


class Fixed:
    """Thresholds that do not change."""

    message = ""

    def __init__(self) -> None:
        self._config = OrderFlowConfig(data_source="replay", profile="guarded")

    def poll(self) -> bool:
        return False

    def for_symbol(self, _: str) -> OrderFlowConfig:
        return self._config


def read_step(pipe: IO[bytes]) -> Step | None:
    head = pipe.read(4)
    if len(head) < 4:
        return None
    return msgspec.msgpack.decode(pipe.read(struct.unpack("<I", head)[0]), type=Step)


def main() -> int:
    """The program's half: the screen in the main thread, the monitor in its own, the day in a third."""
    folder = Path(sys.argv[1])
    sampling.note_loops()
    clock = Clock()
    # Seconds, waits and ages go by the day's clock; what came when, and so `latency_ms`, by the machine's.
    for module in (monitor_module, sides_module):
        module.time = SimpleNamespace(time_ns=clock.time_ns, monotonic_ns=clock.time_ns)  # type: ignore[attr-defined]
    for module in (feed_module, symbols_module, sold_module, clock_module):
        module.time = SimpleNamespace(time_ns=clock.time_ns, monotonic_ns=time.monotonic_ns)  # type: ignore[attr-defined]
    directory = folder / "journal"
    run_id = new_run_id(START_NS)
    journal = JournalWriter(
        directory, data_source="simulator", source_class="simulated", profile="guarded", run_id=run_id,
        clock=clock.time_ns,
    )  # fmt: skip
    held = [
        Position(symbol, shares, Decimal(cost), STOP if symbol == "BOLT" else None)
        for symbol, (shares, cost) in HELD.items()
    ]
    feed = StepFeed(clock)
    monitor = SteppedMonitor(
        feed, PositionManager.fixed(held), Fixed(), journal, profile="guarded", source_label="SIMULATED",
        earlier=EarlierRuns(learned=LearnedStore(directory), followed=FollowUpStore(directory, "simulated")),
        record=TrackRecord(directory, "guarded", run_id), publish_hz=20.0,
    )  # fmt: skip
    monitor.start()
    from orderflow_tui.tui.app import OrderFlowApp
    from orderflow_tui.tui.run_dashboard import SWITCH_INTERVAL
    from orderflow_tui.tui.state.attention import Attention

    sys.setswitchinterval(SWITCH_INTERVAL)
    history = HistoryStore(directory)
    app = OrderFlowApp(monitor, history=history, attention=Attention(bell=False), freeze=True)

    def day() -> None:
        minute = 0
        while not gc.get_freeze_count():  # the screen has been painted and has settled
            time.sleep(0.05)
        try:
            while (step := read_step(sys.stdin.buffer)) is not None and monitor.failure is None:
                clock.now_ns = step.now_ns
                monitor.handled.clear()
                feed.take(step)
                if not monitor.handled.wait(30):
                    raise RuntimeError("the monitor does not answer")
                if (now := (step.now_ns - START_NS) // (60 * NS)) > minute:
                    minute = now
                    sampling.keep(folder / "samples.jsonl", minute)
        finally:
            app.call_from_thread(app.exit, 0)

    threading.Thread(target=day, name="day", daemon=True).start()
    code = app.run(headless=True, size=(200, 50)) or 0
    monitor.stop("the day is over", timeout=5.0)
    history.close()
    return int(bool(monitor.failure or monitor.unwritten or code))


if __name__ == "__main__":
    sys.exit(main())
