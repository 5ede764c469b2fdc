"""The session with the live gateway: signs in, asks, watches, and comes back by itself.

The vendor's own client gives up where the gateway is away at the first retry, does not return after a clean close, and
leaves the hole of a reconnect open. So the exchange is ours: a session that follows another asks for what lies between.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from orderflow_tui.feeds.databento import wire
from orderflow_tui.feeds.databento.delivery import Delivery
from orderflow_tui.feeds.feed import Arrival, ErrorType, Put
from orderflow_tui.feeds.live.reconnecting import (
    CONNECT_SECONDS,
    FIRST_RETRY_SECONDS,
    TICK_SECONDS,
    Reconnecting,
    TroubleError,
)
from orderflow_tui.support.masking import hide

ANSWER_SECONDS: Final = 10.0
HEARTBEAT_SECONDS: Final = 5
"""The shortest the gateway offers: so long at most a quiet symbol is unproven."""
SILENCE_SECONDS: Final = HEARTBEAT_SECONDS + 10.0
"""Nothing for so long, no heartbeat either, is a dead session."""
CHUNK: Final = 1 << 18
BEHIND: Final = 1 << 16
"""A read that brings so much finds a queue: of books only the newest are kept."""
REFUSED_SECONDS: Final = 60.0
"""What was refused is asked again after so long."""
THINNED_WORDS: Final = ", books thinned: this machine cannot keep up"
_THINNED_NS: Final = 2 * 10**9


class StreamHooks(Struct, frozen=True):
    """What the stream asks of the feed and tells it; called in the stream's thread, all return at once.

    Attributes:
        symbols: What is to be streamed.
        open: Whether the exchange is open: a symbol that shows nothing then is a quiet one.
        again: Whether one of them has been added since `fresh` was asked.
        fresh: Takes those that have been added since it was last asked.
        state: How the session stands, in a word or two.
        heard: Something came.
        failed: No session for so many seconds.
        refused: The key (`401`) or the dataset (`403`) is refused for good.
    """

    symbols: Callable[[], tuple[str, ...]]
    open: Callable[[], bool]
    again: Callable[[], bool]
    fresh: Callable[[], frozenset[str]]
    state: Callable[[str], None]
    heard: Callable[[Arrival], None]
    failed: Callable[[float], None]
    refused: Callable[[ErrorType, str], None]


class Stream(Reconnecting):
    """One session after another.

    Args:
        gateway: Host and port.
        dataset: `XNAS.ITCH`.
        key: Proved to the gateway, never sent.
        hooks: The feed.
        delivery: Takes what comes.
        put: Where faults go.
        clock: Nanoseconds UTC.
        pace: Divides every wait; tests hurry.
    """

    def __init__(
        self,
        gateway: tuple[str, int],
        dataset: str,
        key: str,
        *,
        hooks: StreamHooks,
        delivery: Delivery,
        put: Put,
        clock: Callable[[], int] = time.time_ns,
        pace: float = 1.0,
    ) -> None:
        super().__init__("databento-stream", put=put, clock=clock, pace=pace)
        hide(key)
        self._gateway = gateway
        self._dataset = dataset
        self._key = key
        self._hooks = hooks
        self._delivery = delivery
        self._heard = 0.0
        self._standing = False
        self._asked = False
        """The gateway has been asked for data in this session."""

    @property
    def _stands(self) -> bool:
        return self._standing

    def _leave(self) -> None:
        self._standing = self._asked = False

    def _left_for(self, trouble: TroubleError) -> float:
        match trouble.kind:
            case "again":
                return 0.0
            case "idle":
                return TICK_SECONDS * self._pace
            case "key" | "plan":
                self._hooks.refused(trouble.error_type, str(trouble))
                return REFUSED_SECONDS
            case "refused" if self._standing and self._delivery.statuses:
                # A dataset may have no halts to tell of; without them it is asked once more.
                self._delivery.statuses = False
                return FIRST_RETRY_SECONDS
            case "cut":
                if self._asked and not self._standing and self._failures:
                    # It leaves again at the question and says nothing: halts are what it may not know.
                    self._delivery.statuses = False
                wait = self._backoff()
            case _:
                wait = REFUSED_SECONDS
        self._hooks.state(f"no session for {wait:.0f} s: {trouble}")
        self._hooks.failed(wait / self._pace)
        self._tell(trouble)
        return wait

    def _trouble(self, error: Exception) -> TroubleError | None:
        if isinstance(error, EOFError):
            return TroubleError("the gateway closed the session")
        if isinstance(error, ConnectionResetError):
            return TroubleError("the gateway reset the session")
        if isinstance(error, OSError) and not isinstance(error, TimeoutError):
            number = error.errno or 0
            reason = os.strerror(number) if number > 0 else str(error)
            return TroubleError(f"the gateway cannot be reached: {reason}")
        if isinstance(error, ValueError):
            return TroubleError(str(error), "malformed")
        return super()._trouble(error)

    async def _connection(self) -> None:
        if not self._hooks.symbols():
            self._hooks.state("nothing to watch")
            raise TroubleError("nothing to watch", kind="idle")
        self._hooks.state("connecting")
        host, port = self._gateway
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(host, port, limit=CHUNK)
        try:
            await self._sign_in(reader, writer)
            fresh = self._hooks.fresh()
            for number, asked in enumerate(self._delivery.begin(self._hooks.symbols(), fresh)):
                writer.writelines(asked.lines(number))
            writer.write(wire.START_SESSION)
            await writer.drain()
            self._asked = True
            await self._read(reader)
        finally:
            writer.transport.abort()

    async def _sign_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(ANSWER_SECONDS):
            while "cram" not in (said := await _line(reader)):
                if "error" in said:
                    raise _refusal(said["error"])
            writer.write(wire.answer_to(said["cram"], self._key, dataset=self._dataset, heartbeat_s=HEARTBEAT_SECONDS))
            await writer.drain()
            while "success" not in (said := await _line(reader)):
                pass
            if said["success"] != "1":
                raise _refusal(said.get("error", "no reason given"))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        records = wire.RecordStream(others=True)
        self._heard = next_tick = time.monotonic()
        while True:
            try:
                async with asyncio.timeout(TICK_SECONDS):
                    chunk = await reader.read(CHUNK)
            except TimeoutError:
                chunk = None
            if chunk is not None:
                if not chunk:
                    raise EOFError
                arrival = self._now()
                self._heard = time.monotonic()
                self._hooks.heard(arrival)
                self._standing = True
                self._delivery.take(records.take(chunk), arrival, behind=len(chunk) >= BEHIND)
            now = time.monotonic()
            if now - self._heard > SILENCE_SECONDS / self._pace:
                raise TroubleError(f"silent for {now - self._heard:.0f} s", "timeout")
            if now >= next_tick:
                next_tick = now + TICK_SECONDS
                self._tick()

    def _tick(self) -> None:
        arrival, delivery = self._now(), self._delivery
        delivery.tick(arrival)
        if self._standing:
            thinned = arrival.wall_ns - delivery.thinned_ns < _THINNED_NS
            dropped = f", {delivery.unknown} records of instruments not asked for dropped" if delivery.unknown else ""
            self._hooks.state(f"stream{THINNED_WORDS if thinned else ''}{dropped}")
        # Outside the session all are quiet: as far back as there is would be the whole day of every one.
        if self._hooks.again() or (self._hooks.open() and delivery.unseen()):
            raise TroubleError("more is wanted", kind="again")

    def _now(self) -> Arrival:
        return Arrival(time.monotonic_ns(), self._clock())


async def _line(reader: asyncio.StreamReader) -> dict[str, str]:
    line = await reader.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    return dict(wire.fields_of(line))


def _refusal(reason: str) -> TroubleError:
    """What a refusal before the session amounts to."""
    words = reason.lower()
    if "limit" in words or "too many" in words:
        return TroubleError(f"too many sessions with this key: {reason}", "429", "taken")
    if any(word in words for word in ("licen", "entitle", "subscri", "dataset", "not available")):
        return TroubleError(reason, "403", "plan")
    if any(word in words for word in ("auth", "key", "cram", "denied", "account")):
        return TroubleError(f"the gateway refuses the key: {reason}", "401", "key")
    return TroubleError(reason, "404", "refused")
