"""The consolidated tape of one symbol: executions and book states become prints and quotes, as the SIP shows them."""

from __future__ import annotations

import random
from itertools import count

import msgspec

from orderflow_tui.feeds.simulator.book import BookSide
from orderflow_tui.feeds.simulator.instruments import Instrument
from orderflow_tui.feeds.simulator.market_history import (
    FINRA_EXCHANGE,
    NANOS,
    PRICE_UNITS_PER_TICK,
    Aggressor,
    History,
    Print,
    Quote,
)
from orderflow_tui.feeds.simulator.session_bars import SessionBars

HISTORY_NS = 20 * 60 * NANOS


class Tape:
    """Prints and quotes of the last 20 minutes.

    Args:
        instrument: What is traded.
        rng: Of the venues' and the SIP's latencies; shared with the order flow.
    """

    def __init__(self, instrument: Instrument, rng: random.Random) -> None:
        self.prints: History[Print] = History(HISTORY_NS)
        self.quotes: History[Quote] = History(HISTORY_NS)
        self.bars = SessionBars(instrument)
        self._round_lot = instrument.round_lot
        self._rng = rng
        self._trade_sequence = rng.randrange(1_000, 900_000)
        self._quote_sequence = rng.randrange(1_000, 9_000_000)
        self._print_ids: dict[int, count[int]] = {}
        self._shown = (0, 0, 0, 0)

    def report_execution(
        self, sip_ns: int, aggressor: Aggressor, tick: int, size: int, venue: int, *, sweep: bool
    ) -> None:
        """Reports one on-exchange execution of `size` shares at `tick` ($0.01)."""
        odd = size < self._round_lot
        conditions = ((14, 37) if odd else (14,)) if sweep else ((37,) if odd else ())
        self._report(
            Print(
                sip_ns,
                sip_ns - 20_000 - int(380_000 * self._rng.random()),
                self._next_trade_sequence(sip_ns),
                tick * PRICE_UNITS_PER_TICK,
                size,
                venue,
                self._next_id(venue),
                aggressor,
                conditions,
            )
        )

    def report_off_exchange(
        self, sip_ns: int, aggressor: Aggressor, price: int, size: int, *, decimal_size: str | None = None
    ) -> None:
        """Reports one off-exchange trade at `price` (units of $0.0001) through a trade reporting facility."""
        rng = self._rng
        trf_id = 202 if rng.random() < 0.8 else 201
        self._report(
            Print(
                sip_ns,
                sip_ns - 300_000 - int(min(0.9, rng.expovariate(120.0)) * NANOS),
                self._next_trade_sequence(sip_ns),
                price,
                size,
                FINRA_EXCHANGE,
                self._next_id(trf_id),
                aggressor,
                (37,) if size < self._round_lot else (),
                trf_id,
                sip_ns - 40_000 - int(200_000 * rng.random()),
                decimal_size,
            )
        )

    def report_late(self, sip_ns: int, aggressor: Aggressor, price: int, size: int, seconds: float) -> None:
        """Reports an off-exchange trade so many seconds after it happened, out of sequence."""
        happened_ns = sip_ns - int(seconds * NANOS)
        self._report(
            Print(
                sip_ns,
                happened_ns,
                self._next_trade_sequence(sip_ns),
                price,
                size,
                FINRA_EXCHANGE,
                self._next_id(202),
                aggressor,
                (32,),
                202,
                sip_ns - 40_000,
            )
        )

    def report_reopening(self, sip_ns: int, price: int, size: int) -> None:
        """Reports the auction that ends a halt."""
        sequence = self._next_trade_sequence(sip_ns)
        self._report(Print(sip_ns, sip_ns - 50_000, sequence, price, size, 12, self._next_id(12), "buy", (28,)))

    def bust_largest(self, since_ns: int) -> None:
        """Cancels the largest print since an instant: only who reads its minute again learns of it."""
        rows = [row for row in self.prints.between(since_ns, 1 << 62) if not row.correction]
        if rows:
            largest = max(rows, key=lambda row: row.size)
            self.prints.replace(largest, msgspec.structs.replace(largest, correction=8))

    def publish_quote(self, sip_ns: int, bids: BookSide, asks: BookSide) -> bool:
        """Publishes the best bid and offer if they changed.

        Returns:
            Whether there was anything to publish.
        """
        shown = (bids.best, bids.levels[bids.best].size, asks.best, asks.levels[asks.best].size)
        if shown == self._shown:
            return False
        self._shown = shown
        self._quote_sequence += 1 + (sip_ns >> 4) % 7
        bid, bid_size, bid_venue = bids.touch()
        ask, ask_size, ask_venue = asks.touch()
        self.quotes.append(
            Quote(
                sip_ns,
                sip_ns - 30_000 - sip_ns % 250_000,
                self._quote_sequence,
                bid * PRICE_UNITS_PER_TICK,
                bid_size,
                bid_venue,
                ask * PRICE_UNITS_PER_TICK,
                ask_size,
                ask_venue,
            )
        )
        return True

    def _next_trade_sequence(self, sip_ns: int) -> int:
        self._trade_sequence += 1 + (sip_ns >> 4) % 5
        return self._trade_sequence

    def _next_id(self, venue: int) -> str:
        ids = self._print_ids.get(venue)
        if ids is None:
            ids = self._print_ids[venue] = count(1)
        return str(next(ids))

    def _report(self, trade: Print) -> None:
        self.prints.append(trade)
        self.bars.add(trade)
