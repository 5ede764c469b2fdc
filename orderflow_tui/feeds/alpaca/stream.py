"""The one connection that a key may have: signs in, subscribes what fits, watches, and comes back by itself.

While there is no stream the polls have everything. The vendor's own client retries a refused key for ever, takes
silence for success and never tells of a gap, so the exchange is ours.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec
from msgspec import Struct
from websockets.asyncio.client import ClientConnection

from orderflow_tui.feeds.alpaca import wire
from orderflow_tui.feeds.alpaca.stream_events import StreamEvents
from orderflow_tui.feeds.feed import Arrival, MarketState, Put
from orderflow_tui.feeds.live.reconnecting import (
    ANSWER_SECONDS,
    FIRST_RETRY_SECONDS,
    TICK_SECONDS,
    Reconnecting,
    TroubleError,
    together,
    websocket,
)
from orderflow_tui.feeds.live.symbol_spellings import Spellings
from orderflow_tui.support.masking import hide

SILENCE_SECONDS: Final[dict[MarketState, float]] = {"open": 30.0, "unknown": 60.0, "extended-hours": 300.0}
"""No message of any name for so long is a dead stream; while the market is closed it may be silent for ever."""
PLACE_SECONDS: Final = 60.0
"""Who has a place keeps it so long, also against a more urgent name."""
TAKEN_SECONDS: Final = 60.0
"""Another program holds the one connection, or we read too slowly: tried again after so long."""
BAD_KEY, TOO_MANY_NAMES, TAKEN, TOO_SLOW, NOT_IN_PLAN = 402, 405, 406, 407, 409


class StreamHooks(Struct, frozen=True):
    """What the stream asks of the feed and tells it; called in the stream's thread, all return at once.

    Attributes:
        url: The address to connect to now; empty while it is not known yet.
        symbols: What is to be streamed, the most urgent first.
        market: The market's state.
        delay_ns: How late the data is by contract.
        began: These symbols are in the stream from this instant of the tape on.
        ended: These symbols are not streamed any more.
        state: How the stream stands, in a word or two.
        refused: The key is refused for good.
        not_in_plan: The feed is not in the plan.
    """

    url: Callable[[], str]
    symbols: Callable[[], tuple[str, ...]]
    market: Callable[[], MarketState]
    delay_ns: Callable[[], int]
    began: Callable[[Iterable[str], int], None]
    ended: Callable[[Iterable[str]], None]
    state: Callable[[str], None]
    refused: Callable[[str], None]
    not_in_plan: Callable[[], None]


class StreamSupervisor(Reconnecting):
    """The one connection of a key.

    Args:
        key: The key's id and its secret; sent in one message to the configured host and nowhere else.
        hooks: The feed.
        frames: Takes what comes.
        spellings: The vendor's.
        put: Where faults go.
        clock: Nanoseconds UTC.
        pace: Divides every wait; tests hurry.
    """

    def __init__(
        self,
        key: tuple[str, str],
        *,
        hooks: StreamHooks,
        frames: StreamEvents,
        spellings: Spellings,
        put: Put,
        clock: Callable[[], int] = time.time_ns,
        pace: float = 1.0,
    ) -> None:
        super().__init__("alpaca-stream", put=put, clock=clock, pace=pace)
        for part in key:
            hide(part)
        self._key = key
        self._hooks = hooks
        self._frames = frames
        self._spellings = spellings
        self._heard = 0.0
        self._streaming: set[str] = set()
        self._placed: dict[str, float] = {}
        """When each got its place, on the monotonic clock."""
        self._most: int | None = None
        """Names that fit one connection, once the server has refused more."""
        self._halts: set[str] = set()
        """Names without a place whose halts are told."""
        self._asking_halts: set[str] = set()
        self._no_halts = False
        """The server tells no halts of names without a place."""

    @property
    def _stands(self) -> bool:
        return bool(self._streaming)

    def _leave(self) -> None:
        gone, self._streaming = self._streaming, set()
        self._halts, self._asking_halts = set(), set()
        self._hooks.ended(gone)

    def _left_for(self, trouble: TroubleError) -> float:
        if trouble.kind == "early":
            return TICK_SECONDS * self._pace
        if trouble.kind == "key":
            self._hooks.refused(str(trouble))
            return TAKEN_SECONDS
        if trouble.kind == "plan":
            self._hooks.not_in_plan()
            return FIRST_RETRY_SECONDS
        wait = TAKEN_SECONDS if trouble.kind == "taken" else self._backoff()
        self._hooks.state(f"poll for {wait:.0f} s, halts unseen: {trouble}")
        self._tell(trouble)
        return wait

    async def _connection(self) -> None:
        url = self._hooks.url()
        if not url:
            raise TroubleError("not known yet what the key may read", kind="early")
        self._hooks.state("connecting")
        async with websocket(url) as connection:
            self._frames.begin()
            await self._answer(connection, "connected")
            await _send(connection, {"action": "auth", "key": self._key[0], "secret": self._key[1]})
            await self._answer(connection, "authenticated")
            self._heard = time.monotonic()
            await together(self._tend(), self._read(connection))

    async def _answer(self, connection: ClientConnection, wanted: str) -> None:
        """Read until the server says this word; what it refuses is trouble."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                for event in wire.decode_frame(await connection.recv(decode=False)).events:
                    if isinstance(event, wire.Success) and event.msg == wanted:
                        return
                    if isinstance(event, wire.StreamError):
                        raise _refusal(event)

    async def _tend(self) -> None:
        """Vouch for what is quiet, end what is dead."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            limit = SILENCE_SECONDS.get(self._hooks.market())
            silent = time.monotonic() - self._heard
            if limit is not None and silent > limit / self._pace:
                raise TroubleError(f"silent for {silent:.0f} s", "timeout")
            if self._streaming:
                arrival = Arrival(time.monotonic_ns(), self._clock())
                self._frames.vouch(arrival.wall_ns, self._hooks.delay_ns(), arrival)

    async def _read(self, connection: ClientConnection) -> None:
        asked: tuple[str, ...] = ()
        asked_at = 0.0
        while True:
            if not asked:
                asked = await self._ask(connection)
                asked_at = time.monotonic()
            elif time.monotonic() - asked_at > ANSWER_SECONDS / self._pace:
                raise TroubleError("no answer to a subscription", "timeout")
            try:
                async with asyncio.timeout(TICK_SECONDS):
                    data = await connection.recv(decode=False)
            except TimeoutError:
                continue
            arrival = Arrival(time.monotonic_ns(), self._clock())
            frame = wire.decode_frame(data)
            self._heard = time.monotonic()
            for event in frame.events:
                if isinstance(event, wire.Subscribed):
                    active = map(self._spellings.symbol, set(event.trades or ()) & set(event.quotes or ()))
                    self._settled(set(active), arrival)
                    asked = ()
                elif isinstance(event, wire.StreamError):
                    self._refused(event, asked)
                    asked = ()
            holes = self._frames.take(frame, arrival)
            if holes:
                # Polls fill the hole; the stream of these symbols joins again behind them.
                self._hooks.began(holes, arrival.wall_ns - self._hooks.delay_ns())

    def _refused(self, error: wire.StreamError, asked: tuple[str, ...]) -> None:
        """What was asked for last does not fit. Raises TroubleError where the error is about something else."""
        if error.code != TOO_MANY_NAMES:
            raise _refusal(error)
        if self._asking_halts:
            self._no_halts, self._asking_halts = True, set()
        else:
            self._most = len(asked) - 1

    async def _ask(self, connection: ClientConnection) -> tuple[str, ...]:
        """Ask for what is missing, or end what is not wanted; the names that will be subscribed, empty for nothing."""
        wanted = self._hooks.symbols()
        fit = wanted if self._most is None else self._fitting(wanted)
        gone = self._streaming - set(fit)
        if gone:
            await _send(connection, {"action": "unsubscribe", **self._channels(sorted(gone))})
            self._streaming -= gone
            self._halts -= gone
            self._hooks.ended(gone)
            return fit
        fresh = [name for name in fit if name not in self._streaming]
        left = [name for name in wanted if name not in fit]
        if self._streaming or not fresh:
            unseen = ", halts unseen" if self._no_halts else ""
            room = f"; no room for {', '.join(left)}: polled{unseen}" if left else ""
            unplaced = self._frames.unplaced
            self._hooks.state(f"stream{room}{f'; {unplaced} corrections of prints not seen' if unplaced else ''}")
        if not fresh:
            return await self._ask_halts(connection, left)
        await _send(connection, {"action": "subscribe", **self._channels(fresh)})
        return (*(name for name in fit if name in self._streaming), *fresh)

    async def _ask_halts(self, connection: ClientConnection, left: Sequence[str]) -> tuple[str, ...]:
        """No poll tells of a halt: of names without a place the stream is asked for that alone."""
        self._asking_halts = set() if self._no_halts else set(left) - self._halts
        if self._asking_halts:
            names = sorted(self._asking_halts)
            written = [self._spellings.of(name) for name in names]
            await _send(connection, {"action": "subscribe", "statuses": written, "lulds": written})
        return tuple(sorted(self._asking_halts))

    def _fitting(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Who has a place: the most urgent, but whoever got one within the last minute keeps it."""
        since = time.monotonic() - PLACE_SECONDS / self._pace
        kept = [name for name in wanted if name in self._streaming and self._placed.get(name, 0.0) > since]
        return tuple(dict.fromkeys((*kept, *wanted)))[: self._most]

    def _channels(self, names: Sequence[str]) -> dict[str, list[str]]:
        written = [self._spellings.of(name) for name in names]
        return dict.fromkeys(("trades", "quotes", "statuses", "lulds"), written)

    def _settled(self, active: set[str], arrival: Arrival) -> None:
        """A subscription was answered: who has prints and quotes is streamed from now on."""
        fresh = (active & set(self._hooks.symbols())) - self._streaming
        self._streaming |= fresh
        self._halts = (self._halts | self._asking_halts) - fresh
        self._asking_halts = set()
        self._placed |= dict.fromkeys(fresh, time.monotonic())
        if fresh:
            self._hooks.began(fresh, arrival.wall_ns - self._hooks.delay_ns())


async def _send(connection: ClientConnection, message: object) -> None:
    await connection.send(msgspec.json.encode(message).decode())


def _refusal(error: wire.StreamError) -> TroubleError:
    if error.code == BAD_KEY:
        return TroubleError("the stream refuses the key", "401", "key")
    if error.code == TAKEN:
        return TroubleError("another program holds this key's one connection", "429", "taken")
    if error.code == TOO_SLOW:
        return TroubleError("we read too slowly", "429", "taken")
    if error.code == NOT_IN_PLAN:
        return TroubleError("this feed is not in your plan", "403", "plan")
    return TroubleError(f"{error.code}: {error.msg}")
