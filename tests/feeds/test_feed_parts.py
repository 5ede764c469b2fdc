from __future__ import annotations

import ssl
import threading
import time
from itertools import pairwise
from typing import Any

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.model.events import LATE_REPORT, REGULAR, VOLUME, Book, Print
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import Arrival, Batch, FeedMessage
from orderflow_tui.feeds.live.schedule import Job, Schedule, cycle_of
from orderflow_tui.feeds.live.tape_join import TapeJoin
from orderflow_tui.feeds.polygon.books import BookPoller, Judgement
from orderflow_tui.feeds.polygon.feed import LEAD
from orderflow_tui.feeds.polygon.normalize import ShownBook
from orderflow_tui.feeds.polygon.rest_calls import BooksAnswer, Gateway
from orderflow_tui.outbound.http import Deadline, _Stream
from tests.feeds.collector import shown
from tests.feeds.fake_polygon import FakePolygon, say

AT = 1_769_700_000 * NS


def answer(bid_size: int, ask_size: int, quote_ns: int = AT) -> BooksAnswer:
    book = ShownBook("KO", ((100_000, bid_size),), ((100_100, ask_size),), quote_ns)
    return BooksAnswer(Arrival(1, AT + NS), books={"KO": book}, vouched_ns=AT)


def polled(poller: BookPoller, found: BooksAnswer) -> tuple[int, int]:
    judgement = Judgement(now_ns=AT + NS, delay_seconds=0, market_open=True, source="polygon")
    (batch,) = poller.messages(found, ("KO",), judgement)
    assert isinstance(batch, Batch)
    book = shown(batch)
    return book.bids[0][1], book.asks[0][1]


def nbbo(bid_size: int, ask_size: int, quote_ns: int = AT) -> ShownBook:
    return answer(bid_size, ask_size, quote_ns).books["KO"]


@pytest.mark.parametrize("lot", [10, 40, 100])
def test_round_lots_are_found_applied_and_given_up_again(lot: int) -> None:
    poller = BookPoller()
    assert polled(poller, answer(3, 5)) == (3, 5)
    assert poller.unit_from("KO", nbbo(3 * lot, 5 * lot)) == lot
    assert polled(poller, answer(4, 6)) == (4 * lot, 6 * lot)
    assert poller.unit_from("KO", nbbo(4 * lot, 6 * lot)) == 0
    assert polled(poller, answer(400, 600)) == (400 * lot, 600 * lot)
    assert poller.unit_from("KO", nbbo(400, 600)) == 1
    assert polled(poller, answer(400, 600)) == (400, 600)


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        (nbbo(300, 500, AT + 1), None),
        (nbbo(300, 1_000), None),
        (nbbo(301, 500), None),
        (ShownBook("KO", (), ((100_100, 500),), AT), None),
        (nbbo(21, 35), None),
        (ShownBook("KO", ((100_000, 300),), ((100_200, 500),), AT), None),
        (nbbo(3, 5), 0),
    ],
)
def test_what_is_not_the_same_quote_proves_nothing(other: ShownBook, verdict: int | None) -> None:
    poller = BookPoller()
    assert poller.unit_from("KO", other) is None
    polled(poller, answer(3, 5))
    assert poller.unit_from("KO", other) == verdict
    assert polled(poller, answer(3, 5)) == (3, 5)


def test_a_books_symbols_can_be_forgotten() -> None:
    poller = BookPoller()
    polled(poller, answer(3, 5))
    poller.keep(["IBM"])
    assert poller.last_shown("KO") is None


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({"market": "closed", "serverTime": "2026-01-29T10:00:00-05:00"}, "closed"),
        ({"market": "open"}, "open"),
        ({"market": "on fire", "serverTime": "noon"}, "unknown"),
        ({"market": "extended-hours", "serverTime": "2026-01-29T10:00:00"}, "extended-hours"),
    ],
)
def test_market_states_and_the_hosts_clock(host: FakePolygon, body: Any, state: str) -> None:
    gateway = Gateway(host.config(), clock=lambda: 1_769_698_800 * NS)
    host.script("/v1", say(body))
    assert gateway.market_status() == (state, 0)
    gateway.session.close()


@pytest.mark.parametrize(("said", "delayed"), [("DELAYED", True), ("REAL-TIME", False), ("", None)])
def test_the_delay_as_the_host_tells_it(host: FakePolygon, said: str, delayed: bool | None) -> None:
    host.market.timeframe = said
    gateway = Gateway(host.config())
    assert gateway.delayed(("SPY",)) is delayed
    gateway.session.close()


class Wire(httpcore.NetworkStream):
    """Notes the timeouts it is given."""

    def __init__(self) -> None:
        self.timeouts: list[float | None] = []

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self.timeouts.append(timeout)
        return self

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.timeouts.append(timeout)
        return b""


def test_a_handshake_and_what_follows_it_are_within_the_deadline() -> None:
    deadline, wire = Deadline(), Wire()
    stream = _Stream(wire, deadline)
    stream.read(1)
    with deadline.within(60):
        secure = stream.start_tls(ssl.create_default_context(), "h", timeout=5)
        secure.read(1, timeout=None)
    with deadline.within(0), pytest.raises(httpcore.ReadTimeout):
        secure.read(1)
    with deadline.within(0), pytest.raises(httpcore.ConnectTimeout):
        stream.start_tls(ssl.create_default_context())
    first, second, third = wire.timeouts
    assert (first, second) == (None, 5)
    assert third is not None
    assert 50 < third <= 60


def test_a_deadline_is_its_threads_own() -> None:
    deadline = Deadline()
    with deadline.within(0):
        found: list[float | None] = []
        thread = threading.Thread(target=lambda: found.append(deadline.cut(7, httpcore.ReadTimeout)))
        thread.start()
        thread.join()
    assert found == [7]


def test_suspects_run_one_at_a_time_and_the_longest_due_comes_first() -> None:
    stop = threading.Event()
    schedule = Schedule(stop)
    now = time.monotonic()
    names = ("slow-1", "slow-2", "late", "early")
    for name, due in zip(names, (now - 9, now - 8, now - 1, now - 2), strict=True):
        schedule.add(Job(name, lambda: 0.0, "trades", due=due, suspect=name.startswith("slow")))
    order = [schedule.take() for _ in range(3)]
    assert [job.name for job in order if job] == ["slow-1", "early", "late"]
    assert order[0] is not None
    order[0].suspect = False
    schedule.finished(order[0], now + 60)
    taken = schedule.take()
    assert taken is not None
    assert taken.name == "slow-2"
    schedule.remove("early")
    schedule.hurry()
    again = schedule.take()
    assert again is order[0]
    stop.set()
    assert schedule.take() is None


@given(
    tapes=st.integers(1, 24),
    per_second=st.sampled_from([2.0, 5.0, 20.0]),
    urgent=st.lists(st.integers(0, 23), max_size=6, unique=True),
    asking=st.booleans(),
)
def test_no_tape_waits_longer_than_its_share_of_the_budget_and_the_rest_yields_first(
    tapes: int, per_second: float, urgent: list[int], asking: bool
) -> None:
    """With N symbols a tape is asked for every 1.25 (N + 1) / 5 s, plus one request; one start each 1 / 5 s here.

    Questions without end cost a tape their two starts at a time, not its round.
    """
    schedule = Schedule(threading.Event(), per_second)
    cycle = cycle_of(tapes + 1, per_second)
    assert cycle == pytest.approx(1.25 * (tapes + 1) / per_second)
    names = ["books", *(f"tape:{number}" for number in range(tapes))]
    for name in names:
        schedule.add(Job(name, lambda: 0.0, "trades"))
    for number in range(3):
        schedule.add(Job(f"optional-{number}", lambda: 0.0, "nbbo", optional=True))
        if asking:
            schedule.add(Job(f"question-{number}", lambda: 0.0, "quotes", question=True))
    schedule.set_leads({f"tape:{number}": LEAD * cycle * (1 - place / 6) for place, number in enumerate(urgent)})
    starts: dict[str, list[float]] = {name: [] for name in names}
    optional, now, step = 0, 0.0, 1 / per_second
    while now < 12 * cycle:
        job = schedule.start_first(now)
        if job is not None:
            rest = job.optional or job.question
            schedule.finished(job, now if rest else now + cycle)
            if rest:
                optional += 1
            else:
                starts[job.name].append(now)
        now += step
    for name, at in starts.items():
        assert max(later - earlier for earlier, later in pairwise(at)) <= cycle + (8 if asking else 2) * step, name
        assert len(at) >= (7 if asking else 10)
    assert 0 < optional <= 0.2 * per_second * 12 * cycle + 3


def test_held_jobs_start_when_they_are_released() -> None:
    looks: list[float] = []
    looked = threading.Event()

    def clock() -> float:
        looks.append(1.0)
        if len(looks) > 1:
            looked.set()
        return 1.0

    schedule = Schedule(threading.Event(), clock=clock, held=True)
    job, taken = Job("books", lambda: 0.0, "snapshot"), list[Job | None]()
    schedule.add(job)
    worker = threading.Thread(target=lambda: taken.append(schedule.take()))
    worker.start()
    assert looked.wait(60)
    assert not job.running
    schedule.release()
    worker.join()
    assert taken == [job]


def test_questions_go_first_two_at_a_time_and_never_beyond_their_share() -> None:
    schedule = Schedule(threading.Event(), 5.0)
    schedule.add(Job("tape:A", lambda: 0.0, "trades"))
    schedule.add(Job("units", lambda: 0.0, "nbbo", optional=True))
    for number in range(4):
        schedule.add(Job(f"sides:{number}", lambda: 0.0, "quotes", question=True))
    order = [schedule.start_first(now) for now in (1.0, 1.0, 1.0, 1.0, 9.0)]
    assert [job.name if job else None for job in order] == ["sides:0", "sides:1", "tape:A", None, "units"]
    assert order[0] is not None
    schedule.finished(order[0], 99.0)
    later = [schedule.start_first(now) for now in (9.0, 10.9, 11.0)]
    assert [job.name if job else None for job in later] == ["sides:2", None, None]


def test_of_what_is_due_the_urgent_goes_first_and_what_may_wait_last() -> None:
    schedule = Schedule(threading.Event(), 5.0)
    for name, optional in (("units", True), ("tape:A", False), ("tape:B", False)):
        schedule.add(Job(name, lambda: 0.0, "trades", optional=optional))
    schedule.set_leads({"tape:B": 0.1})
    order = [schedule.start_first(1.0) for _ in range(4)]
    assert [job.name if job else None for job in order] == ["tape:B", "tape:A", "units", None]


def made(at: int, price: int, flags: int = REGULAR) -> Print:
    return Print(AT + at, at, price, 100, flags, trade_id=str(at))


def test_a_span_begins_with_the_last_two_prices_before_it_however_old_they_are() -> None:
    intake = TapeJoin("KO", lambda _: None, threading.Event())
    older = [
        made(0, 100),
        made(1, 101),
        made(2, 101),
        made(3, 100),
        made(4, 99, VOLUME),
        made(5, 98, REGULAR | LATE_REPORT),
    ]
    hour = 3_600 * NS
    for prints in (older, [made(hour, 100), made(hour + 9, 90)]):
        intake.begin_fetch(0)
        intake.polled(prints, from_ns=0, covered_ns=0, arrival=Arrival(1, 1), backfill=False)
    assert [event.seq for event in intake.span(AT + hour, AT + hour)] == [2, 3, hour]
    assert [event.seq for event in intake.span(AT + hour)] == [2, 3, hour, hour + 9]
    assert [event.seq for event in intake.span(AT + hour + 1)] == [2, hour, hour + 9]
    assert [event.seq for event in intake.span(AT + hour + 10)] == [hour, hour + 9]


def test_the_first_quote_of_a_stream_is_one_that_was_asked_for_after_it_began() -> None:
    told: list[FeedMessage] = []
    intake = TapeJoin("KO", told.append, threading.Event())
    batch = Batch("KO", "book", (), Arrival(1, 1))
    assert not intake.first_quote(batch, AT)
    intake.stream_began(AT, quotes=True)
    assert not intake.first_quote(batch, AT - 1)
    assert intake.wants_quote
    assert intake.first_quote(batch, AT)
    assert not intake.first_quote(batch, AT)
    intake.stream_began(AT, quotes=True)
    intake.streamed([Book(AT, 1, (), ())], "book", Arrival(1, 1), quote_ns=AT)
    assert not intake.first_quote(batch, AT)
    assert told.count(batch) == 1
