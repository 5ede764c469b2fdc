"""The simulated market's WebSocket as Alpaca serves it: JSON, or MessagePack for whoever asks for it."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct, field
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from orderflow_tui.feeds.simulator import alpaca_rows as rows
from orderflow_tui.feeds.simulator.faults import Fault, FaultPlan
from orderflow_tui.feeds.simulator.gate import REFUSED_KEY
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import NANOS
from orderflow_tui.support.decoding import NO_JSON

CHANNELS: Final = ("trades", "quotes", "statuses", "lulds")
_STEP_SECONDS: Final = 0.02
_SIGN_IN_SECONDS: Final = 10.0
_SEND_SECONDS: Final = 5.0
_EVENTS_A_FRAME: Final = 200
_BUST_STEPS: Final = 10
_BUST_NS: Final = 120 * NANOS
_LATE_NS: Final = 900 * NANOS
_FEEDS: Final = ("iex", "sip", "delayed_sip")


class _Listener(Struct, eq=False):
    """One signed-in connection."""

    socket: WebSocket
    feed: str
    packed: bool
    names: dict[str, set[str]] = field(default_factory=lambda: {channel: set() for channel in CHANNELS})
    told_ns: dict[str, int] = field(default_factory=dict)
    busts: set[tuple[str, int, int]] = field(default_factory=set)
    frames: int = 0
    steps: int = 0


class AlpacaHub:
    """Serves `/v2/{feed}`: one connection a feed, a second one is told 406.

    Args:
        market: Advanced to the present before each round.
        clock: Nanoseconds UTC.
        key: The only key id accepted, or None for any but an empty one and `bad-key`.
        sip: The key has the consolidated tape.
        most: Names one connection may stream, None for any number.
        faults: What goes wrong; endpoint `stream`, counted a connection or a frame.
    """

    def __init__(
        self,
        market: Market,
        *,
        clock: Callable[[], int],
        key: str | None,
        sip: bool,
        most: int | None,
        faults: FaultPlan,
    ) -> None:
        self._market = market
        self._clock = clock
        self._key = key
        self._sip = sip
        self._most = most
        self._faults = faults
        self._taken: set[str] = set()

    async def endpoint(self, socket: WebSocket) -> None:
        """One connection, from its first message to its end."""
        fault = self._faults.hit("stream", ())
        feed = str(socket.path_params["feed"])
        if feed not in _FEEDS or (fault is not None and fault.kind == "status"):
            await socket.close()  # before `accept` this refuses the upgrade with status 403
            return
        await socket.accept()
        with contextlib.suppress(WebSocketDisconnect, TimeoutError, RuntimeError, ConnectionError):
            await self._served(socket, feed, fault)
        if socket.client_state is not WebSocketState.DISCONNECTED:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.close()

    async def _served(self, socket: WebSocket, feed: str, fault: Fault | None) -> None:
        if fault is not None and fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
            return
        listener = _Listener(socket, feed, socket.headers.get("content-type") == "application/msgpack")
        await self._say(listener, {"T": "success", "msg": "connected"})
        asked = await asyncio.wait_for(_received(listener), _SIGN_IN_SECONDS)
        if asked.get("action") != "auth":
            await self._refuse(listener, 401, "not authenticated")
        elif not self._admits(asked) or (fault is not None and fault.kind == "auth_failed"):
            await self._refuse(listener, 402, "auth failed")
        elif feed == "sip" and not self._sip:
            await self._refuse(listener, 409, "insufficient subscription")
        elif feed in self._taken or (fault is not None and fault.kind == "max_connections"):
            await self._refuse(listener, 406, "connection limit exceeded")
        else:
            await self._say(listener, {"T": "success", "msg": "authenticated"})
            await self._tended(listener, fault)

    async def _tended(self, listener: _Listener, fault: Fault | None) -> None:
        self._taken.add(listener.feed)
        parts = {asyncio.create_task(self._orders(listener)), asyncio.create_task(self._tells(listener, fault))}
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._taken.discard(listener.feed)
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
        for part in done:
            part.result()

    def _admits(self, asked: dict[str, object]) -> bool:
        given = str(asked.get("key", ""))
        if not asked.get("secret"):
            return False
        if self._key is None:
            return given not in ("", REFUSED_KEY)
        return hmac.compare_digest(given.encode(), self._key.encode())

    async def _orders(self, listener: _Listener) -> None:
        """Subscriptions and their ends; nothing else is understood."""
        while True:
            asked = await _received(listener)
            action = asked.get("action")
            if action not in ("subscribe", "unsubscribe"):
                await self._refuse(listener, 400, "invalid syntax")
                continue
            wanted = {channel: _names(asked.get(channel)) for channel in CHANNELS}
            if action == "unsubscribe":
                for channel, names in wanted.items():
                    listener.names[channel] -= names
            elif self._most is not None and len(_told_whole(listener.names) | _told_whole(wanted)) > self._most:
                await self._refuse(listener, 405, "symbol limit exceeded")
                continue
            else:
                for channel, names in wanted.items():
                    listener.names[channel] |= names
                self._market.advance(self._clock())
                for name in set().union(*wanted.values()):
                    listener.told_ns.setdefault(name, self._data_ns(listener))
            said = {channel: sorted(map(rows.written, names)) for channel, names in listener.names.items()}
            await self._say(
                listener,
                {
                    "T": "subscription",
                    **said,
                    "bars": [],
                    "corrections": said["trades"],
                    "cancelErrors": said["trades"],
                },
            )

    def _data_ns(self, listener: _Listener) -> int:
        """Up to where the market has come: what the clock has gone on since is told next time."""
        return self._market.now_ns - (_LATE_NS if listener.feed == "delayed_sip" else 0)

    async def _tells(self, listener: _Listener, fault: Fault | None) -> None:
        while True:
            await asyncio.sleep(_STEP_SECONDS)
            self._market.advance(self._clock())
            events = self._news(listener)
            if fault is not None and listener.told_ns and listener.frames >= fault.frames:
                if fault.kind == "silence":
                    continue
                if events and await self._broken(listener, fault, events):
                    return
            for start in range(0, len(events), _EVENTS_A_FRAME):
                await self._say(listener, *events[start : start + _EVENTS_A_FRAME])

    def _news(self, listener: _Listener) -> list[rows.Row]:
        events: list[tuple[int, rows.Row]] = []
        now_ns = self._data_ns(listener)
        listener.steps += 1
        for name, told_ns in listener.told_ns.items():
            symbol = self._market.get(name)
            if symbol is None:
                continue
            listener.told_ns[name] = now_ns
            made, tape = symbol.instrument, symbol.tape
            if name in listener.names["trades"]:
                prints = rows.of_feed(tape.prints.between(told_ns + 1, now_ns), listener.feed)
                events += [
                    (row.sip_timestamp, {"T": "t", "S": rows.written(name), **rows.trade(made, row)}) for row in prints
                ]
                if listener.steps % _BUST_STEPS == 0:
                    events += self._busts(listener, name, now_ns)
            if name in listener.names["quotes"]:
                quotes = tape.quotes.between(told_ns + 1, now_ns)
                events += [
                    (row.sip_timestamp, {"T": "q", "S": rows.written(name), **rows.quote(made, row, listener.feed)})
                    for row in quotes
                ]
            for band in symbol.bands.between(told_ns + 1, now_ns):
                status = rows.status(made, band)
                if name in listener.names["lulds"]:
                    events.append((band.sip_timestamp, rows.band(made, band)))
                if status is not None and name in listener.names["statuses"]:
                    events.append((band.sip_timestamp, status))
        events.sort(key=lambda item: item[0])
        return [event for _, event in events]

    def _busts(self, listener: _Listener, name: str, now_ns: int) -> Iterable[tuple[int, rows.Row]]:
        """Prints of the last minutes that were taken back since they were told."""
        symbol = self._market.get(name)
        assert symbol is not None
        for row in rows.of_feed(symbol.tape.prints.between(now_ns - _BUST_NS, now_ns), listener.feed):
            mark = (name, row.exchange, rows.trade_id(row))
            if row.correction and mark not in listener.busts:
                listener.busts.add(mark)
                yield now_ns, rows.cancel(symbol.instrument, row)

    async def _broken(self, listener: _Listener, fault: Fault, events: list[rows.Row]) -> bool:
        """Do what a rule says once enough frames went out; whether the connection is over by it."""
        if fault.kind == "close":
            await listener.socket.close(fault.code)
        elif fault.kind == "garbage":
            await listener.socket.send_text('[{"T":"t","S":')
        elif fault.kind == "unknown_event":
            await self._say(listener, {"T": "n", "headline": "nothing"})
        elif fault.kind == "duplicate":
            await self._say(listener, *events)
        elif fault.kind == "reorder":
            events.reverse()
        return fault.kind == "close"

    async def _refuse(self, listener: _Listener, code: int, message: str) -> None:
        await self._say(listener, {"T": "error", "code": code, "msg": message})

    async def _say(self, listener: _Listener, *events: rows.Row) -> None:
        listener.frames += 1
        if not listener.packed:
            sent = listener.socket.send_text(msgspec.json.encode(events).decode())
        else:
            timed = [{**event, "t": _moment(event["t"])} if "t" in event else event for event in events]
            sent = listener.socket.send_bytes(msgspec.msgpack.encode(timed))
        await asyncio.wait_for(sent, _SEND_SECONDS)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _names(asked: object) -> set[str]:
    return {rows.read(name) for name in asked if isinstance(name, str)} if isinstance(asked, list) else set()


async def _received(listener: _Listener) -> dict[str, object]:
    message = await listener.socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1006))
    try:
        text, data = message.get("text"), message.get("bytes")
        asked = msgspec.json.decode(text) if text is not None else msgspec.msgpack.decode(data or b"")
    except NO_JSON:
        return {}
    return asked if isinstance(asked, dict) else {}


def _told_whole(names: Mapping[str, set[str]]) -> set[str]:
    """What a place is needed for: prints and quotes."""
    return names["trades"] | names["quotes"]
