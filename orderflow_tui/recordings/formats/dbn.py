"""Reads Databento's binary files (`.dbn`, `.dbn.zst`) of the schemas `trades`, `mbp-1` and `mbp-10`; extra `databento`.

Times are those of the capture (`ts_recv`), by which the files are sorted; prices 1e-9 dollars; a trade's side is its
aggressor's, `A` sold and `B` bought, `N` unknown. A trade does not change the book: the record after it does.
Source: databento.com/docs/schemas, the package's own descriptions of `Side`, `Action` and flags.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import BUY, REGULAR, SELL, SIDE_GIVEN, UNKNOWN, Book, Event, Gap, Levels, Print
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.model.validators import SYMBOL
from orderflow_tui.recordings.formats.session import LATEST, MOST_PRICE, Reading, RecordingError, shown
from orderflow_tui.support.bounded_file import open_regular

if TYPE_CHECKING:
    from databento_dbn import DBNDecoder, MBP1Msg, MBP10Msg, Metadata

    Record = MBP1Msg | MBP10Msg
    """Or a TradeMsg, which has no `levels`."""

_MAGIC: Final = b"DBN"
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_CHUNK: Final = 1 << 16
_LEVELS: Final = {"trades": 0, "mbp-1": 1, "mbp-10": 10}
_PER_PRICE_UNIT: Final = 100_000
_UNDEFINED_PRICE: Final = 2**63 - 1
_CONSOLIDATED: Final = ("EQUS.", "DBEQ.")
_BAD_TIME: Final = 1 << 3
_BAD_BOOK: Final = 1 << 2
_SIDES: Final = {"A": SELL, "B": BUY}
_BOOK_ACTIONS: Final = frozenset("ACMR")
_TRADE: Final = "T"


class DbnSession(Struct, frozen=True):
    """One symbol of a DBN file.

    Attributes:
        name: Symbol and the file's name without its endings.
        symbol: Ticker.
        path: The file.
        dataset: `XNAS.ITCH`.
        levels: Levels a side; 0 for trades alone.
        ids: The symbol's instrument ids, each from one instant to before another, nanoseconds UTC.
    """

    name: str
    symbol: str
    path: Path
    dataset: str
    levels: int
    ids: tuple[tuple[int, int, int], ...]

    def capabilities(self, *, infer_sides: bool = False) -> Capabilities:
        """The dataset's depth; one venue's unless the dataset is a consolidated one."""
        return Capabilities(
            source="replay",
            source_class="replayed",
            host=self.name,
            depth_levels=max(self.levels, 1),
            streaming=True,
            sides_given=not infer_sides,
            joint_sequence=True,
            single_venue=not self.dataset.startswith(_CONSOLIDATED),
            quotes=self.levels > 0,
        )

    def events(self, *, infer_sides: bool = False) -> Iterator[Event]:
        """The symbol's trades and the changes of its book, in the file's order, which is their sequence.

        Where the file says that its channel lost something, a gap begins.

        Raises:
            RecordingError: The package is missing, or a record cannot be right.
        """
        for _, event in symbol_events((self,), infer_sides=infer_sides):
            yield event


def symbol_events(
    sessions: Sequence[DbnSession], *, infer_sides: bool = False, reading: Reading | None = None
) -> Iterator[tuple[DbnSession, Event]]:
    """The events of these symbols of one file in one pass, in the file's order, each with its session.

    Args:
        sessions: Of the same file; one or more.
        infer_sides: Leave the recorded aggressors out.
        reading: Told how far the file is read.

    Raises:
        RecordingError: As `DbnSession.events`.
    """
    path = sessions[0].path
    by_id: dict[int, list[tuple[int, int, DbnSession, _Records]]] = {}
    for session in sessions:
        decode = _Records(given=not infer_sides, deep=session.levels > 0)
        for begin, end, number in session.ids:
            by_id.setdefault(number, []).append((begin, end, session, decode))
    for number, record in enumerate(_records(path, reading)):
        spans = by_id.get(getattr(record, "instrument_id", -1), ())
        if not spans or not hasattr(record, "action"):
            continue
        for begin, end, session, decode in spans:
            if not begin <= record.ts_recv < end:
                continue
            try:
                for event in decode.events(record, number):
                    yield session, event
            except ValueError as problem:
                raise RecordingError(f"{path}: record {number}: {shown(problem)}") from problem


def is_dbn(path: Path, head: bytes) -> bool:
    """Whether a file with this head is one of Databento's; packed ones go by their name as well."""
    return head.startswith(_MAGIC) or path.name.endswith((".dbn", ".dbn.zst"))


def open_dbn(path: Path, symbol: str) -> DbnSession:
    """One symbol of a file.

    Args:
        path: The file.
        symbol: Ticker; may be empty where the file holds one.

    Raises:
        RecordingError: The package is missing, the file is none of these schemas, or the symbol is not in it.
    """
    metadata: Metadata | None = next(_records(path), None)
    if metadata is None or not hasattr(metadata, "mappings"):
        raise RecordingError(f"{path}: not readable as DBN: no head")
    schema = str(metadata.schema)
    if schema not in _LEVELS:
        raise RecordingError(f"{path}: schema {schema}: expected one of {', '.join(_LEVELS)}")
    mappings = {name: spans for name, spans in metadata.mappings.items() if spans}
    if not symbol and len(mappings) != 1:
        raise RecordingError(
            f"{path}: this file holds {len(mappings)} symbols: give one after a colon, as in {path.name}:AAPL"
        )
    symbol = symbol or next(iter(mappings))
    if symbol not in mappings or not SYMBOL.fullmatch(symbol):
        raise RecordingError(f"{path}: no symbol {symbol!a:.20} in this file")
    try:
        ids = tuple((_ns(span["start_date"]), _ns(span["end_date"]), int(span["symbol"])) for span in mappings[symbol])
    except ValueError as problem:
        raise RecordingError(f"{path}: {symbol} is not mapped to instrument ids: {shown(problem)}") from problem
    name = f"{symbol.lower()}_{path.name.split('.')[0]}"
    return DbnSession(name, symbol, path, metadata.dataset, _LEVELS[schema], ids)


def _ns(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp()) * NS


def _records(path: Path, reading: Reading | None = None) -> Iterator[Any]:
    """The file's head and then its records."""
    try:
        from databento_dbn import Compression, DBNDecoder, DBNError  # noqa: PLC0415 an extra
    except ModuleNotFoundError:
        raise RecordingError(
            f"{path}: reading DBN needs one more package: pip install 'orderflow-tui[databento]'"
        ) from None
    try:
        with open_regular(path) as file:
            packed = file.read(len(_ZSTD_MAGIC)) == _ZSTD_MAGIC
            file.seek(0)
            decoder = DBNDecoder(compression=Compression.from_str("zstd" if packed else "none"))
            while chunk := file.read(_CHUNK):
                yield from _decoded(decoder, chunk)
                if reading is not None:
                    reading(path, file.tell())
            if decoder.buffer():
                raise RecordingError(f"{path}: not readable as DBN: it ends within a record")
    except (OSError, DBNError, RuntimeError) as problem:
        raise RecordingError(f"{path}: not readable as DBN: {shown(problem)}") from problem


def _decoded(decoder: DBNDecoder, chunk: bytes) -> list[Any]:
    try:
        return list(decoder.write_and_decode(chunk))
    except BaseException as problem:
        # The package's Rust panics at some records, and a panic is no Exception.
        if type(problem).__name__ != "PanicException":
            raise
        raise RuntimeError(str(problem)) from None


class _Records:
    """Decodes the records of one symbol; times never go back."""

    def __init__(self, *, given: bool, deep: bool) -> None:
        self._given = given
        self._deep = deep
        self._before_ns = 0
        self._book: tuple[Levels, Levels] | None = None
        self._publisher = 0
        self._gap = False

    def events(self, record: Record, seq: int) -> Iterator[Event]:
        """What a record says. Raises ValueError."""
        at_ns = self._time(record)
        bad = bool(record.flags & _BAD_BOOK)
        if bad and not self._gap:
            yield Gap(at_ns, "the recording lost messages")
        self._gap = bad
        action = str(record.action)
        if action == _TRADE:
            if record.size:
                yield self._print(record, at_ns, seq)
        elif action in _BOOK_ACTIONS and self._deep:
            book = self._levels(record)
            if book != self._book:
                self._book = book
                yield Book(at_ns, seq, *book)

    def _time(self, record: Record) -> int:
        at_ns = record.ts_recv
        if record.flags & _BAD_TIME:
            at_ns = max(at_ns, self._before_ns)
        if not self._before_ns <= at_ns <= LATEST:
            raise ValueError(f"time {at_ns} is out of range or before the record above")
        self._before_ns = at_ns
        return at_ns

    def _print(self, record: Record, at_ns: int, seq: int) -> Print:
        price = _price(record.price)
        side = _SIDES.get(str(record.side), UNKNOWN) if self._given else UNKNOWN
        flags = REGULAR | SIDE_GIVEN if side else REGULAR
        return Print(at_ns, seq, price, record.size, flags, side, record.publisher_id, participant_ns=record.ts_event)

    def _levels(self, record: Record) -> tuple[Levels, Levels]:
        self._publisher = self._publisher or record.publisher_id
        if record.publisher_id != self._publisher:
            raise ValueError("books of several venues in one file: ask for one venue's or a consolidated dataset")
        pairs = record.levels
        return _side((pair.bid_px, pair.bid_sz) for pair in pairs), _side((pair.ask_px, pair.ask_sz) for pair in pairs)


def _side(levels: Iterable[tuple[int, int]]) -> Levels:
    return tuple((_price(price), size) for price, size in levels if price != _UNDEFINED_PRICE and size)


def _price(price: int) -> int:
    """Units of $0.0001, to the nearest. Raises ValueError."""
    units = (price + _PER_PRICE_UNIT // 2) // _PER_PRICE_UNIT
    if not 0 < units <= MOST_PRICE:
        raise ValueError(f"price {price} (1e-9 dollars) must be above 0 and possible")
    return units
