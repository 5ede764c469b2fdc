"""One symbol as the broker shows it: its sampled quote, its book and its tape, and what of them can be told."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Book, Event, Gap, Halt, Levels, Print, live_order
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.errors import one_line
from orderflow_tui.feeds.feed import Arrival, BadPayload, Batch, Channel, Put, SymbolCapabilities
from orderflow_tui.feeds.ibkr import wire
from orderflow_tui.feeds.ibkr.depth_line import DEAD_SECONDS, DepthLine
from orderflow_tui.feeds.ibkr.tape import SymbolTape

CROSSED_NS: Final = NS
DELAY_SECONDS: Final = 900
BID, ASK, LAST, BID_SIZE, ASK_SIZE, LAST_SIZE, VOLUME = 1, 2, 4, 0, 3, 5, 8
_DELAYED_TICKS: Final = {66: BID, 67: ASK, 68: LAST, 69: BID_SIZE, 70: ASK_SIZE, 71: LAST_SIZE, 74: VOLUME}
HALTED: Final = 49
_LOT: Final = 100
Source = Literal["book", "sampled"]


class Quote(Struct):
    """The best bid and offer, units of $0.0001 and shares; 0 where there is none."""

    bid: int = 0
    ask: int = 0
    bid_size: int = 0
    ask_size: int = 0

    def levels(self, scale: int) -> tuple[Levels, Levels]:
        """As a book of one level."""
        bids = ((self.bid, self.bid_size * scale),) if self.bid and self.bid_size else ()
        asks = ((self.ask, self.ask_size * scale),) if self.ask and self.ask_size else ()
        return bids, asks


class IbkrSymbol:
    """What is known of one symbol; it outlives connections. Used by the feed's thread alone.

    Args:
        symbol: Ticker, as the program writes it.
        base: What every symbol of this source shows at least.
        put: Where messages go.
    """

    def __init__(self, symbol: str, base: Capabilities, put: Put) -> None:
        self.symbol = symbol
        self.contract: wire.Contract | None = None
        self.quote = Quote()
        self.depth = DepthLine()
        self.tape = SymbolTape(symbol, put)
        self.delayed = False
        self.lots = False
        """Whether rows of the book proved that sizes are round lots instead of shares."""
        self.refused = ""
        """Why there is no quote at all: no such stock, not subscribed. Empty where there is one."""
        self.alive = False
        """Whether anything of it has come on this connection."""
        self.ticks_dead = False
        """Whether its tick line must be asked for again."""
        self.past_quotes = True
        """Whether the broker tells the quotes of the past, as far as is known."""
        self._base = base
        self._put = put
        self._seq = 0
        self._shown: tuple[Levels, Levels] | None = None
        self._source: Source | Literal[""] = ""
        self._told_lots = False
        self._crossed_ns = 0
        self._told_crossed = False
        self._halted = False
        self._prints: list[Print] = []
        self._others: list[Event] = []
        self._last_price = self._last_size = 0
        self._volume_mark = (-1, 0.0)

    # --- what comes -----------------------------------------------------------------------------------------------

    def take(self, message: wire.Message, arrival: Arrival, now: float) -> None:
        """One message of the market, prints apart."""
        match message:
            case wire.DepthRow():
                self.take_depth(message, arrival, now)
            case wire.Tick():
                self.take_price(message, now)
            case wire.SizeTick():
                self.take_size(message, arrival)
            case wire.LastPrint():
                self.take_last(message, arrival, now)
            case wire.ValueTick() if message.kind == HALTED:
                self.take_halt(message.value, arrival)

    def take_price(self, tick: wire.Tick, now: float) -> None:
        """A price of the sampled quote, with its size."""
        kind = self._live_kind(tick.kind)
        quote, size = self.quote, tick.size
        if kind == BID:
            if quote.bid != tick.price:
                self.depth.best_price_moved(now)
            quote.bid, quote.bid_size = tick.price, size if size >= 0 else quote.bid_size
        elif kind == ASK:
            if quote.ask != tick.price:
                self.depth.best_price_moved(now)
            quote.ask, quote.ask_size = tick.price, size if size >= 0 else quote.ask_size
        elif kind == LAST:
            self._last_price, self._last_size = tick.price, size if size >= 0 else self._last_size

    def take_size(self, tick: wire.SizeTick, arrival: Arrival) -> None:
        """A size of the sampled quote, or the day's volume."""
        kind = self._live_kind(tick.kind)
        if kind == BID_SIZE:
            self.quote.bid_size = tick.size
        elif kind == ASK_SIZE:
            self.quote.ask_size = tick.size
        elif kind == LAST_SIZE:
            self._last_size = tick.size
        elif kind == VOLUME and self.delayed:
            at_ns = arrival.wall_ns - DELAY_SECONDS * NS
            self._prints += self.tape.sample(self._last_price, self._last_size, tick.size, at_ns)

    def take_last(self, last: wire.LastPrint, arrival: Arrival, now: float) -> None:
        """The last print and the day's volume."""
        self._volume_moved(now, last.volume)
        if last.volume >= 0:
            at_ns = min(last.at_ms * 1_000_000, arrival.wall_ns) or arrival.wall_ns
            self._prints += self.tape.sample(last.price, last.size, last.volume, at_ns)

    def take_halt(self, value: float, arrival: Arrival) -> None:
        """Tick 49: 0 trades, 1 halted, 2 halted for volatility; another number says nothing."""
        if value not in (0.0, 1.0, 2.0) or bool(value) == self._halted:
            return
        self._halted = bool(value)
        reason = {0.0: "trading resumed", 1.0: "halted", 2.0: "volatility halt"}[value]
        self._others.append(Halt(self._time_ns(arrival), halted=self._halted, reason=reason))

    def take_depth(self, change: wire.DepthRow, arrival: Arrival, now: float) -> None:
        """One change of one row."""
        self.lots = self.depth.apply(change, arrival, now) or self.lots

    def take_trades(self, trades: list[wire.Trade], arrival: Arrival) -> None:
        """Prints of one read, tick by tick."""
        self._volume_mark = (-1, 0.0)
        self._prints += self.tape.tick(trades, arrival)

    def _live_kind(self, kind: int) -> int:
        """The number of the same field in real time."""
        live = _DELAYED_TICKS.get(kind)
        if live is None:
            return kind
        self.delayed = True
        return live

    def _volume_moved(self, now: float, volume: int) -> None:
        """The day's volume grows while no tick comes: the tick line is dead."""
        if self.tape.mode != "ticks" or volume < 0:
            return
        before, since = self._volume_mark
        if before < 0:
            self._volume_mark = (volume, now)
        elif volume > before and now - since > DEAD_SECONDS:
            self._volume_mark = (-1, 0.0)
            self.ticks_dead = True

    def disconnected(self) -> None:
        """Nothing of the connection that ended is in force."""
        self.depth.end()
        self.quote, self.alive, self.refused = Quote(), False, ""
        self.tape.end()
        self.ticks_dead = False
        self.past_quotes = True
        self._prints.clear()
        self._crossed_ns, self._told_crossed = 0, False

    # --- what is told ---------------------------------------------------------------------------------------------

    @property
    def waits(self) -> bool:
        """Whether a book is to be shown that no read will bring: a change to be completed, or what stands in for it."""
        return self.depth.unfinished or (self._source == "book" and self.depth.away)

    def flush(self, arrival: Arrival, now: float, *, read: bool) -> None:
        """Tell what came: after a read, and between reads for a book that was waited for."""
        events: list[Event] = [*self._others, *self._prints]
        printed, book = bool(self._prints), self._book(arrival, now, read=read)
        self._others.clear()
        self._prints.clear()
        if not events and not book:
            return
        self.alive = True
        if self.lots and not self._told_lots:
            # Before the first book of which no size may be judged.
            self._told_lots = True
            self._put(SymbolCapabilities(self.symbol, self.capabilities(), arrival))
        channel: Channel = ("stream" if printed else "book") if book else "tape"
        shown_ns = self._time_ns(arrival) if book else 0
        told = tuple(sorted([*events, *book], key=live_order))
        self._put(Batch(self.symbol, channel, told, arrival, vouched_ns=shown_ns, quote_ns=shown_ns))

    def vouch(self, arrival: Arrival, vouched_ns: int, covered_ns: int) -> None:
        """The connection is alive and brings data: what this symbol shows still holds."""
        if not self.alive or self.refused:
            return
        delay = DELAY_SECONDS * NS if self.delayed else 0
        sound = not self._told_crossed and self._shown is not None
        channel: Channel = "stream" if sound else "tape"
        covered = self.tape.covered(covered_ns - delay)
        self._put(Batch(self.symbol, channel, covered, arrival, vouched_ns=vouched_ns - delay))

    def _time_ns(self, arrival: Arrival) -> int:
        return arrival.wall_ns - (DELAY_SECONDS * NS if self.delayed else 0)

    def _book(self, arrival: Arrival, now: float, *, read: bool) -> list[Event]:
        deep = self.depth.complete(now, read=read)
        if deep is not None:
            if self.lots:
                deep = _in_shares(deep[0]), _in_shares(deep[1])
            return self._shows("book", deep, arrival, self.depth.changed_ns)
        if self._source == "book" and not self.depth.away_for_long(now):
            return []
        best = self.quote.levels(_LOT if self.lots else 1)
        return self._shows("sampled", best, arrival, 0) if any(best) else []

    def _shows(self, source: Source, found: tuple[Levels, Levels], arrival: Arrival, since_ns: int) -> list[Event]:
        lost = bool(self._source) and (self.depth.lost or source != self._source)
        if found == self._shown and not lost:
            return []
        (bids, asks), at_ns = found, self._time_ns(arrival)
        if bids and asks and bids[0][0] >= asks[0][0]:
            self._crossed_ns = self._crossed_ns or at_ns
            return []
        self._crossed_ns, self._told_crossed, self.depth.lost = 0, False, False
        self._shown, self._source = found, source
        self._seq += 1
        gap: list[Event] = [Gap(at_ns, "another book than before", tape=False)] if lost else []
        return [*gap, Book(at_ns, self._seq, bids, asks, since_ns if since_ns < at_ns else 0)]

    def judge_crossed(self, arrival: Arrival) -> None:
        """A locked or crossed quote is normal for moments; one that stays blinds the symbol."""
        at_ns = self._time_ns(arrival)
        if self._crossed_ns and not self._told_crossed and at_ns - self._crossed_ns > CROSSED_NS:
            self._told_crossed = True
            self.refuse("LEVEL2_CROSSED", "locked or crossed for more than 1 s", arrival)

    def refuse(self, code: str, reason: str, arrival: Arrival) -> None:
        """Nothing of it can be trusted now."""
        self._put(BadPayload(self.symbol, "book", code, one_line(reason), arrival))

    # --- what it can show -----------------------------------------------------------------------------------------

    def capabilities(self) -> Capabilities:
        """What the source shows of this symbol now."""
        deep = self._source == "book"
        return replace(
            self._base,
            depth_levels=self.depth.level_count if deep else 1,
            streaming=deep,
            delay_seconds=DELAY_SECONDS if self.delayed else 0,
            whole_depth=self.depth.venues.is_deep,
            sizes_unsure="sizes in lots? untick 'Send market data in lots' in TWS" if self.lots else "",
            shows=self._words(),
            tape_sampled=not self.tape.whole,
            side_check="asked" if self.past_quotes else "refused",
        )

    def _words(self) -> str:
        if self.refused:
            return self.refused
        late = ", 15 min late" if self.delayed else ""
        if self._source == "book":
            return f"IBKR smart, {self.depth.level_count} levels{self._venue_words()}, round lots{late}"
        tape = "" if self.tape.whole else f"; {self._sampled_words()}"
        return f"IBKR L1, sampled 4 a second, no depth line{tape}{late}"

    def _venue_words(self) -> str:
        deep, best = self.depth.venues.deep, len(self.depth.venues.best_only)
        if not deep and not best:
            return ""
        named = f"{', '.join(deep[:4])}{' and more' if len(deep) > 4 else ''} deep" if deep else "no venue deep"
        return f" ({named}; {best} venues best only)" if best else f" ({named})"

    def _sampled_words(self) -> str:
        tape = self.tape
        if not tape.day_volume:
            return "tape sampled"
        return f"tape sampled: {100 * tape.seen_volume // tape.day_volume} % of the volume seen"


def _in_shares(lots: Levels) -> Levels:
    return tuple((price, size * _LOT) for price, size in lots)
