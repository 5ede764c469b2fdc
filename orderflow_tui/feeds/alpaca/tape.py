"""One symbol's prints by requests: the start, the seams of the stream, and everything while there is no stream."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Final

from orderflow_tui.core.model.events import Print
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.feeds.alpaca import wire
from orderflow_tui.feeds.alpaca.corrected_prints import CorrectedPrints
from orderflow_tui.feeds.alpaca.host import Host
from orderflow_tui.feeds.alpaca.normalize import print_of
from orderflow_tui.feeds.errors import PayloadError, one_line
from orderflow_tui.feeds.feed import BadPayload, FeedGap, Put
from orderflow_tui.feeds.live.budgeted_http import Reply
from orderflow_tui.feeds.live.tape_join import OVERLAP_NS, TapeJoin

BACKFILL_NS: Final = 420 * NS
"""Seven minutes: a baseline of 300 s, the longest window of 60 s, and a minute to spare."""
SAFETY_NS: Final = NS
"""A print may reach the host this long after its tape time."""
LIVE_PAGES: Final = 4
BACKFILL_PAGES: Final = 40
AGAIN_NS: Final = 180 * NS
"""Most cancels and corrections follow their print within this."""
AGAIN_PAGES: Final = 4
STRIKES: Final = 3
"""Fetches in which the same bad row is refused before it is set aside."""
_REMEMBERED_ROWS: Final = 1_000


class SymbolTape:
    """The polls of one symbol's prints; used by one thread at a time.

    Args:
        symbol: Ticker.
        put: Where messages go.
        stop: Ends a back-fill between two pages when set.
    """

    def __init__(self, symbol: str, put: Put, stop: threading.Event) -> None:
        self.symbol = symbol
        self.recall = CorrectedPrints(symbol, put)
        self.intake = TapeJoin(symbol, self.recall, stop)
        self.waits_until = 0.0
        """Its first poll waits so long at most for the quote in force, on the monotonic clock."""
        self._put = put
        self._stop = stop
        self._answered_ns = 0
        self._cut_short = False
        self._catching_up = False
        self._strikes: Counter[int] = Counter()

    def poll(self, host: Host, now_ns: int, *, gap_ns: int, told_until_ns: int) -> bool:
        """Fetch what is new and deliver it, page by page; whether more is waiting. Raises FeedError."""
        intake = self.intake
        self._answered_ns = max(self._answered_ns, intake.heard_ns)
        gap = now_ns - self._answered_ns > gap_ns
        self._catching_up = self._catching_up or gap
        to_ns = now_ns - host.delay_ns
        from_ns = max(intake.newest_ns - (0 if self._cut_short else OVERLAP_NS), to_ns - BACKFILL_NS)
        intake.begin_fetch(from_ns)
        token: str | None = None
        for _ in range(BACKFILL_PAGES if self._catching_up else LIVE_PAGES):
            if self._stop.is_set():
                return False
            reply = host.trades(self.symbol, from_ns, to_ns, token)
            page = wire.trades_page(reply.body)
            prints = self._prints(page, reply)
            if prints is None:
                return False
            if gap and self._answered_ns > told_until_ns:
                self._put(FeedGap(self.symbol, self._answered_ns, now_ns, "no answer", reply.arrival))
            gap, self._answered_ns = False, now_ns
            token = page.next_page_token
            intake.newest_ns = max([intake.newest_ns, *(event.time_ns for event in prints)])
            # A page that is not the last may end amid prints of one instant.
            covered_ns = intake.newest_ns - 1 if token else to_ns - SAFETY_NS
            intake.polled(
                prints, from_ns=from_ns, covered_ns=covered_ns, arrival=reply.arrival, backfill=self._catching_up
            )
            if not token:
                break
        self._cut_short = bool(token)
        self._catching_up = self._catching_up and self._cut_short
        return self._cut_short

    def read_again(self, host: Host, now_ns: int) -> None:
        """Read the last minutes again, and tell what was cancelled or corrected since. Raises FeedError."""
        to_ns = now_ns - host.delay_ns - OVERLAP_NS
        token: str | None = None
        for _ in range(AGAIN_PAGES):
            reply = host.trades(self.symbol, to_ns - AGAIN_NS, to_ns, token)
            page = wire.trades_page(reply.body)
            for seq, raw in enumerate(page.trades or ()):
                try:
                    self.recall.compare(print_of(wire.trade_row(raw), reply.arrival.wall_ns, seq))
                except (PayloadError, DataValidationError):
                    continue  # a poll has told of it
            token = page.next_page_token
            if not token or self._stop.is_set():
                break
        self.recall.tell(self.intake.covered_ns, reply.arrival)

    def _prints(self, page: wire.TradesPage, reply: Reply) -> list[Print] | None:
        """A page's prints; None where a bad row spoils it: one refused often enough is set aside instead."""
        prints: list[Print] = []
        bad: dict[int, tuple[str, str]] = {}
        for seq, raw in enumerate(page.trades or ()):
            try:
                prints.append(print_of(wire.trade_row(raw), reply.arrival.wall_ns, seq))
            except PayloadError as error:
                bad[hash(bytes(raw))] = ("PAYLOAD_MALFORMED", str(error))
            except DataValidationError as error:
                bad[hash(bytes(raw))] = (error.code, str(error))
        fresh = {mark: why for mark, why in bad.items() if self._strikes[mark] < STRIKES}
        if not fresh:
            return prints
        if len(self._strikes) > _REMEMBERED_ROWS:
            self._strikes.clear()
        # Most of a page unreadable is a format that is not ours: setting rows aside would hide it.
        foreign = len(bad) > len(prints)
        if not foreign:
            self._strikes.update(fresh.keys())
        aside = not foreign and all(self._strikes[mark] >= STRIKES for mark in fresh)
        code, reason = next(iter(fresh.values()))
        detail = one_line(f"{reason}{' (set aside)' if aside else ''}")
        self._put(BadPayload(self.symbol, "tape", code, detail, reply.arrival, quarantined=aside))
        return prints if aside else None
