"""One symbol's simulated trading: Poisson order flow into a real matching book.

Limit orders, cancels and marketable orders arrive as independent Poisson processes; limit orders gather around a
reference price that wanders and returns to where it began (an Ornstein-Uhlenbeck process), and a level's size is
pulled towards its typical size. The family is that of the zero-intelligence book models (Smith, Farmer, Gillemot,
Krishnamurthy 2003; Cont, Stoikov, Talreja 2010). Nothing here reads a clock: time is what `advance` is told.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from msgspec import Struct

from orderflow_tui.feeds.simulator.book import BookSide, Order, Side
from orderflow_tui.feeds.simulator.instruments import Instrument
from orderflow_tui.feeds.simulator.makers import Makers
from orderflow_tui.feeds.simulator.market_history import NANOS, PRICE_UNITS_PER_TICK, Aggressor, Band, History
from orderflow_tui.feeds.simulator.tape import HISTORY_NS, Tape

_SWEEP_TICKS = 5
_DRIFT_STEP_NS = NANOS // 4
_MICROSECOND = 1_000
_NEVER = 1 << 62


class Flow(Struct, frozen=True):
    """How the order flow differs from calm.

    Attributes:
        market: Factor on the rate of marketable orders and off-exchange prints.
        book: Factor on the rate of limit orders and cancels.
        sell_share: Probability that the aggressor sells.
        drift: Movement of the reference price, ticks a second.
    """

    market: float = 1.0
    book: float = 1.0
    sell_share: float = 0.5
    drift: float = 0.0


CALM = Flow()
_HALTED_FLOW = Flow(market=1e-9, book=1e-9)
_IN_FORCE, _HALTED, _RESUMED = 21, 17, 18


Action: TypeAlias = "Callable[[SymbolMarket], None]"


class Step(NamedTuple):
    """Something a scenario does to a symbol's market at an instant (nanoseconds UTC)."""

    at_ns: int
    act: Action


class SymbolMarket:
    """The simulated market of one symbol.

    Args:
        instrument: What is traded.
        seed: The same seed and start give the same market.
        start_ns: When trading begins, nanoseconds UTC.
        script: What happens beyond calm trading, in order of time; may be endless.
        watcher: Called after each step of it.
    """

    def __init__(
        self,
        instrument: Instrument,
        *,
        seed: int,
        start_ns: int,
        script: Iterable[Step] = (),
        watcher: Action | None = None,
    ) -> None:
        self.instrument = instrument
        self._watcher = watcher
        self.now_ns = start_ns
        self.bids = BookSide("bid")
        self.asks = BookSide("ask")
        self._rng = random.Random(f"{seed}:{instrument.symbol}")  # noqa: S311
        self.tape = Tape(instrument, self._rng)
        self._clock_ns = start_ns
        self.makers = Makers(instrument, self._rng, self.bids, self.asks, self._match)
        self._named: dict[str, tuple[BookSide, int, Order]] = {}
        self._script = iter(script)
        self._next_step = next(self._script, None)
        self._next_drift_ns = start_ns + _DRIFT_STEP_NS
        self._next_flow_ns = start_ns
        self.bands: History[Band] = History(HISTORY_NS)
        self._band_sequence = 0
        self.makers.fill()
        self.set_flow(CALM)
        self._publish_quote()
        self._show_band(_IN_FORCE)

    def advance(self, to_ns: int) -> None:
        """Trades on until `to_ns` (nanoseconds UTC); an earlier time does nothing.

        The order of events does not depend on where calls of `advance` end, so neither does the market.
        """
        while True:
            step_ns = self._next_step.at_ns if self._next_step else _NEVER
            due_ns = min(self._next_flow_ns, self._next_drift_ns, step_ns)
            if due_ns > to_ns:
                break
            self._clock_ns = max(due_ns, self._clock_ns + _MICROSECOND)
            if self._next_step is not None and due_ns == step_ns:
                self._next_step.act(self)
                self._next_step = next(self._script, None)
            elif due_ns == self._next_drift_ns:
                self._next_drift_ns += _DRIFT_STEP_NS
                self.makers.wander(_DRIFT_STEP_NS / NANOS, self._flow.drift)
            else:
                self._next_flow_ns = due_ns + self._waiting_time_ns()
                self._flow_event()
            self._publish_quote()
            if self._watcher is not None:
                self._watcher(self)
        self.now_ns = max(self.now_ns, to_ns)

    def skip(self, to_ns: int) -> None:
        """Takes up calm trading at `to_ns` as if nothing had happened since `now_ns`: what a long sleep leaves."""
        self.set_flow(CALM)
        self.makers.release()
        for name in tuple(self._named):
            self.withdraw(name)
        while self._next_step is not None and self._next_step.at_ns < to_ns:
            self._next_step = next(self._script, None)
        self._clock_ns = self.now_ns = max(self._clock_ns, to_ns)
        self._next_drift_ns = to_ns + _DRIFT_STEP_NS
        self._next_flow_ns = to_ns
        self._publish_quote()

    @property
    def clock_ns(self) -> int:
        """The newest event's time, nanoseconds UTC."""
        return self._clock_ns

    def depth(self, side: Side, levels: int) -> list[tuple[int, int]]:
        """The best levels of one side now, as (tick, shares shown), best first."""
        return (self.bids if side == "bid" else self.asks).depth(levels)

    def resting(self, name: str) -> int:
        """Shares a named order still shows; 0 once it is gone."""
        named = self._named.get(name)
        return named[2].size if named else 0

    # What a scenario can do.

    def set_flow(self, flow: Flow) -> None:
        """Changes the order flow from now on."""
        instrument = self.instrument
        self._flow = flow
        self._market_rate = instrument.market_rate * flow.market
        self._trade_rate = self._market_rate + instrument.off_exchange_rate * flow.market
        self._total_rate = self._trade_rate + instrument.book_rate * flow.book
        self._next_flow_ns = self._clock_ns + self._waiting_time_ns()

    def rest(self, name: str, side: Side, size: int, *, reserve: int = 0, ticks_behind: int = 0) -> None:
        """Rests an order of a scenario at the best price of `side` or behind it.

        Args:
            name: What to call it by.
            side: Where it rests.
            size: Shares shown.
            reserve: Shares hidden, shown in pieces of `size` as those trade.
            ticks_behind: Distance from the best price.
        """
        book_side = self.bids if side == "bid" else self.asks
        tick = book_side.best - book_side.sign * ticks_behind
        order = Order(size, self.makers.venue(), reserve=reserve, managed=True)
        book_side.add(tick, order)
        self._named[name] = (book_side, tick, order)

    def withdraw(self, name: str) -> None:
        """Withdraws what is left of a named order; nothing if it is gone."""
        named = self._named.pop(name, None)
        if named is not None:
            named[0].withdraw(named[1], named[2])
            self.makers.fill()

    def execute(self, aggressor: Aggressor, size: int, *, sweep_ticks: int = _SWEEP_TICKS) -> int:
        """Sends a marketable order that goes at most `sweep_ticks` beyond the best price.

        Returns:
            Shares executed.
        """
        resting = self.asks if aggressor == "buy" else self.bids
        return self._match(aggressor, size, resting.best - resting.sign * min(sweep_ticks, _SWEEP_TICKS))

    def report_off_exchange(self, aggressor: Aggressor, size: int) -> None:
        """Reports an off-exchange trade at the quote the aggressor takes."""
        touch = self.asks.best if aggressor == "buy" else self.bids.best
        self.tape.report_off_exchange(self._clock_ns, aggressor, touch * PRICE_UNITS_PER_TICK, size)

    def band(self) -> Band:
        """The limit-up and limit-down prices in force."""
        newest = self.bands.newest(self.now_ns)
        assert newest is not None
        return newest

    def halt(self) -> None:
        """Stops trading: the book stands, nothing happens."""
        self.set_flow(_HALTED_FLOW)
        self.makers.pinned = True
        self._show_band(_HALTED)

    def resume(self) -> None:
        """Trading goes on, with an auction."""
        self.makers.release()
        self.set_flow(CALM)
        self.tape.report_reopening(self._clock_ns, self._midpoint_units(), 4_200)
        self._show_band(_RESUMED)

    def report_late(self, aggressor: Aggressor, size: int, seconds: float) -> None:
        """Reports an off-exchange trade late, at a price of now."""
        self.tape.report_late(self._clock_ns, aggressor, self._midpoint_units(), size, seconds)

    def bust_largest(self, seconds: float) -> None:
        """Cancels the largest print of the last so many seconds."""
        self.tape.bust_largest(self._clock_ns - round(seconds * NANOS))

    def _show_band(self, indicator: int) -> None:
        self._band_sequence += 1
        middle = self._midpoint_units()
        tenth = middle // 10
        self.bands.append(Band(self._clock_ns, middle - tenth, middle + tenth, indicator, self._band_sequence))

    # Order flow.

    def _waiting_time_ns(self) -> int:
        return 1 + int(-math.log(1.0 - self._rng.random()) / self._total_rate * NANOS)

    def _flow_event(self) -> None:
        draw = self._rng.random() * self._total_rate
        if draw < self._market_rate:
            self.execute(self._draw_aggressor(), _trade_size(self._rng))
        elif draw < self._trade_rate:
            self._off_exchange_flow()
        else:
            self.makers.act()

    def _draw_aggressor(self) -> Aggressor:
        # Takers lean against a quote that lags the reference price, as arbitrage does.
        sell = self._flow.sell_share - max(-0.1, min(0.1, 0.06 * self.makers.lead))
        return "sell" if self._rng.random() < sell else "buy"

    def _match(self, aggressor: Aggressor, size: int, limit: int) -> int:
        resting = self.asks if aggressor == "buy" else self.bids
        fills = resting.take(size, limit)
        if not fills:
            return 0
        sweep = fills[-1].tick != fills[0].tick or self._rng.random() < 0.3
        executed = 0
        for fill in fills:
            executed += fill.size
            self.tape.report_execution(self._clock_ns, aggressor, fill.tick, fill.size, fill.venue, sweep=sweep)
            # The prints of one sweep share an instant or follow each other by a microsecond.
            self._clock_ns += _MICROSECOND * (fill.size // 100 & 1)
        self.makers.keep_depth(resting)
        return executed

    def _off_exchange_flow(self) -> None:
        rng = self._rng
        aggressor = self._draw_aggressor()
        style = rng.random()
        if style < 0.2:
            price = self._midpoint_units()
        else:
            sign, touch = (1, self.asks.best) if aggressor == "buy" else (-1, self.bids.best)
            price = touch * PRICE_UNITS_PER_TICK
            if style < 0.6:
                # A wholesaler's price improvement: a fraction of a cent inside the quote.
                price -= sign * (1 + int(rng.random() * 24))
        fraction = f"0.{rng.randrange(1, 999_999):06d}" if rng.random() < 0.22 else None
        size = 0 if fraction else _trade_size(self._rng)
        self.tape.report_off_exchange(self._clock_ns, aggressor, price, size, decimal_size=fraction)

    # Bookkeeping.

    def _midpoint_units(self) -> int:
        return (self.bids.best + self.asks.best) * PRICE_UNITS_PER_TICK // 2

    def _publish_quote(self) -> None:
        # A print shows before the quote it moved.
        if self.tape.publish_quote(self._clock_ns + _MICROSECOND, self.bids, self.asks):
            self._clock_ns += _MICROSECOND


def _trade_size(rng: random.Random) -> int:
    draw = rng.random()
    if draw < 0.3:
        return 1 + int(98 * rng.random() ** 2)
    if draw < 0.8:
        return 100 * (1 + int(rng.random() ** 2 * 3))
    size = 100 * min(15, int(rng.paretovariate(1.5)))
    return size if draw < 0.95 else size + int(99 * rng.random())
