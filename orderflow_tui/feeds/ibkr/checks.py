"""Checks of Interactive Brokers: whether TWS answers, what the login shows, how old it is, in what unit."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Final

from orderflow_tui.config.values import Settings
from orderflow_tui.core.market.sessions import session_at
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Book
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.feed import ApiFault, Batch, FeedMessage, FeedStatus, SymbolCapabilities, SymbolNote
from orderflow_tui.feeds.ibkr.feed import IbkrFeed
from orderflow_tui.support.findings import Finding
from orderflow_tui.views.session_words import opens_words

HEARTBEAT: Final = "SPY"
CONNECT_SECONDS: Final = 12.0
"""A TWS that waits for its user to confirm the connection takes ten."""
LOOK_SECONDS: Final = 6.0
_OLD_S: Final = 60.0


class SourceChecks:
    """Opens one connection and reads what comes.

    Args:
        config: Host, port and lines.
        symbols: What is held.
        try_stream: All there is comes by one connection, so one is opened in any case.
    """

    def __init__(self, config: Settings, symbols: Sequence[str], *, try_stream: bool) -> None:
        self._config = config
        self._symbols = tuple(symbols) or (HEARTBEAT,)
        del try_stream  # with a client id of its own it takes no other program's connection
        self._news = threading.Condition()
        self._status: FeedStatus | None = None
        self._faults: list[ApiFault] = []
        self._notes: dict[str, SymbolNote] = {}
        self._shows: dict[str, Capabilities] = {}
        self._newest: dict[str, int] = {}

    def findings(self) -> list[Finding]:
        """All of them; where nobody answers only that."""
        feed = IbkrFeed(self._config)
        feed.start(self._symbols, self._take)
        with self._news:
            answered = self._news.wait_for(lambda: self._connected or bool(self._faults), CONNECT_SECONDS)
            if answered and self._connected:
                self._news.wait_for(self._all_deep, LOOK_SECONDS)
        feed.stop()
        place = f"{self._config.ibkr_host}:{self._config.ibkr_port}"
        if not self._connected:
            said = self._faults[0].detail if self._faults else f"no answer from {place}"
            return [Finding("TWS", "FAIL", said, "see docs/ibkr.md, set-up; IBKR_HOST and IBKR_PORT say where it runs")]
        return [self._connection(place), self._market(), *self._refusals(), *self._quotes(), *self._books()]

    @property
    def _connected(self) -> bool:
        return self._status is not None and self._status.connected

    def _all_deep(self) -> bool:
        """Whether every symbol that may have a book shows it."""
        places = min(self._config.ibkr_books, len(self._symbols) - len(self._notes))
        return bool(self._newest) and sum(one.depth_levels > 1 for one in self._shows.values()) >= places

    def _take(self, message: FeedMessage) -> None:
        with self._news:
            match message:
                case FeedStatus():
                    self._status = message
                case ApiFault():
                    self._faults.append(message)
                case SymbolNote() if message.standing != "ok":
                    self._notes[message.symbol] = message
                case SymbolCapabilities():
                    self._shows[message.symbol] = message.capabilities
                case Batch():
                    for event in message.events:
                        if isinstance(event, Book):
                            self._newest[message.symbol] = event.time_ns
                case _:
                    return
            self._news.notify_all()

    def _connection(self, place: str) -> Finding:
        lines = f"up to {self._config.ibkr_books} books and {self._config.ibkr_tapes} tick-by-tick tapes at once"
        return Finding("TWS", "ok", f"{place} answers, read only; {lines}")

    @staticmethod
    def _market() -> Finding:
        now = time.time_ns()
        return Finding("market", "ok", f"{session_at(now).name} by the exchange's calendar; it {opens_words(now)}")

    def _refusals(self) -> list[Finding]:
        found = [
            Finding(note.symbol, "warn", note.detail, "check the symbol and your subscriptions")
            for note in self._notes.values()
        ]
        refused = {fault.feature: fault for fault in self._faults if fault.feature in ("book", "ticks")}
        words = {"book": "depth", "ticks": "tick by tick"}
        found += [
            Finding(words[feature], "warn", fault.detail, "other symbols may have it; see docs/ibkr.md, cost")
            for feature, fault in refused.items()
        ]
        return found

    def _quotes(self) -> list[Finding]:
        if not self._newest:
            return [Finding("quotes", "warn", "no quote has come yet", "normal while the market is closed")]
        late = any(one.delay_seconds for one in self._shows.values())
        if late:
            advice = "subscribe to real-time data, and share it with the paper user"
            return [Finding("quotes", "warn", "delayed by 15 minutes", advice)]
        age_s = max((time.time_ns() - max(self._newest.values())) / NS, 0.0)
        slow = age_s > _OLD_S and session_at(time.time_ns()).name == "regular"
        said = f"{len(self._newest)} symbols in real time; the newest changed {age_s:.1f} s ago"
        return [Finding("quotes", "warn" if slow else "ok", said, "a quiet symbol, or a login without data" * slow)]

    def _books(self) -> list[Finding]:
        found: list[Finding] = []
        for symbol, shows in self._shows.items():
            if symbol in self._notes:
                continue
            deep = shows.depth_levels > 1
            if shows.sizes_unsure:
                found.append(Finding(symbol, "warn", shows.sizes_unsure, "Global Configuration > API > Settings"))
            elif deep and not shows.whole_depth:
                found.append(Finding(symbol, "warn", shows.depth_label, "subscribe to the depth of a large venue"))
            else:
                found.append(Finding(symbol, "ok", shows.depth_label))
        return found
