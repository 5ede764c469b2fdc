"""Checks of the source: what the key is worth, whether it is fresh, whether it knows what is held."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from orderflow_tui.config.values import Settings
from orderflow_tui.core.market.sessions import session_at
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.errors import AuthError, FeedError, NotEntitledError, SymbolNotFoundError
from orderflow_tui.feeds.live.schedule import cycle_of
from orderflow_tui.feeds.live.stream_trial import stream_state
from orderflow_tui.feeds.polygon import endpoints
from orderflow_tui.feeds.polygon.feed import PolygonFeed
from orderflow_tui.feeds.polygon.rest_calls import HEARTBEAT, BooksAnswer, Gateway
from orderflow_tui.support.findings import Finding
from orderflow_tui.views.session_words import opens_words

_SECONDS = 8.0
_SKEW_WARNS_NS = 2 * NS
_LAG_WARNS_S = 10.0
_PLAN = "real-time quotes and trades need the plan Stocks Advanced"


class SourceChecks:
    """Asks the host; each question once, within the request budget.

    Args:
        config: Source, key, host and budget.
        symbols: What is held.
        try_stream: Whether to open the stream, which ends that of a dashboard on the same key.
    """

    def __init__(self, config: Settings, symbols: Sequence[str], *, try_stream: bool) -> None:
        self._config = config
        self._try_stream = try_stream
        self._symbols = tuple(symbols)
        self._gateway = Gateway(config, stop=threading.Event(), deadline_seconds=_SECONDS)
        self._market = "unknown"
        self._skew_ns = 0

    def findings(self) -> list[Finding]:
        """All of them; after a refused key or a host that is not there only that."""
        try:
            first = self._reachable()
            if first.state == "FAIL":
                return [first]
            return [first, *self._clock_and_market(), *self._books(), self._trades(), *self._rest()]
        finally:
            self._gateway.session.close()

    def _rest(self) -> list[Finding]:
        return [self._delay(), self._stream(), self._budget()]

    def _reachable(self) -> Finding:
        host = self._config.polygon_base_url
        try:
            self._market, self._skew_ns = self._gateway.market_status()
        except AuthError as refused:
            return Finding("key", "FAIL", f"{host} refused the key: {refused}", "check POLYGON_API_KEY")
        except NotEntitledError:
            return Finding("key", "ok", f"accepted by {host}; the market's state is not in the plan")
        except FeedError as failed:
            if not failed.status:
                return Finding(
                    "host", "FAIL", f"{host} cannot be reached: {failed}", "check the network and the address"
                )
            return Finding("host", "warn", f"{host} answers, but not for the market's state: {failed}")
        return Finding("key", "ok", f"accepted by {host}")

    def _clock_and_market(self) -> list[Finding]:
        skew = self._skew_ns
        clock = Finding("clock", "ok", f"within {abs(skew) / NS:.1f} s of the host's")
        if abs(skew) > _SKEW_WARNS_NS:
            side = "behind" if skew > 0 else "ahead of"
            clock = Finding(
                "clock", "warn", f"{abs(skew) / NS:.1f} s {side} the host's", "set it by NTP: ages are wrong"
            )
        words = {"unknown": "the host does not say: treated as open"}.get(self._market, self._market)
        now = time.time_ns()
        session = session_at(now)
        expected = {"regular": "open", "night": "closed"}.get(session.name, "extended-hours")
        words = words if self._market == "open" else f"{words}; it {opens_words(now)}"
        if self._market not in ("unknown", expected):
            words += f"; the exchange's calendar says {expected}, the host decides"
        return [clock, Finding("market", "ok", words)]

    def _books(self) -> list[Finding]:
        try:
            answer = self._gateway.books(self._symbols)
        except NotEntitledError:
            said = "snapshots are not in the plan: no books, no walls, no cost of leaving"
            return [Finding("quotes", "FAIL", said, _PLAN)]
        except FeedError as failed:
            return [Finding("quotes", "FAIL", f"the snapshot failed: {failed}", "try again; it may be the host")]
        found = [self._quotes(answer)]
        if answer.vouched_ns:
            lag = max((answer.arrival.wall_ns - answer.vouched_ns) / NS, 0.0)
            slow = self._market == "open" and lag > _LAG_WARNS_S
            advice = "a delayed plan, a symbol that hardly trades, or a stale host" if slow else ""
            found.append(Finding("freshness", "warn" if slow else "ok", f"newest data {lag:.1f} s old", advice))
        known = answer.books.keys() | answer.without_quote | answer.malformed.keys()
        if missing := [symbol for symbol in self._symbols if symbol not in known]:
            said = f"the source does not know {', '.join(missing)}"
            found.append(Finding("symbols", "FAIL", said, "check the spelling in your positions"))
        if answer.malformed:
            found.append(Finding("symbols", "warn", f"unreadable rows: {', '.join(answer.malformed)}"))
        if answer.depth_levels == 1 and self._symbols and answer.books:
            found.append(self._unit(answer))
        return found

    def _quotes(self, answer: BooksAnswer) -> Finding:
        if not answer.quotes:
            return Finding("quotes", "FAIL", "not in the plan: tape rules only", _PLAN)
        levels = "NBBO, 1 level" if answer.depth_levels == 1 else f"{answer.depth_levels} levels"
        books = len(answer.books)
        return Finding("quotes", "ok", f"{books} book{'' if books == 1 else 's'}, {levels}")

    def _unit(self, answer: BooksAnswer) -> Finding:
        """The snapshot's sizes against the call whose unit is certain, for a quote of equal time."""
        symbol = next((name for name in self._symbols if name in answer.books), next(iter(answer.books)))
        shown = answer.books[symbol]
        try:
            certain = self._gateway.nbbo(symbol)
        except FeedError as failed:
            return Finding("sizes", "warn", f"{symbol}: the NBBO call failed: {failed}", "sizes are taken as shares")
        if certain is None or certain.quote_ns != shown.quote_ns:
            return Finding("sizes", "ok", f"{symbol}: the quote changed between the two calls: taken as shares")
        if certain.bids == shown.bids and certain.asks == shown.asks:
            return Finding("sizes", "ok", f"{symbol}: the snapshot's are shares, as the NBBO of the same time")
        said = f"{symbol}: the snapshot's differ from the NBBO of the same time"
        return Finding("sizes", "warn", said, "nothing to do: a run corrects them and journals it")

    def _trades(self) -> Finding:
        symbol = (self._symbols or (HEARTBEAT,))[0]
        request = endpoints.trades(symbol, from_ns=time.time_ns() - 3_600 * NS, limit=10)
        try:
            page = self._gateway.page(request)
        except NotEntitledError:
            return Finding("trades", "FAIL", "not in the plan: no tape, no bursts", _PLAN)
        except SymbolNotFoundError:
            return Finding("trades", "warn", f"{symbol} is not known there", "check the spelling")
        except FeedError as failed:
            return Finding("trades", "FAIL", f"the request failed: {failed}", "try again; it may be the host")
        if not page.rows:
            return Finding("trades", "ok", f"in the plan; {symbol} has not traded in the last hour")
        return Finding("trades", "ok", f"in the plan; {symbol} has traded within the hour")

    def _delay(self) -> Finding:
        try:
            delayed = self._gateway.delayed(self._symbols or (HEARTBEAT,))
        except FeedError:
            delayed = None
        if delayed or self._gateway.reported_delay:
            advice = f"every recommendation will say so; {_PLAN}"
            return Finding("delay", "warn", "the data is 15 minutes late", advice)
        return Finding("delay", "ok", "real time" if delayed is False else "the host does not say; taken as real time")

    def _stream(self) -> Finding:
        if self._config.stream == "off":
            return Finding("stream", "ok", "off by setting: everything is polled")
        if not self._try_stream:
            said = "not tried: the host ends an older stream of the same key"
            return Finding("stream", "ok", said, "no dashboard running? `orderflow-tui doctor --stream`")
        state = stream_state(PolygonFeed(self._config), self._symbols or (HEARTBEAT,), _SECONDS)
        if state == "stream":
            return Finding("stream", "ok", "prints, quotes and halts are streamed")
        return Finding("stream", "warn", state or "no answer", "falling back to polling: up to a second slower")

    def _budget(self) -> Finding:
        budget, names = self._config.requests_per_second, len(self._symbols)
        cycle = max(1.0, cycle_of(names + 1, budget))
        said = f"{budget:g} requests a second; {names} symbols are polled every {cycle:.1f} s"
        if cycle > _LAG_WARNS_S:
            return Finding("budget", "warn", said, "raise --requests-per-second where your plan allows it")
        return Finding("budget", "ok", said)
