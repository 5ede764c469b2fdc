"""Alpaca's payloads, only the fields that count: frames of the stream and pages of REST.

Times are RFC 3339 with up to nine decimals, sizes are shares, a venue is a letter, conditions are letters whose meaning
depends on the tape (`z`). Source: Alpaca's documentation of real-time stock data and of historical trades and quotes.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct, field

from orderflow_tui.feeds.errors import PayloadError, one_line
from orderflow_tui.support.decoding import NO_JSON, Whole


class TradeRow(
    Struct,
    gc=False,
    rename={
        "time": "t", "price": "p", "size": "s", "id": "i", "venue": "x", "tape": "z", "conditions": "c", "update": "u",
    },
):  # fmt: skip
    """One print of REST; `update` says that it is `canceled`, `incorrect` or `corrected`."""

    time: str
    price: float
    size: float
    id: Whole | str | None = None
    venue: str = ""
    tape: str = ""
    conditions: tuple[str, ...] | None = None
    update: str | None = None


class QuoteRow(
    Struct,
    gc=False,
    rename={"time": "t", "bid": "bp", "bid_size": "bs", "ask": "ap", "ask_size": "as", "tape": "z"},
):
    """The best bid and offer of REST; a price of 0 or none is a side without a quote."""

    time: str
    bid: float | None = None
    bid_size: float | None = None
    ask: float | None = None
    ask_size: float | None = None
    tape: str = ""


class StreamTrade(
    Struct,
    gc=False,
    tag_field="T",
    tag="t",
    rename={
        "symbol": "S", "time": "t", "price": "p", "size": "s", "id": "i", "venue": "x", "tape": "z", "conditions": "c",
    },
):  # fmt: skip
    """One print as it happens."""

    symbol: str
    time: str
    price: float
    size: float
    id: Whole | str | None = None
    venue: str = ""
    tape: str = ""
    conditions: tuple[str, ...] | None = None


class StreamQuote(
    Struct,
    gc=False,
    tag_field="T",
    tag="q",
    rename={
        "symbol": "S", "time": "t", "bid": "bp", "bid_size": "bs", "ask": "ap", "ask_size": "as", "tape": "z",
    },
):  # fmt: skip
    """The best bid and offer after a change."""

    symbol: str
    time: str
    bid: float | None = None
    bid_size: float | None = None
    ask: float | None = None
    ask_size: float | None = None
    tape: str = ""


class StreamCorrection(
    Struct,
    gc=False,
    tag_field="T",
    tag="c",
    rename={
        "symbol": "S", "time": "t", "venue": "x", "tape": "z", "old_id": "oi", "id": "ci", "price": "cp", "size": "cs",
        "conditions": "cc",
    },
):  # fmt: skip
    """A print that is replaced: which one, and by what. `time` is when it was said."""

    symbol: str
    time: str
    old_id: Whole | str
    id: Whole | str
    price: float
    size: float
    venue: str = ""
    tape: str = ""
    conditions: tuple[str, ...] | None = None


class StreamCancel(
    Struct,
    gc=False,
    tag_field="T",
    tag="x",
    rename={"symbol": "S", "time": "t", "venue": "x", "id": "i"},
):
    """A print that is taken back: cancelled or made in error."""

    symbol: str
    time: str
    id: Whole | str
    venue: str = ""


class StreamBand(
    Struct,
    gc=False,
    tag_field="T",
    tag="l",
    rename={"symbol": "S", "time": "t", "upper": "u", "lower": "d"},
):
    """Limit up, limit down: the prices in force."""

    symbol: str
    time: str
    upper: float | None = None
    lower: float | None = None


class StreamHalt(
    Struct,
    gc=False,
    tag_field="T",
    tag="s",
    rename={
        "symbol": "S", "time": "t", "tape": "z", "code": "sc", "message": "sm", "reason_code": "rc", "reason": "rm",
    },
):  # fmt: skip
    """A trading status; its codes depend on the tape."""

    symbol: str
    time: str
    code: str = ""
    message: str = ""
    reason_code: str = ""
    reason: str = ""
    tape: str = ""


class Success(Struct, gc=False, tag_field="T", tag="success"):
    """`connected`, `authenticated`."""

    msg: str = ""


class StreamError(Struct, gc=False, tag_field="T", tag="error"):
    """What the server refuses, by number."""

    code: Whole = 0
    msg: str = ""


class Subscribed(Struct, gc=False, tag_field="T", tag="subscription"):
    """Everything this connection is subscribed to now."""

    trades: tuple[str, ...] | None = None
    quotes: tuple[str, ...] | None = None


Market = StreamTrade | StreamQuote | StreamCorrection | StreamCancel | StreamBand | StreamHalt
"""Events of one symbol."""
StreamEvent = Market | Success | StreamError | Subscribed
_KINDS: Final = frozenset({"t", "q", "c", "x", "l", "s", "success", "error", "subscription"})


class _Kind(Struct, gc=False):
    T: str
    S: str = ""


class BadEvent(Struct, frozen=True):
    """One event of a known kind that cannot be read: its `T`, and whose it is."""

    kind: str
    symbol: str
    reason: str


class StreamMessage(Struct):
    """One frame, decoded.

    Attributes:
        events: Good events in the frame's order.
        bad: Events of a known kind that cannot be read.
        unknown: How many events were of a kind we do not know.
    """

    events: list[StreamEvent]
    bad: list[BadEvent] = field(default_factory=list)
    unknown: int = 0


_FRAME: Final = msgspec.json.Decoder(list[StreamEvent])
_ROWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_KIND: Final = msgspec.json.Decoder(_Kind)
_ONE: Final = msgspec.json.Decoder(StreamEvent)


def decode_frame(data: bytes) -> StreamMessage:
    """Decode a frame, setting aside the events in it that cannot be used.

    Raises:
        PayloadError: It is no array of objects that name their kind.
    """
    try:
        return StreamMessage(_FRAME.decode(data))
    except NO_JSON:
        return _one_by_one(data)


def _one_by_one(data: bytes) -> StreamMessage:
    frame = StreamMessage([])
    try:
        rows = _ROWS.decode(data)
        kinds = [_KIND.decode(raw) for raw in rows]
    except NO_JSON as error:
        raise PayloadError(message=f"unreadable frame: {one_line(str(error))}") from None
    for raw, kind in zip(rows, kinds, strict=True):
        if kind.T not in _KINDS:
            frame.unknown += 1
            continue
        try:
            frame.events.append(_ONE.decode(raw))
        except NO_JSON as error:
            frame.bad.append(BadEvent(kind.T, kind.S, one_line(str(error))))
    return frame


class TradesPage(Struct, gc=False):
    """`/v2/stocks/{symbol}/trades`; rows are kept raw, so that a bad one spoils neither its page nor the others."""

    trades: list[msgspec.Raw] | None = None
    next_page_token: str | None = None


class QuotesPage(Struct, gc=False):
    """`/v2/stocks/{symbol}/quotes`."""

    quotes: list[QuoteRow] | None = None
    next_page_token: str | None = None


class LatestQuotes(Struct, gc=False):
    """`/v2/stocks/quotes/latest?symbols=`: the quote in force of each symbol that has one."""

    quotes: dict[str, msgspec.Raw] | None = None


class LatestTrades(Struct, gc=False):
    """`/v2/stocks/trades/latest?symbols=`: the newest print of each symbol that has one."""

    trades: dict[str, msgspec.Raw] | None = None


_TRADES: Final = msgspec.json.Decoder(TradesPage)
_PAST: Final = msgspec.json.Decoder(QuotesPage)
_LATEST: Final = msgspec.json.Decoder(LatestQuotes)
_NEWEST: Final = msgspec.json.Decoder(LatestTrades)
_TRADE: Final = msgspec.json.Decoder(TradeRow)
_QUOTE: Final = msgspec.json.Decoder(QuoteRow)


def trades_page(body: bytes) -> TradesPage:
    """A page of prints. Raises PayloadError where it cannot be read."""
    try:
        return _TRADES.decode(body)
    except NO_JSON as error:
        raise PayloadError(message=f"trades: {one_line(str(error))}") from None


def quotes_page(body: bytes) -> QuotesPage:
    """A page of past quotes. Raises PayloadError where it cannot be read."""
    try:
        return _PAST.decode(body)
    except NO_JSON as error:
        raise PayloadError(message=f"quotes: {one_line(str(error))}") from None


def latest_quotes(body: bytes) -> LatestQuotes:
    """The quotes in force. Raises PayloadError where it cannot be read."""
    try:
        return _LATEST.decode(body)
    except NO_JSON as error:
        raise PayloadError(message=f"quotes: {one_line(str(error))}") from None


def latest_trades(body: bytes) -> LatestTrades:
    """The newest prints. Raises PayloadError where it cannot be read."""
    try:
        return _NEWEST.decode(body)
    except NO_JSON as error:
        raise PayloadError(message=f"trades: {one_line(str(error))}") from None


def trade_row(raw: msgspec.Raw) -> TradeRow:
    """One print of a page. Raises PayloadError."""
    try:
        return _TRADE.decode(raw)
    except NO_JSON as error:
        raise PayloadError(message=one_line(str(error))) from None


def quote_row(raw: msgspec.Raw) -> QuoteRow:
    """One quote. Raises PayloadError."""
    try:
        return _QUOTE.decode(raw)
    except NO_JSON as error:
        raise PayloadError(message=one_line(str(error))) from None
