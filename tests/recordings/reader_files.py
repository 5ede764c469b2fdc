"""Writes recordings in other vendors' formats for tests."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from orderflow_tui.core.model.events import AUCTION, BUY, HIDDEN, SELL, Book, Event, Print

NS = 1_000_000_000
NEW_YORK = ZoneInfo("America/New_York")
TRADES_HEAD = (
    "ticker,conditions,correction,exchange,id,participant_timestamp,price,sequence_number,sip_timestamp,size,tape,"
    "trf_id,trf_timestamp"
)
QUOTES_HEAD = (
    "Ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,conditions,indicators,"
    "participant_timestamp,sequence_number,sip_timestamp,tape,trf_timestamp"
)
OPEN = 1_767_969_000 * NS
"""2026-01-09 09:30 in New York."""


def put(path: Path, text: str) -> Path:
    """Write text, packed where the name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 1) if path.suffix == ".gz" else text.encode())
    return path


# --- flat files -------------------------------------------------------------------------------------------------------


def flat_trade(
    at: float,
    sequence: int,
    price: str = "13.86",
    size: str = "100",
    *,
    ticker: str = "BAC",
    conditions: str = "",
    correction: str = "0",
    exchange: str = "11",
    trf: str = "0",
    late: float = 0.0,
    base: int = OPEN,
) -> str:
    sip = base + round(at * NS)
    quoted = f'"{conditions}"' if "," in conditions else conditions
    return (
        f"{ticker},{quoted},{correction},{exchange},{sequence},{sip - round(late * NS)},{price},{sequence},{sip},{size},"
        f"1,{trf},0"
    )


def flat_quote(
    at: float,
    sequence: int,
    bid: str = "13.86",
    bid_size: str = "300",
    *,
    ask: str = "13.87",
    ask_size: str = "500",
    ticker: str = "BAC",
    base: int = OPEN,
) -> str:
    sip = base + round(at * NS)
    return f'{ticker},11,{ask},{ask_size},12,{bid},{bid_size},"1,81",,{sip - 1},{sequence},{sip},1,0'


def flat(
    folder: Path,
    trades: Iterable[str],
    quotes: Iterable[str] | None = None,
    *,
    ending: str = ".csv.gz",
    trades_head: str = TRADES_HEAD,
    quotes_head: str = QUOTES_HEAD,
) -> Path:
    """A day's files as they are laid out where they come from; the path of the trades."""
    name = f"2026-01-09{ending}"
    if quotes is not None:
        put(folder / "quotes_v1" / "2026" / name, "\n".join([quotes_head, *quotes]) + "\n")
    return put(folder / "trades_v1" / "2026" / name, "\n".join([trades_head, *trades]) + "\n")


def as_flat(folder: Path, symbol: str, events: Sequence[Event]) -> Path:
    """Other events as flat files between two other names."""
    trades, quotes = [], []
    for event in events:
        if isinstance(event, Print):
            trades.append(
                flat_trade(0, event.seq, f"{event.price / 10_000}", str(event.size), ticker=symbol, base=event.time_ns)
            )
        elif isinstance(event, Book):
            (bid, bid_size), (ask, ask_size) = event.bids[0], event.asks[0]
            quotes.append(
                flat_quote(
                    0,
                    event.seq,
                    f"{bid / 10_000}",
                    str(bid_size),
                    ask=f"{ask / 10_000}",
                    ask_size=str(ask_size),
                    ticker=symbol,
                    base=event.time_ns,
                )
            )
    around = (
        [flat_trade(at, at, ticker="AA") for at in range(50)],
        [flat_trade(at, at, ticker="ZZZ") for at in range(9)],
    )
    quoted = [flat_quote(at, at, ticker="AA") for at in range(50)]
    return flat(folder, [*around[0], *trades, *around[1]], [*quoted, *quotes])


# --- LOBSTER ----------------------------------------------------------------------------------------------------------


def lobster(
    folder: Path,
    messages: Iterable[str],
    books: Iterable[str],
    *,
    symbol: str = "BAC",
    day: str = "2012-06-21",
    levels: int = 2,
    ending: str = ".csv",
) -> Path:
    """The pair; the path of the messages."""
    stem = folder / f"{symbol}_{day}_34200000_57600000"
    put(Path(f"{stem}_orderbook_{levels}{ending}"), "\n".join(books) + "\n")
    return put(Path(f"{stem}_message_{levels}{ending}"), "\n".join(messages) + "\n")


def as_lobster(folder: Path, symbol: str, events: Sequence[Event], *, levels: int, ending: str = ".csv.gz") -> Path:
    """Other events as LOBSTER files: a message for each sequence number, executions with the side that rested."""
    day = datetime.fromtimestamp(events[0].time_ns // NS, NEW_YORK).date()
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).timestamp()) * NS
    rows: dict[int, str] = {}
    states: dict[int, str] = {}
    for event in events:
        whole, part = divmod(event.time_ns - midnight, NS)
        at = f"{whole}.{part:09d}"
        if isinstance(event, Print):
            kind = 6 if event.flags & AUCTION else 5 if event.flags & HIDDEN else 4
            rows[event.seq] = f"{at},{kind},7,{event.size},{event.price},{-1 if event.side == BUY else 1}"
        elif isinstance(event, Book):
            rows.setdefault(event.seq, f"{at},1,7,100,{event.bids[0][0]},1")
            states[event.seq] = lobster_book(event, levels)
    messages, books, state = [], [], ""
    for seq in sorted(rows):
        state = states.get(seq, state)
        messages.append(rows[seq])
        books.append(state or ",".join(["9999999999,0,-9999999999,0"] * levels))
    return lobster(folder, messages, books, symbol=symbol, day=day.isoformat(), levels=levels, ending=ending)


def lobster_book(book: Book, levels: int) -> str:
    cells: list[int] = []
    for level in range(levels):
        cells += book.asks[level] if level < len(book.asks) else (9_999_999_999, 0)
        cells += book.bids[level] if level < len(book.bids) else (-9_999_999_999, 0)
    return ",".join(map(str, cells))


# --- DBN --------------------------------------------------------------------------------------------------------------


def dbn_order(
    action: str,
    side: str,
    number: int,
    cents: int = 0,
    size: int = 100,
    *,
    at: float = 0.0,
    flags: int = 128,
    **more: Any,
) -> Any:
    """One order's row, its price in cents."""
    from databento_dbn import Action, MBOMsg, Side

    fields: dict[str, Any] = {
        "publisher_id": 2, "instrument_id": 5, "ts_event": OPEN + round(at * NS) - 1_000, "order_id": number,
        "price": cents * 10_000_000 or 2**63 - 1, "size": size, "channel_id": 0, "action": Action.from_str(action),
        "side": Side.from_str(side), "ts_recv": OPEN + round(at * NS), "flags": flags, "sequence": round(abs(at) * 1_000),
    } | more  # fmt: skip
    return MBOMsg(**fields)


def dbn(
    path: Path,
    records: Iterable[Any],
    *,
    schema: str = "mbp-1",
    dataset: str = "XNAS.ITCH",
    ids: dict[str, int] | None = None,
    day: date = date(2026, 1, 9),
) -> Path:
    """A file of these records, packed where the name says so; `ids` maps symbols to instruments on that day."""
    from databento_dbn import Compression, Encoding, Metadata, Schema, SType, Transcoder

    following = day + timedelta(days=1)
    mappings = [
        SimpleNamespace(
            raw_symbol=symbol,
            intervals=[SimpleNamespace(start_date=day, end_date=following, symbol=str(number))],
        )
        for symbol, number in (ids or {"BAC": 5}).items()
    ]
    head = Metadata(
        dataset=dataset,
        start=int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * NS,
        stype_in=SType.from_str("raw_symbol"),
        stype_out=SType.from_str("instrument_id"),
        schema=Schema.from_str(schema),
        symbols=list(ids or {"BAC": 5}),
        mappings=mappings,
    )
    whole = head.encode() + b"".join(record.__bytes__() for record in records)
    if path.suffix != ".zst":
        path.write_bytes(whole)
        return path
    packed = io.BytesIO()
    transcoder = Transcoder(
        packed, Encoding.from_str("dbn"), Compression.from_str("zstd"), pretty_px=False, pretty_ts=False
    )
    transcoder.write(whole)
    transcoder.flush()
    del transcoder
    path.write_bytes(packed.getvalue())
    return path


def dbn_trade(
    at: float, price: int = 138_600, size: int = 100, side: str = "N", *, base: int = OPEN, **more: Any
) -> object:
    """A trade, `price` in units of $0.0001."""
    from databento_dbn import Action, Side, TradeMsg

    return TradeMsg(**_common(at, price, size, base, more), action=Action.from_str("T"), side=Side.from_str(side))


def dbn_book(
    at: float,
    levels: Sequence[tuple[int, int, int, int]],
    *,
    action: str = "A",
    side: str = "N",
    price: int = 138_600,
    size: int = 100,
    base: int = OPEN,
    **more: Any,
) -> object:
    """A record with the book, levels as `(bid, size, ask, size)`, a price of 0 for none; one level or up to ten."""
    from databento_dbn import Action, BidAskPair, MBP1Msg, MBP10Msg, Side

    undefined = 2**63 - 1
    pairs = [
        BidAskPair(
            bid_px=bid * 100_000 or undefined, ask_px=ask * 100_000 or undefined, bid_sz=bid_size, ask_sz=ask_size
        )
        for bid, bid_size, ask, ask_size in levels
    ]
    common: dict[str, Any] = {
        **_common(at, price, size, base, more),
        "action": Action.from_str(action),
        "side": Side.from_str(side),
    }
    if len(pairs) == 1:
        return MBP1Msg(**common, levels=pairs[0])  # type: ignore[arg-type]
    return MBP10Msg(**common, levels=[*pairs, *[BidAskPair()] * (10 - len(pairs))])


def _common(at: float, price: int, size: int, base: int, more: dict[str, Any]) -> dict[str, Any]:
    time_ns = base + round(at * NS)
    common = {
        "publisher_id": 2, "instrument_id": 5, "ts_event": time_ns - 1_000, "price": price * 100_000, "size": size,
        "depth": 0, "ts_recv": time_ns, "flags": 128,
    }  # fmt: skip
    return {**common, **more}


def as_dbn(path: Path, symbol: str, events: Sequence[Event], *, schema: str = "mbp-1") -> Path:
    """Other events as a DBN file."""
    count = {"trades": 0, "mbp-1": 1, "mbp-10": 10}[schema]
    records = []
    for event in events:
        if isinstance(event, Print):
            side = {BUY: "B", SELL: "A"}.get(event.side, "N")
            more: dict[str, Any] = {
                "price": event.price, "size": event.size, "side": side, "base": event.time_ns, "sequence": event.seq,
            }  # fmt: skip
            before = [(1, 1, 2, 1)] * count
            records.append(dbn_book(0, before, action="T", **more) if count else dbn_trade(0, **more))
        elif isinstance(event, Book) and count:
            sides = [(*side, *[(0, 0)] * (count - len(side))) for side in (event.bids, event.asks)]
            levels = [(*bid, *ask) for bid, ask in zip(*sides, strict=True)]
            records.append(dbn_book(0, levels, base=event.time_ns))
    day = datetime.fromtimestamp(events[0].time_ns // NS, UTC).date()
    return dbn(path, records, schema=schema, ids={symbol: 5}, day=day)
