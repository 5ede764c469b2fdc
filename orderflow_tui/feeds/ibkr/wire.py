"""The wire of TWS and IB Gateway (server version 157 to 178): frames of text fields, each ended by NUL.

The broker's Python clients load numpy and can send every message there is, orders among them. This one decodes what the
feed needs; `outgoing` frames requests for market data and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec import Struct

from orderflow_tui.core.model.units import PRICE_UNITS_PER_DOLLAR
from orderflow_tui.feeds.errors import PayloadError, one_line

OLDEST, NEWEST = 157, 178
"""Server versions whose messages this file reads; a newer server speaks the newest that the client names."""
PLAIN_DETAILS: Final = 164
"""From this version on contract details name neither their own version nor the size multiplier."""
MAX_FRAME: Final = 2**20
LENGTH_BYTES: Final = 4
MOST_PRICE: Final = 1e13
"""Units of $0.0001; no stock costs a billion dollars."""
UNSET: Final = 2**31 - 1
"""The wire writes numbers from here on where it has none."""
MOST_TICKS: Final = 20_000


class Contract(Struct, frozen=True):
    """A stock as the broker names it; `con_id` 0 until it is known."""

    symbol: str
    con_id: int = 0
    primary: str = ""
    local_symbol: str = ""
    trading_class: str = ""

    @property
    def fields(self) -> tuple[object, ...]:
        """Its twelve fields in every request, quoted on all exchanges together."""
        return (
            self.con_id, self.symbol, "STK", "", "0.0", "", "", "SMART", self.primary, "USD", self.local_symbol,
            self.trading_class,
        )  # fmt: skip


class Version(Struct, frozen=True):
    """The server's greeting."""

    version: int


class Ready(Struct, frozen=True):
    """One of the two messages after which requests are taken: `accounts` or `next id`."""

    what: str


class Failure(Struct, frozen=True):
    """An error, a warning or a notice; `request` is -1 where it concerns the connection."""

    request: int
    code: int
    text: str


class Details(Struct, frozen=True):
    """A contract that fits what was asked for."""

    request: int
    contract: Contract
    kind: str
    currency: str
    step: int


class DetailsEnd(Struct, frozen=True):
    """No more contracts fit."""

    request: int


class DepthRow(Struct, frozen=True, gc=False):
    """One change of one row of a book: `op` 0 insert, 1 update, 2 delete; `price` in units of $0.0001."""

    request: int
    place: int
    venue: str
    op: int
    bid: bool
    price: int
    size: int


class Trade(Struct, frozen=True, gc=False):
    """One print, to the whole second; `unreported` ones are in no consolidated volume."""

    request: int
    second: int
    price: int
    size: int
    unreported: bool
    venue: str
    conditions: str


class Tick(Struct, frozen=True, gc=False):
    """One field of the sampled quote: its number, price (units of $0.0001, 0 for none) and size (-1: not told)."""

    request: int
    kind: int
    price: int
    size: int


class SizeTick(Struct, frozen=True, gc=False):
    """One size of the sampled quote."""

    request: int
    kind: int
    size: int


class ValueTick(Struct, frozen=True, gc=False):
    """A number of the sampled quote, such as 49: halted."""

    request: int
    kind: int
    value: float


class LastPrint(Struct, frozen=True, gc=False):
    """The last print of the sampled quote (milliseconds UTC, 0 where not told), and the day's volume, -1 for none."""

    request: int
    price: int
    size: int
    at_ms: int
    volume: int


class DataType(Struct, frozen=True):
    """1 live, 2 frozen, 3 delayed, 4 delayed and frozen."""

    request: int
    kind: int


class PastQuote(NamedTuple):
    """A best bid and offer of the past, to the whole second; 0 where a side has none."""

    second: int
    bid: int
    ask: int


class PastQuotes(Struct, frozen=True):
    """Quotes of the past, oldest first."""

    request: int
    quotes: tuple[PastQuote, ...]


class ServerTime(Struct, frozen=True):
    """The answer to a request for the time: the connection is alive."""

    second: int


class PastTrades(Struct, frozen=True):
    """Prints of the past, oldest first."""

    request: int
    trades: tuple[Trade, ...]
    done: bool


Message = (
    Version | Ready | Failure | Details | DetailsEnd | DepthRow | Trade | Tick | SizeTick | ValueTick
    | LastPrint | DataType | ServerTime | PastTrades | PastQuotes
)  # fmt: skip


class WireError(PayloadError):
    """A message that cannot be read; `request` names the one it answers, 0 where that is unknown."""

    def __init__(self, message: str, request: int = 0) -> None:
        super().__init__(message=message)
        self.request = request


# --- in -------------------------------------------------------------------------------------------------------------


class FrameReader:
    """Cuts the stream of bytes into messages, however it arrives."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def feed(self, data: bytes | memoryview) -> list[list[str]]:
        """The fields of every message that is complete now. Raises WireError for a length that cannot be."""
        kept = self._kept
        kept += data
        found: list[list[str]] = []
        at, end = 0, len(kept)
        try:
            while end - at >= LENGTH_BYTES:
                length = int.from_bytes(kept[at : at + LENGTH_BYTES], "big")
                if not 0 < length <= MAX_FRAME:
                    raise WireError("what answers there is not TWS or IB Gateway")
                if end - at - LENGTH_BYTES < length:
                    break
                at += LENGTH_BYTES + length
                fields = kept[at - length : at].decode("utf-8", "backslashreplace").split("\0")
                if not fields[-1]:
                    fields.pop()
                found.append(fields)
        finally:
            del kept[:at]
        return found


def greeting(fields: Sequence[str]) -> Version:
    """The server's version, in its first message. Raises WireError."""
    if len(fields) != 2 or not (fields[0].isascii() and fields[0].isdigit() and len(fields[0]) <= 6):
        raise WireError("what answers there is not TWS or IB Gateway")
    return Version(int(fields[0]))


def message_of(fields: Sequence[str], version: int = NEWEST) -> Message | None:
    """A message of a server of this version, None for a kind that is of no use here. Raises WireError."""
    decode = _DECODERS.get(fields[0]) if fields else None
    if decode is None:
        return None
    if version < PLAIN_DETAILS and fields[0] == "10":
        fields = [*fields[:1], *fields[2:15], *fields[16:]]
    try:
        return decode(fields)
    except WireError as error:
        raise WireError(str(error), _number(fields, _REQUEST_AT.get(fields[0], 2))) from None
    except (IndexError, ValueError, OverflowError) as error:
        said = one_line(f"message {fields[0]} cannot be read ({type(error).__name__})")
        raise WireError(said, _number(fields, _REQUEST_AT.get(fields[0], 2))) from None


@lru_cache(maxsize=1 << 12)
def price_units_of(text: str) -> int:
    """A price in units of $0.0001; 0 for none, which the wire writes as 0, -1, -100 or nothing. Raises WireError."""
    units = float(text or "0") * PRICE_UNITS_PER_DOLLAR
    if not units < MOST_PRICE:
        if units / PRICE_UNITS_PER_DOLLAR < 1e300:
            raise WireError("a price cannot be")
        return 0
    return round(units) if units > 0 else 0


def size_of(text: str) -> int:
    """A size in whole shares; -1 where the wire has none. Raises WireError."""
    if text.isdigit() and len(text) < 10:
        return int(text)
    size = float(text or "-1")
    if size != size or size < -1:  # noqa: PLR0124 NaN is the number that differs from itself
        raise WireError("a size cannot be")
    return int(size) if 0 <= size < UNSET else -1


def _number(fields: Sequence[str], at: int) -> int:
    text = fields[at] if at < len(fields) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _integer(text: str) -> int:
    if len(text) > 20:
        raise WireError("a number is too long")
    return int(text or 0)


def _failure(fields: Sequence[str]) -> Failure:
    return Failure(_integer(fields[2]), _integer(fields[3]), one_line(fields[4]))


def _row(request_id: str, place: str, venue: str, rest: Sequence[str]) -> DepthRow:
    op, side, price, size = rest
    if op not in _OPS or side not in _SIDES:
        raise WireError("a change of a book names no side or operation")
    if op == "2":
        return DepthRow(_integer(request_id), _integer(place), venue, 2, side == "1", 0, 0)
    units, shares = price_units_of(price), size_of(size)
    if not units or shares < 0:
        raise WireError("a row of a book has no price or size")
    return DepthRow(_integer(request_id), _integer(place), venue, int(op), side == "1", units, shares)


def _tick_by_tick(fields: Sequence[str]) -> Trade | None:
    _, request_id, kind, second, *rest = fields
    if kind in ("1", "2"):
        return _trade(_integer(request_id), second, rest[:5])
    return None


def _trade(request_id: int, second: str, rest: Sequence[str]) -> Trade:
    price, size, mask, venue, conditions = rest
    units, shares = price_units_of(price), size_of(size)
    if not units:
        raise WireError("a print has no price")
    if shares < 0:
        raise WireError("a print has no size")
    return Trade(request_id, _integer(second), units, shares, bool(_integer(mask) & 2), venue, conditions)


def _past_trades(fields: Sequence[str]) -> PastTrades:
    request_id, count = _integer(fields[1]), _integer(fields[2])
    if not 0 <= count <= MOST_TICKS or len(fields) < 3 + 6 * count:
        raise WireError("past prints are cut short")
    trades = []
    for at in range(3, 3 + 6 * count, 6):
        second, mask, price, size, venue, conditions = fields[at : at + 6]
        trades.append(_trade(request_id, second, (price, size, mask, venue, conditions)))
    done = fields[3 + 6 * count] if len(fields) > 3 + 6 * count else "1"
    return PastTrades(request_id, tuple(trades), done != "0")


def _past_quotes(fields: Sequence[str]) -> PastQuotes:
    request_id, count = _integer(fields[1]), _integer(fields[2])
    if not 0 <= count <= MOST_TICKS or len(fields) < 3 + 6 * count:
        raise WireError("past quotes are cut short")
    rows = (fields[at : at + 4] for at in range(3, 3 + 6 * count, 6))
    return PastQuotes(
        request_id,
        tuple(PastQuote(_integer(second), price_units_of(bid), price_units_of(ask)) for second, _, bid, ask in rows),
    )


def _text_tick(fields: Sequence[str]) -> LastPrint | None:
    """Text 48: `price;size;epochMs;dayVolume;vwap;single`."""
    parts = fields[4].split(";")
    if fields[3] != "48" or len(parts) < 4 or not parts[0]:
        return None
    at_ms = int(parts[2]) if parts[2].isascii() and parts[2].isdigit() and len(parts[2]) < 15 else 0
    size, volume = max(size_of(parts[1]), 0), size_of(parts[3])
    return LastPrint(_integer(fields[2]), price_units_of(parts[0]), size, at_ms, volume)


def _details(fields: Sequence[str]) -> Details:
    step = max(round(float(fields[13] or "0.01") * PRICE_UNITS_PER_DOLLAR), 1)
    contract = Contract(fields[2], _integer(fields[12]), fields[20], fields[9], fields[11])
    return Details(_integer(fields[1]), contract, fields[3], fields[8], step)


_OPS: Final = frozenset({"0", "1", "2"})
_SIDES: Final = frozenset({"0", "1"})
_REQUEST_AT: Final = {"10": 1, "97": 1, "98": 1, "99": 1}
_DECODERS: Final[Mapping[str, Callable[[Sequence[str]], Message | None]]] = {
    "1": lambda f: Tick(_integer(f[2]), _integer(f[3]), price_units_of(f[4]), size_of(f[5])),
    "2": lambda f: SizeTick(_integer(f[2]), _integer(f[3]), max(size_of(f[4]), 0)),
    "4": _failure,
    "9": lambda f: Ready("next id") if _integer(f[2]) >= 0 else None,
    "10": _details,
    "12": lambda f: _row(f[2], f[3], "", f[4:8]),
    "13": lambda f: _row(f[2], f[3], f[4], f[5:9]),
    "15": lambda f: Ready("accounts") if f[2] else None,
    "45": lambda f: ValueTick(_integer(f[2]), _integer(f[3]), float(f[4] or 0)),
    "46": _text_tick,
    "49": lambda f: ServerTime(_integer(f[2])),
    "52": lambda f: DetailsEnd(_integer(f[2])),
    "58": lambda f: DataType(_integer(f[2]), _integer(f[3])),
    "97": _past_quotes,
    "98": _past_trades,
    "99": _tick_by_tick,
}
