import gzip
from pathlib import Path

import pytest

from orderflow_tui.core.model.events import (
    AUCTION,
    BUY,
    HIDDEN,
    OFF_EXCHANGE,
    PRICE,
    REGULAR,
    SELL,
    SIDE_GIVEN,
    UNKNOWN,
    VOLUME,
    Book,
    Gap,
    Print,
)
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.recordings.formats.csv_pair import COIN_SCALE, Recording, open_pair
from orderflow_tui.recordings.formats.recorded_session import RecordingError, repeated_rows, repeated_words
from tests.core.kit import Rules, alerts, exits, held
from tests.feeds.recorded import START, quote, trade, write


def _prints(recording: Recording, *, infer_sides: bool = False) -> list[Print]:
    return [event for event in recording.events(infer_sides=infer_sides) if isinstance(event, Print)]


def test_one_sequence_orders_prints_and_books_the_print_first_at_equal(tmp_path: Path) -> None:
    prefix = write(
        tmp_path,
        trades=[trade(1, 2), trade(1, 5), trade(2, 7)],
        book=[quote(0, 1), quote(1, 2), quote(1, 3), quote(1, 6), quote(3, 8)],
    )
    order = [(type(event).__name__, event.seq) for event in open_pair(prefix).events()]
    assert order == [
        ("Book", 1), ("Print", 2), ("Book", 2), ("Book", 3), ("Print", 5), ("Book", 6), ("Print", 7), ("Book", 8),
    ]  # fmt: skip


@pytest.mark.parametrize("given", ["", ".trades.csv.gz", ".book.csv.gz"])
def test_either_file_or_their_prefix_names_a_recording(tmp_path: Path, given: str) -> None:
    recording = open_pair(write(tmp_path, trades=[trade(0, 1)], book=[quote(0, 1)]) + given)
    assert (recording.name, recording.symbol, recording.levels, recording.size_scale) == ("bac_1", "BAC", 1, 1)
    assert not recording.sides_given
    capabilities = recording.capabilities()
    assert (capabilities.source_class, capabilities.depth_levels, capabilities.streaming) == ("replayed", 1, True)
    assert capabilities.joint_sequence
    assert not capabilities.single_venue


@pytest.mark.parametrize(
    ("kind", "flags", "venue"),
    [
        ("v", REGULAR, 0),
        ("h", REGULAR | HIDDEN, 0),
        ("x", VOLUME | PRICE | AUCTION, 0),
        ("Q:0", REGULAR, ord("Q")),
        ("D:0", REGULAR | OFF_EXCHANGE, ord("D")),
        ("N:1000000", 0, ord("N")),
        ("N:4000000", 0, ord("N")),
        ("N:40", VOLUME | PRICE | AUCTION, ord("N")),
        ("N:200000", VOLUME | PRICE | AUCTION, ord("N")),
        ("D:100000", VOLUME | OFF_EXCHANGE, ord("D")),
        ("P:800", VOLUME, ord("P")),
        ("P:20000", VOLUME, ord("P")),
        ("P:1", REGULAR, ord("P")),
    ],
)
def test_what_a_kind_lets_a_print_count_for(tmp_path: Path, kind: str, flags: int, venue: int) -> None:
    prefix = write(tmp_path, trades=[trade(0, 1, kind=kind)], book=[quote(0, 1)])
    (found,) = _prints(open_pair(prefix))
    assert (found.flags, found.venue, found.side) == (flags, venue, UNKNOWN)


def test_sides_are_the_sources_unless_they_are_to_be_inferred(tmp_path: Path) -> None:
    rows = [trade(0, 1, side="B"), trade(1, 2, side="S"), trade(2, 3)]
    recording = open_pair(write(tmp_path, trades=rows, book=[quote(0, 1)]))
    assert recording.sides_given
    assert recording.capabilities().sides_given
    assert not recording.capabilities(infer_sides=True).sides_given
    assert [(p.side, bool(p.flags & SIDE_GIVEN)) for p in _prints(recording)] == [
        (BUY, True), (SELL, True), (UNKNOWN, False),
    ]  # fmt: skip
    assert {(p.side, p.flags) for p in _prints(recording, infer_sides=True)} == {(UNKNOWN, REGULAR)}


def test_coins_are_whole_parts_and_know_no_session(tmp_path: Path) -> None:
    prefix = write(
        tmp_path,
        "btcusdt_1",
        [trade(0, 1, "61583.22", "0.00013", side="B")],
        [quote(0, 1, "61583.21,9.52426,,,61583.22,0.1,,") + f",{START}"],
        book_head="ts_ns,seq,bp1,bs1,bp2,bs2,ap1,as1,ap2,as2,ex_ts_ns",
    )
    recording = open_pair(prefix)
    assert (recording.size_scale, recording.symbol, recording.levels) == (COIN_SCALE, "BTCUSDT", 2)
    assert recording.capabilities().single_venue
    assert not recording.capabilities().sessions
    found, book = sorted(recording.events(), key=lambda event: type(event).__name__, reverse=True)
    assert isinstance(found, Print)
    assert isinstance(book, Book)
    assert (found.price, found.size) == (615_832_200, 13_000)
    assert (book.bids, book.asks) == (((615_832_100, 952_426_000),), ((615_832_200, 10_000_000),))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,2,x,100,,v", "line 3"),
        (trade(1, 2, size="-5"), "line 3: size '-5' must be above 0"),
        (trade(1, 2, size="300.25"), "line 3: size '300.25' must be whole shares: leave fractions of a share out"),
        (trade(1, 2, size="1e30"), "line 3: size '1e30' is out of range"),
        (trade(1, 2, price=".00004"), r"line 3: price '\.00004' is below \$0\.0001, the smallest step"),
        (trade(1, 2, price="abc"), "line 3: price 'abc' is not a number"),
        (trade(1, 2, kind="n"), r"line 3: kind 'n' is unknown: v \(visible\), h \(hidden\), x \(auction\), or a venue"),
        (trade(1, 2, kind="NN:1"), "line 3: kind 'NN:1' is unknown"),
        (trade(1, 2, size="0"), "must be above 0"),
        (trade(1, 2, price="nan"), "line 3"),
        (trade(1, 2, price="inf"), "line 3"),
        (trade(1, 2, side="Q"), "line 3: side 'Q' must be B, S or empty"),
        ("x,2,13.86,100,,v", "line 3: time 'x' and sequence '2' must be whole numbers"),
        (trade(1, 2, kind="N:zz"), "line 3"),
        (trade(1, 2, kind=""), "line 3"),
        (trade(-1, 2), "line 3: time and sequence"),
        (trade(0, 0), "line 3: time and sequence"),
        ("1,2", "line 3"),
    ],
)
def test_a_bad_print_is_one_line_of_error(tmp_path: Path, row: str, reason: str) -> None:
    prefix = write(tmp_path, trades=[trade(0, 1), row], book=[quote(0, 1)])
    with pytest.raises(RecordingError, match=reason) as error:
        _prints(open_pair(prefix))
    assert "\n" not in str(error.value)
    assert "bac_1.trades.csv.gz" in str(error.value)


@pytest.mark.parametrize("levels", ["13.86,x,13.87,200", "inf,100,13.87,200", "13.86,-1,13.87,200", "-13.86,1,13.87,1"])
def test_a_bad_book_row_is_one_line_of_error(tmp_path: Path, levels: str) -> None:
    prefix = write(tmp_path, trades=[trade(0, 1)], book=[quote(0, 1), quote(1, 2, levels)])
    with pytest.raises(RecordingError, match=r"bac_1\.book\.csv\.gz: line 3: "):
        list(open_pair(prefix).events())


def test_books_out_of_order_are_refused(tmp_path: Path) -> None:
    prefix = write(tmp_path, trades=[trade(0, 1)], book=[quote(1, 2), quote(0, 1)])
    with pytest.raises(RecordingError, match="come after"):
        list(open_pair(prefix).events())


def test_a_sequence_beyond_64_bits_is_refused(tmp_path: Path) -> None:
    prefix = write(tmp_path, trades=[trade(0, 1)], book=[quote(0, 1), quote(1, 1 << 63)])
    with pytest.raises(RecordingError, match="out of range"):
        list(open_pair(prefix).events())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    prefix = write(tmp_path, trades=[trade(0, 1)], book=[quote(0, 1)])
    (tmp_path / "bac_1.book.csv.gz").unlink()
    with pytest.raises(RecordingError, match=r"bac_1\.book\.csv\.gz is missing"):
        open_pair(prefix)


@pytest.mark.parametrize("name", ["1_x", "_x", "toolongsymbol1_x"])
def test_the_name_begins_with_a_symbol(tmp_path: Path, name: str) -> None:
    prefix = write(tmp_path, name, [trade(0, 1)], [quote(0, 1)])
    with pytest.raises(RecordingError, match="must be a symbol"):
        open_pair(prefix)


def test_other_columns_and_empty_files_are_no_recording(tmp_path: Path) -> None:
    for trades_head, book_head in (
        ("a,b", "ts_ns,seq,bp1,bs1,ap1,as1"),
        ("ts_ns,seq", "x,y"),
        ("x", ""),
        ("", "ts_ns,seq,bp1"),
    ):
        prefix = write(tmp_path, trades_head=trades_head, book_head=book_head)
        with pytest.raises(RecordingError, match="line 1: expected the columns"):
            open_pair(prefix)


def test_a_recording_without_prints_is_one(tmp_path: Path) -> None:
    recording = open_pair(write(tmp_path, book=[quote(0, 1)]))
    assert not recording.sides_given
    assert [type(event) for event in recording.events()] == [Book]


def test_what_is_no_gzip_or_broken_off_is_an_error_not_a_crash(tmp_path: Path) -> None:
    prefix = write(tmp_path, trades=[trade(at, at) for at in range(500)], book=[quote(0, 1)])
    path = tmp_path / "bac_1.trades.csv.gz"
    whole = path.read_bytes()
    invalid = whole[:24] + b"\xff" * 60 + whole[84:]
    torn = (b"not gzip", whole[: len(whole) // 2], invalid, gzip.compress(b"\xff\xfe"))
    for broken in torn:
        path.write_bytes(broken)
        with pytest.raises(RecordingError, match="not readable as gzipped CSV"):
            list(open_pair(prefix).events())


def test_repeated_rows_count_once_and_are_counted(tmp_path: Path) -> None:
    trades = [trade(0, 1), trade(1, 2), trade(2, 3)]
    book = [quote(0, 1), quote(1, 2)]
    again = [row for row in trades for _ in (0, 1)]
    once = open_pair(write(tmp_path, "once_1", trades=trades, book=book))
    twice = open_pair(write(tmp_path, "twice_1", trades=again, book=[book[0], *book, book[1]]))
    for _ in range(2):
        assert list(twice.events()) == list(once.events())
        assert repeated_words(repeated_rows([twice, once])) == "5 repeated rows counted once"
    assert repeated_words(repeated_rows([once])) == ""


@pytest.mark.parametrize("sides", ["", "S"])
def test_without_quotes_nothing_recommends_leaving(tmp_path: Path, sides: str) -> None:
    rows = [trade(second, second, size="100", side=sides and "B") for second in range(1, 700)]
    rows += [
        trade(700 + number / 10, 700 + number, f"{13.80 - number / 1_000:.3f}", "3000", side=sides)
        for number in range(150)
    ]
    recording = open_pair(write(tmp_path, trades=rows, book=[]))
    shows = recording.capabilities()
    assert (shows.quotes, shows.depth_label) == (False, "NO QUOTES")
    for profile in ("plan", "guarded"):
        core = SymbolCore("BAC", Rules(profile=profile), shows, held())
        said = core.process([Gap(START, "start"), *recording.events()])
        assert alerts(said), "the rules looked"
        assert not exits(said)
