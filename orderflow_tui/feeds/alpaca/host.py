"""What Alpaca's REST host is asked. Every request names the feed: without it the answer is the best the plan allows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol
from urllib.parse import quote

from orderflow_tui.config.secrets import secret_text
from orderflow_tui.config.sources import source_named
from orderflow_tui.config.values import check_encrypted
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.feeds.alpaca import wire
from orderflow_tui.feeds.alpaca.normalize import quotes_of
from orderflow_tui.feeds.errors import FeedError, NotEntitledError, PayloadError, one_line
from orderflow_tui.feeds.feed import Arrival
from orderflow_tui.feeds.live.budget import RateLimiter
from orderflow_tui.feeds.live.budgeted_http import HttpSession, Reply, Request
from orderflow_tui.feeds.live.retry import DEFAULT_POLICY, RetryPolicy
from orderflow_tui.feeds.live.side_checks import DEADLINE_SECONDS, PastQuotes
from orderflow_tui.feeds.live.symbol_spellings import Spellings, dotted

FeedName = Literal["iex", "sip", "delayed_sip"]
HEARTBEAT: Final = "SPY"
LIMIT: Final = 5_000
FREE_PER_SECOND: Final = 200 / 60
PAID_PER_SECOND: Final = 10_000 / 60
"""A plan's calls a minute."""
ARRIVAL_JITTER: Final = 0.05
DELAY_NS: Final = 900 * NS
MOST_QUOTES: Final = 10_000
PAST_NS: Final = 86_400 * NS
"""The quote in force at the beginning of a span may be hours old in a quiet name."""
_NOT_FOUND: Final = 404


class AlpacaConfig(Protocol):
    """The part of the configuration this source reads."""

    @property
    def alpaca_key_id(self) -> object:
        """A `SecretStr`, a plain string or None."""
        ...

    @property
    def alpaca_secret_key(self) -> object:
        """A `SecretStr`, a plain string or None."""
        ...

    @property
    def alpaca_feed(self) -> str:
        """`auto`, `sip`, `iex` or `delayed_sip`."""
        ...

    @property
    def alpaca_data_url(self) -> str:
        """Where REST is."""
        ...

    @property
    def alpaca_stream_url(self) -> str:
        """Where the stream is, without `/v2/{feed}`."""
        ...

    @property
    def requests_per_second(self) -> float:
        """The most request starts a second."""
        ...

    @property
    def stream(self) -> str:
        """`off`: everything is polled."""
        ...

    @property
    def unencrypted_host(self) -> str | None:
        """The host that may be sent the key unencrypted; None for none."""
        ...


def rfc3339(time_ns: int) -> str:
    """Nanoseconds UTC as RFC 3339 with nine decimals."""
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(time_ns // NS))}.{time_ns % NS:09d}Z"


class Host:
    """One key at one host; safe from any thread.

    Args:
        config: Key, address, budget.
        clock: Nanoseconds UTC.
        stop: Ends waits for the budget when set.
        deadline_seconds: A whole exchange ends within this.
        policy: How long a 429 slows everything.
        on_reply: Told of each success.
    """

    def __init__(
        self,
        config: AlpacaConfig,
        *,
        clock: Callable[[], int] = time.time_ns,
        stop: threading.Event | None = None,
        deadline_seconds: float = 5.0,
        policy: RetryPolicy = DEFAULT_POLICY,
        on_reply: Callable[[Arrival], None] | None = None,
    ) -> None:
        check_encrypted(config, source_named("alpaca").settings)
        self._wanted_rate = config.requests_per_second
        self.limiter = RateLimiter(min(self._wanted_rate, FREE_PER_SECOND), margin=ARRIVAL_JITTER)
        self.feed: FeedName = "iex"
        self.spellings = Spellings(dotted)
        self._session = HttpSession(
            config.alpaca_data_url,
            keys={
                "APCA-API-KEY-ID": secret_text(config.alpaca_key_id),
                "APCA-API-SECRET-KEY": secret_text(config.alpaca_secret_key),
            },
            limiter=self.limiter,
            stop=stop,
            deadline_seconds=deadline_seconds,
            clock=clock,
            policy=policy,
            on_reply=on_reply,
        )

    @property
    def name(self) -> str:
        """Host and port."""
        return self._session.host

    def use(self, feed: FeedName) -> None:
        """Ask this feed from now on, as often as whoever has it may."""
        self.feed = feed
        self.limiter.set_rate(min(self._wanted_rate, PAID_PER_SECOND if feed == "sip" else FREE_PER_SECOND))

    @property
    def delay_ns(self) -> int:
        """How late the data is by contract, nanoseconds."""
        return DELAY_NS if self.feed == "delayed_sip" else 0

    def has_sip(self) -> bool:
        """Whether the key is worth the consolidated tape in real time. Raises FeedError."""
        try:
            self._session.get(Request(f"/v2/stocks/{HEARTBEAT}/trades/latest", {"feed": "sip"}, "entitlement"))
        except NotEntitledError:
            return False
        except FeedError as error:
            if error.status != _NOT_FOUND:
                raise
        return True

    def quotes(self, symbols: Sequence[str]) -> Reply:
        """The quotes in force. Raises FeedError."""
        params = {"symbols": ",".join(map(self.spellings.of, symbols)), "feed": self.feed}
        return self._session.get(Request("/v2/stocks/quotes/latest", params, "snapshot"))

    def last_prints(self, symbols: Sequence[str]) -> Reply:
        """The newest print of each symbol, however old. Raises FeedError."""
        params = {"symbols": ",".join(map(self.spellings.of, symbols)), "feed": self.feed}
        return self._session.get(Request("/v2/stocks/trades/latest", params, "last_trade"))

    def trades(self, symbol: str, from_ns: int, to_ns: int, token: str | None) -> Reply:
        """A page of prints, oldest first. Raises FeedError."""
        params = {
            "start": rfc3339(from_ns),
            "end": rfc3339(to_ns),
            "limit": str(LIMIT),
            "sort": "asc",
            # History older than 15 minutes is asked of the tape itself.
            "feed": "sip" if self.feed == "delayed_sip" else self.feed,
        }
        if token:
            params["page_token"] = token
        return self._session.get(Request(f"{self._path(symbol)}/trades", params, "trades", symbol))

    def past_quotes(self, symbol: str, to_ns: int, limit: int) -> PastQuotes:
        """The quotes up to an instant, by asking for the newest first. Raises FeedError."""
        params = {
            "end": rfc3339(to_ns),
            "start": rfc3339(to_ns - PAST_NS),
            "limit": str(limit),
            "sort": "desc",
            "feed": "sip" if self.feed == "delayed_sip" else self.feed,
        }
        asked = Request(f"{self._path(symbol)}/quotes", params, "quotes", symbol)
        reply = self._session.get(asked, deadline_seconds=DEADLINE_SECONDS)
        page = wire.quotes_page(reply.body)
        try:
            quotes = quotes_of(page.quotes or ())
        except DataValidationError as error:
            raise PayloadError(message=f"quotes: {one_line(str(error))}") from None
        return PastQuotes(quotes, bool(page.next_page_token), reply.arrival)

    def _path(self, symbol: str) -> str:
        return f"/v2/stocks/{quote(self.spellings.of(symbol), safe='')}"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
