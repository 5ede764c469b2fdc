"""The session with the live gateway: signs in, asks, watches, and comes back by itself.

The vendor's own client gives up where the gateway is away at the first retry, does not return after a clean close, and
leaves the hole of a reconnect open. So the exchange is ours: a session that follows another asks for what lies between.
"""

from __future__ import annotations

import asyncio
import os
import random
import threading
import time
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from orderflow_tui.feeds.databento import wire
from orderflow_tui.feeds.databento.delivery import Delivery, SessionError
from orderflow_tui.feeds.errors import FeedError, one_line
from orderflow_tui.feeds.feed import ApiFault, Arrival, ErrorType, Put
from orderflow_tui.support.masking import hide

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 10.0
HEARTBEAT_SECONDS: Final = 5
"""The shortest the gateway offers: so long at most a quiet symbol is unproven."""
SILENCE_SECONDS: Final = HEARTBEAT_SECONDS + 10.0
"""Nothing for so long, no heartbeat either, is a dead session."""
TICK_SECONDS: Final = 0.25
CHUNK: Final = 1 << 18
BEHIND: Final = 1 << 16
"""A read that brings so much finds a queue: of books only the newest are kept."""
REFUSED_SECONDS: Final = 60.0
"""What was refused is asked again after so long."""
FIRST_RETRY_SECONDS: Final = 1.0
LONGEST_RETRY_SECONDS: Final = 60.0
STEADY_SECONDS: Final = 60.0
"""A session that lasted so long has proved itself: the next trouble is the first one again."""
TELL_EVERY_SECONDS: Final = 60.0
THINNED_WORDS: Final = ", books thinned: more than this machine reads"
_THINNED_NS: Final = 2 * 10**9
_ERRORS: Final[dict[str, ErrorType]] = {"key": "401", "plan": "403", "taken": "429", "refused": "404"}


class _AgainError(Exception):
    """Another session is wanted at once: for more symbols, or from further back."""


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


class Stream:
    """One session after another, in a daemon thread of its own.

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
        hide(key)
        self._gateway = gateway
        self._dataset = dataset
        self._key = key
        self._hooks = hooks
        self._delivery = delivery
        self._put = put
        self._clock = clock
        self._pace = pace
        self.thread = threading.Thread(target=self._run, name="databento-stream", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = threading.Event()
        self._ended: asyncio.Event | None = None
        self._failures = 0
        self._told_at = 0.0
        self._heard = 0.0
        self._standing = False

    def start(self) -> None:
        """Start the thread."""
        self.thread.start()

    def stop(self) -> None:
        """Ask the thread to end; returns at once."""
        self._ending.set()
        loop, ended = self._loop, self._ended
        if loop is not None and ended is not None:
            try:
                loop.call_soon_threadsafe(ended.set)
            except RuntimeError:
                # The loop has ended by itself in this moment, which is what was asked.
                return

    def _run(self) -> None:
        asyncio.run(self._supervise())

    async def _supervise(self) -> None:
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        ended = asyncio.create_task(self._ended.wait())
        while not ended.done() and not self._ending.is_set():
            attempt = asyncio.create_task(self._attempt())
            await asyncio.wait({attempt, ended}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                attempt.cancel()
            wait = (await asyncio.gather(attempt, return_exceptions=True))[0]
            self._standing = False
            if isinstance(wait, Exception):
                self._tell(f"{type(wait).__name__}: {wait}", "malformed")
                wait = LONGEST_RETRY_SECONDS
            if isinstance(wait, float):
                await asyncio.wait({ended}, timeout=wait / self._pace)
        ended.cancel()

    async def _attempt(self) -> float:
        """One session from beginning to end; seconds until the next one."""
        if not self._hooks.symbols():
            self._hooks.state("nothing to watch")
            return TICK_SECONDS * self._pace
        began, error_type = time.monotonic(), "network"
        try:
            await self._session()
        except _AgainError:
            return 0.0
        except SessionError as error:
            return self._judged(error, time.monotonic() - began)
        except FeedError as error:
            trouble, error_type = str(error), "malformed"
        except TimeoutError:
            trouble, error_type = "no answer in time", "timeout"
        except EOFError:
            trouble = "the gateway closed the session"
        except ConnectionResetError:
            trouble = "the gateway reset the session"
        except OSError as error:
            number = error.errno or 0
            reason = os.strerror(number) if number > 0 else str(error)
            trouble = f"the gateway cannot be reached: {reason}"
        except ValueError as error:
            trouble, error_type = str(error), "malformed"
        return self._judged(SessionError(trouble), time.monotonic() - began, error_type)

    def _judged(self, trouble: SessionError, lasted: float, error_type: str = "network") -> float:
        """What a trouble amounts to: how many seconds to wait, and what is said of it."""
        if lasted >= STEADY_SECONDS / self._pace and self._standing:
            self._failures = 0
        error_type = _ERRORS.get(trouble.kind, error_type)
        if trouble.kind in ("key", "plan"):
            self._hooks.refused("401" if trouble.kind == "key" else "403", str(trouble))
            return LONGEST_RETRY_SECONDS
        if trouble.kind == "refused" and self._standing and self._delivery.statuses:
            # A dataset may have no halts to tell of; without them it is asked once more.
            self._delivery.statuses = False
            return FIRST_RETRY_SECONDS
        if trouble.kind == "cut":
            wait = min(FIRST_RETRY_SECONDS * 2.0**self._failures, LONGEST_RETRY_SECONDS)
            wait *= random.uniform(0.75, 1.0)  # noqa: S311 spreads load, guards nothing
            self._failures = min(self._failures + 1, 16)
        else:
            wait = REFUSED_SECONDS
        self._hooks.state(f"no session for {wait:.0f} s: {trouble}")
        self._hooks.failed(wait / self._pace)
        self._tell(str(trouble), error_type)
        return wait

    def _tell(self, trouble: str, error_type: str) -> None:
        """Journal it; sessions that keep failing are told of once a minute."""
        now = time.monotonic()
        if not self._told_at or now - self._told_at >= TELL_EVERY_SECONDS / self._pace:
            self._told_at = now
            said: ErrorType = error_type  # type: ignore[assignment]
            self._put(ApiFault(said, f"live: {one_line(trouble)}", self._now(), endpoint="stream"))

    async def _session(self) -> None:
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
        records = wire.RecordStream()
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
                raise SessionError(f"silent for {now - self._heard:.0f} s")
            if now >= next_tick:
                next_tick = now + TICK_SECONDS
                self._tick()

    def _tick(self) -> None:
        arrival, delivery = self._now(), self._delivery
        delivery.tick(arrival)
        if self._standing:
            thinned = arrival.wall_ns - delivery.thinned_ns < _THINNED_NS
            self._hooks.state(f"stream{THINNED_WORDS if thinned else ''}")
        # Outside the session all are quiet: as far back as there is would be the whole day of every one.
        if self._hooks.again() or (self._hooks.open() and delivery.unseen()):
            raise _AgainError

    def _now(self) -> Arrival:
        return Arrival(time.monotonic_ns(), self._clock())


async def _line(reader: asyncio.StreamReader) -> dict[str, str]:
    line = await reader.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    return dict(wire.fields_of(line))


def _refusal(reason: str) -> SessionError:
    """What a refusal before the session amounts to."""
    words = reason.lower()
    if "limit" in words or "too many" in words:
        return SessionError(f"too many sessions with this key: {reason}", "taken")
    if any(word in words for word in ("licen", "entitle", "subscri", "dataset", "not available")):
        return SessionError(reason, "plan")
    if any(word in words for word in ("auth", "key", "cram", "denied", "account")):
        return SessionError(f"the gateway refuses the key: {reason}", "key")
    return SessionError(reason, "refused")
