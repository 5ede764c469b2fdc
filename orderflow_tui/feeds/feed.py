"""The protocol of a feed and the messages it puts on the monitor's queue.

A feed's threads fetch, decode, validate and put messages; they touch no detector, no journal and no screen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, Protocol

from msgspec import Struct, field

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Event
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.core.transcript import CoreCall

Channel = Literal["book", "tape", "stream", "depth"]
"""A frame of the stream may carry both a symbol's books and its prints; depth is another source's book."""
ErrorType = Literal["401", "403", "404", "429", "5xx", "timeout", "network", "validation", "malformed"]
Step = Literal["event", "second"]
"""By how much a replay that waits is let go on."""
MarketState = Literal["open", "extended-hours", "closed", "unknown"]


class Arrival(Struct, frozen=True):
    """When the last byte of a body, frame or recording row was in hand.

    Attributes:
        mono_ns: `time.monotonic_ns()`: what `latency_ms` is measured from.
        wall_ns: Nanoseconds UTC.
    """

    mono_ns: int
    wall_ns: int

    @classmethod
    def now(cls) -> Arrival:
        """This instant."""
        return cls(time.monotonic_ns(), time.time_ns())


class Batch(Struct, frozen=True):
    """One symbol's good payload: its events, sorted.

    Attributes:
        symbol: Ticker.
        channel: Which of the symbol's channels proved healthy; a stream's frame proves both.
        events: In processing order.
        arrival: When it came.
        backfill: History, not news: fills windows, opens nothing.
        vouched_ns: For books: the instant the feed vouches for; 0 where it says nothing.
        quote_ns: For books: the quote's own time; 0 where unknown.
        skipped_prints: Size-0 fractional prints skipped in this payload.
        duplicates: Prints dropped as already delivered.
    """

    symbol: str
    channel: Channel
    events: Sequence[Event]
    arrival: Arrival
    backfill: bool = False
    vouched_ns: int = 0
    quote_ns: int = 0
    skipped_prints: int = 0
    duplicates: int = 0

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels it proves healthy."""
        return ("book", "tape") if self.channel == "stream" else (self.channel,)


class BadPayload(Struct, frozen=True):
    """One symbol's part of a response or frame that was refused: nothing of it is used.

    Attributes:
        symbol: Ticker.
        channel: Which channel goes blind.
        code: `LEVEL2_...`, `TAPE_...` or `PAYLOAD_MALFORMED` (SPEC section 7).
        detail: One line, free of control characters and secrets.
        arrival: When it came.
        quarantined: A row met in three fetches was set aside; the channel is not blinded.
    """

    symbol: str
    channel: Channel
    code: str
    detail: str
    arrival: Arrival
    quarantined: bool = False


class ApiFault(Struct, frozen=True):
    """A request that failed (after its retries).

    Attributes:
        error_type: The journal's word for it.
        detail: One line, free of control characters and secrets.
        arrival: When it was known.
        status: HTTP status, 0 without one.
        endpoint: `snapshot`, `trades`, `books`, `market_status`, ...
        symbol: The symbol it concerns, or None for the connection.
        feature: For 403: what is not in the plan.
        final: The feed gives up (401); the monitor ends with exit code 1 when headless.
    """

    error_type: ErrorType
    detail: str
    arrival: Arrival
    status: int = 0
    endpoint: str = ""
    symbol: str | None = None
    feature: str = ""
    final: bool = False


class SymbolNote(Struct, frozen=True):
    """A symbol's standing at the source, apart from health: `ok`, `not_found`, `no_quotes`."""

    symbol: str
    standing: Literal["ok", "not_found", "no_quotes"]
    detail: str
    arrival: Arrival


class SymbolCapabilities(Struct, frozen=True):
    """What the source shows of one symbol now, where its symbols differ; the last one holds."""

    symbol: str
    capabilities: Capabilities
    arrival: Arrival


class BandNote(Struct, frozen=True):
    """The limit-up and limit-down prices in force for a symbol, in units of $0.0001; 0 where there is none."""

    symbol: str
    lower: int
    upper: int
    arrival: Arrival


class FeedGap(Struct, frozen=True):
    """A span without data from the connection (network gone, laptop suspended). `symbol` None: all of them."""

    symbol: str | None
    from_ns: int
    to_ns: int
    reason: str
    arrival: Arrival


class FeedStatus(Struct, frozen=True):
    """What the status line needs; sent when something of it changes, at most once a second.

    Attributes:
        market: As the vendor says.
        requests_last_second: Request starts in the last second.
        requests_budget: Allowed in any sliding second.
        cycle_seconds: How long a full round of polls takes now.
        connected: The newest exchange with the host succeeded.
        detail: What to say in a word or two, e.g. `retrying in 4 s`.
        missing_features: What the plan lacks.
        capabilities: As probed.
        arrival: When this was true.
        stream: How the stream stands, in a word or two: `stream`, `poll: not in your plan`; empty where none is wanted.
    """

    market: MarketState
    requests_last_second: float
    requests_budget: float
    cycle_seconds: float
    connected: bool
    capabilities: Capabilities
    arrival: Arrival
    detail: str = ""
    missing_features: tuple[str, ...] = ()
    stream: str = ""


class FeedEnded(Struct, frozen=True):
    """Nothing more will come: a recording's end, or a refused key (`exit_code` 1)."""

    reason: str
    arrival: Arrival
    exit_code: int = 0


class Played(Struct, frozen=True):
    """What one symbol's core was told when it was recorded, at `time_ns`: nothing else may decide what it says."""

    symbol: str
    frame: CoreCall
    time_ns: int
    arrival: Arrival


FeedMessage = (
    Batch
    | BadPayload
    | ApiFault
    | SymbolNote
    | SymbolCapabilities
    | BandNote
    | FeedGap
    | FeedStatus
    | FeedEnded
    | Played
)
Put = Callable[[FeedMessage], None]
"""Puts one message on the monitor's queue; may block when the monitor is behind. Safe from any thread."""


class Feed(Protocol):
    """A source of market data."""

    @property
    def capabilities(self) -> Capabilities:
        """What this source can show, as known now."""
        ...

    def start(self, symbols: Iterable[str], put: Put) -> None:
        """Start delivering these symbols from daemon threads of the feed's own. Returns at once."""
        ...

    def set_symbols(self, symbols: Iterable[str]) -> None:
        """Watch exactly these symbols from now on. New ones are back-filled."""
        ...

    def set_urgency(self, symbols: Sequence[str]) -> None:
        """Which symbols to look at first, the most urgent first; may do nothing."""
        ...

    def request_side_check(self, asked: SideCheckRequested) -> None:
        """Deliver `SideCheckResult` for this question as soon as can be; returns at once."""
        ...

    def stop(self) -> None:
        """Ask every thread to end; returns at once, never waits for the network."""
        ...


class SymbolSet(Struct):
    """The symbols a feed watches, heartbeat apart; keeps order, drops repeats."""

    symbols: tuple[str, ...] = field(default=())

    def replace(self, symbols: Iterable[str]) -> tuple[str, ...]:
        """Set the symbols; returns those that are new."""
        wanted = tuple(dict.fromkeys(symbols))
        fresh = tuple(symbol for symbol in wanted if symbol not in self.symbols)
        self.symbols = wanted
        return fresh
