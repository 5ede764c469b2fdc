"""The vendor's WebSocket frames: arrays that mix events; times are milliseconds except LULD's, told by magnitude."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct, field

from orderflow_tui.feeds.errors import one_line
from orderflow_tui.support.decoding import NO_JSON, Whole


class StreamTrade(
    msgspec.Struct,
    gc=False,
    tag_field="ev",
    tag="T",
    rename={
        "symbol": "sym", "price": "p", "size": "s", "sip_timestamp": "t", "id": "i", "exchange": "x",
        "sequence_number": "q", "conditions": "c", "participant_timestamp": "pt", "trf_id": "trfi",
    },
):  # fmt: skip
    """One print; `size` 0 is a fractional one. There is no correction field: busts are learnt by REST."""

    symbol: str
    price: float
    size: float
    sip_timestamp: Whole
    id: str | Whole | None = None
    exchange: Whole = 0
    sequence_number: Whole = 0
    conditions: tuple[Whole, ...] | None = None
    participant_timestamp: Whole | None = None
    trf_id: Whole | None = None
    correction: Whole | None = None


class StreamQuote(
    msgspec.Struct,
    gc=False,
    tag_field="ev",
    tag="Q",
    rename={"symbol": "sym", "bid": "bp", "bid_size": "bs", "ask": "ap", "ask_size": "as", "time": "t", "seq": "q"},
):
    """The NBBO after a change, sizes in shares; a price of 0 or none is a side without a quote."""

    symbol: str
    time: Whole
    bid: float | None = None
    bid_size: float | None = None
    ask: float | None = None
    ask_size: float | None = None
    seq: Whole = 0


class StreamBand(
    msgspec.Struct,
    gc=False,
    tag_field="ev",
    tag="LULD",
    rename={"symbol": "T", "high": "h", "low": "l", "indicators": "i", "time": "t", "seq": "q"},
):
    """Limit up, limit down: the bands in force, and halts."""

    symbol: str
    time: Whole
    high: float | None = None
    low: float | None = None
    indicators: tuple[Whole, ...] | None = None
    seq: Whole = 0


class StreamStatus(msgspec.Struct, gc=False, tag_field="ev", tag="status"):
    """What the server says of the connection."""

    status: str
    message: str = ""


class _Kind(msgspec.Struct, gc=False):
    ev: str
    sym: str = ""
    T: str = ""


StreamEvent = StreamTrade | StreamQuote | StreamBand | StreamStatus
_KINDS: Final = {"T": StreamTrade, "Q": StreamQuote, "LULD": StreamBand, "status": StreamStatus}
_FRAME: Final = msgspec.json.Decoder(list[StreamEvent])
_ROWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_KIND: Final = msgspec.json.Decoder(_Kind)
_ONE: Final = msgspec.json.Decoder(StreamEvent)


class FrameError(Exception):
    """A frame that is not an array of events at all: nothing of it can be used."""


class BadEvent(Struct, frozen=True):
    """One event of a known kind that cannot be read: `kind` is its `ev`, `symbol` whose it is."""

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
    unknown: Whole = 0


def decode_frame(data: bytes) -> StreamMessage:
    """Decode a frame, setting aside the events in it that cannot be used.

    Raises:
        FrameError: It is no array of objects.
    """
    try:
        return StreamMessage(_FRAME.decode(data))
    except NO_JSON:
        return _one_by_one(data)


def _one_by_one(data: bytes) -> StreamMessage:
    frame = StreamMessage([])
    try:
        rows = _ROWS.decode(data)
    except NO_JSON as error:
        raise FrameError(f"unreadable frame: {one_line(str(error))}") from None
    for raw in rows:
        try:
            kind = _KIND.decode(raw)
        except NO_JSON as error:
            raise FrameError(f"unreadable event: {one_line(str(error))}") from None
        if kind.ev not in _KINDS:
            frame.unknown += 1
            continue
        try:
            frame.events.append(_ONE.decode(raw))
        except NO_JSON as error:
            frame.bad.append(BadEvent(kind.ev, kind.T if kind.ev == "LULD" else kind.sym, one_line(str(error))))
    return frame
