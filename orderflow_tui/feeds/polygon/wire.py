"""The vendor's payloads, only the fields that count. In v2 payloads capital letters are the ASK.

Rows are kept raw at first: one malformed row then spoils neither its page nor the other symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec

from orderflow_tui.feeds.errors import PayloadError, one_line
from orderflow_tui.support.decoding import NO_JSON, Whole

T = TypeVar("T")

NULL: Final = msgspec.Raw(b"null")


class LastQuote(
    msgspec.Struct, gc=False, rename={"ask": "P", "ask_size": "S", "bid": "p", "bid_size": "s", "time": "t"}
):
    """The NBBO of a v2 snapshot; a price of 0 or none is a side without a quote."""

    ask: float | None = None
    ask_size: float | None = None
    bid: float | None = None
    bid_size: float | None = None
    time: Whole | None = None


class LastTrade(msgspec.Struct, gc=False, rename={"time": "t", "price": "p", "conditions": "c"}):
    """Of the last trade its time, which proves that the response is fresh, and its price."""

    time: Whole | None = None
    price: float | None = None
    conditions: tuple[int, ...] | None = None


class TickerRow(msgspec.Struct, gc=False, rename={"last_quote": "lastQuote", "last_trade": "lastTrade"}):
    """One symbol of a v2 snapshot; `lastQuote` is absent where the plan has no quotes."""

    ticker: str
    last_quote: LastQuote | None = None
    last_trade: LastTrade | None = None
    updated: Whole | None = None


class SnapshotPage(msgspec.Struct, gc=False):
    """`/v2/snapshot/.../tickers?tickers=A,B`."""

    tickers: list[msgspec.Raw] | None = None
    status: str = ""


class SingleSnapshot(msgspec.Struct, gc=False):
    """`/v2/snapshot/.../tickers/A`."""

    ticker: msgspec.Raw = NULL
    status: str = ""


class BookRow(msgspec.Struct, gc=False):
    """One symbol of `/sim/v1/books`."""

    ticker: str
    t: Whole
    bids: list[tuple[float, float]]
    asks: list[tuple[float, float]]


class BooksPage(msgspec.Struct, gc=False):
    """`/sim/v1/books`."""

    books: list[msgspec.Raw] | None = None
    status: str = ""


class TickerName(msgspec.Struct, gc=False):
    """Whose row this is, read even where the rest of it is malformed."""

    ticker: str


class TradeRow(msgspec.Struct, gc=False):
    """One print of `/v3/trades`; times are nanoseconds. A fractional print has size 0."""

    price: float
    size: float
    sip_timestamp: Whole
    sequence_number: Whole = 0
    exchange: Whole = 0
    id: str | Whole | None = None
    conditions: tuple[Whole, ...] | None = None
    correction: Whole | None = None
    participant_timestamp: Whole | None = None
    trf_id: Whole | None = None


class QuoteRow(msgspec.Struct, gc=False):
    """One quote of `/v3/quotes`; times are nanoseconds, a price of 0 or none is a side without a quote."""

    sip_timestamp: Whole
    bid_price: float | None = None
    ask_price: float | None = None
    sequence_number: Whole = 0


class RowsPage(msgspec.Struct, gc=False):
    """A page of a v3 list."""

    results: list[msgspec.Raw] | None = None
    status: str = ""
    next_url: str | None = None


class Updates(msgspec.Struct, gc=False, rename={"volume": "updates_volume", "last": "updates_open_close"}):
    """What a print with a condition updates."""

    volume: bool
    last: bool


class UpdateRules(msgspec.Struct, gc=False):
    """A condition's rules for the consolidated tape."""

    consolidated: Updates | None = None


class ConditionRow(msgspec.Struct, gc=False):
    """One sale condition; some have no update rules."""

    id: Whole
    update_rules: UpdateRules | None = None
    data_types: tuple[str, ...] = ("trade",)


class ConditionsPage(msgspec.Struct, gc=False):
    """`/v3/reference/conditions`."""

    results: list[ConditionRow] | None = None


class LastNbbo(msgspec.Struct, gc=False):
    """`/v2/last/nbbo`; sizes are shares."""

    results: LastQuote | None = None


class MarketStatus(msgspec.Struct, gc=False, rename={"server_time": "serverTime"}):
    """`/v1/marketstatus/now`."""

    market: str
    server_time: str = ""


class Timeframe(msgspec.Struct, gc=False):
    """`REAL-TIME` or `DELAYED`."""

    timeframe: str = ""


class UniversalRow(msgspec.Struct, gc=False):
    """One symbol of `/v3/snapshot`."""

    ticker: str = ""
    last_quote: Timeframe | None = None
    last_trade: Timeframe | None = None


class UniversalPage(msgspec.Struct, gc=False):
    """`/v3/snapshot`."""

    results: list[UniversalRow] | None = None


_DECODERS: dict[object, msgspec.json.Decoder[Any]] = {}


def decode(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Decode an envelope. Raises PayloadError (`malformed`) where it is not of this form."""
    try:
        return decode_row(body, kind)
    except NO_JSON as error:
        raise PayloadError(message=f"unreadable answer: {one_line(str(error))}", error_type="malformed") from None


def decode_row(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Decode one row. Raises one of `NO_JSON` where it is not of this form."""
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS[kind] = msgspec.json.Decoder(kind)
    decoded: T = decoder.decode(body)
    return decoded


def decode_rows(rows: Sequence[msgspec.Raw], kind: type[list[T]]) -> list[T]:
    """Decode several rows at once, which is far cheaper than one by one. Raises like `decode_row`."""
    return decode_row(b"[" + b",".join(rows) + b"]", kind)
