"""The feed of two sources: prints, best bid and offer and halts are the first one's, books the second one's.

Each keeps its own health. A symbol without a fresh book has the first one's best bid and offer again, and says so; it
is blind only where its tape is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Book, Event, Gap, Quote
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.feeds.feed import (
    ApiFault,
    Arrival,
    BadPayload,
    BandNote,
    Batch,
    Feed,
    FeedEnded,
    FeedGap,
    FeedMessage,
    FeedStatus,
    Played,
    Put,
    SymbolCapabilities,
    SymbolNote,
    SymbolSet,
)

MARGIN_MS: Final = 500
"""How far the two sources' clocks may be apart."""
STALE_SECONDS: Final = 15.0
"""A book that nothing vouches for so long is none."""
LOOK_SECONDS: Final = 0.25


class _Shown(Struct, eq=False):
    """One symbol's two books.

    Attributes:
        own: What the first source shows of it, where that differs from symbol to symbol.
        depth: What the second source shows of it, alike.
        quote: The first source's newest.
        book: The second source's newest.
        seen: When the second one last vouched for it, on the monotonic clock.
        deep: The second one's book is in use.
        missing: The second source does not have it.
        told: What the monitor was told last.
    """

    own: Capabilities | None = None
    depth: Capabilities | None = None
    quote: Book | None = None
    book: Book | None = None
    seen: float = 0.0
    deep: bool = False
    missing: bool = False
    told: Capabilities | None = None


class CompositeFeed:
    """Implements `Feed` over two of them.

    Args:
        tape: Prints, best bid and offer, halts.
        depth: Books.
        clock: Nanoseconds UTC.
        stale_seconds: After which a silent book is none; tests hurry.
    """

    def __init__(
        self,
        tape: Feed,
        depth: Feed,
        *,
        clock: Callable[[], int] = time.time_ns,
        stale_seconds: float = STALE_SECONDS,
    ) -> None:
        self._tape = tape
        self._depth = depth
        self._name = depth.capabilities.source
        self._clock = clock
        self._stale_seconds = stale_seconds
        self._lock = threading.RLock()
        self._symbols = SymbolSet()
        self._shown: dict[str, _Shown] = {}
        self._put: Put = _discard
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="composite", daemon=True)
        self._tape_status: FeedStatus | None = None
        self._depth_status: FeedStatus | None = None
        self._depth_ended = ""

    @property
    def capabilities(self) -> Capabilities:
        """The tape's; what is learned is kept by both sources."""
        tape, depth = self._tape.capabilities, self._depth.capabilities
        both = "-".join(filter(None, (tape.dataset, self._name, depth.dataset)))
        return replace(tape, dataset=both, host=f"{tape.host}, depth from {depth.host}")

    def start(self, symbols: Iterable[str], put: Put) -> None:
        """Start both. Returns at once."""
        wanted = tuple(symbols)
        self._put = put
        with self._lock:
            self._watch_symbols(wanted)
        self._thread.start()
        # The tape's workers have more to do at first, which would hold up whoever starts next.
        self._depth.start(wanted, self._from_depth)
        self._tape.start(wanted, self._from_tape)

    def set_symbols(self, symbols: Iterable[str]) -> None:
        """Watch exactly these symbols from now on, at both."""
        wanted = tuple(symbols)
        with self._lock:
            self._watch_symbols(wanted)
        self._tape.set_symbols(wanted)
        self._depth.set_symbols(wanted)

    def set_urgency(self, symbols: Sequence[str]) -> None:
        """Which symbols to look at first; both know."""
        self._tape.set_urgency(symbols)
        self._depth.set_urgency(symbols)

    def request_side_check(self, asked: SideCheckRequested) -> None:
        """Sides are the tape's."""
        self._tape.request_side_check(asked)

    def stop(self) -> None:
        """Ask every thread to end; returns at once."""
        self._stop.set()
        self._tape.stop()
        self._depth.stop()

    # --- the tape -----------------------------------------------------------------------------------------------

    def _from_tape(self, message: FeedMessage) -> None:
        with self._lock:
            match message:
                case Batch():
                    self._put(self._tape_batch(message))
                case FeedStatus():
                    self._tape_status = message
                    self._fit_all(message.arrival)
                    self._say_status(message.arrival)
                case SymbolCapabilities():
                    shown = self._shown.get(message.symbol)
                    if shown is not None:
                        shown.own = message.capabilities
                        self._fit_all(message.arrival)
                case _:
                    self._put(message)

    def _tape_batch(self, batch: Batch) -> Batch:
        """While a symbol has its own book, the tape's best bid and offer say sides and nothing else."""
        shown = self._shown.get(batch.symbol)
        if shown is None:
            return batch
        quotes = [event for event in batch.events if isinstance(event, Book)]
        if not quotes:
            return batch
        shown.quote = quotes[-1]
        return replace(batch, events=tuple(map(_as_quote, batch.events))) if shown.deep else batch

    # --- the book -----------------------------------------------------------------------------------------------

    def _from_depth(self, message: FeedMessage) -> None:
        with self._lock:
            match message:
                case Batch():
                    self._depth_batch(message)
                case BadPayload():
                    self._put(replace(message, channel="depth", detail=self._said(message.detail), quarantined=True))
                    self._lose(message.symbol, message.arrival, forget=True)
                case ApiFault():
                    self._put(replace(message, detail=self._said(message.detail), endpoint="depth", final=False))
                case FeedGap():
                    # The tape goes on: nobody is blind for it.
                    reason = self._said(message.reason)
                    self._put(ApiFault("network", reason, message.arrival, endpoint="depth", symbol=message.symbol))
                case FeedStatus():
                    self._depth_status = message
                    self._fit_all(message.arrival)
                    self._say_status(message.arrival)
                case FeedEnded():
                    self._depth_ended = message.reason
                    for symbol in tuple(self._shown):
                        self._lose(symbol, message.arrival)
                    self._say_status(message.arrival)
                case SymbolCapabilities() | SymbolNote():
                    self._depth_of_symbol(message)
                case BandNote() | Played():
                    return

    def _depth_of_symbol(self, message: SymbolCapabilities | SymbolNote) -> None:
        shown = self._shown.get(message.symbol)
        if shown is None:
            return
        if isinstance(message, SymbolNote):
            shown.missing = message.standing != "ok"
        else:
            shown.depth = message.capabilities
        if not self._usable(shown):
            self._lose(message.symbol, message.arrival, forget=True)
        self._fit(message.symbol, shown, message.arrival)

    def _depth_batch(self, batch: Batch) -> None:
        shown = self._shown.get(batch.symbol)
        if shown is None:
            return
        books = [event for event in batch.events if isinstance(event, Book)]
        if books:
            shown.book, shown.missing = books[-1], False
        proven = not batch.backfill and bool(books or batch.vouched_ns)
        if proven:
            shown.seen = time.monotonic()
        if not shown.deep:
            if proven:
                self._gain(batch.symbol, shown, batch.arrival)
            return
        events: list[Event] = [
            event if isinstance(event, Book) else replace(event, tape=False)
            for event in batch.events
            if isinstance(event, Book | Gap)
        ]
        if events:
            self._put(Batch(batch.symbol, "depth", tuple(events), batch.arrival))

    def _gain(self, symbol: str, shown: _Shown, arrival: Arrival) -> None:
        """The second source's book takes over, where it has one and the tape is not late."""
        book = shown.book
        if self._depth_ended or not self._usable(shown):
            return
        if book is None or max(len(book.bids), len(book.asks)) <= 1:
            # A source that has depth for some symbols shows the best price of the others.
            return
        shown.deep = True
        self._fit(symbol, shown, arrival)
        at_ns = max(book.time_ns, shown.quote.time_ns if shown.quote is not None else 0)
        out: list[Event] = [Gap(at_ns, f"the book is {self._name}'s now", tape=False)]
        if shown.quote is not None:
            out.append(_as_quote(shown.quote))
        out.append(Book(at_ns, book.seq, book.bids, book.asks, book.since_ns or book.time_ns))
        self._put(Batch(symbol, "depth", tuple(out), arrival))

    def _lose(self, symbol: str, arrival: Arrival, *, forget: bool = False) -> None:
        """The best bid and offer of the tape take over; `forget` the book, which is wrong and not only silent."""
        shown = self._shown.get(symbol)
        if shown is None:
            return
        if forget:
            shown.book = None
        if not shown.deep:
            return
        shown.deep = False
        self._fit(symbol, shown, arrival)
        at_ns = arrival.wall_ns
        out: list[Event] = [Gap(at_ns, f"no book from {self._name}", tape=False)]
        quote = shown.quote
        if quote is not None:
            out.append(Book(at_ns, quote.seq, quote.bids, quote.asks, quote.since_ns or quote.time_ns))
        self._put(Batch(symbol, "depth", tuple(out), arrival))

    # --- what is shown ------------------------------------------------------------------------------------------

    def _watch_symbols(self, symbols: Iterable[str]) -> None:
        fresh = self._symbols.replace(symbols)
        kept = {symbol: shown for symbol, shown in self._shown.items() if symbol in self._symbols.symbols}
        self._shown = kept | {symbol: _Shown() for symbol in fresh}
        for symbol in fresh:
            self._fit(symbol, self._shown[symbol], self._now())

    def _usable(self, shown: _Shown) -> bool:
        """Whether the second source has depth of it, and neither is late by contract."""
        tape, depth = shown.own or self._tape.capabilities, self._of_depth(shown)
        late = tape.delay_seconds or depth.delay_seconds
        return not late and not shown.missing and depth.depth_levels > 1

    def _of_depth(self, shown: _Shown) -> Capabilities:
        return shown.depth or self._depth.capabilities

    def _fit_all(self, arrival: Arrival) -> None:
        for symbol, shown in self._shown.items():
            if shown.deep and not self._usable(shown):
                self._lose(symbol, arrival)
            self._fit(symbol, shown, arrival)

    def _fit(self, symbol: str, shown: _Shown, arrival: Arrival) -> None:
        """Tell the monitor what there is of a symbol, where that is news."""
        both = self.capabilities
        tape = replace(shown.own or both, dataset=both.dataset, host=both.host)
        depth = self._of_depth(shown)
        if shown.deep:
            words = depth.shows or f"{depth.depth_levels} levels from {self._name} {depth.dataset}".rstrip()
            now = replace(
                tape, depth_levels=depth.depth_levels, depth_source=self._name, depth_margin_ms=MARGIN_MS,
                whole_depth=depth.whole_depth, sizes_unsure=depth.sizes_unsure, shows=words,
            )  # fmt: skip
        else:
            why = "has none" if shown.missing else "shows none"
            if tape.delay_seconds or depth.delay_seconds:
                why = "is not for a late tape" if tape.delay_seconds else "is late"
            now = replace(tape, shows=f"{tape.depth_label}; {self._name} {why}")
        if now != shown.told:
            shown.told = now
            self._put(SymbolCapabilities(symbol, now, arrival))

    def _say_status(self, arrival: Arrival) -> None:
        """One status of both; the tape's connection is the run's."""
        tape, depth = self._tape_status, self._depth_status
        if tape is None:
            return
        trouble = self._depth_ended
        if depth is not None and not trouble and not depth.connected:
            trouble = depth.detail or depth.stream or "not connected"
        words = f"depth {depth.stream}" if depth is not None and depth.stream else ""
        self._put(
            replace(
                tape,
                arrival=arrival,
                capabilities=self.capabilities,
                detail=" | ".join(filter(None, (tape.detail, f"no depth: {self._said(trouble)}" if trouble else ""))),
                stream="; ".join(filter(None, (tape.stream, words))),
            )
        )

    def _watch(self) -> None:
        """Books that nothing vouches for any more are none."""
        while not self._stop.wait(LOOK_SECONDS):
            now = time.monotonic()
            with self._lock:
                for symbol, shown in tuple(self._shown.items()):
                    if shown.deep and now - shown.seen > self._stale_seconds:
                        self._lose(symbol, self._now())

    def _said(self, words: str) -> str:
        return f"{self._name}: {words}"

    def _now(self) -> Arrival:
        return Arrival(time.monotonic_ns(), self._clock())


def _as_quote(event: Event) -> Event:
    """A best bid and offer that says sides only."""
    if isinstance(event, Book):
        return Quote(event.time_ns, event.seq, event.bids, event.asks, event.since_ns)
    return event


def _discard(_: FeedMessage) -> None:
    """Before the start nobody listens."""
