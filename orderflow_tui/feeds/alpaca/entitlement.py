"""Which of Alpaca's feeds the key is worth: asked once, and what follows where it is worth less than was asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, Literal, cast

from msgspec import Struct

from orderflow_tui.feeds.alpaca.host import FeedName, Host
from orderflow_tui.feeds.feed import ApiFault, Arrival, FeedEnded, Put
from orderflow_tui.feeds.live.link import DELAYED_SECONDS, LinkState

PROBED_AGAIN_SECONDS: Final = 86_400.0
IEX_ONLY: Final = "IEX only, about 3 % of the volume"
_WHOSE: Final[Mapping[FeedName, str]] = {"iex": IEX_ONLY, "sip": "", "delayed_sip": ""}
NO_SIP: Final = "this key has no real-time SIP data: set alpaca_feed to auto (or to iex or delayed_sip)"


class EntitlementHooks(Struct, frozen=True):
    """What the feed does; all return at once.

    Attributes:
        put: Takes messages.
        known: It is known now which feed is used.
        end: The key is of no use: stop.
    """

    put: Put
    known: Callable[[], None]
    end: Callable[[], None]


class Entitlement:
    """Safe from any thread.

    Args:
        asked: The feed that the settings name: one of Alpaca's, or `auto`.
        host: Asked what the key is worth, and told which feed to use.
        standing: Told what that feed shows.
        clock: Nanoseconds UTC.
        hooks: The feed.
    """

    def __init__(
        self, asked: str, host: Host, standing: LinkState, *, clock: Callable[[], int], hooks: EntitlementHooks
    ) -> None:
        self._asked = asked
        self._host = host
        self._standing = standing
        self._clock = clock
        self._hooks = hooks
        self._known = threading.Event()

    @property
    def known(self) -> bool:
        """Whether it is known which feed is used."""
        return self._known.is_set()

    def settled_by_choice(self) -> bool:
        """Use the feed that was asked for where no probe is needed; whether that is so."""
        settled = self._asked in ("iex", "delayed_sip")
        if settled:
            self._use(cast("FeedName", self._asked))
        return settled

    def probe(self) -> float:
        """Ask the host; seconds until that is worth another look. Raises FeedError."""
        if not self.known:
            if self._host.has_sip():
                self._use("sip")
            else:
                self.step_down()
        return PROBED_AGAIN_SECONDS

    def step_down(self) -> None:
        """SIP is not in the plan: IEX for whoever left the choice to us, the end for whoever asked for SIP."""
        if self._asked == "auto":
            self._use("iex")
        else:
            self._end("403", NO_SIP, NO_SIP)

    def refused(self, reason: str) -> None:
        """The stream takes the key not at all."""
        self._end("401", reason, "the API key is refused")

    def _use(self, feed: FeedName) -> None:
        self._host.use(feed)
        self._standing.learn(
            host=f"{self._host.name} {feed}",
            single_venue=feed == "iex",
            sizes_are_market=feed != "iex",
            venues=_WHOSE[feed],
            delay_seconds=DELAYED_SECONDS if feed == "delayed_sip" else 0,
            dataset="sip" if feed == "delayed_sip" else feed,
        )
        self._known.set()
        self._hooks.known()

    def _end(self, error_type: Literal["401", "403"], detail: str, reason: str) -> None:
        now = Arrival(time.monotonic_ns(), self._clock())
        self._hooks.put(ApiFault(error_type, detail, now, status=int(error_type), endpoint="stream", final=True))
        self._hooks.put(FeedEnded(reason, now, exit_code=1))
        self._hooks.end()
