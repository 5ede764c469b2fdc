"""Alpaca's payloads: what they mean, and that none can break the reader."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.model.events import AUCTION, LATE_REPORT, OFF_EXCHANGE, PRICE, REGULAR, SIDE, VOLUME, Halt
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.feeds.alpaca import wire
from orderflow_tui.feeds.alpaca.normalize import (
    band_of,
    book_of,
    flags_of,
    halt_of,
    print_of,
    time_ns,
    unknown_letters,
    venue_of,
)
from orderflow_tui.feeds.errors import PayloadError

SAMPLES = Path(__file__).parents[4] / "shared/data/depth/alpaca_stream.json"
AT = 1_796_049_000_123_456_789
"""2026-11-30T14:30:00.123456789Z."""
MARKET = (
    wire.StreamTrade,
    wire.StreamQuote,
    wire.StreamCorrection,
    wire.StreamCancel,
    wire.StreamBand,
    wire.StreamHalt,
)


def samples() -> Any:
    if not SAMPLES.exists():
        pytest.skip("the payload samples are not here")
    return json.loads(SAMPLES.read_bytes())


def trade(**changes: Any) -> wire.TradeRow:
    fields = {"t": "2026-11-30T14:30:00.123456789Z", "p": 25.1, "s": 100, "i": 1, "x": "V", "z": "C", "c": ["@"]}
    return msgspec.convert(fields | changes, wire.TradeRow)


def test_every_sample_of_the_stream_is_read() -> None:
    frames = [wire.decode_frame(json.dumps(said).encode()) for who, said in samples()["stream"] if who == "server"]
    assert not any(frame.bad or frame.unknown for frame in frames)
    events = [event for frame in frames for event in frame.events]
    assert {type(event) for event in events} == {*MARKET, wire.Success, wire.Subscribed}
    first, second = (event for event in events if isinstance(event, wire.StreamTrade))
    made = print_of(second, AT, 2)
    assert (made.time_ns, made.price, made.size, made.trade_id, made.venue) == (AT, 251_150, 37, "102", 15)
    assert print_of(first, AT, 1).flags == REGULAR
    (quote,) = (event for event in events if isinstance(event, wire.StreamQuote))
    assert book_of(quote, 1).bids == ((251_000, 300),)
    (correction,) = (event for event in events if isinstance(event, wire.StreamCorrection))
    assert (correction.old_id, print_of(correction, AT, 3).price, correction.id) == (101, 250_900, 103)
    (band,) = (event for event in events if isinstance(event, wire.StreamBand))
    assert band_of(band) == (239_000, 265_000)
    halts = [halt_of(event) for event in events if isinstance(event, wire.StreamHalt)]
    assert halts == [Halt(AT, True, "Volatility Trading Pause"), Halt(AT, False, "trading resumed")]


def test_every_error_is_read_by_its_number() -> None:
    for row in samples()["errors"]:
        (event,) = wire.decode_frame(json.dumps([row]).encode()).events
        assert isinstance(event, wire.StreamError)
        assert (event.code, event.msg) == (row["code"], row["msg"])


def test_pages_of_prints() -> None:
    page = wire.trades_page(json.dumps(samples()["rest_trades_page"]).encode())
    assert page.trades is not None
    assert print_of(wire.trade_row(page.trades[0]), AT, 0).trade_id == "101"
    assert page.next_page_token
    last = wire.trades_page(json.dumps(samples()["rest_trades_last_page"]).encode())
    assert (last.trades, last.next_page_token) == ([], None)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("2026-11-30T14:30:00Z", 0),
        ("2026-11-30T14:30:00.1Z", 100_000_000),
        ("2026-11-30T14:30:00.123456789Z", 123_456_789),
        ("2026-11-30T14:30:00.000000001Z", 1),
        ("2026-11-30T09:30:00.5-05:00", 500_000_000),
    ],
)
def test_times_are_whole_nanoseconds(text: str, nanoseconds: int) -> None:
    assert time_ns(text) == AT // NS * NS + nanoseconds


@pytest.mark.parametrize(
    "text", ["", "now", "2026-11-30", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z", "٢٠٢٦-11-30T00:00:00Z"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(DataValidationError):
        time_ns(text)


@pytest.mark.parametrize(
    ("letters", "tape", "flags"),
    [
        ("@", "C", REGULAR),
        ("@FI", "C", REGULAR),
        (" T", "A", REGULAR),
        ("B", "A", VOLUME),
        ("B", "C", REGULAR),
        ("W", "C", VOLUME),
        ("@4", "A", VOLUME),
        ("O", "A", VOLUME | PRICE | AUCTION),
        ("Z", "C", VOLUME | LATE_REPORT),
        ("@M", "C", 0),
        ("Q", "A", 0),
        ("9", "B", 0),
        ("@%", "C", VOLUME),
    ],
)
def test_letters_mean_what_their_tape_says(letters: str, tape: str, flags: int) -> None:
    assert flags_of(tuple(letters), tape, "V") == flags


def test_off_exchange_prints_say_so() -> None:
    assert flags_of((), "C", "D") == REGULAR | OFF_EXCHANGE
    assert flags_of(("W",), "A", "V") & SIDE == 0  # W is no letter of tape A: volume only
    assert unknown_letters(("@", "%"), "C") == ("%",)


def test_venues_nobody_knows_stay_apart() -> None:
    assert len({venue_of(letter) for letter in "VDQ!?"}) == 5
    assert venue_of("") == 0


@pytest.mark.parametrize("update", ["canceled", "incorrect"])
def test_what_was_taken_back_counts_for_nothing(update: str) -> None:
    assert print_of(trade(u=update), AT, 0).flags == 0
    assert print_of(trade(u="corrected"), AT, 0).flags == REGULAR


def test_fractions_are_less_than_a_share() -> None:
    assert print_of(trade(s=0.5), AT, 0).size == 0
    assert print_of(trade(s=0), AT, 0).size == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"p": 0}, "TAPE_PRICE"),
        ({"p": -1}, "TAPE_PRICE"),
        ({"p": 1e300}, "TAPE_PRICE"),
        ({"s": -1}, "TAPE_SIZE"),
        ({"s": 1e300}, "TAPE_SIZE"),
        ({"t": "2030-01-01T00:00:00Z"}, "PAYLOAD_MALFORMED"),
    ],
)
def test_impossible_prints_are_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(DataValidationError) as refused:
        print_of(trade(**changes), AT, 0)
    assert refused.value.code == code


def test_one_bad_event_leaves_the_frame_s_others() -> None:
    good = '{"T":"q","S":"A","t":"2026-11-30T14:30:00Z"}'
    frame = wire.decode_frame(f'[{good},{{"T":"t","S":"B","p":"x"}},{{"T":"b","S":"A"}}]'.encode())
    assert len(frame.events) == 1
    assert [(bad.kind, bad.symbol) for bad in frame.bad] == [("t", "B")]
    assert frame.unknown == 1


_texts = st.one_of(st.text(max_size=30), st.just("2026-11-30T14:30:00.123456789Z"), st.sampled_from("tqcxlsABCVD@"))
_values = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _texts, st.lists(_texts, max_size=3))
_keys = st.sampled_from(["T", "S", "t", "p", "s", "i", "x", "z", "c", "bp", "ap", "bs", "as", "u", "d", "sc", "oi", "ci",
                         "cp", "cs", "cc"])  # fmt: skip


def _normalized(frame: wire.StreamMessage) -> None:
    for event in frame.events:
        with contextlib.suppress(DataValidationError):
            if isinstance(event, wire.StreamTrade | wire.StreamCorrection):
                print_of(event, AT, 0)
            elif isinstance(event, wire.StreamQuote):
                book_of(event, 0)
            elif isinstance(event, wire.StreamBand):
                band_of(event)
            elif isinstance(event, wire.StreamHalt):
                halt_of(event)


@given(st.binary(max_size=200))
def test_any_bytes_are_events_or_one_error(data: bytes) -> None:
    with contextlib.suppress(PayloadError):
        _normalized(wire.decode_frame(data))


@given(st.lists(st.dictionaries(_keys, _values, max_size=14), max_size=4))
def test_any_array_is_events_or_one_error(rows: list[dict[str, Any]]) -> None:
    with contextlib.suppress(PayloadError):
        _normalized(wire.decode_frame(json.dumps(rows).encode()))


@given(st.binary(max_size=200))
def test_any_page_is_rows_or_one_error(data: bytes) -> None:
    for read in (wire.trades_page, wire.latest_quotes, wire.latest_trades):
        with contextlib.suppress(PayloadError):
            read(data)
