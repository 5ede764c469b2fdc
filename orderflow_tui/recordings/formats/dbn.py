"""Reads Databento's binary files (`.dbn`, `.dbn.zst`) of trades, `mbp-1`, `mbp-10` and `mbo`; extra `databento`.

Times are those of the capture (`ts_recv`), by which the files are sorted. Records are read as the live source reads
them (`feeds/databento/normalize.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Event
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.model.validators import SYMBOL
from orderflow_tui.feeds.databento.normalize import BAD_TIME, SNAPSHOT, SymbolRecords
from orderflow_tui.feeds.databento.wire import HEAD_SIZE, LONGEST_HEAD, RecordStream, is_consolidated
from orderflow_tui.feeds.errors import PayloadError, one_line
from orderflow_tui.recordings.formats.recorded_session import LATEST, Reading, RecordingError, Repeats, shown
from orderflow_tui.support.bounded_file import open_regular

if TYPE_CHECKING:
    from databento_dbn import Metadata

_MAGIC: Final = b"DBN"
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_CHUNK: Final = 1 << 16
_PIECE: Final = 1 << 10
"""Packed bytes taken at once: whatever they hold becomes 32 MB at most."""
_LARGEST_WINDOW: Final = 1 << 27
"""What unpacking may keep in memory, bytes."""
_LEVELS: Final = {"trades": 0, "mbp-1": 1, "mbp-10": 10, "mbo": 10}
_ORDERS: Final = "mbo"


class DbnSession(Struct, frozen=True):
    """One symbol of a DBN file.

    Attributes:
        name: Symbol and the file's name without its endings.
        symbol: Ticker.
        path: The file.
        dataset: `XNAS.ITCH`.
        levels: Levels a side; 0 for trades alone.
        ids: The symbol's instrument ids, each from one instant to before another, nanoseconds UTC.
        orders: It holds orders, of which the book is made.
        repeats: Trades that stand there twice and were counted once, as last read.
    """

    name: str
    symbol: str
    path: Path
    dataset: str
    levels: int
    ids: tuple[tuple[int, int, int], ...]
    orders: bool = False
    repeats: Repeats = field(default_factory=Repeats)

    @property
    def files(self) -> tuple[Path, ...]:
        """What is read."""
        return (self.path,)

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
            single_venue=not is_consolidated(self.dataset),
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
    by_id: dict[int, list[tuple[int, int, _Read]]] = {}
    reads = [_Read(session, _reader(session, infer_sides=infer_sides)) for session in sessions]
    for read in reads:
        for begin, end, number in read.session.ids:
            by_id.setdefault(number, []).append((begin, end, read))
    number = 0
    try:
        for number, record in enumerate(_records(path, reading)):
            spans = by_id.get(getattr(record, "instrument_id", -1), ()) if hasattr(record, "action") else ()
            for begin, end, read in spans:
                if begin <= record.ts_recv < end:
                    yield from ((read.session, event) for event in read.take(record, number))
        for read in reads:
            yield from ((read.session, event) for event in read.records.close())
            read.session.repeats.rows = read.records.repeats
    except RecordingError:
        raise
    except ValueError as problem:
        raise RecordingError(f"{path}: record {number}: {shown(problem)}") from problem


def _reader(session: DbnSession, *, infer_sides: bool) -> SymbolRecords:
    """Orders tell where their event ends; schemas of one level may leave the record out that did."""
    orders = session.orders
    return SymbolRecords(given=not infer_sides, deep=session.levels > 0, orders=orders, patient=not orders)


class _Read(Struct, eq=False):
    """One symbol while its file is read."""

    session: DbnSession
    records: SymbolRecords
    before_ns: int = 0

    def take(self, record: Any, number: int) -> list[Event]:
        """What this record completes; times never go back. Raises ValueError."""
        if hasattr(record, "order_id") is not self.session.orders:
            raise ValueError("not a record of the schema that the file's head names")
        at_ns: int = record.ts_recv
        if record.flags & (BAD_TIME | SNAPSHOT):
            at_ns = max(at_ns, self.before_ns)
        if not self.before_ns <= at_ns <= LATEST:
            raise ValueError(f"time {at_ns} is out of range or before the record above")
        self.before_ns = at_ns
        return self.records.take(record, at_ns, number)


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
    return DbnSession(name, symbol, path, metadata.dataset, _LEVELS[schema], ids, schema == _ORDERS)


def _ns(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp()) * NS


def _records(path: Path, reading: Reading | None = None) -> Iterator[Any]:
    """The file's head and then its records."""
    try:
        stream = RecordStream()
        with open_regular(path) as file:
            packed = file.read(len(_ZSTD_MAGIC)) == _ZSTD_MAGIC
            file.seek(0)
            source = _Unpacked(file) if packed else file
            # The head alone first: its schema decides whether the records after it are to be read at all.
            head = source.read(HEAD_SIZE)
            yield from stream.take(head + source.read(min(int.from_bytes(head[4:], "little"), LONGEST_HEAD)))
            while chunk := source.read(_CHUNK):
                yield from stream.take(chunk)
                if reading is not None:
                    reading(path, file.tell())
            if stream.cut or (isinstance(source, _Unpacked) and source.cut):
                raise RecordingError(f"{path}: not readable as DBN: it ends within a record")
    except ModuleNotFoundError:
        raise RecordingError(
            f"{path}: reading DBN needs more packages: pip install 'orderflow-tui[databento]'"
        ) from None
    except PayloadError as problem:
        raise RecordingError(f"{path}: {shown(problem)}") from None
    except OSError as problem:
        raise RecordingError(f"{path}: not readable as DBN: {shown(problem)}") from problem


class _Unpacked:
    """A packed file as the bytes it was made of.

    The records are unpacked here, not by their decoder: its Rust panics, and says so on the terminal, at records of
    impossible length, and those must be found before. Raises ModuleNotFoundError.
    """

    def __init__(self, file: IO[bytes]) -> None:
        from zstandard import ZstdDecompressor  # noqa: PLC0415 an extra

        self._file = file
        self._packing = ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
        self._frame = self._packing.decompressobj()
        self._ready = bytearray()

    def read(self, size: int) -> bytes:
        """The next bytes, fewer at the end. Raises PayloadError."""
        from zstandard import ZstdError  # noqa: PLC0415 an extra

        try:
            while len(self._ready) < size and (piece := self._file.read(_PIECE)):
                self._unpack(piece)
        except ZstdError as problem:
            raise PayloadError(message=f"not readable as DBN: {one_line(str(problem))}") from None
        found = bytes(self._ready[:size])
        del self._ready[:size]
        return found

    @property
    def cut(self) -> bool:
        """Whether the file ended within what was packed together."""
        return not self._frame.eof

    def _unpack(self, piece: bytes) -> None:
        while piece:
            if self._frame.eof:
                self._frame = self._packing.decompressobj()
            self._ready += self._frame.decompress(piece)
            piece = self._frame.unused_data if self._frame.eof else b""
