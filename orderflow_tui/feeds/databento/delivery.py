"""From a session's records to one message a symbol: what was traded, shown and halted, in its order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from msgspec import Struct, field

from orderflow_tui.core.model.events import Book, Event, Gap, Halt, Print, TapeCovered
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.model.validators import MAX_AHEAD
from orderflow_tui.feeds.databento import wire
from orderflow_tui.feeds.databento.normalize import BAD_TIME, SymbolRecords, without_passing_books
from orderflow_tui.feeds.errors import PayloadError, one_line
from orderflow_tui.feeds.feed import Arrival, BadPayload, Batch, Channel, FeedGap, Put, SymbolNote
from orderflow_tui.feeds.live.reconnecting import TroubleError
from orderflow_tui.feeds.live.symbol_spellings import Spellings, integrated

BACKFILL_NS: Final = 420 * NS
"""Seven minutes: a baseline of 300 s, the longest window of 60 s, and a minute to spare."""
OVERLAP_NS: Final = NS
"""A session that follows another is asked for so much again: what repeats is recognized."""
LONGEST_REPLAY_NS: Final = 23 * 3_600 * NS
"""The gateway sends again what is up to 24 h old."""
RECENT_NS: Final = 2 * NS
"""A record no older than this is news, whatever the gateway says of its replay."""
FRESH_NS: Final = 10 * NS
"""Nothing but news came for so long: the replay is over, whether the gateway says so or not."""
QUIET_NS: Final = NS
"""Nothing came for so long: whatever is replayed has been sent."""
UNDEFINED_TIME: Final = 2**64 - 1
_MAX_AHEAD_NS: Final = int(MAX_AHEAD.total_seconds()) * NS
_HALTS: Final = frozenset({8, 9, 10, 15})
_TRADING: Final = 7
_HEARTBEAT, _SLOW, _REPLAYED = 0, 2, 3
_KEY_REFUSED, _KEY_ENDED, _TOO_MANY, _UNRESOLVED, _REFUSED, _SKIPPED, _AGED = 1, 2, 3, 4, 5, 7, 8
SLOW_WORDS: Final = "this machine reads too slowly: the gateway skips records"
SKIPPED_WORDS: Final = "the gateway skipped records"
AGED_WORDS: Final = "too long ago for the gateway to send again"


class _Mine(Struct, eq=False):
    """One watched symbol."""

    symbol: str
    records: SymbolRecords
    asked_ns: int = 0
    """From where its tape is known; nothing before it is delivered."""
    newest_ns: int = 0
    halted_ns: int = 0
    status: tuple[int, bool, str] | None = None
    """A halt or its end that a replay has told last."""
    deep: bool = False
    """It was asked for from as far back as there is."""
    replaying: bool = False
    """What comes of it now is history."""
    live_ns: int = 0
    """Since when it is not, nanoseconds UTC."""
    missing: bool = False
    """The dataset does not have it."""
    events: list[Event] = field(default_factory=list)


class Delivery:
    """Delivers what sessions bring. Used by the stream's thread alone, but for `watch`.

    Args:
        put: Where messages go.
        dataset: What is served.
        clock: Nanoseconds UTC.
    """

    def __init__(self, put: Put, dataset: str, clock: Callable[[], int]) -> None:
        self.thinned_ns = 0
        """When books were last left out because newer ones were waiting, nanoseconds UTC."""
        self.unknown = 0
        """Records of instruments that were not mapped."""
        self.statuses = True
        """Whether halts are asked for: a dataset may have none."""
        self.newest_ns = 0
        """The newest record's capture time, nanoseconds UTC."""
        from databento_dbn import DBNError  # noqa: PLC0415 an extra

        self._unreadable = DBNError
        self._put = put
        self._clock = clock
        self._depth = wire.has_depth(dataset)
        self._schema = wire.DEEP if self._depth else wire.TOP
        self._spellings = Spellings(integrated)
        self._symbols: dict[str, _Mine] = {}
        self._by_id: dict[int, _Mine] = {}
        self._replays = 0
        self._replayed = 0
        self._old_ns = 0
        """When a record that was not news came last, nanoseconds UTC."""
        self._event_ns = 0
        self._heard_ns = 0
        self._covered_ns = 0
        self._said_gap_ns = 0
        self._seq = 0

    # --- the session --------------------------------------------------------------------------------------------

    def begin(self, symbols: Iterable[str], fresh: Iterable[str] = ()) -> list[wire.Subscription]:
        """A session begins for these symbols: what it is to be asked for. Of the fresh ones nothing is known yet."""
        now_ns, names = self._clock(), tuple(symbols)
        arrival, new = Arrival(time.monotonic_ns(), now_ns), frozenset(fresh)
        kept = {name: mine for name, mine in self._symbols.items() if name not in new}
        self._symbols = {name: kept.get(name) or self._new(name) for name in names}
        starts: dict[int, list[str]] = {}
        for name, mine in self._symbols.items():
            mine.records.begin()
            mine.missing = False
            starts.setdefault(self._start(mine, now_ns, arrival), []).append(name)
        for mine in self._symbols.values():
            mine.replaying = True
        self._by_id, self._replayed, self._heard_ns, self._covered_ns, self._old_ns = {}, 0, 0, 0, now_ns
        written = self._spellings.of
        asked = [wire.Subscription(self._schema, tuple(map(written, group)), at) for at, group in starts.items()]
        if not self._depth:
            asked += [wire.Subscription(wire.TRADES, one.symbols, one.start_ns) for one in asked]
        if self.statuses:
            asked.append(wire.Subscription(wire.STATUS, tuple(map(written, names)), 0))
        self._replays = len(asked)
        return asked

    def _new(self, name: str) -> _Mine:
        return _Mine(name, SymbolRecords(patient=not self._depth))

    def _start(self, mine: _Mine, now_ns: int, arrival: Arrival) -> int:
        """From where on a symbol is asked for."""
        own_ns = mine.records.newest_event_ns
        if mine.deep and not own_ns:
            return 0
        known_ns = max(own_ns, self._event_ns) if mine.asked_ns and not mine.replaying else own_ns
        if known_ns > now_ns - LONGEST_REPLAY_NS:
            return known_ns - OVERLAP_NS
        if not mine.asked_ns or known_ns:
            mine.asked_ns = now_ns - BACKFILL_NS
            if known_ns:
                self._put(FeedGap(mine.symbol, known_ns, mine.asked_ns, AGED_WORDS, arrival))
            gap = Gap(mine.asked_ns, AGED_WORDS if known_ns else "start")
            self._put(Batch(mine.symbol, "tape", (gap,), arrival, backfill=True))
        return mine.asked_ns

    def unseen(self) -> bool:
        """Whether a symbol has shown nothing in its replay, and is to be asked for from further back; once each."""
        fresh = [
            mine
            for mine in self._by_id.values()
            if not mine.replaying and not mine.deep and not mine.records.newest_event_ns
        ]
        for mine in fresh:
            mine.deep = True
        return bool(fresh)

    # --- what comes ---------------------------------------------------------------------------------------------

    def take(self, records: Sequence[Any], arrival: Arrival, *, behind: bool) -> None:
        """Deliver the records of one read.

        Args:
            records: As decoded.
            arrival: When they came.
            behind: More is waiting than one read takes: of books the newest of each symbol is enough.

        Raises:
            TroubleError: The gateway ends the session.
            PayloadError: A record holds what none can.
        """
        self._heard_ns = arrival.wall_ns
        try:
            self._take(records, arrival, behind=behind)
        except self._unreadable:
            raise PayloadError(message="a record with a field that cannot be read") from None

    def _take(self, records: Sequence[Any], arrival: Arrival, *, behind: bool) -> None:
        met: dict[str, _Mine] = {}
        for record in without_passing_books(records) if behind else records:
            if hasattr(record, "action"):
                mine = self._by_id.get(record.instrument_id)
                if mine is None:
                    self.unknown += 1
                    continue
                met[mine.symbol] = mine
                if hasattr(record, "sequence"):
                    self._market(mine, record, arrival, thin=behind)
                else:
                    self._status(mine, record, arrival)
            else:
                self._control(record, arrival)
        for mine in met.values():
            self._finish(mine, arrival)

    def tick(self, arrival: Arrival) -> None:
        """The connection stands: say up to when every symbol is known, and what waited for its time."""
        quiet_ns = arrival.wall_ns - self._heard_ns
        if (self._replayed and quiet_ns > QUIET_NS) or self._heard_ns - self._old_ns > FRESH_NS:
            self._caught_up(arrival)
        for mine in self._symbols.values():
            if mine.status is not None and (not mine.replaying or quiet_ns > QUIET_NS):
                self._tell_status(mine)
            self._finish(mine, arrival)
        if self._heard_ns <= self._covered_ns:
            return
        self._covered_ns = self._heard_ns
        covered = TapeCovered(max(self.newest_ns, self._heard_ns - RECENT_NS))
        for mine in self._symbols.values():
            if not mine.missing and not mine.replaying:
                self._put(Batch(mine.symbol, "stream", (covered,), arrival, vouched_ns=self._heard_ns))

    def _market(self, mine: _Mine, record: Any, arrival: Arrival, *, thin: bool) -> None:
        at_ns = record.ts_recv if 0 < record.ts_recv < UNDEFINED_TIME else record.ts_event
        if record.flags & BAD_TIME:
            at_ns = max(at_ns, mine.newest_ns)
        if not 0 < at_ns <= arrival.wall_ns + _MAX_AHEAD_NS:
            ahead = (at_ns - arrival.wall_ns) / NS
            self._refuse(mine, record, "LEVEL2_FUTURE", f"stamped {ahead:.1f} s in the future", arrival)
            return
        mine.newest_ns = max(mine.newest_ns, at_ns)
        self.newest_ns = max(self.newest_ns, at_ns)
        self._event_ns = max(self._event_ns, min(record.ts_event, arrival.wall_ns))
        if at_ns <= arrival.wall_ns - RECENT_NS:
            self._old_ns = arrival.wall_ns
        elif mine.replaying:
            # Each symbol's records come in order; another's replay may still be under way.
            mine.replaying, mine.live_ns = False, arrival.wall_ns
        if not self._depth and _is_trade(record) and hasattr(record, "levels"):
            # The schema `trades` has it too.
            return
        if thin and not mine.replaying and arrival.wall_ns - mine.live_ns > NS:
            self.thinned_ns = arrival.wall_ns
        self._seq += 1
        try:
            events = mine.records.take(record, at_ns, self._seq, thin=thin or mine.replaying)
        except ValueError as problem:
            self._refuse(mine, record, "PAYLOAD_MALFORMED", str(problem), arrival)
            return
        if events:
            mine.events += events

    def _finish(self, mine: _Mine, arrival: Arrival) -> None:
        """Deliver what a read has brought of a symbol."""
        events, mine.events = mine.events, []
        try:
            events += mine.records.rest(arrival.wall_ns)
        except ValueError as problem:
            self._refuse(mine, None, "PAYLOAD_MALFORMED", str(problem), arrival)
        told = [event for one in events for event in self._told(mine, one)]
        if not told:
            return
        books = [event.time_ns for event in told if type(event) is Book]
        self._put(
            Batch(
                mine.symbol, "stream" if books else "tape", tuple(told), arrival, backfill=mine.replaying,
                vouched_ns=books[-1] if books else 0, quote_ns=books[-1] if books else 0,
            )
        )  # fmt: skip

    def _told(self, mine: _Mine, event: Event) -> Iterable[Event]:
        """What is told of an event: of a book from before the tape is known, that it stands since then."""
        if event.time_ns < mine.asked_ns:
            if type(event) is Book:
                yield Book(mine.asked_ns, event.seq, event.bids, event.asks, event.time_ns)
            return
        if mine.halted_ns and type(event) is Print and event.time_ns > mine.halted_ns:
            mine.halted_ns = 0
            yield Halt(event.time_ns, halted=False, reason="it trades again")
        yield event

    # --- halts --------------------------------------------------------------------------------------------------

    def _status(self, mine: _Mine, record: Any, arrival: Arrival) -> None:
        action = int(record.action)
        if action not in _HALTS and action != _TRADING:
            return
        reason = str(getattr(record.reason, "name", "")).lower().replace("_", " ")
        mine.status = (record.ts_recv, action in _HALTS, "" if reason == "none" else reason)
        if not mine.replaying or record.ts_recv > arrival.wall_ns - RECENT_NS:
            self._tell_status(mine)

    def _tell_status(self, mine: _Mine) -> None:
        if mine.status is None:
            return
        at_ns, halted, reason = mine.status
        mine.status = None
        if halted == bool(mine.halted_ns):
            return
        mine.halted_ns = at_ns if halted else 0
        mine.events.append(Halt(max(at_ns, mine.asked_ns), halted=halted, reason=reason or "halted"))

    # --- what the gateway says ----------------------------------------------------------------------------------

    def _control(self, record: Any, arrival: Arrival) -> None:
        if hasattr(record, "stype_out_symbol"):
            self._map(record)
        elif hasattr(record, "err"):
            self._error(int(record.code), str(record.err), arrival)
        elif hasattr(record, "is_heartbeat"):
            code = int(record.code)
            if code == _SLOW:
                self._gap_everywhere(SLOW_WORDS, arrival)
            elif code == _REPLAYED:
                self._replayed += 1
                if self._replayed >= self._replays:
                    self._caught_up(arrival)
            elif code == _HEARTBEAT:
                # It comes when there is nothing else to send.
                self._caught_up(arrival)
        elif hasattr(record, "mappings"):
            self._by_id = {}

    def _map(self, record: Any) -> None:
        """Which of the two names is the ticker depends on what was asked for by."""
        for text in (record.stype_in_symbol, record.stype_out_symbol):
            mine = self._symbols.get(self._spellings.symbol(text))
            if mine is not None:
                self._by_id[record.instrument_id] = mine

    def _error(self, code: int, text: str, arrival: Arrival) -> None:
        if code == _UNRESOLVED:
            for name in wire.refused_names(text, self._symbols, self._spellings.of):
                self._symbols[name].missing = True
                self._put(SymbolNote(name, "not_found", "the dataset does not have it", arrival))
        elif code == _SKIPPED:
            self._gap_everywhere(SKIPPED_WORDS, arrival)
        elif code in (_KEY_REFUSED, _KEY_ENDED):
            raise TroubleError(text, "401", "key")
        elif code == _TOO_MANY:
            raise TroubleError(f"too many sessions with this key: {text}", "429", "taken")
        elif code == _REFUSED:
            raise TroubleError(text, "404", "refused")
        else:
            if code == _AGED:
                self._symbols = {}
                self._gap_everywhere(AGED_WORDS, arrival)
            raise TroubleError(text)

    def _caught_up(self, arrival: Arrival) -> None:
        for mine in self._symbols.values():
            if mine.replaying:
                mine.replaying, mine.live_ns = False, arrival.wall_ns

    def _gap_everywhere(self, reason: str, arrival: Arrival) -> None:
        if arrival.wall_ns - self._said_gap_ns < NS:
            return
        self._said_gap_ns = arrival.wall_ns
        from_ns = self.newest_ns or arrival.wall_ns
        self._put(FeedGap(None, from_ns, arrival.wall_ns, reason, arrival))
        for mine in self._symbols.values():
            mine.events.append(Gap(max(from_ns, arrival.wall_ns - RECENT_NS), reason))
            self._finish(mine, arrival)

    def _refuse(self, mine: _Mine, record: Any, code: str, reason: str, arrival: Arrival) -> None:
        channel: Channel = "tape" if record is not None and _is_trade(record) else "book"
        self._put(BadPayload(mine.symbol, channel, code, one_line(reason), arrival))


def _is_trade(record: Any) -> bool:
    return str(record.action) == "T"
