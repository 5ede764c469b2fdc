"""The servers of `sources_load`: each vendor's wire, as much as the load needs, told as fast as can be."""

from __future__ import annotations

import asyncio
import json
import random
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

NAMES: Final = tuple(f"LD{letter}" for letter in "ABCDEFGHIJ")
LEVELS: Final = 10
STEP_SECONDS: Final = 0.005
PRINTS_IN: Final = 20
"""One change in so many is a print and what it takes off the book."""
WALL_SECONDS, WALL_STANDS, WALL = 0.25, 1.0, 30_000


@dataclass
class Change:
    """One change of a book, or a print with what it takes off."""

    name: int
    bid: bool
    level: int
    size: int
    printed: int = 0


@dataclass
class Truth:
    """What the server did."""

    changes: int = 0
    prints: Counter[str] = field(default_factory=Counter)
    volume: Counter[str] = field(default_factory=Counter)
    walls: list[tuple[str, int, float]] = field(default_factory=list)
    """Name, price (units of $0.0001), when, seconds of the wall clock."""
    behind_s: float = 0.0


Load = Iterator[list[Change]]


def price_at(name: int, level: int, *, bid: bool) -> int:
    """Units of $0.0001."""
    return 200_000 + 1_000 * name + (-100 * level if bid else 100 * level + 100)


def changes(truth: Truth, rate: float, seconds: float) -> Iterator[list[Change]]:
    """What is due at each look, until the time is up."""
    rng = random.Random(7)
    began, made, wall, standing = time.monotonic(), 0, 0, list[tuple[float, int, int]]()
    while (passed := time.monotonic() - began) < seconds:
        due: list[Change] = []
        for _ in range(min(int(rate * passed) - made, 4 * int(rate * STEP_SECONDS) + 1)):
            made += 1
            name, bid = made % len(NAMES), rng.random() < 0.5
            printed = 100 * rng.randint(1, 3) if made % PRINTS_IN == 0 else 0
            level = 0 if printed else rng.randrange(2)
            due.append(Change(name, bid, level, 100 * rng.randint(2, 9), printed))
            if printed:
                truth.prints[NAMES[name]] += 1
                truth.volume[NAMES[name]] += printed
        if passed >= wall * WALL_SECONDS + 1.0:
            name, level = wall % len(NAMES), 2 + wall // len(NAMES) % (LEVELS - 3)
            due.append(Change(name, True, level, WALL))
            standing.append((passed + WALL_STANDS, name, level))
            truth.walls.append((NAMES[name], price_at(name, level, bid=True), time.time()))
            wall += 1
        while standing and standing[0][0] <= passed:
            _, name, level = standing.pop(0)
            due.append(Change(name, True, level, 500))
        truth.behind_s = max(truth.behind_s, passed - made / rate)
        truth.changes = made
        yield due


async def databento(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, load: Load) -> None:
    """Databento's gateway, for whoever comes with any key."""
    from databento_dbn import (
        Action,
        BidAskPair,
        MBP10Msg,
        Metadata,
        Side,
        SType,
        SymbolMappingMsg,
        SystemCode,
        SystemMsg,
    )

    writer.write(b"lsg_version=0\ncram=load\n")
    await reader.readline()
    writer.write(b"success=1|session_id=1\n")
    while not (await reader.readline()).startswith(b"start_session"):
        pass
    now = time.time_ns()
    kind, raw = SType.from_str("instrument_id"), SType.from_str("raw_symbol")
    writer.write(
        Metadata(dataset="XNAS.ITCH", start=now, stype_in=None, stype_out=kind, schema=None, ts_out=False).encode()
    )
    rows = []
    for number, name in enumerate(NAMES):
        mapping = SymbolMappingMsg(
            publisher_id=0, instrument_id=number + 1, ts_event=now, stype_in=raw, stype_in_symbol=name,
            stype_out=kind, stype_out_symbol=name, start_ts=now, end_ts=now + 10**15,
        )  # fmt: skip
        writer.write(bytes(mapping))
        levels = [
            BidAskPair(
                price_at(number, at, bid=True) * 100_000, price_at(number, at, bid=False) * 100_000, 500, 500, 1, 1
            )
            for at in range(LEVELS)
        ]
        made = MBP10Msg(
            publisher_id=2, instrument_id=number + 1, ts_event=now, price=price_at(number, 0, bid=True) * 100_000,
            size=100, action=Action.from_str("A"), side=Side.from_str("B"), depth=0, ts_recv=now, flags=128,
            ts_in_delta=0, sequence=0, levels=levels,
        )  # fmt: skip
        rows.append(bytearray(bytes(made)))
        writer.write(bytes(made))
    for _ in range(3):
        writer.write(bytes(SystemMsg(ts_event=now, msg="Finished replay", code=SystemCode.from_int(3))))
    head, sizes = struct.Struct("<QqIcccB"), struct.Struct("<I")
    sequence = 0
    for due in load:
        out = []
        for change in due:
            row, sequence = rows[change.name], sequence + 1
            now = time.time_ns()
            price = price_at(change.name, change.level, bid=change.bid) * 100_000
            struct.pack_into("<QiI", row, 32, now, 0, sequence)
            if change.printed:
                head.pack_into(row, 8, now, price, change.printed, b"T", b"A" if change.bid else b"B", b"\0", 0)
                out.append(bytes(row))
            sizes.pack_into(row, 48 + 32 * change.level + (16 if change.bid else 20), change.size)
            head.pack_into(row, 8, now, price, 100, b"A", b"B" if change.bid else b"A", b"\x80", 0)
            out.append(bytes(row))
        writer.write(b"".join(out))
        await writer.drain()
        await asyncio.sleep(STEP_SECONDS)
    await asyncio.sleep(3)


def _frame(*fields: object) -> bytes:
    body = "".join(f"{one}\0" for one in fields).encode()
    return len(body).to_bytes(4, "big") + body


async def ibkr(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, load: Load) -> None:
    """A TWS with as many lines as are asked for."""
    await reader.readexactly(4)
    await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))
    writer.write(_frame(178, "20261130 09:25:01 EST"))
    books: dict[int, int] = {}
    ticks: dict[int, int] = {}

    async def answers() -> None:
        with suppress(EOFError, OSError):
            while True:
                body = await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))
                asked = body.decode().split("\0")
                match asked[0]:
                    case "71":
                        writer.write(_frame(15, 1, "DU1") + _frame(9, 1, 1))
                    case "9":
                        name = asked[4]
                        stock = (
                            "STK",
                            "",
                            "0",
                            "",
                            "SMART",
                            "USD",
                            name,
                            "NMS",
                            name,
                            1_000 + hash(name) % 999,
                            "0.01",
                        )
                        writer.write(_frame(10, asked[2], name, *stock, "", "LMT", "SMART", 1, 0, name, "NASDAQ", ""))
                        writer.write(_frame(52, 1, asked[2]))
                    case "1" if asked[4] in NAMES:
                        number = NAMES.index(asked[4])
                        best = [price_at(number, 0, bid=bid) / 10_000 for bid in (True, False)]
                        writer.write(_frame(58, 1, asked[2], 1))
                        writer.write(b"".join(_frame(1, 6, asked[2], at + 1, best[at], 500, 1) for at in (0, 1)))
                    case "10":
                        books[NAMES.index(asked[4])] = int(asked[2])
                        for bid in (1, 0):
                            for at in range(LEVELS):
                                price = price_at(NAMES.index(asked[4]), at, bid=bool(bid)) / 10_000
                                writer.write(_frame(13, 1, asked[2], at, "NASDAQ", 0, bid, price, 500, 1))
                    case "97":
                        ticks[NAMES.index(asked[3])] = int(asked[1])
                    case "96":
                        writer.write(_frame(98, asked[1], 0, 1))
                    case "49":
                        writer.write(_frame(49, 1, int(time.time())))

    task = asyncio.create_task(answers())
    for _ in range(200):
        if len(books) == len(ticks) == len(NAMES):
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(4)
    for due in load:
        out = []
        for change in due:
            price = price_at(change.name, change.level, bid=change.bid) / 10_000
            if change.printed:
                second = int(time.time())
                out.append(_frame(99, ticks[change.name], 2, second, price, change.printed, 0, "NASDAQ", ""))
            side = int(change.bid)
            out.append(_frame(13, 1, books[change.name], change.level, "NASDAQ", 1, side, price, change.size, 1))
        writer.write(b"".join(out))
        await writer.drain()
        await asyncio.sleep(STEP_SECONDS)
    await asyncio.sleep(3)
    task.cancel()


def serve(wire: str, rate: float, seconds: float) -> None:
    """Serve one client, and write what was done."""
    truth = Truth()

    async def run() -> None:
        over = asyncio.Event()

        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(EOFError, OSError):
                await (databento if wire == "databento" else ibkr)(reader, writer, changes(truth, rate, seconds))
            over.set()
            writer.close()

        server = await asyncio.start_server(one, "127.0.0.1", 0, limit=1 << 20)
        print(server.sockets[0].getsockname()[1], flush=True)
        async with asyncio.timeout(seconds + 60):
            await over.wait()

    asyncio.run(run())
    json.dump(
        {
            "changes": truth.changes, "prints": truth.prints, "volume": truth.volume, "walls": truth.walls,
            "behind_s": truth.behind_s,
        },
        sys.stdout,
    )  # fmt: skip
