"""One symbol's prints by a cursor: polls overlap, so that none is missed, and none is delivered twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from msgspec import Struct, field

from orderflow_tui.core.model.events import Print
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.feeds.errors import PayloadError, SymbolNotFoundError, one_line
from orderflow_tui.feeds.feed import Arrival, BadPayload, FeedGap, Put
from orderflow_tui.feeds.live.budgeted_http import Request
from orderflow_tui.feeds.live.tape_join import OVERLAP_NS, PIECE, YIELD_SECONDS, TapeJoin
from orderflow_tui.feeds.polygon import endpoints, wire
from orderflow_tui.feeds.polygon.normalize import print_of
from orderflow_tui.feeds.polygon.rest_calls import Gateway, ListPage
from orderflow_tui.feeds.polygon.sale_conditions import EMBEDDED, ConditionTable
from orderflow_tui.support.decoding import NO_JSON

BACKFILL_NS: Final = 420 * NS
"""Seven minutes: a baseline of 300 s, the longest window of 60 s, and a minute to spare."""
SAFETY_NS: Final = NS
"""A print may reach the host this long after its tape time; the tape counts as covered only before that."""
LIMIT: Final = 5_000
"""Prints a page: a larger one would be split into rows in one stretch that the screen can feel."""
LIVE_PAGES: Final = 4
BACKFILL_PAGES: Final = 40
BACKFILL_SECONDS: Final = 20.0
"""Deadline of one page of a back-fill."""
STRIKES: Final = 3
"""Fetches in which the same bad row is refused before it is set aside."""
MANY_BAD: Final = 10
"""More bad rows than this, and most of the page: the format is not ours, and setting rows aside would hide it."""
_REMEMBERED_ROWS: Final = 1_000


class _Page(Struct):
    """One page, decoded.

    Attributes:
        table: The sale conditions' rules when it was decoded.
        prints: What the good rows are to the core; size 0 is less than a share.
        bad: Rows that cannot be prints: a mark of each row's bytes, the code and the reason.
        unruled: Sale conditions without a rule, by the index of the print that has them.
        newest_ns: The newest print's time, 0 without one.
    """

    table: ConditionTable = EMBEDDED
    prints: list[Print] = field(default_factory=list)
    bad: dict[int, tuple[str, str]] = field(default_factory=dict)
    unruled: dict[int, tuple[int, ...]] = field(default_factory=dict)
    newest_ns: int = 0

    def add(self, rows: Sequence[wire.TradeRow], now_ns: int) -> None:
        """Take good rows in. Raises DataValidationError, and takes none, where one cannot be a print."""
        prints = [print_of(row, now_ns, self.table) for row in rows]
        for index, row in enumerate(rows, len(self.prints)):
            if row.conditions and (unruled := self.table.unknown(row.conditions)):
                self.unruled[index] = unruled
        self.prints += prints
        self.newest_ns = max(self.newest_ns, max([event.time_ns for event in prints], default=0))


class SymbolTape:
    """The polls of one symbol's prints; used by one thread at a time.

    Args:
        symbol: Ticker.
        put: Where messages go.
        stop: Ends a back-fill between two pieces when set.
        table: The sale conditions' rules in force.
    """

    def __init__(
        self,
        symbol: str,
        put: Put,
        stop: threading.Event,
        table: Callable[[], ConditionTable] = lambda: EMBEDDED,
    ) -> None:
        self.symbol = symbol
        self.slowest_seconds = 0.0
        """The slowest exchange of the last poll."""
        self.conditions_unknown: Counter[int] = Counter()
        """Sale conditions met that no rule knows; their prints count as regular."""
        self.waits_until = 0.0
        """Its first poll waits so long at most for the quote in force, on the monotonic clock."""
        self._put = put
        self._stop = stop
        self._table = table
        self.intake = TapeJoin(symbol, put, stop)
        self._answered_ns = 0
        self._cut_short = False
        self._catching_up = False
        self._strikes: Counter[int] = Counter()

    def poll(
        self, gateway: Gateway, now_ns: int, *, delay: Callable[[], int], gap_ns: int, told_until: Callable[[], int]
    ) -> bool:
        """Fetch what is new and deliver it, page by page.

        Args:
            gateway: The host.
            now_ns: Nanoseconds UTC.
            delay: How late the data is by contract, nanoseconds; an answer may change it.
            gap_ns: A longer silence than this is a gap: what follows is history.
            told_until: Up to when a gap has been told for all symbols; an answer may change it.

        Returns:
            Whether more is waiting at the host.

        Raises:
            FeedError: The exchange failed; what was delivered before stays delivered.
        """
        intake = self.intake
        self._answered_ns = max(self._answered_ns, intake.heard_ns)
        gap = now_ns - self._answered_ns > gap_ns
        delay_ns = delay()
        self._catching_up = self._catching_up or gap
        pages = BACKFILL_PAGES if self._catching_up else LIVE_PAGES
        reach_back_ns = 0 if self._cut_short else OVERLAP_NS
        from_ns = max(intake.newest_ns - reach_back_ns, now_ns - delay_ns - BACKFILL_NS)
        intake.begin_fetch(from_ns)
        self.slowest_seconds = 0.0
        request: Request | None = endpoints.trades(self.symbol, from_ns=from_ns, limit=LIMIT)
        started_ns = 0
        while request is not None and pages and not self._stop.is_set():
            page = self._page(gateway, request, follows=bool(started_ns))
            self._time(page)
            if delay() != delay_ns:
                # The answer itself said so: the span that was asked for was the wrong one.
                return True
            started_ns = started_ns or page.reply.started_ns
            decoded = self._decoded(page)
            if self._refused(decoded, len(page.rows), page.reply.arrival):
                return False
            if gap and self._answered_ns > told_until():
                self._put(FeedGap(self.symbol, self._answered_ns, now_ns, "no answer", page.reply.arrival))
            gap, self._answered_ns = False, now_ns
            request, pages = page.following, pages - 1
            intake.newest_ns = max(intake.newest_ns, decoded.newest_ns)
            # A page that is not the last may end amid prints of one instant.
            covered_ns = started_ns - delay_ns - SAFETY_NS if request is None else intake.newest_ns - 1
            self._deliver(decoded, from_ns, covered_ns, page.reply.arrival)
            del page, decoded  # they would lie in memory beside the next page
        self._cut_short = request is not None
        self._catching_up = self._catching_up and self._cut_short
        return self._cut_short

    def _page(self, gateway: Gateway, request: Request, *, follows: bool) -> ListPage:
        try:
            return gateway.page(request, deadline_seconds=BACKFILL_SECONDS if self._catching_up else None)
        except SymbolNotFoundError as error:
            if follows:
                # The symbol has just answered: what is not there is the page.
                raise PayloadError(message=f"trades: the next page is not there: {error}") from None
            raise

    @property
    def covered_second(self) -> int:
        """The second up to which every print has been delivered; 0 before the first answer."""
        return self.intake.covered_ns // NS

    def again(self, page: ListPage) -> list[Print] | None:
        """The prints of a page read again that count for something; None where a row of it cannot be a print."""
        decoded = self._decoded(page)
        return None if decoded.bad else [event for event in decoded.prints if event.flags and event.size]

    def _time(self, page: ListPage) -> None:
        seconds = (page.reply.arrival.wall_ns - page.reply.started_ns) / NS
        if not self._catching_up:
            self.slowest_seconds = max(self.slowest_seconds, seconds)

    def _decoded(self, page: ListPage) -> _Page:
        decoded = _Page(self._table())
        now_ns = page.reply.arrival.wall_ns
        for start in range(0, len(page.rows), PIECE):
            if start:
                self._stop.wait(YIELD_SECONDS)
            piece = page.rows[start : start + PIECE]
            try:
                decoded.add(wire.decode_rows(piece, list[wire.TradeRow]), now_ns)
            except (*NO_JSON, DataValidationError):
                for raw in piece:
                    _add_one(decoded, raw, now_ns)
        return decoded

    def _refused(self, decoded: _Page, rows: int, arrival: Arrival) -> bool:
        """Whether nothing of this page may be used; a row refused often enough is set aside instead."""
        bad = {mark: why for mark, why in decoded.bad.items() if self._strikes[mark] < STRIKES}
        if not bad:
            return False
        foreign = len(decoded.bad) > MANY_BAD and len(decoded.bad) > rows / 2
        if len(self._strikes) > _REMEMBERED_ROWS:
            self._strikes.clear()
        if not foreign:
            self._strikes.update(bad.keys())
        aside = not foreign and all(self._strikes[mark] >= STRIKES for mark in bad)
        code, reason = next(iter(bad.values()))
        more = f" and {len(bad) - 1} more rows" if len(bad) > 1 else ""
        detail = one_line(f"{reason}{more}{' (set aside)' if aside else ''}")
        self._put(BadPayload(self.symbol, "tape", code, detail, arrival, quarantined=aside))
        return not aside

    def _deliver(self, decoded: _Page, from_ns: int, covered_ns: int, arrival: Arrival) -> None:
        new = self.intake.polled(
            decoded.prints, from_ns=from_ns, covered_ns=covered_ns, arrival=arrival, backfill=self._catching_up
        )
        if decoded.unruled:
            for index in new:
                self.conditions_unknown.update(decoded.unruled.get(index, ()))


def _add_one(decoded: _Page, raw: msgspec.Raw, now_ns: int) -> None:
    """Take in one row of a piece that has bad ones."""
    try:
        decoded.add([wire.decode_row(raw, wire.TradeRow)], now_ns)
    except NO_JSON as error:
        decoded.bad[hash(bytes(raw))] = ("PAYLOAD_MALFORMED", str(error))
    except DataValidationError as error:
        decoded.bad[hash(bytes(raw))] = (error.code, str(error))
