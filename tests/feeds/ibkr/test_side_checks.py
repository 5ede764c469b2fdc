"""Sides by the quotes of the past: whole seconds, so only what every possible quote agrees on is told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import REGULAR, UNKNOWN, Print, SideCheckResult
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.side_check import signed
from orderflow_tui.feeds.feed import Batch
from orderflow_tui.feeds.ibkr.historical_ticks import REQUESTS, Pace
from orderflow_tui.feeds.ibkr.requests import Requests
from orderflow_tui.feeds.ibkr.side_checks import ANSWER_SECONDS, KEPT_FOR_PRINTS, SETTLE_SECONDS, SideChecks, sided
from orderflow_tui.feeds.ibkr.symbol import IbkrSymbol
from orderflow_tui.feeds.ibkr.wire import Contract, PastQuote, PastQuotes, message_of
from tests.feeds.collector import Collector

SECOND = 1_796_049_100


def sold(second: int, price: int = 250_000, size: int = 300, late_ns: int = NS // 5) -> Print:
    """A print of a second by its stamp, that came a little later."""
    at_ns = (SECOND + second) * NS
    return Print(at_ns + late_ns, second, price, size, REGULAR, UNKNOWN, participant_ns=at_ns)


def quote(second: int, bid: int = 250_000, ask: int = 250_200) -> PastQuote:
    return PastQuote(SECOND + second, bid, ask)


def sides(prints: Sequence[Print], quotes: Sequence[PastQuote]) -> list[int]:
    told, books = sided(prints, quotes, SECOND * NS)
    answer = SideCheckResult(0, 1, answered=True, prints=told, quotes=books)
    return [side for _, side, *_ in signed(answer)]


def test_a_print_has_the_side_that_all_quotes_of_its_second_agree_on() -> None:
    assert sides([sold(5)], [quote(1)]) == [-1]
    assert sides([sold(5, 250_200)], [quote(1)]) == [1]
    # In its second the bid fell below it: whether it was sold before or bought after, nobody knows.
    assert sides([sold(5)], [quote(1), quote(5, 249_800, 250_000)]) == []
    assert sides([sold(5)], [quote(1), quote(5, 250_000, 250_100)]) == [-1]
    # What came after its second says nothing of it; without a quote from before there is no side.
    assert sides([sold(5)], [quote(1), quote(6, 249_800, 250_000)]) == [-1]
    assert sides([sold(5)], [quote(5)]) == []
    assert sides([sold(5)], []) == []


def test_prints_that_came_late_have_the_quotes_of_their_own_second() -> None:
    prints = [sold(5, late_ns=NS * 3 // 2), sold(6, 249_800, late_ns=NS * 3 // 2)]
    assert sides(prints, [quote(1), quote(6, 249_800, 250_000), quote(7, 249_600, 249_800)]) == [-1]
    assert sides([*prints, sold(7, 249_700)], [quote(1), quote(7, 249_700, 249_900)]) == [-1, -1]


class Desk:
    """Questions in front of a connection, by a clock that the test moves."""

    def __init__(self) -> None:
        self.sent: list[list[str]] = []
        self.got = Collector()
        self.checks, self.pace = SideChecks(self.got), Pace()
        self.requests = Requests(lambda message: self.sent.append(message[4:].decode().split("\0")[:-1]))
        self.symbol = IbkrSymbol("ACME", Capabilities("ibkr", "live", "tws", side_check="asked"), self.got)
        self.symbol.contract = Contract("ACME", 7)
        self.symbol.tape.recent.add([sold(2), sold(5)])

    def ask(self, key: int = 1) -> None:
        self.checks.ask(SideCheckRequested("ACME", (SECOND + 5) * NS, key, SECOND * NS))

    def tend(self, now: float) -> None:
        self.checks.tend(self.requests, self.pace, {"ACME": self.symbol}, now)

    @property
    def answers(self) -> list[SideCheckResult]:
        events = [event for batch in self.got.of(Batch) for event in batch.events]
        return [event for event in events if isinstance(event, SideCheckResult)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_one_request_answers_what_was_asked_of_a_symbol(desk: Desk) -> None:
    desk.ask(1)
    desk.tend(0.0)
    desk.ask(2)
    desk.tend(SETTLE_SECONDS / 2)
    assert not desk.sent
    desk.tend(SETTLE_SECONDS)
    desk.tend(SETTLE_SECONDS * 2)
    (asked,) = desk.sent
    assert (asked[0], asked[-5:]) == ("96", ["1000", "BID_ASK", "0", "1", ""])
    assert not desk.answers
    desk.checks.came(desk.symbol, PastQuotes(int(asked[1]), (quote(1),)))
    assert [(one.key, one.answered, len(one.prints)) for one in desk.answers] == [(1, True, 2), (2, True, 2)]
    desk.tend(100.0)
    assert len(desk.sent) == 1


def test_what_nobody_answers_is_given_up(desk: Desk) -> None:
    desk.ask()
    for now in (0.0, SETTLE_SECONDS, SETTLE_SECONDS + ANSWER_SECONDS + 1):
        desk.tend(now)
    assert [one.answered for one in desk.answers] == [False]
    desk.ask(2)
    desk.checks.tend(None, desk.pace, {"ACME": desk.symbol}, 20.0)
    assert [one.answered for one in desk.answers] == [False, False]


def test_a_login_without_past_quotes_is_asked_once(desk: Desk) -> None:
    desk.ask()
    desk.tend(0.0)
    desk.tend(SETTLE_SECONDS)
    desk.checks.failed(desk.symbol, for_good=True)
    assert desk.symbol.capabilities().side_check == "refused"
    desk.ask(2)
    desk.tend(5.0)
    desk.tend(9.0)
    assert [one.answered for one in desk.answers] == [False, False]
    assert len(desk.sent) == 1


def test_the_pace_leaves_requests_for_past_prints(desk: Desk) -> None:
    for key in range(REQUESTS):
        desk.ask(key + 1)
        desk.tend(10.0 * key)
        desk.tend(10.0 * key + SETTLE_SECONDS)
        for number in desk.requests.numbers("sides"):
            desk.requests.done(number)
            desk.checks.came(desk.symbol, PastQuotes(number, (quote(1),)))
    assert len(desk.sent) == (REQUESTS - KEPT_FOR_PRINTS) // 2
    assert len(desk.answers) == REQUESTS


def test_past_quotes_are_read_from_the_wire() -> None:
    fields = [
        "97",
        "9",
        "2",
        "1796049000",
        "0",
        "25.10",
        "25.12",
        "3",
        "2",
        "1796049001",
        "0",
        "0",
        "25.13",
        "0",
        "2",
        "1",
    ]
    said = message_of(fields)
    assert said == PastQuotes(9, (PastQuote(1_796_049_000, 251_000, 251_200), PastQuote(1_796_049_001, 0, 251_300)))
