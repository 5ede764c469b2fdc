"""From a decoded frame to one message a symbol: prints, quotes, bands and halts in the order they happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct, field

from orderflow_tui.core.model.events import Book, Event, Halt, Print, live_order
from orderflow_tui.core.model.units import NS, price_text
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.feeds.errors import one_line
from orderflow_tui.feeds.feed import Arrival, BadPayload, BandNote, Channel, Put
from orderflow_tui.feeds.live.tape_join import TapeJoin
from orderflow_tui.feeds.polygon.normalize import MAX_AHEAD_NS, print_of, quoted_price, quoted_size, time_ns
from orderflow_tui.feeds.polygon.sale_conditions import ConditionTable
from orderflow_tui.feeds.polygon.stream_wire import BadEvent, StreamBand, StreamMessage, StreamQuote, StreamTrade

COVER_NS: Final = NS // 4
"""A stream may bring two prints in the wrong order within this."""
QUIET_NS: Final = NS
"""Without a newer event the tape counts as covered up to so long ago."""
CROSSED_NS: Final = NS
"""A locked or crossed NBBO is normal for moments."""
HALTED: Final = 17
RESUMED: Final = 18
_CHANNELS: Final[dict[str, Channel]] = {"T": "tape", "Q": "book", "LULD": "book"}


class _Stream(Struct):
    """What the stream has shown of one symbol."""

    quote_ns: int = 0
    crossed_ns: int = 0
    told_crossed: bool = False
    band: tuple[int, int] = (0, 0)


class SymbolPart(Struct):
    """What one frame has of one symbol."""

    intake: TapeJoin
    prints: list[Print] = field(default_factory=list)
    others: list[Event] = field(default_factory=list)
    quote_ns: int = 0


class StreamEvents:
    """Delivers what frames carry. Used by the stream's thread alone.

    Args:
        put: Where messages go.
        table: The sale conditions' rules in force.
        intake: The tape of a symbol, None where it is not watched.
        symbols: Who is watched now.
        proves: Whether the stream alone proves a symbol's data current: not while its books come by polls.
    """

    def __init__(
        self,
        put: Put,
        table: Callable[[], ConditionTable],
        intake: Callable[[str], TapeJoin | None],
        symbols: Callable[[], Sequence[str]],
        proves: Callable[[str], bool],
    ) -> None:
        self.newest_ns = 0
        """The newest event's time on this connection, whoever's it is: the heartbeat."""
        self.unknown_events = 0
        """Events of kinds we do not know, and of symbols nobody asked for."""
        self.conditions_unknown: Counter[int] = Counter()
        """Sale conditions met that no rule knows; their prints count as regular."""
        self._put = put
        self._table = table
        self._intake = intake
        self._symbols = symbols
        self._proves = proves
        self._streams: dict[str, _Stream] = {}
        self._heard_ns = 0

    def begin(self) -> None:
        """A new connection: nothing of the one before is in force, except bands."""
        self.newest_ns = 0
        for stream in self._streams.values():
            stream.crossed_ns, stream.told_crossed = 0, False

    def take(self, frame: StreamMessage, arrival: Arrival) -> list[str]:
        """Deliver a frame; returns the symbols whose stream has a hole now, for one of their events was unreadable."""
        self.unknown_events += frame.unknown
        self._heard_ns = arrival.wall_ns
        mine: dict[str, SymbolPart] = {}
        holes: dict[str, None] = {}
        for event in frame.events:
            if isinstance(event, StreamTrade | StreamQuote | StreamBand):
                symbol = event.symbol
                part = mine.get(symbol)
                if part is None:
                    intake = self._intake(symbol)
                    if intake is None:
                        self._heartbeat(event, arrival)
                        continue
                    part = mine[symbol] = SymbolPart(intake)
                try:
                    self._add(part, event, arrival)
                except DataValidationError as error:
                    self._refuse(BadEvent(_kind(event), symbol, str(error)), error.code, arrival)
                    holes[symbol] = None
        for bad in frame.bad:
            if self._intake(bad.symbol) is not None:
                self._refuse(bad, "PAYLOAD_MALFORMED", arrival)
                holes[bad.symbol] = None
        for part in mine.values():
            _deliver(part, arrival)
        return list(holes)

    def _heartbeat(self, event: StreamTrade | StreamQuote | StreamBand, arrival: Arrival) -> None:
        """Events of a symbol that is not watched count for their time alone, if they have one that can be."""
        try:
            self._note_time(event, arrival)
        except DataValidationError:
            self.unknown_events += 1

    def vouch(self, now_ns: int, delay_ns: int, arrival: Arrival) -> None:
        """The connection is alive: say up to when each symbol's tape is known, and what stays crossed."""
        covered_ns = self.newest_ns - COVER_NS
        if now_ns - self._heard_ns >= QUIET_NS:
            covered_ns = max(covered_ns, now_ns - delay_ns - QUIET_NS)
        for symbol in self._symbols():
            intake = self._intake(symbol)
            if intake is None:
                continue
            intake.vouch(covered_ns, self.newest_ns if self._proves(symbol) else 0, arrival)
            stream = self._streams.get(symbol)
            if stream is not None and stream.crossed_ns:
                self._still_crossed(symbol, stream, now_ns - delay_ns, arrival)

    def _note_time(self, event: StreamTrade | StreamQuote | StreamBand, arrival: Arrival) -> int:
        """The event's time; one from the future vouches for nothing."""
        moment = event.sip_timestamp if isinstance(event, StreamTrade) else event.time
        at_ns = time_ns(moment)
        if at_ns > arrival.wall_ns + MAX_AHEAD_NS:
            code = "LEVEL2_FUTURE" if isinstance(event, StreamQuote) else "PAYLOAD_MALFORMED"
            raise DataValidationError(code, f"stamped {(at_ns - arrival.wall_ns) / NS:.1f} s in the future")
        self.newest_ns = max(self.newest_ns, min(at_ns, arrival.wall_ns))
        return at_ns

    def _add(self, part: SymbolPart, event: StreamTrade | StreamQuote | StreamBand, arrival: Arrival) -> None:
        if isinstance(event, StreamTrade):
            made = print_of(event, arrival.wall_ns, self._table())
            self._note_time(event, arrival)
            if event.conditions:
                self.conditions_unknown.update(self._table().unknown(event.conditions))
            part.prints.append(made)
            return
        at_ns = self._note_time(event, arrival)
        stream = self._streams.setdefault(event.symbol, _Stream())
        if isinstance(event, StreamBand):
            self._add_band(part, stream, event, at_ns, arrival)
        else:
            self._add_quote(part, stream, event, at_ns)

    def _add_quote(self, part: SymbolPart, stream: _Stream, quote: StreamQuote, at_ns: int) -> None:
        bid, ask = quoted_price(quote.bid), quoted_price(quote.ask)
        bid_size, ask_size = quoted_size(quote.bid_size), quoted_size(quote.ask_size)
        if at_ns < stream.quote_ns:
            # An older quote than the one in force says nothing of now.
            return
        stream.quote_ns = at_ns
        if bid and ask and bid >= ask:
            stream.crossed_ns = stream.crossed_ns or at_ns
            return
        stream.crossed_ns, stream.told_crossed = 0, False
        bids = ((bid, bid_size),) if bid and bid_size else ()
        asks = ((ask, ask_size),) if ask and ask_size else ()
        part.others.append(Book(at_ns, quote.seq, bids, asks))
        part.quote_ns = at_ns

    def _add_band(self, part: SymbolPart, stream: _Stream, band: StreamBand, at_ns: int, arrival: Arrival) -> None:
        lower, upper = quoted_price(band.low), quoted_price(band.high)
        if lower and upper and lower > upper:
            raise DataValidationError("LEVEL2_PRICE", f"bands of {price_text(lower)} and {price_text(upper)}")
        indicators = band.indicators or ()
        if HALTED in indicators:
            part.others.append(Halt(at_ns, halted=True, reason="trading paused (LULD)"))
        elif RESUMED in indicators:
            part.others.append(Halt(at_ns, halted=False, reason="trading resumed"))
        if (lower or upper) and (lower, upper) != stream.band:
            stream.band = (lower, upper)
            self._put(BandNote(band.symbol, lower, upper, arrival))

    def _refuse(self, bad: BadEvent, code: str, arrival: Arrival) -> None:
        detail = one_line(f"stream: {bad.reason}")
        self._put(BadPayload(bad.symbol, _CHANNELS[bad.kind], code, detail, arrival))

    def _still_crossed(self, symbol: str, stream: _Stream, data_ns: int, arrival: Arrival) -> None:
        if not stream.told_crossed and data_ns - stream.crossed_ns > CROSSED_NS:
            stream.told_crossed = True
            detail = "stream: locked or crossed for more than 1 s"
            self._put(BadPayload(symbol, "book", "LEVEL2_CROSSED", detail, arrival))


def _kind(event: StreamTrade | StreamQuote | StreamBand) -> str:
    if isinstance(event, StreamTrade):
        return "T"
    return "Q" if isinstance(event, StreamQuote) else "LULD"


def _deliver(part: SymbolPart, arrival: Arrival) -> None:
    if part.others:
        events = sorted([*part.prints, *part.others], key=live_order)
        part.intake.streamed(events, "stream" if part.prints else "book", arrival, quote_ns=part.quote_ns)
    elif part.prints:
        part.prints.sort(key=live_order)
        part.intake.streamed(part.prints, "tape", arrival)
