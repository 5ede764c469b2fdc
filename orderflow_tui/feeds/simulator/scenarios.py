"""What happens on the simulated market beyond calm trading.

A scenario is a script per symbol: steps at instants, made from a seed before trading starts, so that it plays the
same however the market is advanced. Scripts repeat for ever, with quiet between.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, get_args

from orderflow_tui.feeds.simulator.book import Side
from orderflow_tui.feeds.simulator.market_history import NANOS, Aggressor
from orderflow_tui.feeds.simulator.symbol_market import CALM, Action, Flow, Step, SymbolMarket

ScenarioName = Literal["calm", "seller", "burst", "mixed", "bad-day"]
SCENARIOS: tuple[ScenarioName, ...] = get_args(ScenarioName)

_REPEAT_S = 380.0
_FIRST_S = 12.0
_DELAY_OF_SECOND_ROLE_S = 130.0
_LULL = Flow(market=0.001)
_WALL_SHARES = 12_400
_OFFER_SHARES = 15_600
_PULLED_SHARES = 14_200


class Script:
    """Steps of one symbol, written in seconds after an act's beginning.

    Args:
        rng: Of the sizes and gaps of child orders.
    """

    def __init__(self, rng: random.Random) -> None:
        self.begins_s = 0.0
        self._rng = rng
        self._steps: list[Step] = []

    def steps(self, start_ns: int) -> list[Step]:
        """The steps in order of time, from `start_ns` (nanoseconds UTC)."""
        return [Step(start_ns + at_ns, act) for at_ns, act in sorted(self._steps, key=lambda step: step.at_ns)]

    def flow(self, at_s: float, flow: Flow) -> None:
        """Changes the order flow."""
        self._add(at_s, lambda market: market.set_flow(flow))

    def pin(self, at_s: float, side: Side, until_s: float, *, impact_ticks: float = 0.0) -> None:
        """Holds the makers' best price of `side` until `until_s`, then lets go with an impact."""
        self._add(at_s, lambda market: market.makers.pin(side))
        self._add(until_s, lambda market: market.makers.release(impact_ticks))

    def rest(
        self, at_s: float, side: Side, size: int, until_s: float, *, reserve: int = 0, ticks_behind: int = 0
    ) -> None:
        """Rests an order and withdraws what is left of it at `until_s`."""
        name = f"{side}:{at_s}:{ticks_behind}"
        self._add(at_s, lambda market: market.rest(name, side, size, reserve=reserve, ticks_behind=ticks_behind))
        self._add(until_s, lambda market: market.withdraw(name))

    def work(self, at_s: float, aggressor: Aggressor, shares: int, seconds: float) -> None:
        """Works a large order at the best price only, in child orders of a few hundred shares over `seconds`."""
        children: list[int] = []
        while sum(children) < shares:
            children.append(100 * self._rng.randrange(1, 6))
        for size in children:
            self._add(at_s + seconds * self._rng.random(), _child(aggressor, size, sweep_ticks=0))

    def sell_block(self, at_s: float, shares: int) -> None:
        """One seller takes out `shares` of the bid within some 10 ms.

        Buyers with reserves stand ready on three adjoining prices, as they do where such a block is done, and nobody
        else trades for the moment, so that the block stands alone on the tape.
        """
        self.flow(at_s - 0.06, _LULL)
        self.flow(at_s + 0.06, CALM)
        self.pin(at_s - 1.0, "bid", at_s + 0.05, impact_ticks=-2.0)
        for ticks_behind in range(3):
            self.rest(at_s - 0.1, "bid", 600, at_s + 0.3, reserve=5_000, ticks_behind=ticks_behind)
        left = shares
        pieces = 0
        while left > 0:
            size = min(left, 100 * self._rng.randrange(3, 11))
            self._add(at_s + pieces * 0.0005, _child("sell", size, sweep_ticks=1))
            left -= size
            pieces += 1

    def report_off_exchange(self, at_s: float, aggressor: Aggressor, shares: int) -> None:
        """Reports one large off-exchange trade."""
        self._add(at_s, lambda market: market.report_off_exchange(aggressor, shares))

    def halt(self, at_s: float, until_s: float) -> None:
        """Trading stops, and resumes with an auction."""
        self._add(at_s, lambda market: market.halt())
        self._add(until_s, lambda market: market.resume())

    def report_late(self, at_s: float, shares: int, seconds: float) -> None:
        """A sale reported so many seconds after it happened."""
        self._add(at_s, lambda market: market.report_late("sell", shares, seconds))

    def bust(self, at_s: float, seconds: float) -> None:
        """The largest print of the last so many seconds is cancelled."""
        self._add(at_s, lambda market: market.bust_largest(seconds))

    def _add(self, at_s: float, act: Action) -> None:
        self._steps.append(Step(round((self.begins_s + at_s) * NANOS), act))


def script_for(scenario: ScenarioName, symbol: str, held: Sequence[str], *, start_ns: int, seed: int) -> Iterator[Step]:
    """The endless script of one symbol.

    Args:
        scenario: Which one.
        symbol: Whose script.
        held: The symbols in order: the first plays the seller (or the burst), the second the burst of `mixed`, the
            fourth a bid that is withdrawn; all others stay calm. Where there are fewer, one plays two parts in turn.
        start_ns: When the scenario begins, nanoseconds UTC.
        seed: Of the child orders' sizes and gaps.

    Yields:
        Steps in order of time.
    """
    roles = [
        (_FIRST_S + _DELAY_OF_SECOND_ROLE_S * (place // len(held)), write)
        for place, write in _CASTS[scenario]
        if place < 2 * len(held) and held[place % len(held)] == symbol
    ]
    if not roles:
        return
    rng = random.Random(f"script:{seed}:{symbol}")  # noqa: S311
    while True:
        script = Script(rng)
        for begins_s, write in roles:
            script.begins_s = begins_s
            write(script)
        yield from script.steps(start_ns)
        start_ns += round(_REPEAT_S * NANOS)


def _child(aggressor: Aggressor, size: int, *, sweep_ticks: int) -> Action:
    def act(market: SymbolMarket) -> None:
        market.execute(aggressor, size, sweep_ticks=sweep_ticks)

    return act


def _seller(script: Script) -> None:
    """A large seller at work: a wall of bids sold into, three blocks, an iceberg offer, an open offer."""
    script.pin(-0.001, "bid", 11.0)
    script.rest(0.0, "bid", _WALL_SHARES, 11.0)
    script.work(3.0, "sell", 9_000, 7.0)
    script.sell_block(13.0, 12_600)

    script.pin(18.0, "ask", 42.0)
    script.rest(18.0, "ask", 900, 42.0, reserve=30_000)
    script.work(19.0, "buy", 14_000, 22.0)

    script.sell_block(45.0, 11_800)
    script.report_off_exchange(51.0, "sell", 13_500)
    script.rest(54.0, "ask", _OFFER_SHARES, 66.0, ticks_behind=1)
    script.sell_block(77.0, 13_300)


def _burst(script: Script) -> None:
    """Forty seconds of everybody selling, in ordinary sizes."""
    script.flow(0.0, Flow(market=6.5, book=6.0, sell_share=0.9, drift=-0.3))
    script.flow(40.0, Flow(market=1.3, book=2.0))
    script.flow(55.0, CALM)


def _pulled_bid(script: Script) -> None:
    """A large bid that is gone before it trades."""
    script.pin(97.5, "bid", 107.5)
    script.rest(98.0, "bid", _PULLED_SHARES, 107.0, ticks_behind=2)


def _halted(script: Script) -> None:
    """A fall into the band, a halt of a minute, a reopening; later late reports and a cancelled block."""
    script.flow(20.0, Flow(market=4.0, book=4.0, sell_share=0.85, drift=-0.5))
    script.halt(35.0, 95.0)
    script.report_late(110.0, 11_500, 25.0)
    script.report_off_exchange(118.0, "sell", 22_000)
    script.bust(150.0, 40.0)


_CASTS: dict[ScenarioName, tuple[tuple[int, Callable[[Script], None]], ...]] = {
    "calm": (),
    "seller": ((0, _seller),),
    "burst": ((0, _burst),),
    "mixed": ((0, _seller), (1, _burst), (3, _pulled_bid)),
    "bad-day": ((0, _seller), (1, _halted), (2, _burst), (3, _pulled_bid)),
}
