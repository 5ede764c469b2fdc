"""The vendor's messages, only the fields that count. Whatever comes is a message or one `PayloadError`."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from orderflow_tui.feeds.errors import PayloadError, one_line
from orderflow_tui.support.decoding import NO_JSON


class Trade(Struct, tag_field="type", tag="trade"):
    """One print: nanoseconds UTC, dollars, shares, and an id that is the vendor's own."""

    symbol: str
    time_ns: int
    price: float
    size: int
    id: str


class Quote(Struct, tag_field="type", tag="quote"):
    """The best bid and offer after a change; a price of 0 is a side without a quote."""

    symbol: str
    time_ns: int
    bid: float
    bid_size: int
    ask: float
    ask_size: int


class Alive(Struct, tag_field="type", tag="alive"):
    """Nothing older than this will come: the heartbeat."""

    time_ns: int


class Welcome(Struct, tag_field="type", tag="welcome"):
    """The key is taken, the symbols are subscribed."""


class Refused(Struct, tag_field="type", tag="refused"):
    """The key or the plan is refused."""

    reason: str = ""


Message = Trade | Quote | Alive | Welcome | Refused
_MESSAGE: Final[msgspec.json.Decoder[Message]] = msgspec.json.Decoder(Message)


def decode(data: bytes) -> Message:
    """One frame. Raises PayloadError where it cannot be read."""
    try:
        return _MESSAGE.decode(data)
    except NO_JSON as error:
        raise PayloadError(message=one_line(str(error))) from None
