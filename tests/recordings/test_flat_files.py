"""Flat files: columns by name, eligibility as live, one symbol of a market, lots and shares, hostile rows."""

import random
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.model.events import LATE_REPORT, OFF_EXCHANGE, REGULAR, UNKNOWN, VOLUME, Book, Print
from orderflow_tui.feeds.polygon.sale_conditions import FINRA_VENUE, flags_for
from orderflow_tui.recordings.formats import flat_files, market_file
from orderflow_tui.recordings.formats.flat_files import FlatSession, open_flat, symbol_events
from orderflow_tui.recordings.formats.recorded_session import RecordingError, repeated_rows, repeated_words
from orderflow_tui.recordings.open_recording import open_recording

from .reader_files import NS, OPEN, QUOTES_HEAD, TRADES_HEAD, flat, flat_quote, flat_trade, put

BEFORE_SHARES = 1_712_323_800 * NS
"""2024-04-05 09:30 in New York."""


def opened(path: Path, symbol: str = "BAC") -> FlatSession:
    session = open_recording(f"{path}:{symbol}")
    assert isinstance(session, FlatSession)
    return session


def prints(path: Path) -> list[Print]:
    return [event for event in opened(path).events() if isinstance(event, Print)]


def books(path: Path) -> list[Book]:
    return [event for event in opened(path).events() if isinstance(event, Book)]


@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_a_symbol_of_a_market_is_read_by_time_prints_first(tmp_path: Path, ending: str) -> None:
    around = [flat_trade(at, at, ticker="AAPL") for at in range(3)]
    trades = [*around, flat_trade(1, 7, "13.8650"), flat_trade(2, 9, size="25.000000"), flat_trade(0, 1, ticker="BAM")]
    quotes = [
        flat_quote(0, 1, ticker="BA"),
        flat_quote(1, 2),
        flat_quote(2, 8, ask_size="0"),
        flat_quote(2.5, 9, bid="0.0", bid_size="0"),
        flat_quote(0, 1, ticker="BAC.WS"),
    ]
    path = flat(tmp_path, trades, quotes, ending=ending)
    second = NS
    assert list(opened(path).events()) == [
        Print(OPEN + second, 7, 138_650, 100, REGULAR, UNKNOWN, 11, 0, "7", OPEN + second),
        Book(OPEN + second, 2, ((138_600, 300),), ((138_700, 500),)),
        Print(OPEN + 2 * second, 9, 138_600, 25, REGULAR, UNKNOWN, 11, 0, "9", OPEN + 2 * second),
        Book(OPEN + 2 * second, 8, ((138_600, 300),), ()),
        Book(OPEN + 2_500_000_000, 9, (), ((138_700, 500),)),
    ]


def test_what_it_can_show(tmp_path: Path) -> None:
    path = flat(tmp_path, [flat_trade(0, 1)], [flat_quote(0, 1)])
    for one in (path, Path(str(path).replace("trades_v1", "quotes_v1"))):
        session = opened(one)
        assert (session.name, session.symbol) == ("bac_2026-01-09", "BAC")
        shown = session.capabilities(infer_sides=True)
        assert (shown.depth_levels, shown.quotes, shown.streaming) == (1, True, True)
        assert (shown.joint_sequence, shown.single_venue, shown.sides_given) == (False, False, False)
        assert shown.source_class == "replayed"


def test_trades_alone_say_that_there_are_no_quotes_and_quotes_alone_are_refused(tmp_path: Path) -> None:
    path = flat(tmp_path, [flat_trade(0, 1)], None)
    session = opened(path)
    assert session.capabilities().depth_label == "NO QUOTES"
    assert len(list(session.events())) == 1
    quotes = put(tmp_path / "alone" / "quotes.csv", f"{QUOTES_HEAD}\n{flat_quote(0, 1)}\n")
    with pytest.raises(RecordingError, match="no trades beside these quotes"):
        opened(quotes)
    put(tmp_path / "alone" / "trades.csv", f"{TRADES_HEAD}\n{flat_trade(0, 1)}\n")
    assert len(list(opened(quotes).events())) == 2


def test_columns_go_by_name_wherever_they_stand(tmp_path: Path) -> None:
    names = TRADES_HEAD.split(",")
    order = random.Random(5).sample(range(len(names)), len(names))
    rows = [flat_trade(at, at, size=str(100 + at)).split(",") for at in range(3)]
    others = [flat_trade(at, at, ticker=ticker).split(",") for ticker in ("AA", "ZZ") for at in range(3)]
    shuffled = [",".join(row[at] for at in order) for row in (*others[:3], *rows, *others[3:])]
    head = ",".join(names[at] for at in order).replace("ticker", "Ticker").replace("price", "PRICE")
    path = flat(tmp_path, shuffled, trades_head=f"\ufeff{head}")
    assert [(event.seq, event.size) for event in prints(path)] == [(0, 100), (1, 101), (2, 102)]


@pytest.mark.parametrize("conditions", ["", "12", "12,37", "15", "16,37", "8", "9", "2", "32", "4095"])
@pytest.mark.parametrize(
    ("exchange", "trf", "late"), [("11", "0", 0.0), ("4", "202", 0.0), ("4", "202", 11.0), ("0", "", 0.0)]
)
def test_prints_count_for_what_they_count_live(
    tmp_path: Path, conditions: str, exchange: str, trf: str, late: float
) -> None:
    row = flat_trade(20, 1, conditions=conditions, exchange=exchange, trf=trf, late=late)
    (found,) = prints(flat(tmp_path, [row]))
    expected = flags_for(
        tuple(map(int, conditions.split(","))) if conditions else (),
        venue=int(exchange),
        trf_id=int(trf or 0),
        sip_ns=found.time_ns,
        participant_ns=found.participant_ns,
    )
    assert found.flags == expected
    if exchange == str(FINRA_VENUE) and not conditions:
        assert found.flags == ((VOLUME | OFF_EXCHANGE | LATE_REPORT) if late else (REGULAR | OFF_EXCHANGE))


def test_corrected_cancelled_and_fractional_prints_are_left_out(tmp_path: Path) -> None:
    rows = [flat_trade(at, at, correction=text) for at, text in enumerate(["0", "1", "7", "8", "10", "11", "12", ""])]
    path = flat(tmp_path, [*rows, flat_trade(8, 8, size="0.7118"), flat_trade(9, 9, size="1.5")])
    assert [(event.seq, event.size) for event in prints(path)] == [(0, 100), (6, 100), (7, 100), (9, 1)]


def test_locked_and_crossed_quotes_are_left_out_as_live(tmp_path: Path) -> None:
    quotes = [flat_quote(0, 1), flat_quote(1, 2, "13.87"), flat_quote(2, 3, "13.88"), flat_quote(3, 4, "13.85")]
    assert [book.seq for book in books(flat(tmp_path, [flat_trade(0, 1)], quotes))] == [1, 4]


@pytest.mark.parametrize(
    ("base", "sizes", "shares"),
    [
        (OPEN, ["3", "250"], [3, 250]),
        (BEFORE_SHARES, ["3", "250"], [300, 25_000]),
        (BEFORE_SHARES, ["100", "200"], [100, 200]),
    ],
)
def test_round_lots_become_shares_where_the_file_is_old_and_has_them(
    tmp_path: Path, base: int, sizes: list[str], shares: list[int]
) -> None:
    quotes = [flat_quote(at, at, bid_size=size, base=base) for at, size in enumerate(sizes)]
    found = books(flat(tmp_path, [flat_trade(0, 1, base=base)], quotes))
    assert [book.bids[0][1] for book in found] == shares


def test_the_day_of_the_change_is_new_yorks(tmp_path: Path) -> None:
    for shift, size in ((-1, 300), (0, 3)):
        path = flat(
            tmp_path / str(shift),
            [flat_trade(0, 1)],
            [flat_quote(0, 1, bid_size="3", base=flat_files.SHARES_SINCE_NS + shift)],
        )
        assert books(path)[0].bids == ((138_600, size),)


def test_rows_a_little_out_of_place_are_put_in_order_and_far_ones_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flat_files, "_ROOM", 3)
    path = flat(tmp_path, [flat_trade(at, at) for at in (2, 1, 3, 0, 5, 4)])
    assert [event.seq for event in prints(path)] == [0, 1, 2, 3, 4, 5]
    path = flat(tmp_path, [flat_trade(at, at) for at in (2, 3, 4, 5, 6, 1)])
    with pytest.raises(RecordingError, match=r"trades_v1.*: line 7: time \d+ lies more than 3 rows back"):
        prints(path)


def test_a_market_is_passed_over_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tickers = ["A", "AB", "ABAC", "BA", "BAC", "BACA", "BB", "C"]
    rows = [flat_trade(at, at, ticker=ticker) for ticker in tickers for at in range(40)]
    path = flat(tmp_path, [*rows, "junk,that,nobody,reads"])
    for chunk in (1, 50, 700, 4_000, 1 << 20):
        monkeypatch.setattr(market_file, "_CHUNK", chunk)
        assert [event.seq for event in prints(path)] == list(range(40))


def test_a_bad_row_is_named_by_its_line_far_down_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(market_file, "_CHUNK", 1_000)
    rows = [flat_trade(at, at, ticker="AAPL") for at in range(400)]
    path = flat(tmp_path, [*rows, flat_trade(0, 1), flat_trade(1, 2, price="x")])
    with pytest.raises(RecordingError, match=r"2026-01-09\.csv\.gz: line 403: could not convert"):
        prints(path)


def test_rows_that_lie_apart_are_refused(tmp_path: Path) -> None:
    path = flat(tmp_path, [flat_trade(0, 1), flat_trade(1, 2, ticker="MSFT"), flat_trade(2, 3)])
    with pytest.raises(RecordingError, match="line 3: rows of BAC lie apart; the file must be sorted by ticker"):
        prints(path)


def test_a_symbol_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = flat(tmp_path, [flat_trade(0, 1)], [flat_quote(0, 1)])
    with pytest.raises(RecordingError, match="no rows for IBM"):
        list(opened(path, "IBM").events())
    with pytest.raises(RecordingError, match=r"give one after a colon, as in 2026-01-09\.csv\.gz:AAPL"):
        open_recording(str(path))
    with pytest.raises(RecordingError, match="give one after a colon"):
        open_flat(path, "")


@pytest.mark.parametrize("column", ["conditions", "correction", "sequence_number", "size"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    path = flat(tmp_path, [flat_trade(0, 1)], trades_head=TRADES_HEAD.replace(column, "other"))
    with pytest.raises(RecordingError, match=f"line 1: the column {column} is missing"):
        opened(path)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("BAC,1,2", "3 columns where the head has 13"),
        (flat_trade(1, 2, price="-1"), "not above 0"),
        (flat_trade(1, 2, price="nan"), "line 3"),
        (flat_trade(1, 2, price="1e300"), "is impossible"),
        (flat_trade(1, 2, size="-5"), "below 0"),
        (flat_trade(1, 2, size="inf"), "is impossible"),
        (flat_trade(1, 2, conditions="12,x"), "invalid literal"),
        (flat_trade(1, 2, correction="e"), "invalid literal"),
        (flat_trade(1, -2), "-2 is out of range"),
        (flat_trade(1, 1 << 63), "out of range"),
        (flat_trade(1, 2, base=-OPEN), "out of range"),
        (flat_trade(1, 2, trf="9" * 30), "out of range"),
        (flat_trade(1, 2).replace("BAC,", 'BAC,"'), "line 3"),
        (flat_trade(1, 2, base=0).replace(str(NS), "0"), "has no time"),
    ],
)
def test_a_bad_trade_is_one_line_of_error(tmp_path: Path, row: str, reason: str) -> None:
    path = flat(tmp_path, [flat_trade(0, 1), row])
    with pytest.raises(RecordingError, match=reason) as error:
        prints(path)
    assert f"{path}: line 3" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (flat_quote(1, 2, "-1"), "below 0"),
        (flat_quote(1, 2, "inf"), "is impossible"),
        (flat_quote(1, 2, "nan"), "cannot convert"),
        (flat_quote(1, 2, bid_size="-3"), "below 0"),
        (flat_quote(1, 2, bid_size="1e40"), "is impossible"),
        (flat_quote(1, 2, base=-NS), "a quote has no time"),
    ],
)
def test_a_bad_quote_is_one_line_of_error(tmp_path: Path, row: str, reason: str) -> None:
    path = flat(tmp_path, [flat_trade(0, 1)], [flat_quote(0, 1), row])
    with pytest.raises(RecordingError, match=rf"quotes_v1.*: line 3: .*{reason}"):
        books(path)


def test_a_torn_gzip_is_an_error_not_a_crash(tmp_path: Path) -> None:
    path = flat(tmp_path, [flat_trade(at, at) for at in range(500)])
    whole = path.read_bytes()
    for broken in (whole[:-20], whole[:200] + b"\xff" * 60 + whole[260:]):
        path.write_bytes(broken)
        with pytest.raises(RecordingError, match="not readable"):
            prints(path)


CELL = st.one_of(
    st.text(max_size=12),
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(str),
    st.sampled_from(["BAC", "", "0", "12", '"12,37"', "13.86", "100", str(OPEN), '"']),
)
ROW = st.one_of(
    st.text(max_size=80), st.lists(CELL, min_size=12, max_size=14).map(lambda cells: ",".join(["BAC", *cells[:12]]))
)


@given(trade=ROW, quote=ROW)
def test_any_row_is_an_event_or_one_error(trade: str, quote: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = flat(Path(folder), [flat_trade(0, 1), trade, flat_trade(1, 2)], [flat_quote(0, 1), quote], ending=".csv")
        try:
            found = list(opened(path).events())
        except RecordingError as error:
            assert str(error).isprintable()  # noqa: PT017
        else:
            assert all(one.time_ns <= other.time_ns for one, other in pairwise(found))


def test_many_symbols_are_read_in_one_pass_and_each_as_if_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(9)
    tickers = ["A", "AB", "BAC", "BACpA", "BAC.WS", "IBM", "ZZZ"]
    trades = [flat_trade(at, at, ticker=ticker) for ticker in tickers for at in range(draw.randrange(1, 90))]
    quotes = [flat_quote(at, at, ticker=ticker) for ticker in tickers for at in range(draw.randrange(1, 90))]
    path = flat(tmp_path, trades, quotes)
    wanted = ["ZZZ", "BAC.WS", "BAC", "A", "NOT"]
    for chunk in (1, 300, 1 << 20):
        monkeypatch.setattr(market_file, "_CHUNK", chunk)
        read: dict[Path, int] = {}
        session = opened(path)
        found = {one: list(events) for one, events in symbol_events(session, wanted, read.__setitem__)}
        assert list(found) == ["A", "BAC", "BAC.WS", "ZZZ"]
        assert found == {symbol: list(opened(path, symbol).events()) for symbol in found}
        assert read == {file: file.stat().st_size for file in (session.trades, session.quotes) if file}


def test_a_symbol_with_trades_and_no_quotes_is_named(tmp_path: Path) -> None:
    trades = [flat_trade(0, 1, ticker=ticker) for ticker in ("AAPL", "BAC", "IBM")]
    path = flat(tmp_path, trades, [flat_quote(0, 1, ticker="AAPL"), flat_quote(0, 1, ticker="IBM")])
    found = symbol_events(opened(path), ["AAPL", "BAC", "IBM"])
    assert next(found)[0] == "AAPL"
    with pytest.raises(RecordingError, match=r"quotes_v1.*: no rows for BAC"):
        next(found)


def test_repeated_rows_count_once_and_are_counted(tmp_path: Path) -> None:
    trades, quotes = [flat_trade(at, at) for at in (0, 1, 2)], [flat_quote(at, at) for at in (0, 1)]
    once = opened(flat(tmp_path / "once", trades, quotes))
    again = [*trades, *trades, flat_trade(2, 2).replace(",11,2,", ",11,other,")]
    twice = opened(flat(tmp_path / "twice", again, [*quotes, quotes[1]]))
    for _ in range(2):
        found = list(twice.events())
        assert [one for one in found if getattr(one, "trade_id", "") != "other"] == list(once.events())
        assert len(found) == 6, "another id is another print"
        assert repeated_words(repeated_rows([twice])) == "4 repeated rows counted once"
