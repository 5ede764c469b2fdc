"""The raw live protocol: text lines until the session starts, then DBN records.

The key itself never goes out: the gateway sends a challenge, and the answer is a hash of both.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from orderflow_tui.feeds.errors import PayloadError, one_line

PORT: Final = 13_000
VENUE_DATASET: Final = "XNAS.ITCH"
DEEP: Final = "mbp-10"
TOP: Final = "mbp-1"
TRADES: Final = "trades"
STATUS: Final = "status"
SYMBOLS_A_LINE: Final = 500
LONGEST_LINE: Final = 8_192
_BUCKET: Final = 5
"""So many of the key's last characters say which key the hash is of."""
_ONE_LEVEL: Final = ("EQUS.", "DBEQ.", "XNAS.BASIC", "XNAS.QBBO", "XNAS.NLS", "XNYS.BBO", "XNYS.TRADES")
_CONSOLIDATED: Final = ("EQUS.", "DBEQ.")
_MAGIC: Final = b"DBN"
HEAD_SIZE: Final = 8
LONGEST_HEAD: Final = 1 << 20
_LONGEST_RECORD: Final = 1 << 10
_RECORD_HEAD: Final = 16
_SENT_AT: Final = 8
_MARKET: Final = {0x00: 48, 0x01: 80, 0x0A: 368, 0x12: 40, 0xA0: 56}
_VERSIONS: Final[Mapping[int, Mapping[int, int]]] = {
    1: _MARKET | {0x15: 80, 0x16: 80, 0x17: 80},
    2: _MARKET | {0x15: 320, 0x16: 176, 0x17: 320},
    3: _MARKET | {0x15: 320, 0x16: 176, 0x17: 320},
}
"""Bytes of a record at least, by its type: trades, levels, halts, orders, errors, mappings, system messages."""
_BETWEEN: Final = re.compile(r"[\s,;:'\"()\[\]]+")


class Subscription(Struct, frozen=True):
    """One schema for some symbols.

    Attributes:
        schema: `mbp-10`, `mbp-1`, `trades` or `status`.
        symbols: Tickers.
        start_ns: Send again what happened from this instant on (the venue's clock, nanoseconds UTC), 0 for all there
            is; None for nothing.
    """

    schema: str
    symbols: tuple[str, ...]
    start_ns: int | None = None

    def lines(self, number: int) -> list[bytes]:
        """What asks for it, 500 symbols a line."""
        parts = [self.symbols[at : at + SYMBOLS_A_LINE] for at in range(0, len(self.symbols), SYMBOLS_A_LINE)]
        start = "" if self.start_ns is None else f"start={self.start_ns}|"
        return [
            f"schema={self.schema}|stype_in=raw_symbol|symbols={','.join(part)}|{start}snapshot=0|id={number}"
            f"|is_last={int(part is parts[-1])}\n".encode()
            for part in parts
        ]


START_SESSION: Final = b"start_session=0\n"


def has_depth(dataset: str) -> bool:
    """Whether it is one venue's whole book; others show one level."""
    return not dataset.startswith(_ONE_LEVEL)


def is_consolidated(dataset: str) -> bool:
    """Whether its best bid and offer are made of several venues'."""
    return dataset.startswith(_CONSOLIDATED)


def default_gateway(dataset: str) -> tuple[str, int]:
    """Where a dataset is served."""
    return f"{dataset.lower().replace('.', '-')}.lsg.databento.com", PORT


def gateway_of(text: str | None, dataset: str) -> tuple[str, int]:
    """`host:port` or `host`; the dataset's own where none is given. Raises ValueError."""
    if not text:
        return default_gateway(dataset)
    host, colon, port = text.rpartition(":")
    if not colon:
        return text, PORT
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise ValueError("must be host:port, such as 127.0.0.1:13000")
    return host.strip("[]"), int(port)


def fields_of(line: bytes) -> Mapping[str, str]:
    """A control line's `name=value` parts."""
    text = line[:LONGEST_LINE].decode("utf-8", "replace").strip()
    return {name: value for name, found, value in (part.partition("=") for part in text.split("|")) if found}


def answer_to(challenge: str, key: str, *, dataset: str, heartbeat_s: int) -> bytes:
    """The line that proves to have the key without telling it."""
    digest = hashlib.sha256(f"{challenge}|{key}".encode()).hexdigest()
    return (
        f"auth={digest}-{key[-_BUCKET:]}|dataset={dataset}|encoding=dbn|ts_out=0|compression=none"
        f"|heartbeat_interval_s={heartbeat_s}\n"
    ).encode()


def refused_names(text: str, watched: Iterable[str], written: Callable[[str], str]) -> list[str]:
    """Which of these symbols, as the vendor writes them, an error names."""
    words = {word.rstrip(".") for word in _BETWEEN.split(text)}
    return [name for name in watched if written(name) in words]


class RecordStream:
    """A session's bytes, cut anywhere, as records.

    What the decoder is given is whole records of possible length: at others its Rust code panics, and says so on the
    terminal.

    Args:
        others: Leave out records of kinds that were not asked for: a gateway may send more than a file of one schema
            holds.
    """

    def __init__(self, *, others: bool = False) -> None:
        from databento_dbn import DBNDecoder  # noqa: PLC0415 an extra

        self._decoder = DBNDecoder()
        self._others = others
        self._rest = b""
        self._least: Mapping[int, int] = {}

    def take(self, chunk: bytes) -> Sequence[Any]:
        """The records this chunk completes, the metadata first.

        Raises:
            PayloadError: This is no DBN.
        """
        data = self._rest + chunk if self._rest else chunk
        found: list[Any] = []
        if not self._least:
            size = _head_size(data)
            if not size:
                self._rest = data
                return found
            found = self._decode(data[:size])
            # Records that say when they were sent are longer by that.
            more = _SENT_AT if found[0].ts_out else 0
            self._least = {kind: least + more for kind, least in _VERSIONS[data[3]].items()}
            data = data[size:]
        whole, known = self._whole(data)
        self._rest = data[whole:]
        return found + self._decode(data[:whole] if known is None else known)

    @property
    def cut(self) -> bool:
        """Whether the newest record is not whole yet."""
        return bool(self._rest)

    def _whole(self, data: bytes) -> tuple[int, bytes | None]:
        """How many bytes are whole records, and which of them are read where others are among them.

        Raises:
            PayloadError: A record of no possible length.
        """
        at, end, least = 0, len(data), self._least
        known: list[bytes] | None = None
        since = 0
        while at + 1 < end:
            length, kind = data[at] * 4, data[at + 1]
            if length < least.get(kind, _RECORD_HEAD if self._others else _LONGEST_RECORD):
                raise PayloadError(message=f"not readable as DBN: a record of {length} bytes and type {kind}")
            if at + length > end:
                break
            if kind not in least:
                known = [] if known is None else known
                known.append(data[since:at])
                since = at + length
            at += length
        return at, None if known is None else b"".join((*known, data[since:at]))

    def _decode(self, data: bytes) -> list[Any]:
        """What these bytes hold, the package's panics as errors. Raises PayloadError."""
        from databento_dbn import DBNError  # noqa: PLC0415 an extra

        try:
            return list(self._decoder.write_and_decode(data))
        except (DBNError, RuntimeError, ValueError) as problem:
            raise PayloadError(message=f"not readable as DBN: {one_line(str(problem))}") from None
        except BaseException as problem:
            # The package's Rust panics at some records, and a panic is no Exception.
            if type(problem).__name__ != "PanicException":
                raise
            raise PayloadError(message=f"not readable as DBN: {one_line(str(problem))}") from None


def _head_size(data: bytes) -> int:
    """How many bytes the head has, 0 where they are not all there yet. Raises PayloadError."""
    if len(data) < HEAD_SIZE:
        return 0
    size = HEAD_SIZE + int.from_bytes(data[4:HEAD_SIZE], "little")
    if not data.startswith(_MAGIC) or size > LONGEST_HEAD or data[3] not in _VERSIONS:
        raise PayloadError(message="not readable as DBN: no head")
    return size if len(data) >= size else 0
