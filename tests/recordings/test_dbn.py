"""Databento's files: the package's own encoder writes them, the reader gives back what was meant."""

import contextlib
import random
import sys
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.core.model.events import BUY, REGULAR, SELL, SIDE_GIVEN, UNKNOWN, Book, Event, Gap, Print
from orderflow_tui.recordings.formats.dbn import open_dbn, symbol_events
from orderflow_tui.recordings.formats.recorded_session import RecordingError, repeated_rows
from orderflow_tui.recordings.open_recording import open_recording
from tests.real.sessions import AAPL, recording

from .reader_files import NS, OPEN, as_dbn, dbn, dbn_book, dbn_order, dbn_trade

needs_dbn = pytest.mark.skipif(find_spec("databento_dbn") is None, reason="the extra databento is not installed")
TOP = (138_600, 300, 138_700, 500)


def events(path: Path, symbol: str = "", *, infer_sides: bool = False) -> list[Event]:
    given = f"{path}:{symbol}" if symbol else str(path)
    return list(open_recording(given).events(infer_sides=infer_sides))


def test_a_missing_package_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.dbn").write_bytes(b"DBN\x03")
    monkeypatch.setitem(sys.modules, "databento_dbn", None)
    with pytest.raises(RecordingError, match=r"pip install 'orderflow-tui\[databento\]'"):
        open_recording(str(tmp_path / "x.dbn"))


@needs_dbn
@pytest.mark.parametrize("ending", ["dbn", "dbn.zst"])
def test_records_become_events_in_the_files_order(tmp_path: Path, ending: str) -> None:
    path = dbn(
        tmp_path / f"xnas-20260109.mbp-1.{ending}",
        [
            dbn_book(0, [TOP]),
            dbn_book(1, [TOP], action="T", side="A", size=100),
            dbn_book(1, [(138_600, 200, 138_700, 500)], action="C"),
            dbn_book(1, [(138_600, 200, 138_700, 500)], action="M"),
            dbn_book(2, [(138_600, 200, 138_700, 500)], action="T", side="B", price=138_700, size=5),
            dbn_book(3, [TOP], action="T", side="N", price=138_650, size=7),
            dbn_book(3, [TOP], action="T", size=0),
            dbn_book(4, [TOP], instrument_id=6),
            dbn_book(5, [(0, 0, 0, 0)], action="R"),
        ],
        ids={"BAC": 5, "MSFT": 6},
    )
    given = REGULAR | SIDE_GIVEN

    def printed(at: int, seq: int, price: int, size: int, *, flags: int, side: int) -> Print:
        return Print(OPEN + at * NS, seq, price, size, flags, side, 2, participant_ns=OPEN + at * NS - 1_000)

    expected = [
        Book(OPEN, 1, ((138_600, 300),), ((138_700, 500),)),
        printed(1, 2, 138_600, 100, flags=given, side=SELL),
        Book(OPEN + NS, 3, ((138_600, 200),), ((138_700, 500),)),
        printed(2, 5, 138_700, 5, flags=given, side=BUY),
        printed(3, 6, 138_650, 7, flags=REGULAR, side=UNKNOWN),
        Book(OPEN + 5 * NS, 9, (), ()),
    ]
    assert events(path, "BAC") == expected
    inferred = {
        (event.side, event.flags) for event in events(path, "BAC", infer_sides=True) if isinstance(event, Print)
    }
    assert inferred == {(UNKNOWN, REGULAR)}
    with pytest.raises(RecordingError, match="this file holds 2 symbols: give one after a colon"):
        events(path)
    with pytest.raises(RecordingError, match="no symbol 'IBM' in this file"):
        events(path, "IBM")


@needs_dbn
@pytest.mark.parametrize(
    ("schema", "dataset", "levels", "single", "label"),
    [
        ("mbp-10", "XNAS.ITCH", 10, True, "10 levels"),
        ("mbp-1", "XNAS.ITCH", 1, True, "one venue's best, 1 level"),
        ("mbp-1", "EQUS.MINI", 1, False, "NBBO, 1 level"),
        ("trades", "XNAS.ITCH", 1, True, "NO QUOTES"),
    ],
)
def test_what_it_can_show(tmp_path: Path, *, schema: str, dataset: str, levels: int, single: bool, label: str) -> None:
    session = open_recording(str(dbn(tmp_path / "a.dbn", [], schema=schema, dataset=dataset)))
    assert (session.name, session.symbol) == ("bac_a", "BAC")
    shown = session.capabilities()
    assert (shown.depth_levels, shown.single_venue, shown.depth_label) == (levels, single, label)
    assert shown.joint_sequence
    assert shown.sides_given
    assert not session.capabilities(infer_sides=True).sides_given


@needs_dbn
def test_ten_levels_and_trades_alone(tmp_path: Path) -> None:
    levels = [(138_600 - at * 100, 100 + at, 138_700 + at * 100, 200 + at) for at in range(10)]
    (book,) = events(dbn(tmp_path / "a.dbn", [dbn_book(0, levels)], schema="mbp-10"))
    assert isinstance(book, Book)
    assert book.bids == tuple((bid, size) for bid, size, _, _ in levels)
    assert book.asks == tuple((ask, size) for _, _, ask, size in levels)
    (found,) = events(dbn(tmp_path / "b.dbn", [dbn_trade(0, side="B")], schema="trades"))
    assert isinstance(found, Print)
    assert found.side == BUY


@needs_dbn
def test_a_lost_message_opens_one_gap(tmp_path: Path) -> None:
    records = [dbn_book(0, [TOP]), *[dbn_book(1 + at, [TOP], flags=128 | 4) for at in range(3)], dbn_book(5, [TOP])]
    found = events(dbn(tmp_path / "a.dbn", records))
    assert [(type(event), event.time_ns - OPEN) for event in found] == [(Book, 0), (Gap, NS)]


@needs_dbn
def test_a_time_its_own_flag_calls_wrong_is_held_any_other_refused(tmp_path: Path) -> None:
    late: dict[str, Any] = {"action": "T", "side": "A"}
    records = [dbn_book(2, [TOP]), dbn_book(1, [TOP], flags=128 | 8, **late)]
    assert [event.time_ns for event in events(dbn(tmp_path / "a.dbn", records))] == [OPEN + 2 * NS] * 2
    records = [dbn_book(2, [TOP]), dbn_book(1, [TOP], **late)]
    with pytest.raises(RecordingError, match=r"a\.dbn: record 2: time \d+ is out of range or before"):
        events(dbn(tmp_path / "a.dbn", records))


@needs_dbn
def test_an_instrument_is_the_symbol_on_its_days_only(tmp_path: Path) -> None:
    path = dbn(tmp_path / "a.dbn", [dbn_book(0, [TOP])], day=date(2026, 1, 8))
    assert events(path) == []


@needs_dbn
def test_symbols_of_one_file_are_read_in_one_pass_and_each_as_if_alone(tmp_path: Path) -> None:
    records = [
        dbn_book(at, [(138_600, 100 + at, 138_700, 500)], instrument_id=5 + at % 3, action="ATC"[at % 3])
        for at in range(30)
    ]
    path = dbn(tmp_path / "a.dbn", records, ids={"BAC": 5, "MSFT": 6, "NO": 9, "T": 7})
    sessions = [open_dbn(path, symbol) for symbol in ("T", "MSFT", "NO")]
    read: dict[Path, int] = {}
    found: dict[str, list[Event]] = {}
    for session, event in symbol_events(sessions, reading=read.__setitem__):
        found.setdefault(session.symbol, []).append(event)
    assert found == {symbol: events(path, symbol) for symbol in ("MSFT", "T")}
    assert events(path, "NO") == []
    assert read == {path: path.stat().st_size}


@needs_dbn
@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (lambda: dbn_book(1, [(-5, 100, 138_700, 100)]), "price -500000 .* must be above 0"),
        (lambda: dbn_book(1, [TOP], action="T", price=0), "price 0 .* must be above 0"),
        (lambda: dbn_book(1, [TOP], publisher_id=3), "books of several venues"),
        (lambda: dbn_book(1, [TOP], ts_recv=OPEN - 1), "before the record above"),
    ],
)
def test_a_bad_record_is_one_line_of_error(tmp_path: Path, record: object, reason: str) -> None:
    assert callable(record)
    path = dbn(tmp_path / "a.dbn", [dbn_book(0, [TOP]), record()])
    with pytest.raises(RecordingError, match=rf"a\.dbn: record 2: .*{reason}"):
        events(path)


@needs_dbn
def test_what_is_no_dbn_or_broken_off_is_an_error_not_a_crash(tmp_path: Path) -> None:
    path = dbn(tmp_path / "a.dbn", [dbn_book(at, [TOP]) for at in range(20)])
    whole = path.read_bytes()
    for broken in (b"", b"DBN", b"DBN\x63" + b"\0" * 60, b"x" * 400, whole[:-7], whole + b"\0" * 200):
        path.write_bytes(broken)
        with pytest.raises(RecordingError, match="not readable as DBN"):
            events(path)
    for broken in (b"\x28\xb5\x2f\xfd" + b"junk" * 20, b"junk" * 20):
        (tmp_path / "b.dbn.zst").write_bytes(broken)
        with pytest.raises(RecordingError, match="not readable as DBN"):
            events(tmp_path / "b.dbn.zst")


@needs_dbn
def test_a_record_of_impossible_length_is_one_line_and_no_panic(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = dbn(tmp_path / "a.dbn", [dbn_book(at, [TOP]) for at in range(3)])
    whole = bytearray(path.read_bytes())
    head = 8 + int.from_bytes(whole[4:8], "little")
    whole[head : head + 2] = bytes((2, 0x13))
    path.write_bytes(whole)
    with pytest.raises(RecordingError, match="not readable as DBN: a record of 8 bytes and type 19"):
        events(path)
    assert capfd.readouterr().err == ""


@needs_dbn
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_damaged_anywhere_says_one_line_and_nothing_on_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], *, packed: bool
) -> None:
    from zstandard import compress

    draw = random.Random(15)
    kinds = {"mbp-1": [dbn_book(at, [TOP], action="AT"[at % 2], side="A", size=9) for at in range(4)]}
    kinds["mbo"] = [dbn_order("A", "B", at, 2_500, at=at) for at in range(4)]
    wholes = [dbn(tmp_path / f"{name}.dbn", rows, schema=name).read_bytes() for name, rows in kinds.items()]
    damaged = [bytearray(whole[:cut]) for whole in wholes for cut in range(0, len(whole), 9)]
    for _ in range(200):
        damaged.append(bytearray(draw.choice(wholes)))
        for _ in range(draw.choice((1, 2, 20))):
            damaged[-1][draw.randrange(len(damaged[-1]))] ^= 1 << draw.randrange(8)
    # Each byte of the head that says how records look: their type's schema, and whether they say when they were sent.
    for whole in wholes:
        for at in range(24, 60):
            damaged.append(bytearray(whole))
            damaged[-1][at] ^= 1
    path = tmp_path / ("x.dbn.zst" if packed else "x.dbn")
    for data in damaged:
        path.write_bytes(compress(data) if packed else data)
        with contextlib.suppress(RecordingError):
            events(path)
    assert capfd.readouterr().err == ""


@needs_dbn
def test_a_packed_file_is_read_over_its_frames_and_not_past_a_cut(tmp_path: Path) -> None:
    from zstandard import compress

    plain = dbn(tmp_path / "a.dbn", [dbn_book(at, [(138_600, 100 + at, 138_700, 500)]) for at in range(40)])
    whole, path = plain.read_bytes(), tmp_path / "b.dbn.zst"
    path.write_bytes(compress(whole[:1_500]) + compress(whole[1_500:]))
    assert events(path) == events(plain)
    path.write_bytes(compress(whole)[:-5])
    with pytest.raises(RecordingError, match="not readable as DBN"):
        events(path)


@needs_dbn
def test_a_trade_that_stands_there_twice_is_counted_once_and_said(tmp_path: Path) -> None:
    trade = dbn_book(1, [TOP], action="T", side="A", size=100)
    session = open_recording(str(dbn(tmp_path / "a.dbn", [dbn_book(0, [TOP]), trade, trade, dbn_book(2, [TOP])])))
    assert sum(isinstance(event, Print) for event in session.events()) == 1
    assert repeated_rows([session]) == 1


@needs_dbn
def test_other_schemas_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="schema ohlcv-1s: expected one of trades, mbp-1, mbp-10"):
        open_recording(str(dbn(tmp_path / "a.dbn", [], schema="ohlcv-1s")))


@needs_dbn
def test_a_recorded_session_goes_there_and_back(tmp_path: Path) -> None:
    original = list(recording(AAPL).events())
    back = events(as_dbn(tmp_path / "a.dbn.zst", "AAPL", original, schema="mbp-10"))
    assert len(back) == len(original) > 8_000
    for one, other in zip(original, back, strict=True):
        assert one.time_ns == other.time_ns
        if isinstance(one, Book):
            assert isinstance(other, Book)
            assert (one.bids, one.asks) == (other.bids, other.asks)
        else:
            assert isinstance(one, Print)
            assert isinstance(other, Print)
            assert (one.price, one.size, one.side) == (other.price, other.size, other.side)
