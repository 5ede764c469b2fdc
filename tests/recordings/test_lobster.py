"""LOBSTER's pairs: sides turned from the resting order's, hidden and crossed prints, halts, empty levels, hostile rows."""

import tempfile
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.model.events import (
    AUCTION,
    BUY,
    HIDDEN,
    PRICE,
    REGULAR,
    SELL,
    SIDE_GIVEN,
    UNKNOWN,
    VOLUME,
    Book,
    Event,
    Halt,
    Print,
)
from orderflow_tui.recordings.formats.recorded_session import RecordingError
from orderflow_tui.recordings.open_recording import open_recording
from tests.real.sessions import AAPL, recording

from .reader_files import NS, as_lobster, lobster, put

MIDNIGHT = 1_340_251_200 * NS
"""2012-06-21 in New York."""
BOOK = "138700,500,138600,300,138800,100,138500,200"
ONE_SIDED = "9999999999,0,138600,300,9999999999,0,-9999999999,0"


def events(path: Path, *, infer_sides: bool = False) -> list[Event]:
    return list(open_recording(str(path)).events(infer_sides=infer_sides))


@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_messages_and_books_become_events_in_their_order(tmp_path: Path, ending: str) -> None:
    messages = [
        "34200.004241176,1,11,300,138600,1",
        "34200.5,4,11,100,138600,1",
        "34200.5,4,12,200,138700,-1",
        "34201.25,5,0,50,138650,-1",
        "34202,3,11,200,138600,1",
        "34203,6,-1,9000,138600,-1",
        "34203,6,-2,0,0,-1",
    ]
    books = [BOOK, BOOK.replace("300", "200"), ONE_SIDED, ONE_SIDED, BOOK, BOOK, BOOK]
    path = lobster(tmp_path, messages, books, ending=ending)
    seen = [(138_600, 300), (138_500, 200)], [(138_700, 500), (138_800, 100)]
    bids, asks = (tuple(side) for side in seen)
    at = [MIDNIGHT + round(second * NS) for second in (34_200.5, 34_201.25, 34_202, 34_203)]
    assert events(path) == [
        Book(MIDNIGHT + 34_200 * NS + 4_241_176, 0, bids, asks),
        Print(at[0], 1, 138_600, 100, REGULAR | SIDE_GIVEN, SELL),
        Book(at[0], 1, ((138_600, 200), (138_500, 200)), asks),
        Print(at[0], 2, 138_700, 200, REGULAR | SIDE_GIVEN, BUY),
        Book(at[0], 2, ((138_600, 300),), ()),
        Print(at[1], 3, 138_650, 50, REGULAR | HIDDEN | SIDE_GIVEN, BUY),
        Book(at[2], 4, bids, asks),
        Print(at[3], 5, 138_600, 9_000, VOLUME | PRICE | AUCTION),
    ]
    assert {(event.side, event.flags & SIDE_GIVEN) for event in events(path, infer_sides=True) if isinstance(event, Print)} == {(UNKNOWN, 0)}  # fmt: skip


def test_what_it_can_show(tmp_path: Path) -> None:
    session = open_recording(str(lobster(tmp_path, ["34200,1,1,300,138600,1"], [BOOK])))
    assert (session.name, session.symbol) == ("BAC_2012-06-21_34200000_57600000", "BAC")
    shown = session.capabilities()
    assert (shown.depth_levels, shown.single_venue, shown.joint_sequence, shown.sides_given) == (2, True, True, True)
    assert (shown.source_class, shown.streaming, shown.quotes) == ("replayed", True, True)
    assert not session.capabilities(infer_sides=True).sides_given


def test_deeper_levels_than_ten_are_left_out(tmp_path: Path) -> None:
    deep = ",".join(f"{138_700 + at},5,{138_600 - at},5" for at in range(12))
    deeper = ",".join(f"{138_700 + at},{5 if at < 10 else 6},{138_600 - at},5" for at in range(12))
    path = lobster(tmp_path, ["34200,1,1,5,138600,1"] * 2, [deep, deeper], levels=12)
    assert open_recording(str(path)).capabilities().depth_levels == 10
    (only,) = events(path)
    assert isinstance(only, Book)
    assert (len(only.bids), len(only.asks)) == (10, 10)


@pytest.mark.parametrize(("day", "given"), [("2014-07-13", True), ("2014-07-14", False)])
def test_hidden_sides_are_true_until_the_day_they_no_longer_are(tmp_path: Path, day: str, given: bool) -> None:
    (found,) = events(lobster(tmp_path, ["34200,5,0,50,138650,1"], ["9999999999,0,-9999999999,0"], day=day, levels=1))[
        :1
    ]
    assert isinstance(found, Print)
    assert (found.side, bool(found.flags & SIDE_GIVEN)) == ((SELL, True) if given else (UNKNOWN, False))


def test_a_halt_ends_when_trading_resumes_not_when_quoting_does(tmp_path: Path) -> None:
    messages = [f"3420{second},7,0,0,{price},-1" for second, price in ((0, -1), (1, 0), (2, 1))]
    halts = [event for event in events(lobster(tmp_path, messages, [BOOK] * 3)) if isinstance(event, Halt)]
    assert [(halt.time_ns - MIDNIGHT, halt.halted) for halt in halts] == [(34_200 * NS, True), (34_202 * NS, False)]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("34200,4,1,100,138600", "expected time,type"),
        ("34199,4,1,100,138600,1", "before the line above"),
        ("34200.1.2,4,1,100,138600,1", "seconds after midnight"),
        ("-1,4,1,100,138600,1", "seconds after midnight"),
        ("86401,4,1,100,138600,1", "seconds after midnight"),
        ("34200,4,1,0,138600,1", "size 0 must be above 0"),
        ("34200,4,1,100,-5,1", "price -5 must be above 0"),
        ("34200,4,1,100,99999999999999999999,1", "price"),
        ("34200,4,1,x,138600,1", "invalid literal"),
        ("34200,4,1,100,138600,2", "direction '2' must be 1 or -1"),
        ("34200,9,1,100,138600,1", "type '9' must be 1 to 7"),
        ("34200,7,0,0,5,-1", "a halt's price '5' must be -1, 0 or 1"),
        ("34200,4,1,100,138600,\u2460", "ascii"),
        ("", "expected time,type"),
    ],
)
def test_a_bad_message_is_one_line_of_error(tmp_path: Path, message: str, reason: str) -> None:
    path = lobster(tmp_path, ["34200,1,1,300,138600,1", message], [BOOK, BOOK])
    with pytest.raises(RecordingError, match=reason) as error:
        events(path)
    assert f"{path}: line 2: " in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("book", "reason"),
    [
        ("138700,500,138600,300", "expected 8 columns for 2 levels, not 4"),
        (BOOK.replace("500", "0"), "size 0 must be above 0"),
        (BOOK.replace("138700", "-138700"), "price -138700 must be above 0"),
        (BOOK.replace("500", "many"), "invalid literal"),
    ],
)
def test_a_bad_book_is_one_line_of_error(tmp_path: Path, book: str, reason: str) -> None:
    path = lobster(tmp_path, ["34200,1,1,300,138600,1"] * 2, [BOOK, book])
    with pytest.raises(RecordingError, match=rf"orderbook_2\.csv: line 2: .*{reason}"):
        events(path)


@pytest.mark.parametrize(("messages", "books", "short"), [(1, 2, "message"), (2, 1, "orderbook")])
def test_files_of_different_lengths_are_refused(tmp_path: Path, messages: int, books: int, short: str) -> None:
    path = lobster(tmp_path, ["34200,1,1,300,138600,1"] * messages, [BOOK] * books)
    with pytest.raises(RecordingError, match=rf"{short}_2\.csv: line 2: missing"):
        events(path)


def test_either_file_or_their_common_name_opens_it(tmp_path: Path) -> None:
    messages = lobster(tmp_path, ["34200,1,1,300,138600,1"], [BOOK])
    common = str(messages).removesuffix("_message_2.csv")
    for name in (str(messages), f"{common}_orderbook_2.csv", common):
        assert open_recording(name).symbol == "BAC"
    put(tmp_path / messages.name.replace("_2.csv", "_5.csv"), "")
    with pytest.raises(RecordingError, match="expected one BAC_2012-06-21_34200000_57600000_message_LEVELS"):
        open_recording(common)


def test_a_missing_half_and_impossible_names_are_named(tmp_path: Path) -> None:
    messages = lobster(tmp_path, ["34200,1,1,300,138600,1"], [BOOK])
    (tmp_path / messages.name.replace("message", "orderbook")).unlink()
    with pytest.raises(RecordingError, match=r"orderbook_2\.csv \(or \.gz\) is missing"):
        open_recording(str(messages))
    for name, reason in (
        ("BAC_2012-13-41_1_2_message_2.csv", "not a day"),
        ("BAC_2012-06-21_1_2_message_0.csv", "one level"),
    ):
        with pytest.raises(RecordingError, match=reason):
            open_recording(str(put(tmp_path / name, "")))


@pytest.mark.parametrize("kind", ["message", "orderbook"])
def test_a_torn_gzip_is_an_error_that_names_it(tmp_path: Path, kind: str) -> None:
    path = lobster(tmp_path, ["34200,1,1,300,138600,1"] * 500, [BOOK] * 500, ending=".csv.gz")
    torn = Path(str(path).replace("message", kind))
    torn.write_bytes(torn.read_bytes()[:-20])
    with pytest.raises(RecordingError, match=rf"{kind}_2\.csv\.gz: not readable"):
        events(path)


def test_a_recorded_session_goes_there_and_back(tmp_path: Path) -> None:
    original = list(recording(AAPL).events())
    path = as_lobster(tmp_path, "AAPL", original, levels=10)
    back = list(open_recording(str(path)).events())
    numbers = {seq: number for number, (seq, _) in enumerate(groupby(original, key=lambda event: event.seq))}
    for event in original:
        event.seq = numbers[event.seq]
    assert len(back) == len(original) > 8_000
    assert back == original


JUNK = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.one_of(
            st.integers(-(10**20), 10**20).map(str),
            st.sampled_from(["34200", "34200.5", "1", "-1", "4", "5", "6", "7", "0", "138600", "nan", "1e5", "", " "]),
        ),
        max_size=9,
    ).map(",".join),
)


@given(message=JUNK, book=JUNK)
def test_any_line_is_an_event_or_one_error(message: str, book: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = lobster(Path(folder), ["34200,1,1,300,138600,1", message], [BOOK, book])
        try:
            events(path)
        except RecordingError as error:
            assert str(error).isprintable()  # noqa: PT017
