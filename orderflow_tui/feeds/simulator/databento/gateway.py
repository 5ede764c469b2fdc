"""The live gateway: greets, checks who is there, takes subscriptions, sends what was and what comes.

It takes three kinds of line, and none of them orders anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import re
import secrets
import socket as sockets
import struct
import time
from collections.abc import Callable, Sequence
from typing import Final

from databento_dbn import (
    ErrorCode,
    ErrorMsg,
    Metadata,
    SType,
    SymbolMappingMsg,
    SystemCode,
    SystemMsg,
)
from msgspec import Struct, field

from orderflow_tui.feeds.simulator.databento.symbol_records import VenueHistory
from orderflow_tui.feeds.simulator.faults import Fault, FaultPlan
from orderflow_tui.feeds.simulator.gate import REFUSED_KEY
from orderflow_tui.feeds.simulator.instruments import Symbols
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import NANOS
from orderflow_tui.feeds.simulator.scenarios import ScenarioName

DATASETS: Final = {
    "XNAS.ITCH": ("mbp-10", "mbp-1", "trades", "status"),
    "EQUS.MINI": ("mbp-1", "trades"),
}
"""What each dataset has."""
HISTORY_NS: Final = 8 * 60 * NANOS
LONGEST_REPLAY_NS: Final = 24 * 3_600 * NANOS
FIRST_ID: Final = 38
_VERSION: Final = "0.7.2"
_STEP_SECONDS: Final = 0.02
_SIGN_IN_SECONDS: Final = 10.0
_SEND_SECONDS: Final = 5.0
_MOST_LINES: Final = 64
_CHUNK: Final = 1 << 16
_NO_LINGER: Final = struct.pack("ii", 1, 0)


class RefusedError(Exception):
    """The client is told this, and the session ends."""


class _Asked(Struct):
    """One subscription."""

    schema: str
    symbols: tuple[str, ...]
    start_ns: int | None


class _Session(Struct, eq=False):
    """One signed-in connection."""

    writer: asyncio.StreamWriter
    dataset: str
    heartbeat_s: float
    fault: Fault | None
    asked: list[_Asked] = field(default_factory=list)
    places: dict[tuple[str, str], int] = field(default_factory=dict)
    spoke: float = 0.0
    frames: int = 0
    broken: bool = False


class DatabentoMarket(Struct):
    """A market and what its exchange did."""

    market: Market
    histories: dict[str, VenueHistory]

    @classmethod
    def of(
        cls, symbols: Symbols, *, seed: int, now_ns: int, scenario: ScenarioName = "calm",
        history_ns: int = HISTORY_NS,
    ) -> DatabentoMarket:  # fmt: skip
        """A simulated market whose every event is kept; arguments as those of `Market`."""
        names = dict.fromkeys((*symbols, "SPY"))
        histories = {name: VenueHistory(FIRST_ID + index) for index, name in enumerate(names)}
        market = Market(
            symbols,
            seed=seed,
            now_ns=now_ns,
            scenario=scenario,
            history_ns=history_ns,
            watchers={name: history.look for name, history in histories.items()},
        )
        return cls(market, histories)


class Gateway:
    """Serves sessions.

    Args:
        served: Advanced to the present before each round.
        key: The only key accepted, or None for any but an empty one and `bad-key`.
        clock: Nanoseconds UTC.
        faults: What goes wrong; endpoint `stream`, counted a session or what one has sent.
        most: Sessions that one key may have.
    """

    def __init__(
        self,
        served: DatabentoMarket,
        *,
        key: str | None,
        clock: Callable[[], int] = time.time_ns,
        faults: FaultPlan | None = None,
        most: int = 10,
    ) -> None:
        self.log: list[str] = []
        """Every line that clients have sent."""
        self._served = served
        self._key = key
        self._clock = clock
        self._faults = faults if faults is not None else FaultPlan()
        self._most = most
        self._open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from the greeting to its end."""
        try:
            with contextlib.suppress(OSError, EOFError, TimeoutError, ValueError):
                await self._served_by(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _served_by(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault = self._faults.hit("stream", ())
        if fault is not None and fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
            return
        try:
            session = await self._signed_in(reader, writer, fault)
        except RefusedError as refused:
            await _said(writer, f"success=0|error={refused}\n".encode())
            return
        self._open += 1
        try:
            await self._session(session, reader)
        finally:
            self._open -= 1

    # --- who is there -------------------------------------------------------------------------------------------

    async def _signed_in(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault | None
    ) -> _Session:
        challenge = secrets.token_urlsafe(24)
        await _said(writer, f"lsg_version={_VERSION}\ncram={challenge}\n".encode())
        line = await asyncio.wait_for(self._line(reader), _SIGN_IN_SECONDS)
        given = dict(part.partition("=")[::2] for part in line.split("|"))
        if "auth" not in given:
            raise RefusedError("Authentication failed.")
        if (fault is not None and fault.kind == "auth_failed") or not self._admits(challenge, given["auth"]):
            raise RefusedError("Authentication failed.")
        if fault is not None and fault.kind == "status":
            raise RefusedError(f"A live data license is required to access {given.get('dataset', '')}.")
        if self._open >= self._most or (fault is not None and fault.kind == "max_connections"):
            raise RefusedError("User has reached their open connection limit.")
        if given.get("dataset") not in DATASETS:
            raise RefusedError("Unknown dataset.")
        heartbeat = given.get("heartbeat_interval_s", "")
        await _said(writer, f"success=1|session_id={5_000 + self._open}\n".encode())
        return _Session(
            writer, given["dataset"], float(heartbeat) if heartbeat.isdecimal() else 30.0, fault, spoke=time.monotonic()
        )

    def _admits(self, challenge: str, answer: str) -> bool:
        digest, _, bucket = answer.partition("-")
        if self._key is None:
            # object key's answer is right; the two that must be refused are known by theirs.
            return all(not hmac.compare_digest(digest, _digest(challenge, key)) for key in ("", REFUSED_KEY)) and bool(
                bucket
            )
        return hmac.compare_digest(digest, _digest(challenge, self._key)) and bucket == self._key[-5:]

    async def _line(self, reader: asyncio.StreamReader) -> str:
        line = await reader.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        text = line.decode("utf-8", "backslashreplace").strip()
        self.log.append(text)
        return text

    # --- the session --------------------------------------------------------------------------------------------

    async def _session(self, session: _Session, reader: asyncio.StreamReader) -> None:
        for _ in range(_MOST_LINES):
            line = await self._line(reader)
            if line.startswith("start_session"):
                break
            session.asked.append(_subscription(line))
        else:
            return
        head = Metadata(
            dataset=session.dataset,
            start=self._clock(),
            stype_in=None,
            stype_out=SType.from_str("instrument_id"),
            schema=None,
            ts_out=False,
        ).encode()
        await self._send(session, head)
        listens = asyncio.create_task(self._later_lines(session, reader))
        try:
            for number, asked in enumerate(session.asked):
                await self._begin(session, number, asked)
            while not session.broken and not listens.done():
                await self._round(session)
                await asyncio.sleep(_STEP_SECONDS)
        finally:
            listens.cancel()
            await asyncio.gather(listens, return_exceptions=True)

    async def _later_lines(self, session: _Session, reader: asyncio.StreamReader) -> None:
        """Subscriptions that follow the session's start; ends when the client is gone."""
        while True:
            asked = _subscription(await self._line(reader))
            session.asked.append(asked)
            if asked.start_ns is None:
                await self._begin(session, len(session.asked) - 1, asked)
            else:
                await self._refuse(session, "start cannot be specified after the session has started")

    async def _begin(self, session: _Session, number: int, asked: _Asked) -> None:
        """Map, acknowledge, and send again what was asked for."""
        now_ns = self._now()
        if asked.schema not in DATASETS[session.dataset]:
            await self._refuse(session, f"Schema {asked.schema} is not available for {session.dataset}")
            return
        named = {re.sub(r"-([A-Z]?)$", r"p\1", name): name for name in asked.symbols}
        unknown = [written for name, written in named.items() if name not in self._served.histories]
        known = [name for name in named if name in self._served.histories]
        await self._send(session, b"".join(self._mapping(name, named[name], now_ns) for name in known))
        if unknown:
            await self._error(session, 4, f"Failed to resolve symbol(s): {','.join(unknown)}")
        await self._system(session, 1, f"Subscription request {number} for {asked.schema} data succeeded")
        if asked.start_ns is not None and 0 < asked.start_ns < now_ns - LONGEST_REPLAY_NS:
            await self._error(session, 8, "Replay data is not available that far back")
            session.broken = True
            return
        for name in known:
            history = self._served.histories[name]
            end = history.dropped + len(history.events)
            start = end if asked.start_ns is None else history.since(asked.start_ns)
            session.places[name, asked.schema] = start
        if asked.start_ns is not None:
            await self._send(session, self._news(session, asked.schema, known))
            await self._system(session, 3, f"Finished {asked.schema} replay")

    def _mapping(self, name: str, written: str, now_ns: int) -> bytes:
        return bytes(
            SymbolMappingMsg(
                publisher_id=0,
                instrument_id=self._served.histories[name].instrument_id,
                ts_event=now_ns,
                stype_in=SType.from_str("raw_symbol"),
                stype_in_symbol=written,
                stype_out=SType.from_str("instrument_id"),
                stype_out_symbol=written,
                start_ts=0,
                end_ts=0,
            )
        )

    async def _round(self, session: _Session) -> None:
        self._now()
        schemas = dict.fromkeys(schema for _, schema in session.places)
        news = b"".join(
            self._news(session, schema, [name for name, one in session.places if one == schema]) for schema in schemas
        )
        fault = session.fault
        if fault is not None and session.frames >= fault.frames:
            if fault.kind == "silence":
                return
            if news and await self._broken(session, fault, news):
                session.broken = True
                return
        if news:
            session.frames += 1
            await self._send(session, news)
        elif time.monotonic() - session.spoke >= session.heartbeat_s:
            await self._system(session, 0, "Heartbeat")

    def _news(self, session: _Session, schema: str, names: Sequence[str]) -> bytes:
        """What happened since a session was told last, all symbols in order of the exchange's clock."""
        found: list[tuple[int, bytes]] = []
        for name in names:
            history = self._served.histories[name]
            place = max(session.places[name, schema], history.dropped)
            events = history.events[place - history.dropped :]
            session.places[name, schema] = history.dropped + len(history.events)
            found += [(event.ts_event, event.records[schema]) for event in events if schema in event.records]
        found.sort(key=lambda one: one[0])
        return b"".join(records for _, records in found)

    async def _broken(self, session: _Session, fault: Fault, news: bytes) -> bool:
        """Do what a rule says once enough was sent; whether the session is over by it."""
        session.fault = None
        match fault.kind:
            case "close":
                return True
            case "reset" | "cut":
                await self._send(session, news[: len(news) // 2 | 1])
                if fault.kind == "reset":
                    _reset(session.writer)
                return True
            case "garbage":
                await self._send(session, b"\x02\xff" + b"junk" * 64)
            case "duplicate":
                await self._send(session, news)
            case "slow_reader":
                await self._system(session, 2, "Warning: slow reading")
            case "skipped_records":
                await self._error(session, 7, "Skipped records after slow reading")
            case "bad_subscription":
                await self._refuse(session, "Invalid subscription")
                return True
            case _:
                return False
        return False

    async def _refuse(self, session: _Session, reason: str) -> None:
        await self._error(session, 5, reason)
        session.broken = True

    async def _system(self, session: _Session, code: int, text: str) -> None:
        await self._send(session, bytes(SystemMsg(ts_event=self._clock(), msg=text, code=SystemCode.from_int(code))))

    async def _error(self, session: _Session, code: int, text: str) -> None:
        message = ErrorMsg(ts_event=self._clock(), err=text, is_last=True, code=ErrorCode.from_int(code))
        await self._send(session, bytes(message))

    async def _send(self, session: _Session, data: bytes) -> None:
        session.spoke = time.monotonic()
        for at in range(0, len(data), _CHUNK):
            await _said(session.writer, data[at : at + _CHUNK])

    def _now(self) -> int:
        now_ns = self._clock()
        self._served.market.advance(now_ns)
        return now_ns


def _subscription(line: str) -> _Asked:
    given = dict(part.partition("=")[::2] for part in line.split("|"))
    start = given.get("start", "")
    return _Asked(
        given.get("schema", ""),
        tuple(name for name in given.get("symbols", "").split(",") if name),
        int(start) if start.isascii() and start.isdecimal() and len(start) < 20 else None,
    )


def _digest(challenge: str, key: str) -> str:
    return hashlib.sha256(f"{challenge}|{key}".encode()).hexdigest()


def _reset(writer: asyncio.StreamWriter) -> None:
    """End with RST, not FIN."""
    bound = writer.get_extra_info("socket")
    if bound is not None:
        bound.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, _NO_LINGER)
    writer.transport.abort()


async def _said(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await asyncio.wait_for(writer.drain(), _SEND_SECONDS)
