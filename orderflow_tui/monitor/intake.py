"""The way in: what each message of the feed means for the symbols, the cores and the journal."""

from __future__ import annotations

from functools import partial
from typing import assert_never

from orderflow_tui.core.model.units import NS, iso_utc
from orderflow_tui.core.transcript import play
from orderflow_tui.feeds.feed import (
    ApiFault,
    BadPayload,
    BandNote,
    Batch,
    FeedEnded,
    FeedGap,
    FeedMessage,
    FeedStatus,
    Played,
    SymbolCapabilities,
    SymbolNote,
)
from orderflow_tui.journal.records import ApiErrorRecord, GapRecord
from orderflow_tui.monitor.blindness import BlindnessTracker
from orderflow_tui.monitor.clock import RunClock
from orderflow_tui.monitor.outbox import Outbox
from orderflow_tui.monitor.status import RunState
from orderflow_tui.monitor.symbol_status import SymbolStatuses
from orderflow_tui.monitor.watched_symbol import WatchedSymbol
from orderflow_tui.monitor.watched_symbols import WatchedSymbols


class Intake:
    """Used by the monitor's thread alone."""

    def __init__(
        self,
        symbols: WatchedSymbols,
        blindness: BlindnessTracker,
        clock: RunClock,
        outbox: Outbox,
        state: RunState,
    ) -> None:
        self._symbols = symbols
        self._blindness = blindness
        self._clock = clock
        self._outbox = outbox
        self._state = state
        self._statuses = SymbolStatuses(outbox.write)

    def take(self, message: FeedMessage) -> None:
        """Handle one message."""
        match message:
            case Batch():
                self._batch(message)
            case Played():
                self._played(message)
            case BadPayload():
                self._blindness.refused(message, self._symbols.get(message.symbol))
            case ApiFault():
                self._fault(message)
            case SymbolNote() | SymbolCapabilities() | BandNote():
                self._of_symbol(message)
            case FeedGap():
                self._gap(message)
            case FeedStatus():
                self._status(message)
            case FeedEnded():
                self._state.ended = message.reason
                self._state.exit_code = max(self._state.exit_code, message.exit_code)
            case _:
                assert_never(message)

    def _batch(self, batch: Batch) -> None:
        left = self._symbols.sold.feed(batch.symbol, batch.events, batch.arrival.wall_ns)
        self._outbox.tell(left, batch.arrival)
        watched = self._symbols.get(batch.symbol)
        if watched is None:
            return
        for channel in batch.channels:
            self._blindness.good(watched, channel, batch.arrival)
        watched.skipped_prints += batch.skipped_prints
        watched.duplicates += batch.duplicates
        if batch.channel != "depth":
            watched.note = ""
        if batch.vouched_ns:
            watched.vouched_ns = max(watched.vouched_ns, batch.vouched_ns)
        if batch.quote_ns:
            watched.quote_ns = batch.quote_ns
        if batch.events:
            self._clock.started_at(batch.events[0].time_ns)
            self._reached(watched, batch.events[-1].time_ns)
        behind_ns = self._clock.behind_ns(watched.core.terms.capabilities.delay_seconds)
        news_from = self._clock.news_from_ns(batch.arrival) - behind_ns
        say = partial(self._outbox.say, watched, arrival=batch.arrival)
        watched.core.process(batch.events, news_from_ns=news_from, hear=say)
        self._statuses.traded(watched, batch.events, batch.arrival)
        if self._clock.follows_to_the_end:  # a recording may pass faster than views are made
            watched.recorder.keep(watched.core, self._clock.now_ns // NS)
        watched.dirty = True

    def _played(self, played: Played) -> None:
        watched = self._symbols.get(played.symbol)
        if watched is None:
            return
        self._clock.started_at(played.time_ns)
        self._reached(watched, played.time_ns)
        watched.core, outputs = play(played.frame, watched.core)
        for output in outputs:
            self._outbox.say(watched, output, played.arrival)
        self._statuses.traded(watched, (), played.arrival)

    def _reached(self, watched: WatchedSymbol, time_ns: int) -> None:
        if self._clock.reached(time_ns):
            watched.vouched_ns = max(watched.vouched_ns, time_ns)
            watched.dirty = True

    def _fault(self, fault: ApiFault) -> None:
        record = ApiErrorRecord(
            error_type=fault.error_type,
            symbol=fault.symbol,
            detail=fault.detail,
            status=fault.status,
            endpoint=fault.endpoint,
            feature=fault.feature,
        )
        self._outbox.write(record, fault.arrival.wall_ns, fault.arrival)

    def _of_symbol(self, message: SymbolNote | SymbolCapabilities | BandNote) -> None:
        """What is said of one symbol apart from its data."""
        if isinstance(message, SymbolNote):
            self._note(message)
        elif isinstance(message, BandNote):
            self._band(message)
        else:
            self._symbols.set_own_capabilities(message.symbol, message.capabilities)
            self._statuses.shows(message.symbol, message.capabilities, message.arrival)

    def _note(self, note: SymbolNote) -> None:
        watched = self._symbols.get(note.symbol)
        if watched is None:
            return
        watched.dirty = True
        known = bool(watched.note)
        watched.note = note.detail or "not found at the source" if note.standing == "not_found" else ""
        if watched.note and not known:
            record = ApiErrorRecord(error_type="404", symbol=note.symbol, detail=watched.note)
            self._outbox.write(record, note.arrival.wall_ns, note.arrival)
        watched.no_quotes = note.standing == "no_quotes"
        watched.fit(self._symbols.capabilities_of(note.symbol))

    def _band(self, band: BandNote) -> None:
        watched = self._symbols.get(band.symbol)
        if watched is not None:
            watched.band = (band.lower, band.upper)
            watched.dirty = True

    def _gap(self, gap: FeedGap) -> None:
        record = GapRecord(
            symbol=gap.symbol,
            reason=gap.reason,
            channel="connection",
            from_utc=iso_utc(gap.from_ns),
            to_utc=iso_utc(gap.to_ns),
        )
        self._outbox.write(record, gap.from_ns, gap.arrival)

    def _status(self, status: FeedStatus) -> None:
        self._state.feed = status
        self._state.market = status.market
        self._symbols.set_capabilities(status.capabilities)
        self._clock.delay_ns = self._symbols.capabilities.delay_seconds * NS
