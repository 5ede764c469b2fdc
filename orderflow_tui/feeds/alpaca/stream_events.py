"""From a decoded frame to one message a symbol: what was traded, quoted, halted and corrected, in its order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from orderflow_tui.core.model.events import Event, Print, live_order
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.feeds.alpaca import wire
from orderflow_tui.feeds.alpaca.normalize import (
    MAX_AHEAD_NS,
    band_of,
    book_of,
    halt_of,
    id_of,
    print_of,
    venue_of,
)
from orderflow_tui.feeds.alpaca.tape import SymbolTape
from orderflow_tui.feeds.errors import one_line
from orderflow_tui.feeds.feed import Arrival, BadPayload, BandNote, Channel, Put
from orderflow_tui.feeds.live.symbol_spellings import Spellings

COVER_NS: Final = NS // 4
"""A stream may bring two prints in the wrong order within this."""
QUIET_NS: Final = NS
"""Without a newer event the tape counts as covered up to so long ago."""
CROSSED_NS: Final = NS
"""A locked or crossed quote is normal for moments."""
_MARKET: Final = (
    wire.StreamTrade, wire.StreamQuote, wire.StreamCorrection, wire.StreamCancel, wire.StreamBand, wire.StreamHalt,
)  # fmt: skip


class _Shown(Struct):
    """What the stream has shown of one symbol."""

    quote_ns: int = 0
    crossed_ns: int = 0
    told_crossed: bool = False
    band: tuple[int, int] = (0, 0)


class SymbolPart(Struct):
    """What one frame has of one symbol."""

    tape: SymbolTape
    prints: list[Print] = field(default_factory=list)
    others: list[Event] = field(default_factory=list)
    quote_ns: int = 0


class StreamEvents:
    """Delivers what frames carry. Used by the stream's thread alone.

    Args:
        put: Where messages go.
        tapes: Each watched symbol's tape; may change.
        spellings: The vendor's.
    """

    def __init__(self, put: Put, tapes: Callable[[], Mapping[str, SymbolTape]], spellings: Spellings) -> None:
        self.newest_ns = 0
        """The newest event's time on this connection, whoever's it is: the heartbeat."""
        self.unknown_events = 0
        self._put = put
        self._tapes = tapes
        self._symbol = spellings.symbol
        self._shown: dict[str, _Shown] = {}
        self._seq = 0
        self._heard_ns = 0

    def begin(self) -> None:
        """A new connection: nothing of the one before is in force, except bands."""
        self.newest_ns = 0
        for shown in self._shown.values():
            shown.crossed_ns, shown.told_crossed = 0, False

    def take(self, frame: wire.StreamMessage, arrival: Arrival) -> list[str]:
        """Deliver a frame; returns the symbols whose stream has a hole now, for one of their events was unreadable."""
        self.unknown_events += frame.unknown
        self._heard_ns = arrival.wall_ns
        tapes = self._tapes()
        mine: dict[str, SymbolPart] = {}
        holes: dict[str, None] = {}
        for event in frame.events:
            if not isinstance(event, _MARKET) or (symbol := self._symbol(event.symbol)) not in tapes:
                continue
            part = mine.get(symbol) or mine.setdefault(symbol, SymbolPart(tapes[symbol]))
            try:
                self._add(part, event, arrival)
            except DataValidationError as error:
                self._refuse(symbol, _channel(event), error.code, str(error), arrival)
                holes[symbol] = None
        for bad in frame.bad:
            if (symbol := self._symbol(bad.symbol)) in tapes:
                channel: Channel = "tape" if bad.kind in "tcx" else "book"
                self._refuse(symbol, channel, "PAYLOAD_MALFORMED", bad.reason, arrival)
                holes[symbol] = None
        for part in mine.values():
            _deliver(part, arrival)
        return list(holes)

    @property
    def unplaced(self) -> int:
        """Corrections and busts of prints that were never delivered."""
        return sum(tape.recall.unknown for tape in self._tapes().values())

    def vouch(self, now_ns: int, delay_ns: int, arrival: Arrival) -> None:
        """The connection is alive: say up to when each symbol's tape is known, and what stays crossed."""
        covered_ns = self.newest_ns - COVER_NS
        if now_ns - self._heard_ns >= QUIET_NS:
            covered_ns = max(covered_ns, now_ns - delay_ns - QUIET_NS)
        for symbol, tape in self._tapes().items():
            tape.intake.vouch(covered_ns, self.newest_ns, arrival)
            if tape.intake.streaming:
                tape.recall.tell(covered_ns, arrival)
            shown = self._shown.get(symbol)
            if shown is None or not shown.crossed_ns or shown.told_crossed:
                continue
            if now_ns - delay_ns - shown.crossed_ns > CROSSED_NS:
                shown.told_crossed = True
                self._refuse(symbol, "book", "LEVEL2_CROSSED", "locked or crossed for more than 1 s", arrival)

    def _add(self, part: SymbolPart, event: wire.Market, arrival: Arrival) -> None:
        self._seq += 1
        match event:
            case wire.StreamTrade():
                made = print_of(event, arrival.wall_ns, self._seq)
                self._note(made.time_ns, arrival)
                part.prints.append(made)
            case wire.StreamQuote():
                self._add_quote(part, event, arrival)
            case wire.StreamCorrection():
                new = print_of(event, arrival.wall_ns, self._seq)
                part.tape.recall.replace(
                    venue_of(event.venue),
                    id_of(event.old_id),
                    # It stands where the first one stood: the message's time is the correction's.
                    lambda old: replace(new, time_ns=old.time_ns, seq=old.seq),
                )
            case wire.StreamCancel():
                part.tape.recall.replace(venue_of(event.venue), id_of(event.id), lambda _: None)
            case wire.StreamBand():
                shown = self._shown.setdefault(part.tape.symbol, _Shown())
                band = band_of(event)
                if any(band) and band != shown.band:
                    shown.band = band
                    self._put(BandNote(part.tape.symbol, *band, arrival))
            case wire.StreamHalt():
                halt = halt_of(event)
                if halt is not None:
                    part.others.append(halt)

    def _add_quote(self, part: SymbolPart, event: wire.StreamQuote, arrival: Arrival) -> None:
        book = book_of(event, self._seq)
        self._note(book.time_ns, arrival)
        shown = self._shown.setdefault(part.tape.symbol, _Shown())
        if book.time_ns < shown.quote_ns:
            # An older quote than the one in force says nothing of now.
            return
        shown.quote_ns = book.time_ns
        if book.bids and book.asks and book.bids[0][0] >= book.asks[0][0]:
            shown.crossed_ns = shown.crossed_ns or book.time_ns
            return
        shown.crossed_ns, shown.told_crossed = 0, False
        part.others.append(book)
        part.quote_ns = book.time_ns

    def _note(self, at_ns: int, arrival: Arrival) -> None:
        """An event's time; one from the future vouches for nothing."""
        if at_ns > arrival.wall_ns + MAX_AHEAD_NS:
            raise DataValidationError("LEVEL2_FUTURE", f"stamped {(at_ns - arrival.wall_ns) / NS:.1f} s in the future")
        self.newest_ns = max(self.newest_ns, min(at_ns, arrival.wall_ns))

    def _refuse(self, symbol: str, channel: Channel, code: str, reason: str, arrival: Arrival) -> None:
        self._put(BadPayload(symbol, channel, code, one_line(f"stream: {reason}"), arrival))


def _channel(event: wire.Market) -> Channel:
    return "tape" if isinstance(event, wire.StreamTrade | wire.StreamCorrection | wire.StreamCancel) else "book"


def _deliver(part: SymbolPart, arrival: Arrival) -> None:
    intake = part.tape.intake
    if part.others:
        events = sorted([*part.prints, *part.others], key=live_order)
        intake.streamed(events, "stream" if part.prints else "book", arrival, quote_ns=part.quote_ns)
    elif part.prints:
        part.prints.sort(key=live_order)
        intake.streamed(part.prints, "tape", arrival)
