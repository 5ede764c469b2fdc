"""Checks of Alpaca: what the key is worth, how old the quotes are, whether the stream is free."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Final

from orderflow_tui.config.values import Settings
from orderflow_tui.core.market.sessions import session_at
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.feeds.alpaca import wire
from orderflow_tui.feeds.alpaca.entitlement import IEX_ONLY, NO_SIP
from orderflow_tui.feeds.alpaca.feed import AlpacaFeed
from orderflow_tui.feeds.alpaca.host import HEARTBEAT, Host
from orderflow_tui.feeds.alpaca.normalize import book_of
from orderflow_tui.feeds.errors import AuthError, FeedError, NotEntitledError, PayloadError
from orderflow_tui.feeds.live.schedule import cycle_of
from orderflow_tui.feeds.live.stream_trial import stream_state
from orderflow_tui.support.findings import Finding
from orderflow_tui.views.session_words import opens_words

_SECONDS: Final = 8.0
_SLOW_CYCLE_S: Final = 10.0
_OLD_QUOTE_S: Final = 60.0
_WORDS: Final = {
    "iex": IEX_ONLY,
    "sip": "SIP: every US trade, the best bid and offer of all venues",
    "delayed_sip": "SIP, 15 minutes late",
}


class SourceChecks:
    """Asks the host; each question once, within the request budget.

    Args:
        config: Key, addresses, feed and budget.
        symbols: What is held.
        try_stream: Whether to open the stream, which a running dashboard may hold.
    """

    def __init__(self, config: Settings, symbols: Sequence[str], *, try_stream: bool) -> None:
        self._config = config
        self._symbols = tuple(symbols)
        self._try_stream = try_stream
        self._host = Host(config, stop=threading.Event(), deadline_seconds=_SECONDS)

    def findings(self) -> list[Finding]:
        """All of them; after a refused key or a host that is not there only that."""
        try:
            first = self._key()
            if first.state == "FAIL":
                return [first]
            return [first, self._market(), *self._quotes(), self._trades(), self._stream(), self._budget()]
        finally:
            self._host.close()

    def _key(self) -> Finding:
        asked, url = self._config.alpaca_feed, self._config.alpaca_data_url
        try:
            sip = self._host.has_sip()
        except AuthError as refused:
            said = f"{url} refused the key: {refused}"
            return Finding("key", "FAIL", said, "check APCA_API_KEY_ID and APCA_API_SECRET_KEY")
        except FeedError as failed:
            return Finding("host", "FAIL", f"{url} cannot be reached: {failed}", "check the network and the address")
        if asked == "sip" and not sip:
            return Finding("plan", "FAIL", NO_SIP, "set ORDER_FLOW_ALPACA_FEED=auto")
        self._host.use(asked if asked != "auto" else "sip" if sip else "iex")
        advice = "" if sip or asked != "auto" else "the whole tape in real time needs Algo Trader Plus"
        return Finding("plan", "ok", f"key accepted by {url}; {_WORDS[self._host.feed]}", advice)

    def _market(self) -> Finding:
        now = time.time_ns()
        return Finding("market", "ok", f"{session_at(now).name} by the exchange's calendar; it {opens_words(now)}")

    def _quotes(self) -> list[Finding]:
        symbols = self._symbols or (HEARTBEAT,)
        try:
            told = wire.latest_quotes(self._host.quotes(symbols).body).quotes or {}
        except FeedError as failed:
            return [Finding("quotes", "FAIL", f"the request failed: {failed}", "try again; it may be the host")]
        rows = {self._host.spellings.symbol(name): raw for name, raw in told.items()}
        found: list[Finding] = []
        if missing := [symbol for symbol in symbols if symbol not in rows]:
            said = f"no quote for {', '.join(missing)} on this feed"
            advice = "check the spelling in your positions" if self._host.feed != "iex" else "IEX may have none of it"
            found.append(Finding("symbols", "warn", said, advice))
        ages, unreadable = [], []
        for symbol, raw in rows.items():
            try:
                ages.append((time.time_ns() - book_of(wire.quote_row(raw), 0).time_ns - self._host.delay_ns) / NS)
            except (PayloadError, DataValidationError):
                unreadable.append(symbol)
        if unreadable:
            found.append(Finding("symbols", "warn", f"unreadable quotes: {', '.join(unreadable)}"))
        if ages:
            said = f"{len(ages)} quotes, 1 level; the newest is {max(min(ages), 0):.1f} s old"
            slow = min(ages) > _OLD_QUOTE_S and session_at(time.time_ns()).name == "regular"
            found.append(Finding("quotes", "warn" if slow else "ok", said, "a quiet symbol, or a stale host" * slow))
        return found

    def _trades(self) -> Finding:
        symbol = (self._symbols or (HEARTBEAT,))[0]
        now = time.time_ns() - self._host.delay_ns
        try:
            page = wire.trades_page(self._host.trades(symbol, now - 3_600 * NS, now, None).body)
        except NotEntitledError:
            return Finding("trades", "FAIL", "not in the plan", "set ORDER_FLOW_ALPACA_FEED=auto")
        except FeedError as failed:
            return Finding("trades", "FAIL", f"the request failed: {failed}", "try again; it may be the host")
        said = "has traded within the hour" if page.trades else "has not traded in the last hour"
        return Finding("trades", "ok", f"{symbol} {said} on {self._host.feed}")

    def _stream(self) -> Finding:
        if self._config.stream == "off":
            return Finding("stream", "ok", "off by setting: everything is polled")
        if not self._try_stream:
            said = "not tried: a key has one connection, and a dashboard may hold it"
            return Finding("stream", "ok", said, "no dashboard running? `orderflow-tui doctor --stream`")
        state = stream_state(AlpacaFeed(self._config), self._symbols or (HEARTBEAT,), _SECONDS)
        if state == "stream":
            return Finding("stream", "ok", "prints, quotes, halts and corrections are streamed")
        return Finding("stream", "warn", state or "no answer", "falling back to polling: up to a second slower")

    def _budget(self) -> Finding:
        budget, names = self._host.limiter.per_second, len(self._symbols)
        cycle = max(1.0, cycle_of(names + 1, budget))
        said = f"{budget:.1f} requests a second; without the stream {names} symbols are polled every {cycle:.1f} s"
        return Finding("budget", "warn" if cycle > _SLOW_CYCLE_S else "ok", said)
