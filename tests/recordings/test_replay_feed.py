import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orderflow_tui.core.model.events import Book, Clock, Event, Gap, Print
from orderflow_tui.feeds.feed import Batch, FeedEnded, FeedMessage, FeedStatus
from orderflow_tui.recordings import replay_feed
from orderflow_tui.recordings.open_recording import open_recording
from orderflow_tui.recordings.replay_feed import ReplayFeed
from tests.feeds.recorded import NS, START, quote, trade, write


class _Collector:
    """Takes messages; tells when the feed has ended."""

    def __init__(self) -> None:
        self.messages: list[FeedMessage] = []
        self.ended = threading.Event()

    def put(self, message: FeedMessage) -> None:
        self.messages.append(message)
        if isinstance(message, FeedEnded):
            self.ended.set()

    def events(self, symbol: str) -> list[Event]:
        batches = [m for m in self.messages if isinstance(m, Batch) and m.symbol == symbol]
        return [event for batch in batches for event in batch.events]

    def end(self) -> FeedEnded:
        assert self.ended.wait(20)
        last = self.messages[-1]
        assert isinstance(last, FeedEnded)
        return last


def _until(condition: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if condition():
            return
        time.sleep(0.005)
    pytest.fail("it did not happen")


def _played(*prefixes: str, symbols: tuple[str, ...] = ("BAC", "AIG"), infer_sides: bool = False) -> _Collector:
    collector = _Collector()
    feed = ReplayFeed([open_recording(prefix) for prefix in prefixes], speed=0, infer_sides=infer_sides)
    feed.start(symbols, collector.put)
    collector.end()
    return collector


def test_a_recording_is_played_whole_with_a_clock_each_second(tmp_path: Path) -> None:
    prefix = write(tmp_path, trades=[trade(0.25, 2, side="S"), trade(3.5, 3)], book=[quote(0, 1), quote(3.0, 2)])
    collector = _played(prefix)
    status = collector.messages[0]
    assert isinstance(status, FeedStatus)
    assert status.market == "open"
    kinds = [(type(event).__name__, (event.time_ns - START) / NS) for event in collector.events("BAC")]
    assert kinds == [
        ("Gap", 0.0), ("Book", 0.0), ("Print", 0.25), ("Clock", 1.0), ("Clock", 2.0), ("Clock", 3.0), ("Book", 3.0),
        ("Print", 3.5),
    ]  # fmt: skip
    assert collector.end().exit_code == 0


def test_inferred_sides_are_left_to_the_core(tmp_path: Path) -> None:
    prefix = write(tmp_path, trades=[trade(0, 2, side="S")], book=[quote(0, 1)])
    given = [event.side for event in _played(prefix).events("BAC") if isinstance(event, Print)]
    inferred = [event.side for event in _played(prefix, infer_sides=True).events("BAC") if isinstance(event, Print)]
    assert (given, inferred) == ([-1], [0])


def test_several_are_played_together_each_known_from_its_own_first_event(tmp_path: Path) -> None:
    early = write(tmp_path, "bac_1", [trade(0, 1), trade(4, 3)], [quote(0, 1)])
    late = write(tmp_path, "aig_1", [trade(2.5, 1)], [quote(2.25, 1)])
    collector = _played(early, late)
    for symbol, first in (("BAC", 0.0), ("AIG", 2.25)):
        events = collector.events(symbol)
        gaps = [event for event in events if isinstance(event, Gap)]
        assert [(gap.time_ns - START) / NS for gap in gaps] == [first]
        assert [e.time_ns for e in events] == sorted(e.time_ns for e in events)
        assert sum(isinstance(event, Clock) for event in events) == 4


def test_two_of_one_symbol_leave_a_gap_between_them(tmp_path: Path) -> None:
    first = write(tmp_path, "bac_1", [trade(0, 1)], [quote(0, 1)])
    second = write(tmp_path, "bac_2", [trade(100, 1)], [quote(100, 1)])
    events = _played(first, second).events("BAC")
    assert [(event.time_ns - START) / NS for event in events if isinstance(event, Gap)] == [0, 100]
    assert sum(isinstance(event, Clock) for event in events) == 100


def test_what_nobody_wants_ends_at_once(tmp_path: Path) -> None:
    prefix = write(tmp_path, trades=[trade(0, 1)], book=[quote(0, 1)])
    collector = _played(prefix, symbols=("MSFT",))
    assert [type(message) for message in collector.messages] == [FeedStatus, FeedEnded]


def test_a_bad_line_ends_it_with_its_reason_after_what_came_before(tmp_path: Path) -> None:
    prefix = write(tmp_path, trades=[trade(0, 1), trade(1, 2), "rubbish"], book=[quote(0, 1)])
    collector = _played(prefix)
    assert sum(isinstance(event, Print) for event in collector.events("BAC")) == 2
    ended = collector.end()
    assert ended.exit_code == 1
    assert "bac_1.trades.csv.gz: line 4" in ended.reason


def test_long_recordings_come_in_pieces(tmp_path: Path) -> None:
    prefix = write(tmp_path, trades=[trade(at / 1_000, at) for at in range(1, 2_501)], book=[quote(0, 0)])
    collector = _played(prefix)
    sizes = [len(message.events) for message in collector.messages if isinstance(message, Batch)]
    assert max(sizes) <= 1_000
    assert sum(sizes) == 2_500 + 1 + 1 + 2


def test_pausing_holds_it_and_stopping_ends_it(tmp_path: Path) -> None:
    prefix = write(tmp_path, trades=[trade(at, at) for at in range(1, 400)], book=[quote(0, 0)])
    collector = _Collector()
    feed = ReplayFeed([open_recording(prefix)], speed=1.0)
    assert feed.capabilities.source == "replay"
    feed.set_symbols(["BAC"])
    feed.start(["BAC"], collector.put)
    _until(lambda: any(isinstance(event, Book) for event in collector.events("BAC")))
    assert not collector.ended.is_set()
    assert feed.toggle_pause()
    assert feed.paused
    feed.set_speed(0)
    assert feed.speed == 0
    assert not collector.ended.is_set()
    assert not feed.toggle_pause()
    collector.end()
    assert sum(isinstance(event, Print) for event in collector.events("BAC")) == 399


def test_stopped_while_it_waits_it_says_nothing_more(tmp_path: Path) -> None:
    prefix = write(tmp_path, trades=[trade(1_000, 1)], book=[quote(0, 0)])
    collector = _Collector()
    feed = ReplayFeed([open_recording(prefix)], speed=1.0)
    feed.start(["BAC"], collector.put)
    _until(lambda: bool(collector.events("BAC")))
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "replay"]
    feed.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert not collector.ended.is_set()


def test_the_clock_goes_on_while_nothing_trades(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []

    class Instant(replay_feed._Pace):
        def wait_until(self, recorded_ns: int, before_sleep: Callable[[], None], *, event: bool = True) -> bool:
            waited.append(recorded_ns - START)
            before_sleep()
            return True

    monkeypatch.setattr(replay_feed, "_Pace", Instant)
    prefix = write(tmp_path, trades=[trade(3.5, 1)], book=[quote(0, 0)])
    collector = _played(prefix)
    assert list(dict.fromkeys(waited)) == [0, NS, 2 * NS, 3 * NS, round(3.5 * NS)]
    sizes = [len(message.events) for message in collector.messages if isinstance(message, Batch)]
    assert max(sizes) == 1


def _times(collector: _Collector) -> list[tuple[str, float]]:
    return [(type(event).__name__, (event.time_ns - START) / NS) for event in collector.events("BAC")]


def test_steps_go_on_by_an_event_or_a_second_and_wait_again(tmp_path: Path) -> None:
    prefix = write(tmp_path, trades=[trade(0.5, 1), trade(2.5, 2), trade(2.75, 3), trade(9, 4)], book=[quote(0, 0)])
    collector = _Collector()
    feed = ReplayFeed([open_recording(prefix)], speed=1.0)
    feed.step("event")
    feed.start(["BAC"], collector.put)

    def stands_at(*expected: tuple[str, float]) -> None:
        _until(lambda: len(_times(collector)) >= len(expected))
        time.sleep(0.1)
        assert feed.paused
        assert tuple(_times(collector)) == expected

    seen = [("Gap", 0.0)]
    stands_at(*seen)
    for step, *passed in (
        ("event", ("Book", 0.0)),
        ("event", ("Print", 0.5)),
        ("second", ("Clock", 1.0)),
        ("event", ("Clock", 2.0), ("Print", 2.5)),
        ("second", ("Print", 2.75), ("Clock", 3.0)),
        ("second", ("Clock", 4.0)),
    ):
        feed.step("second" if step == "second" else "event")
        seen += passed
        stands_at(*seen)
    feed.step("event")
    feed.step("event")  # there is none any more: it waits at the end
    collector.end()
    assert _times(collector)[-1] == ("Print", 9.0)


def test_as_fast_as_it_goes_up_to_an_instant_and_waits_there(tmp_path: Path) -> None:
    prefix = write(tmp_path, trades=[trade(at, at) for at in range(1, 100)], book=[quote(0, 0)])
    collector = _Collector()
    feed = ReplayFeed([open_recording(prefix)], speed=1.0, fast_until_ns=START + 50 * NS, paused=True)
    feed.start(["BAC"], collector.put)
    _until(lambda: feed.arrived_ns > 0)
    _until(lambda: _times(collector)[-1] == ("Print", 49.0))
    assert not feed.toggle_pause()
    feed.set_speed(0)
    collector.end()


def test_seconds_without_an_event_are_passed_over_by_a_step(tmp_path: Path) -> None:
    prefix = write(tmp_path, trades=[trade(1, 1), trade(9_000, 2)], book=[quote(0, 0)])
    collector = _Collector()
    feed = ReplayFeed([open_recording(prefix)], speed=1.0, fast_until_ns=START + 2 * NS, paused=True)
    feed.start(["BAC"], collector.put)
    _until(lambda: feed.arrived_ns > 0)
    feed.step("second")
    assert collector.end().exit_code == 0
    assert _times(collector)[-1] == ("Print", 9_000.0)
