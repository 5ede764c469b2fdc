"""The feed: a session with Databento's gateway, prints and books in one order, sides as the exchange gives them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

from orderflow_tui.config.secrets import secret_text
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import SideCheckResult
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.feeds.databento import wire
from orderflow_tui.feeds.databento.delivery import Delivery
from orderflow_tui.feeds.databento.stream import Stream, StreamHooks
from orderflow_tui.feeds.feed import (
    ApiFault,
    Arrival,
    Batch,
    ErrorType,
    FeedEnded,
    FeedMessage,
    Put,
    SymbolSet,
)
from orderflow_tui.feeds.live.link import LinkState
from orderflow_tui.feeds.live.market_hours import market_at
from orderflow_tui.support.hosts import is_loopback

REPORT_SECONDS: Final = 0.25
_VENUES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "XNAS": "Nasdaq",
        "XNYS": "NYSE",
        "ARCX": "NYSE Arca",
        "XASE": "NYSE American",
        "BATS": "Cboe BZX",
        "BATY": "Cboe BYX",
        "EDGA": "Cboe EDGA",
        "EDGX": "Cboe EDGX",
        "IEXG": "IEX",
        "MEMX": "MEMX",
        "XBOS": "Nasdaq BX",
        "XPSX": "Nasdaq PSX",
    }
)
_STATUSES: Final[Mapping[str, int]] = {"401": 401, "403": 403}


class DatabentoConfig(Protocol):
    """The part of the configuration this source reads."""

    @property
    def databento_api_key(self) -> object:
        """A secret, a plain string or None."""
        ...

    @property
    def databento_dataset(self) -> str:
        """`XNAS.ITCH`."""
        ...

    @property
    def databento_gateway(self) -> str | None:
        """`host:port`; None for the dataset's own."""
        ...


class DatabentoFeed:
    """Databento's live market data. Implements `Feed`; the protocol has no message that orders anything.

    Args:
        config: Key, dataset, gateway.
        clock: Nanoseconds UTC.
        pace: Divides the waits of the stream; tests hurry.
    """

    def __init__(self, config: DatabentoConfig, *, clock: Callable[[], int] = time.time_ns, pace: float = 1.0) -> None:
        # The extra is asked for here, where a missing one is said in one line, not in a thread.
        import databento_dbn  # noqa: F401, PLC0415

        self._clock = clock
        self._host, port = wire.gateway_of(config.databento_gateway, config.databento_dataset)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._symbols = SymbolSet()
        self._fresh: set[str] = set()
        self._put: Put = _discard
        self._threads: list[threading.Thread] = []
        self._link = LinkState(
            capabilities_of(config.databento_dataset, self._host, port),
            put=self._send,
            limiter=None,
            clock=clock,
            recovered=_nothing,
        )
        self._stream = Stream(
            (self._host, port),
            config.databento_dataset,
            secret_text(config.databento_api_key),
            hooks=StreamHooks(
                symbols=lambda: self._symbols.symbols,
                open=lambda: self._link.market == "open",
                again=lambda: bool(self._fresh),
                fresh=self._take_fresh,
                state=self._link.set_stream,
                heard=self._link.answered,
                failed=self._link.failed,
                refused=self._refused,
            ),
            delivery=Delivery(self._send, config.databento_dataset, clock),
            put=self._send,
            clock=clock,
            pace=pace,
        )

    @property
    def capabilities(self) -> Capabilities:
        """What this source can show, as known now."""
        return self._link.capabilities

    def start(self, symbols: Iterable[str], put: Put) -> None:
        """Start delivering these symbols from daemon threads. Returns at once.

        Raises:
            RuntimeError: It was started before.
        """
        if self._threads:
            raise RuntimeError("a feed starts once")
        self._put = put
        self._market()
        self.set_symbols(symbols)
        report = threading.Thread(target=self._report, name="databento-status", daemon=True)
        self._threads = [report, self._stream.thread]
        report.start()
        self._stream.start()

    def set_symbols(self, symbols: Iterable[str]) -> None:
        """Watch exactly these symbols from now on. New ones are back-filled by another session."""
        with self._lock:
            fresh = self._symbols.replace(symbols)
            self._fresh.update(fresh)

    def set_urgency(self, symbols: Sequence[str]) -> None:
        """Every symbol is streamed alike."""

    def request_side_check(self, asked: SideCheckRequested) -> None:
        """The venue itself has told the sides: there is nothing better."""
        arrival = self._now()
        self._send(Batch(asked.symbol, "tape", (SideCheckResult(self._clock(), asked.key, answered=False),), arrival))

    def stop(self) -> None:
        """Ask every thread to end; returns at once, never waits for the network."""
        self._stop.set()
        self._stream.stop()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until every thread has ended; True when they have."""
        until = time.monotonic() + timeout if timeout is not None else None
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0) if until is not None else None)
        return not any(thread.is_alive() for thread in self._threads)

    # --- parts --------------------------------------------------------------------------------------------------

    def _take_fresh(self) -> frozenset[str]:
        with self._lock:
            fresh, self._fresh = frozenset(self._fresh), set()
        return fresh

    def _refused(self, error_type: ErrorType, reason: str) -> None:
        now = self._now()
        self._send(
            ApiFault(error_type, reason, now, status=_STATUSES.get(error_type, 0), endpoint="stream", final=True)
        )
        self._send(FeedEnded("the API key is refused" if error_type == "401" else reason, now, exit_code=1))
        self.stop()

    def _report(self) -> None:
        while not self._stop.wait(REPORT_SECONDS):
            self._market()
            self._link.report()

    def _market(self) -> None:
        self._link.market = market_at(self._clock(), self._host)

    def _send(self, message: FeedMessage) -> None:
        self._put(message)

    def _now(self) -> Arrival:
        return Arrival(time.monotonic_ns(), self._clock())


def capabilities_of(dataset: str, host: str, port: int) -> Capabilities:
    """What a dataset shows."""
    depth, whole = wire.has_depth(dataset), wire.is_consolidated(dataset)
    venue = _VENUES.get(dataset.partition(".")[0], dataset)
    return Capabilities(
        source="databento",
        source_class="live",
        host=f"{host}:{port} {dataset}" if is_loopback(host) else f"{host} {dataset}",
        depth_levels=10 if depth else 1,
        streaming=True,
        sides_given=True,
        joint_sequence=True,
        dataset=dataset,
        single_venue=not whole,
        venues=f"{dataset}: best of some venues, not the NBBO" if whole else f"{venue} book and prints only",
    )


def _discard(_: FeedMessage) -> None:
    """Before the start nobody listens."""


def _nothing() -> None:
    """No poll waits for the end of an outage."""
