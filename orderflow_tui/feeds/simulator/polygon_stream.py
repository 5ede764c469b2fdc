"""The simulated market's WebSocket: the vendor's order of messages, telling what REST tells."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from msgspec import Struct, field
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from orderflow_tui.feeds.simulator.faults import Fault, FaultPlan
from orderflow_tui.feeds.simulator.gate import REFUSED_KEY
from orderflow_tui.feeds.simulator.instruments import Instrument
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import PRICE_UNITS_PER_DOLLAR, Band, Print, Quote
from orderflow_tui.feeds.simulator.plans import Plan
from orderflow_tui.support.decoding import NO_JSON

MOST_CONNECTIONS: Final = 1
"""As on an individual's account: one more pushes the oldest out."""
_STEP_SECONDS: Final = 0.02
_SIGN_IN_SECONDS: Final = 10.0
_SEND_SECONDS: Final = 5.0
"""A reader slower than this is a slow consumer."""
_MS: Final = 1_000_000
_POLICY_VIOLATION: Final = 1008
_EVENTS_A_FRAME: Final = 200
_TOO_MANY: Final = "Maximum number of websocket connections exceeded. You have reached the connection limit."


class _Listener(Struct, eq=False):
    """One signed-in connection: what it is subscribed to, and up to when each symbol has been told."""

    socket: WebSocket
    channels: set[str] = field(default_factory=set)
    told_ns: dict[str, int] = field(default_factory=dict)
    frames: int = 0


class StreamHub:
    """Serves `/stocks`.

    Args:
        market: Advanced to the present before each round.
        clock: The market's nanoseconds UTC.
        key: The only key accepted, or None for any but an empty one and `bad-key`.
        plan: What can be subscribed to.
        faults: What goes wrong; endpoint `stream`, counted a connection or a frame.
    """

    def __init__(
        self, market: Market, *, clock: Callable[[], int], key: str | None, plan: Plan, faults: FaultPlan
    ) -> None:
        self._market = market
        self._clock = clock
        self._key = key
        self._plan = plan
        self._faults = faults
        self._listeners: list[_Listener] = []

    async def endpoint(self, socket: WebSocket) -> None:
        """One connection, from its first message to its end."""
        fault = self._faults.hit("stream", ())
        if fault is not None and fault.kind == "status":
            await socket.close()  # before `accept` this refuses the upgrade with status 403
            return
        await socket.accept()
        # Gone, silent or too slow: whatever it was, the connection is over.
        with contextlib.suppress(WebSocketDisconnect, TimeoutError, RuntimeError, ConnectionError):
            await self._served(socket, fault)
        if socket.client_state is not WebSocketState.DISCONNECTED:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.close()

    async def _served(self, socket: WebSocket, fault: Fault | None) -> None:
        if fault is not None and fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
            return
        await _say(socket, "connected", "Connected Successfully")
        asked = await asyncio.wait_for(_received(socket), _SIGN_IN_SECONDS)
        admitted = asked.get("action") == "auth" and self._admits(str(asked.get("params", "")))
        if not admitted or (fault is not None and fault.kind == "auth_failed"):
            await _say(socket, "auth_failed", "authentication failed")
            return
        await _say(socket, "auth_success", "authenticated")
        listener = _Listener(socket)
        self._listeners.append(listener)
        try:
            while len(self._listeners) > MOST_CONNECTIONS:
                await self._push_out(self._listeners.pop(0))
            parts = {asyncio.create_task(self._orders(listener)), asyncio.create_task(self._tells(listener, fault))}
            done, others = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for other in others:
                other.cancel()
            await asyncio.gather(*parts, return_exceptions=True)  # both may have met with the client's end
            for part in done:
                part.result()
        finally:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def _admits(self, given: str) -> bool:
        if self._key is None:
            return given not in ("", REFUSED_KEY)
        return hmac.compare_digest(given.encode(), self._key.encode())

    async def _push_out(self, listener: _Listener) -> None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
            await asyncio.wait_for(_say(listener.socket, "max_connections", _TOO_MANY), 1.0)
            await asyncio.wait_for(listener.socket.close(_POLICY_VIOLATION), 1.0)

    async def _orders(self, listener: _Listener) -> None:
        """Subscriptions and their ends."""
        while True:
            asked = await _received(listener.socket)
            channels = [part for part in str(asked.get("params", "")).split(",") if part]
            if asked.get("action") == "unsubscribe":
                listener.channels -= set(channels)
                continue
            if asked.get("action") != "subscribe":
                await _say(listener.socket, "error", "unknown action")
                continue
            if not all(self._plan.streams(channel.partition(".")[0]) for channel in channels):
                await _say(listener.socket, "error", "not authorized")
                continue
            for channel in channels:
                kind, _, symbol = channel.partition(".")
                listener.channels.add(channel)
                self._market.advance(self._clock())
                listener.told_ns.setdefault(symbol, self._market.now_ns)
                await _say(listener.socket, "success", f"subscribed to: {channel}")
                market = self._market.get(symbol)
                if kind == "LULD" and market is not None:
                    await self._send(listener, [_band_event(market.instrument, market.band())])

    async def _tells(self, listener: _Listener, fault: Fault | None) -> None:
        """What happens, as it happens."""
        while True:
            await asyncio.sleep(_STEP_SECONDS)
            self._market.advance(self._clock())
            events = self._news(listener)
            if fault is not None and listener.channels:
                if fault.kind == "silence" and listener.frames >= fault.frames:
                    continue
                if await self._broken(listener, fault, events):
                    return
            for start in range(0, len(events), _EVENTS_A_FRAME):
                await self._send(listener, events[start : start + _EVENTS_A_FRAME])

    def _news(self, listener: _Listener) -> list[object]:
        events: list[tuple[int, object]] = []
        now_ns = self._market.now_ns
        for symbol, told_ns in listener.told_ns.items():
            market = self._market.get(symbol)
            if market is None:
                continue
            listener.told_ns[symbol] = now_ns
            for kind, history, made in (
                ("T", market.tape.prints, _trade_event),
                ("Q", market.tape.quotes, _quote_event),
                ("LULD", market.bands, _band_event),
            ):
                if f"{kind}.{symbol}" in listener.channels:
                    rows: list[Any] = history.between(told_ns + 1, now_ns)
                    events += [(row.sip_timestamp, made(market.instrument, row)) for row in rows]
        events.sort(key=lambda item: item[0])
        return [event for _, event in events]

    async def _broken(self, listener: _Listener, fault: Fault, events: list[Any]) -> bool:
        """Do what a rule says once enough frames went out; whether the connection is over by it."""
        if listener.frames < fault.frames or not events:
            return False
        if fault.kind == "max_connections":
            await self._push_out(listener)
        elif fault.kind == "close":
            await listener.socket.close(fault.code)
        elif fault.kind == "garbage":
            await listener.socket.send_text('[{"ev":"T","sym":')
        elif fault.kind == "unknown_event":
            await self._send(listener, [{"ev": "FMV", "sym": "SPY", "fmv": 1.0}])
        elif fault.kind == "duplicate":
            await self._send(listener, events)
        elif fault.kind == "reorder":
            events.reverse()
        return fault.kind in ("max_connections", "close")

    async def _send(self, listener: _Listener, events: Iterable[object]) -> None:
        text = msgspec.json.encode(list(events)).decode()
        listener.frames += 1
        await asyncio.wait_for(listener.socket.send_text(text), _SEND_SECONDS)


async def _received(socket: WebSocket) -> dict[str, object]:
    try:
        asked = msgspec.json.decode(await socket.receive_text())
    except NO_JSON:
        return {}
    return asked if isinstance(asked, dict) else {}


async def _say(socket: WebSocket, status: str, message: str) -> None:
    await socket.send_text(msgspec.json.encode([{"ev": "status", "status": status, "message": message}]).decode())


def _trade_event(instrument: Instrument, row: Print) -> dict[str, object]:
    event: dict[str, object] = {
        "ev": "T", "sym": instrument.symbol, "x": row.exchange, "i": row.id, "z": instrument.tape,
        "p": row.price / PRICE_UNITS_PER_DOLLAR, "s": row.size, "t": row.sip_timestamp // _MS,
        "pt": row.participant_timestamp // _MS, "q": row.sequence_number,
    }  # fmt: skip
    if row.conditions:
        event["c"] = row.conditions
    if row.decimal_size is not None:
        event["ds"] = row.decimal_size
    if row.trf_id:
        event |= {"trfi": row.trf_id, "trft": row.trf_timestamp // _MS}
    return event


def _quote_event(instrument: Instrument, row: Quote) -> dict[str, object]:
    return {
        "ev": "Q", "sym": instrument.symbol, "bx": row.bid_exchange, "bp": row.bid_price / PRICE_UNITS_PER_DOLLAR,
        "bs": row.bid_size, "ax": row.ask_exchange, "ap": row.ask_price / PRICE_UNITS_PER_DOLLAR, "as": row.ask_size,
        "c": 0, "t": row.sip_timestamp // _MS, "q": row.sequence_number, "z": instrument.tape,
    }  # fmt: skip


def _band_event(instrument: Instrument, row: Band) -> dict[str, object]:
    return {
        "ev": "LULD", "T": instrument.symbol, "h": row.upper / PRICE_UNITS_PER_DOLLAR,
        "l": row.lower / PRICE_UNITS_PER_DOLLAR, "i": [row.indicator], "z": 3, "t": row.sip_timestamp,
        "q": row.sequence_number,
    }  # fmt: skip
