"""Frames in any pieces, and no message but a request for market data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import orderflow_tui.feeds.ibkr as package
from orderflow_tui.feeds.ibkr import outgoing, wire
from orderflow_tui.feeds.simulator.ibkr.client_session import ORDERS
from orderflow_tui.feeds.simulator.ibkr.frames import frame

ROWS = [(13, 1, 7, 0, "MEMX", 0, 1, "25.10", "300", 1), (13, 1, 7, 1, "ARCA", 2, 0, "0.0", "0", 1)]


def test_no_order_can_be_framed() -> None:
    sent = {number for number in range(-1, 300) if _frames(number)}
    assert sent == outgoing.ALLOWED
    assert not {str(number) for number in sent} & ORDERS
    # Placing, cancelling and exercising are 3, 4, 58 and 21.
    assert not sent & {3, 4, 21, 58}
    with pytest.raises(outgoing.NotAllowedError):
        outgoing.request(outgoing.TIME, "1\x003")


def _frames(number: int) -> bool:
    try:
        return bool(outgoing.request(number, 1))
    except outgoing.NotAllowedError:
        return False


def test_only_this_builder_writes_to_the_connection() -> None:
    sources = {path.name: path.read_text() for path in Path(package.__path__[0]).glob("*.py")}
    writers = {name for name, text in sources.items() if re.search(r"\.write\(|framed\(", text)}
    assert writers == {"connection.py", "outgoing.py"}
    assert not any("ib_async" in re.sub(r'""".*?"""', "", text, flags=re.DOTALL) for text in sources.values())


@pytest.mark.parametrize("piece", [1, 3, 5, 7, 1_000])
def test_a_stream_cut_anywhere_gives_the_same_rows(piece: int) -> None:
    stream, reader = b"".join(frame(*row) for row in ROWS), wire.FrameReader()
    found = [fields for at in range(0, len(stream), piece) for fields in reader.feed(stream[at : at + piece])]
    assert [wire.message_of(fields) for fields in found] == [
        wire.DepthRow(7, 0, "MEMX", 0, bid=True, price=251_000, size=300),
        wire.DepthRow(7, 1, "ARCA", 2, bid=False, price=0, size=0),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        (13, 1, 7, 0, "MEMX", 0, 1, "nan", "300", 1),
        (13, 1, 7, 0, "MEMX", 5, 1, "25.10", "300", 1),
        (13, 1, 7, 0, "MEMX", 0, 1, "25.10", "-7", 1),
        (13, 1, 7, "x", "MEMX", 0, 1, "25.10", "300", 1),
        (13, 1, 7),
    ],
)
def test_a_row_that_cannot_be_names_the_request_it_answers(fields: tuple[object, ...]) -> None:
    with pytest.raises(wire.WireError) as caught:
        wire.message_of([str(one) for one in fields])
    assert caught.value.request == 7


def test_what_the_wire_writes_where_it_has_nothing() -> None:
    assert wire.price_units_of("-1") == wire.price_units_of("") == wire.price_units_of("1.7976931348623157E308") == 0
    assert wire.size_of("") == wire.size_of("2147483647") == -1
    assert (wire.price_units_of("25.105"), wire.size_of("37.0")) == (251_050, 37)


def test_something_else_on_the_port_is_no_gateway() -> None:
    with pytest.raises(wire.WireError, match="not TWS or IB Gateway"):
        wire.FrameReader().feed(b"HTTP/1.1 400 Bad Request\r\n\r\n")
