"""A line that ends, a book that is emptied, a connection that is cut: no alarm comes of it. A dead line is noticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.outputs import AlertRaised, Output
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.feeds.feed import Arrival, Batch, FeedMessage
from orderflow_tui.feeds.ibkr import wire
from orderflow_tui.feeds.ibkr.depth_line import DEAD_MOVES, DEAD_SECONDS
from orderflow_tui.feeds.ibkr.symbol import ASK, BID, IbkrSymbol
from tests.core.kit import NOON, Rules

BASE = Capabilities("ibkr", "live", "tws", side_check="refused")
WALL = 30_000


class Shown:
    """One symbol in front of a core, by a clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.symbol = IbkrSymbol("ACME", BASE, self._put)
        self.core = SymbolCore("ACME", Rules(), BASE)
        self.said: list[Output] = []
        self.size = 500

    def _put(self, message: FeedMessage) -> None:
        if isinstance(message, Batch):
            self.core.set_capabilities(self.symbol.capabilities())
            self.said += self.core.process(message.events)

    @property
    def arrival(self) -> Arrival:
        return Arrival(int(self.now * NS), NOON + int(self.now * NS))

    def rows(self, *, wall: bool = True, levels: int = 8) -> None:
        """The whole book again, row by row."""
        assert self.symbol.depth.rows is not None
        operation = 1 if self.symbol.depth.rows.bids else 0
        self.size = 1_100 - self.size
        for at in range(levels):
            for bid in (True, False):
                price = 250_000 - 100 * at if bid else 250_100 + 100 * at
                size = WALL if wall and bid and at == 3 else self.size
                self.symbol.take_depth(
                    wire.DepthRow(1, at, "NASDAQ", operation, bid, price, size), self.arrival, self.now
                )

    def quote(self, bid: int = 250_000, ask: int = 250_100) -> None:
        for kind, price in ((BID, bid), (ASK, ask)):
            self.symbol.take_price(wire.Tick(2, kind, price, self.size), self.now)

    def flush(self, seconds: float = 0.2) -> None:
        """Some time passes, and what is complete by then is told."""
        self.now += seconds
        self.symbol.flush(self.arrival, self.now, read=False)

    def evidence(self) -> list[str]:
        return [str(output.alert.evidence) for output in self.said if isinstance(output, AlertRaised)]


@pytest.fixture
def shown() -> Shown:
    made = Shown()
    made.symbol.depth.begin(made.now)
    for _ in range(3):
        made.quote()
        made.rows()
        made.flush(1.0)
    assert made.evidence() == ["bid_wall"]
    return made


def reset(shown: Shown) -> None:
    shown.symbol.depth.reset(shown.now)


def line_lost_and_won(shown: Shown) -> None:
    shown.symbol.depth.end()
    for _ in range(90):
        shown.size = 1_100 - shown.size
        shown.quote()
        shown.flush(1.0)
    assert shown.core.terms.capabilities.depth_levels == 1
    shown.symbol.depth.begin(shown.now)


def reconnected(shown: Shown) -> None:
    shown.symbol.disconnected()
    shown.now += 30.0
    shown.quote()
    shown.flush()
    shown.symbol.depth.begin(shown.now)


@pytest.mark.parametrize("what", [reset, line_lost_and_won, reconnected])
@pytest.mark.parametrize("still_there", [True, False])
def test_no_alarm_comes_of_a_book_that_was_out_of_sight(
    shown: Shown, what: Callable[[Shown], None], still_there: bool
) -> None:
    what(shown)
    for _ in range(20):
        shown.quote()
        shown.rows(wall=still_there)
        shown.flush(1.0)
    assert shown.core.terms.capabilities.depth_levels == 8
    assert shown.evidence() == ["bid_wall"]


def test_a_wall_that_is_withdrawn_in_sight_is_an_alarm(shown: Shown) -> None:
    for _ in range(5):
        shown.rows(wall=False)
        shown.flush(1.0)
    assert shown.evidence() == ["bid_wall", "bid_wall_pulled"]


def test_a_book_that_says_nothing_while_the_quote_moves_is_asked_for_again(shown: Shown) -> None:
    for move in range(2 * DEAD_MOVES):
        assert move >= DEAD_MOVES or not shown.symbol.depth.wants_renewal
        shown.quote(bid=250_000 + 100 * (move % 2), ask=250_200)
        shown.flush(DEAD_SECONDS / DEAD_MOVES + 0.1)
    assert "silent while the quote moves" in shown.symbol.depth.wants_renewal


def test_a_book_that_speaks_is_left_alone_however_the_quote_moves(shown: Shown) -> None:
    for move in range(3 * DEAD_MOVES):
        shown.quote(bid=250_000 + 100 * (move % 2), ask=250_200)
        shown.rows()
        shown.flush(DEAD_SECONDS / DEAD_MOVES + 0.1)
    assert not shown.symbol.depth.wants_renewal


def test_a_tape_that_says_nothing_while_the_volume_grows_is_asked_for_again(shown: Shown) -> None:
    symbol = shown.symbol
    symbol.tape.begin()
    symbol.tape.joined((), 0, shown.arrival)

    def volume(shares: int) -> None:
        symbol.take_last(wire.LastPrint(2, 250_000, 100, 0, shares), shown.arrival, shown.now)

    volume(1_000)
    shown.now += DEAD_SECONDS + 1
    volume(1_000)
    assert not symbol.ticks_dead  # nothing traded: silence is right
    volume(1_100)
    assert symbol.ticks_dead


def test_ticks_that_come_prove_their_line(shown: Shown) -> None:
    symbol = shown.symbol
    symbol.tape.begin()
    symbol.tape.joined((), 0, shown.arrival)
    for shares in range(1_000, 2_000, 100):
        symbol.take_last(wire.LastPrint(2, 250_000, 100, 0, shares), shown.arrival, shown.now)
        second = shown.arrival.wall_ns // NS
        symbol.take_trades([wire.Trade(1, second, 250_000, 100, False, "NASDAQ", "")], shown.arrival)
        shown.now += DEAD_SECONDS
    assert not symbol.ticks_dead
