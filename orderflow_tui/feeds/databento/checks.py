"""Checks of Databento: whether the gateway takes the key, what the dataset shows, how old it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Final

from orderflow_tui.config.values import Settings
from orderflow_tui.core.market.sessions import session_at
from orderflow_tui.core.model.events import Book
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.databento.feed import DatabentoFeed
from orderflow_tui.feeds.databento.wire import gateway_of, has_depth
from orderflow_tui.feeds.feed import ApiFault, Batch, FeedEnded, FeedMessage, FeedStatus, SymbolNote
from orderflow_tui.support.findings import Finding
from orderflow_tui.views.session_words import opens_words

HEARTBEAT: Final = "SPY"
_SECONDS: Final = 8.0
_OLD_S: Final = 60.0


class SourceChecks:
    """Opens one session and reads what comes.

    Args:
        config: Key, dataset and gateway.
        symbols: What is held.
        try_stream: All there is comes by a session, so one is opened in any case.
    """

    def __init__(self, config: Settings, symbols: Sequence[str], *, try_stream: bool) -> None:
        self._config = config
        self._symbols = tuple(symbols) or (HEARTBEAT,)
        del try_stream  # a key has ten sessions: a running dashboard keeps its own
        self._news = threading.Condition()
        self._faults: list[ApiFault] = []
        self._missing: set[str] = set()
        self._newest: dict[str, int] = {}
        self._settled = False
        self._ended = ""

    def findings(self) -> list[Finding]:
        """All of them; after a refused key or a gateway that is not there only that."""
        feed = DatabentoFeed(self._config)
        feed.start(self._symbols, self._take)
        with self._news:
            self._news.wait_for(lambda: self._settled or bool(self._faults), _SECONDS)
        feed.stop()
        host, port = gateway_of(self._config.databento_gateway, self._config.databento_dataset)
        if not self._settled:
            return [self._refusal(f"{host}:{port}")]
        return [self._session(f"{host}:{port}", feed), self._market(), *self._quotes()]

    def _take(self, message: FeedMessage) -> None:
        with self._news:
            match message:
                case ApiFault():
                    self._faults.append(message)
                case FeedEnded():
                    self._ended = message.reason
                case SymbolNote():
                    self._missing.add(message.symbol)
                case Batch():
                    self._batch(message)
                case FeedStatus():
                    pass
                case _:
                    return
            self._news.notify_all()

    def _batch(self, batch: Batch) -> None:
        for event in batch.events:
            if isinstance(event, Book):
                self._newest[batch.symbol] = max(self._newest.get(batch.symbol, 0), event.time_ns)
        # What is vouched for without a backlog is live.
        self._settled = self._settled or (bool(batch.vouched_ns) and not batch.backfill)

    def _refusal(self, address: str) -> Finding:
        fault = self._faults[0] if self._faults else None
        if fault is None:
            return Finding("gateway", "FAIL", f"{address}: no answer within {_SECONDS:.0f} s", "check the network")
        if fault.error_type == "401":
            return Finding("key", "FAIL", f"{address}: {fault.detail}", "check DATABENTO_API_KEY")
        if fault.error_type in ("403", "404"):
            said = f"{self._config.databento_dataset}: {fault.detail}"
            return Finding("dataset", "FAIL", said, "look at your subscriptions, or set ORDER_FLOW_DATABENTO_DATASET")
        if fault.error_type == "429":
            return Finding("session", "warn", f"{address}: {fault.detail}", "end the other program that uses this key")
        return Finding("gateway", "FAIL", f"{address}: {fault.detail}", "check the network and the address")

    def _session(self, address: str, feed: DatabentoFeed) -> Finding:
        dataset, shown = self._config.databento_dataset, feed.capabilities
        said = f"key accepted by {address}; {dataset}: {shown.depth_label}, real time, sides from the exchange, shares"
        advice = "" if has_depth(dataset) else "ten levels: ORDER_FLOW_DATABENTO_DATASET=XNAS.ITCH"
        return Finding("session", "ok", said, advice)

    @staticmethod
    def _market() -> Finding:
        now = time.time_ns()
        return Finding("market", "ok", f"{session_at(now).name} by the exchange's calendar; it {opens_words(now)}")

    def _quotes(self) -> list[Finding]:
        found: list[Finding] = []
        if self._missing:
            said = f"not in this dataset: {', '.join(sorted(self._missing))}"
            found.append(Finding("symbols", "warn", said, "check the spelling in your positions"))
        if self._newest:
            age_s = max((time.time_ns() - max(self._newest.values())) / NS, 0.0)
            slow = age_s > _OLD_S and session_at(time.time_ns()).name == "regular"
            said = f"{len(self._newest)} books; the newest changed {age_s:.1f} s ago"
            found.append(Finding("books", "warn" if slow else "ok", said, "a quiet symbol, or a stale gateway" * slow))
        else:
            found.append(Finding("books", "warn", "no book has come yet", "normal before 4:00 ET"))
        return found
