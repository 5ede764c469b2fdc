"""Lines change hands with patience, prints are told once, notices are read."""

from __future__ import annotations

from orderflow_tui.core.model.events import AUCTION, OFF_EXCHANGE, SIDE, VOLUME, Event, Gap, Print, TapeCorrection
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Arrival, Batch
from orderflow_tui.feeds.ibkr.historical_ticks import PAGE, PastTicks
from orderflow_tui.feeds.ibkr.market_data_lines import HOLD_SECONDS, MarketDataLines
from orderflow_tui.feeds.ibkr.normalize import flags_of, venues_of
from orderflow_tui.feeds.ibkr.tape import SymbolTape
from orderflow_tui.feeds.ibkr.wire import Trade
from tests.feeds.collector import Collector

NOW = 1_796_049_100


def at(second: float) -> Arrival:
    return Arrival(0, int((NOW + second) * NS))


def tick(second: int, size: int = 100, price: int = 251_000, venue: str = "NASDAQ") -> Trade:
    return Trade(1, NOW + second, price, size, unreported=False, venue=venue, conditions="")


def told(got: Collector) -> list[Event]:
    return [event for batch in got.of(Batch) for event in batch.events]


def sizes(events: list[Event]) -> list[int]:
    return [event.size for event in events if isinstance(event, Print)]


def test_whoever_got_a_line_keeps_it_a_minute() -> None:
    lines = MarketDataLines(2)
    assert lines.assign(["A", "B", "C"], 0.0) == (("A", "B"), ())
    assert lines.assign(["C", "A", "B"], 1.0) == ((), ())
    assert lines.assign(["C", "A", "B"], HOLD_SECONDS) == (("C",), ("B",))
    assert lines.assign(["B", "A"], HOLD_SECONDS + 1) == (("B",), ("C",))


def test_a_refused_line_lowers_them_for_good() -> None:
    lines = MarketDataLines(3)
    lines.assign(["A", "B", "C"], 0.0)
    lines.refused("C")
    assert lines.assign(["A", "B", "C"], 1.0) == ((), ())
    lines.clear()
    assert lines.assign(["C", "B", "A"], 2.0) == (("C", "B"), ())


def test_past_and_streamed_ticks_are_told_once_each() -> None:
    got = Collector()
    tape = SymbolTape("ACME", got)
    tape.begin()
    assert tape.tick([tick(-1, 10), tick(0, 20), tick(0, 20)], at(0.4)) == []
    past = [tick(-60, 1), tick(-1, 9), tick(-1, 10), tick(0, 20), tick(0, 30)]
    tape.joined(past, NOW - 420, at(2.0))
    assert sorted(sizes(told(got))) == [1, 9, 10, 20, 20, 30]
    assert [event.reason for event in told(got) if isinstance(event, Gap)] == ["start"]
    # 30 came by the request first: the stream's own is the same print, a second one is not.
    assert sizes(list(tape.tick([tick(0, 30), tick(0, 30)], at(2.1)))) == [30]


def test_a_cut_loses_and_doubles_nothing() -> None:
    got = Collector()
    tape = SymbolTape("ACME", got)
    tape.begin()
    tape.joined([], NOW - 420, at(0.0))
    assert sizes(list(tape.tick([tick(1, 11), tick(2, 22)], at(2.2)))) == [11, 22]
    tape.end()
    tape.begin()
    mark = len(told(got))
    tape.joined([tick(2, 22), tick(2, 23), tick(5, 55)], NOW + 2, at(8.0))
    assert sizes(told(got)[mark:]) == [23, 55]
    assert not [event for event in told(got)[mark:] if isinstance(event, Gap)]


def test_without_past_ticks_a_gap_says_so() -> None:
    got = Collector()
    tape = SymbolTape("ACME", got)
    tape.begin()
    tape.tick([tick(0, 20)], at(0.4))
    tape.joined(None, 0, at(8.0), "no past prints: 162")
    first, second = told(got)
    assert isinstance(first, Gap)
    assert first.reason == "no past prints: 162"
    assert isinstance(second, Print)


def test_times_are_the_later_of_stamp_and_arrival_and_never_go_back() -> None:
    tape = SymbolTape("ACME", Collector())
    tape.begin()
    tape.joined([], NOW - 420, at(0.0))
    times = [event.time_ns for event in tape.tick([tick(1), tick(9), tick(2)], at(2.5))]
    assert times == [at(2.5).wall_ns, (NOW + 9) * NS, (NOW + 9) * NS]


def test_a_step_of_the_days_volume_is_never_one_print() -> None:
    got = Collector()
    tape = SymbolTape("ACME", got)
    tape.begin_sampling(NOW * NS, at(0.0), "no tick-by-tick line")
    assert tape.sample(251_000, 300, 10_000, NOW * NS) == []
    assert [event.size for event in tape.sample(251_000, 300, 10_900, (NOW + 1) * NS)] == [300]
    assert (tape.seen_volume, tape.day_volume) == (300, 900)
    assert tape.sample(251_000, 300, 10_900, (NOW + 2) * NS) == []
    # A line is won: what was sampled is read again whole, and baselines begin with what is known.
    tape.begin()
    mark = len(told(got))
    tape.joined([tick(0, 600), tick(1, 300), tick(3, 50)], NOW - 420, at(4.0))
    gap, again, later = told(got)[mark:]
    assert isinstance(gap, Gap)
    assert isinstance(again, TapeCorrection)
    assert [event.size for event in again.prints] == [600, 300]
    assert isinstance(later, Print)


def test_pages_of_the_past_meet_without_seam() -> None:
    job = PastTicks(NOW - 420, 0.0)
    newer = tuple(tick(-10 + place // 200) for place in range(PAGE))
    assert job.page(newer)
    older = (tick(-500), tick(-300), *(tick(-10) for _ in range(250)))
    assert not job.page(older)
    assert job.whole_from == NOW - 420
    assert len([one for one in job.trades if one.second == NOW - 10]) == 250
    assert len(job.trades) == 252 + PAGE - 200


def test_what_letters_and_venues_leave_of_a_print() -> None:
    assert flags_of("", "NASDAQ") & SIDE
    assert flags_of(" I", "FINRA") & OFF_EXCHANGE
    assert not flags_of(" W", "FINRA") & SIDE
    assert flags_of(" W", "FINRA") & VOLUME
    assert flags_of("O", "NYSE") & AUCTION
    assert flags_of("M", "NYSE") == 0
    assert not flags_of("?", "NYSE") & SIDE


def test_the_notice_about_venues_is_read() -> None:
    said = venues_of(
        "Exchanges - Depth: IEX; Top: BYX; AMEX; Need additional market data permissions - Depth: BATS; ARCA; NASDAQ; "
    )
    assert (said.deep, said.best_only, said.missing) == (("IEX",), ("BYX", "AMEX"), ("BATS", "ARCA", "NASDAQ"))
    assert not said.is_deep
    assert venues_of("Exchanges - Depth: ARCA; ").is_deep
