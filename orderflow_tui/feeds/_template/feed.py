"""The feed: one stream for everything. A break is a stated gap, for this vendor replays nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

import msgspec

from orderflow_tui.config.secrets import secret_text
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Event, Gap, SideCheckResult, TapeCovered
from orderflow_tui.core.model.outputs import SideCheckRequested
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.feeds._template import wire
from orderflow_tui.feeds._template.normalize import book_of, print_of
from orderflow_tui.feeds.feed import (
    ApiFault,
    Arrival,
    BadPayload,
    Batch,
    Channel,
    FeedEnded,
    FeedGap,
    FeedMessage,
    FeedStatus,
    Put,
    SymbolSet,
)
from orderflow_tui.feeds.live.reconnecting import Reconnecting, TroubleError, websocket
from orderflow_tui.support.masking import hide

REFUSED: Final = "refused"


class TemplateConfig(Protocol):
    """The part of the configuration this source reads."""

    @property
    def template_key(self) -> object:
        """A `SecretStr`, a `Secret` or a plain string."""
        ...

    @property
    def template_stream_url(self) -> str:
        """`ws(s)://host[:port]/path`."""
        ...


class TemplateFeed(Reconnecting):
    """Implements `Feed`.

    Args:
        config: Key and address.
        clock: Nanoseconds UTC.
        pace: Divides every wait; tests hurry.
    """

    def __init__(self, config: TemplateConfig, *, clock: Callable[[], int] = time.time_ns, pace: float = 1.0) -> None:
        super().__init__("template-stream", put=self._send, clock=clock, pace=pace)
        self._key = secret_text(config.template_key)
        hide(self._key)
        self._url = config.template_stream_url
        self.capabilities = Capabilities("template", "live", self._url.partition("//")[2], streaming=True)
        """What this source can show."""
        self._symbols = SymbolSet()
        self._deliver: Put = lambda _: None
        self._seq = 0
        self._known_ns = 0
        self._standing = False

    # --- what the monitor asks ----------------------------------------------------------------------------------

    def start(self, symbols: Iterable[str] = (), put: Put | None = None) -> None:
        """Start delivering these symbols. Returns at once."""
        self._symbols.replace(symbols)
        self._deliver = put or self._deliver
        super().start()

    def set_symbols(self, symbols: Iterable[str]) -> None:
        """Watch exactly these symbols from now on: the next connection asks for them."""
        if self._symbols.replace(symbols) and self._standing:
            self._standing = False

    def set_urgency(self, symbols: Sequence[str]) -> None:
        """Every symbol is streamed: none comes first."""

    def request_side_check(self, asked: SideCheckRequested) -> None:
        """Past quotes cannot be had: say so at once."""
        result = SideCheckResult(self._clock(), asked.key, answered=False)
        self._send(Batch(asked.symbol, "tape", (result,), self._now()))

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the thread has ended; True when it has."""
        self.thread.join(timeout)
        return not self.thread.is_alive()

    # --- one connection -----------------------------------------------------------------------------------------

    async def _connection(self) -> None:
        async with websocket(self._url) as connection:
            asked = {"key": self._key, "symbols": list(self._symbols.symbols)}
            await connection.send(msgspec.json.encode(asked).decode())
            self._standing = True
            await connection.take_all(self._read)

    def _read(self, data: bytes) -> None:
        message = wire.decode(data)
        if isinstance(message, wire.Refused):
            raise TroubleError(message.reason or "the key is refused", "401", REFUSED)
        self._take(message)
        if not self._standing:
            raise TroubleError("other symbols are wanted", kind="again")

    def _take(self, message: wire.Message) -> None:
        arrival = self._now()
        self._seq += 1
        try:
            match message:
                case wire.Trade():
                    self._pass_on(message.symbol, "tape", print_of(message, arrival.wall_ns, self._seq), arrival)
                case wire.Quote():
                    self._pass_on(message.symbol, "book", book_of(message, arrival.wall_ns, self._seq), arrival)
                case wire.Alive():
                    for symbol in self._symbols.symbols:
                        self._pass_on(symbol, "tape", TapeCovered(message.time_ns), arrival)
                case wire.Welcome():
                    self._joined(arrival)
        except DataValidationError as error:
            assert isinstance(message, wire.Trade | wire.Quote)
            channel: Channel = "tape" if isinstance(message, wire.Trade) else "book"
            self._send(BadPayload(message.symbol, channel, error.code, str(error), arrival))

    def _joined(self, arrival: Arrival) -> None:
        """The tape is known from here on: what lies between two connections is a gap, and said to be one."""
        if self._known_ns:
            self._send(FeedGap(None, self._known_ns, arrival.wall_ns, "no connection", arrival))
        for symbol in self._symbols.symbols:
            self._pass_on(symbol, "tape", Gap(arrival.wall_ns, "no connection" if self._known_ns else "start"), arrival)
        self._state("stream")

    def _pass_on(self, symbol: str, channel: Channel, event: Event, arrival: Arrival) -> None:
        if symbol in self._symbols.symbols:
            self._known_ns = arrival.wall_ns
            vouched_ns = event.time_ns if channel == "book" else 0
            self._send(Batch(symbol, channel, (event,), arrival, vouched_ns=vouched_ns, quote_ns=vouched_ns))

    # --- between two connections --------------------------------------------------------------------------------

    @property
    def _stands(self) -> bool:
        return self._standing

    def _leave(self) -> None:
        self._standing = False

    def _left_for(self, trouble: TroubleError) -> float:
        if trouble.kind == REFUSED:
            self._send(ApiFault("401", f"stream: {trouble}", self._now(), endpoint="stream", final=True))
            self._send(FeedEnded("the API key is refused", self._now(), exit_code=1))
            self.stop()
            return 0.0
        if trouble.kind == "again":
            return 0.0
        wait = self._backoff()
        self._state(f"retrying in {wait:.0f} s: {trouble}")
        self._tell(trouble)
        return wait

    def _state(self, words: str) -> None:
        self._send(
            FeedStatus(
                market="unknown",
                requests_last_second=0.0,
                requests_budget=0.0,
                cycle_seconds=0.0,
                connected=words == "stream",
                capabilities=self.capabilities,
                arrival=self._now(),
                stream=words,
            )
        )

    def _send(self, message: FeedMessage) -> None:
        self._deliver(message)

    def _now(self) -> Arrival:
        return Arrival(time.monotonic_ns(), self._clock())
