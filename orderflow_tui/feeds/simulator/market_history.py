"""What the simulated market leaves behind: prints, quotes, and a bounded history of both."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Generic, Literal, Protocol, TypeVar

import msgspec

Aggressor = Literal["buy", "sell"]
NANOS = 1_000_000_000
PRICE_UNITS_PER_TICK = 100
PRICE_UNITS_PER_DOLLAR = 10_000
FINRA_EXCHANGE = 4

_TRIM_EVERY = 2_048


class Print(msgspec.Struct, frozen=True, gc=False):
    """One trade report.

    Attributes:
        sip_timestamp: Nanoseconds UTC.
        participant_timestamp: Nanoseconds UTC, never later than the SIP's.
        sequence_number: Rises within a symbol's trades, with gaps.
        price: Units of $0.0001.
        size: Shares; 0 for a fraction of one share.
        exchange: Polygon exchange id; 4 is off-exchange.
        id: Unique for its venue only.
        aggressor: Who took liquidity, which the vendor's feed does not say.
        conditions: Sale conditions; empty for a regular trade.
        trf_id: 201 or 202 off-exchange, else 0.
        trf_timestamp: Nanoseconds UTC off-exchange, else 0.
        decimal_size: Exact size where it is fractional.
        correction: 0 for a print that stands, 8 for one that was cancelled.
    """

    sip_timestamp: int
    participant_timestamp: int
    sequence_number: int
    price: int
    size: int
    exchange: int
    id: str
    aggressor: Aggressor
    conditions: tuple[int, ...] = ()
    trf_id: int = 0
    trf_timestamp: int = 0
    decimal_size: str | None = None
    correction: int = 0


class Band(msgspec.Struct, frozen=True, gc=False):
    """Limit-up and limit-down prices, units of $0.0001; indicator 17 is a halt, 18 its end, 21 neither."""

    sip_timestamp: int
    lower: int
    upper: int
    indicator: int
    sequence_number: int


class Quote(msgspec.Struct, frozen=True, gc=False):
    """One state of the national best bid and offer; prices in units of $0.0001, sizes in shares.

    A size is that of the one venue showing most at the best price, as the SIP has it.
    """

    sip_timestamp: int
    participant_timestamp: int
    sequence_number: int
    bid_price: int
    bid_size: int
    bid_exchange: int
    ask_price: int
    ask_size: int
    ask_exchange: int


class _Stamped(Protocol):
    @property
    def sip_timestamp(self) -> int: ...


R = TypeVar("R", bound=_Stamped)


class History(Generic[R]):
    """The rows of the last `keep_ns`, in order of time.

    Args:
        keep_ns: How far back rows are kept, nanoseconds.
    """

    def __init__(self, keep_ns: int) -> None:
        self._keep_ns = keep_ns
        self._times: list[int] = []
        self._rows: list[R] = []
        self._until_trim = _TRIM_EVERY

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, row: R) -> None:
        """Adds a row that is not older than the newest; now and then lets go of those too old."""
        self._times.append(row.sip_timestamp)
        self._rows.append(row)
        self._until_trim -= 1
        if self._until_trim == 0:
            self._until_trim = _TRIM_EVERY
            cut = bisect_left(self._times, row.sip_timestamp - self._keep_ns)
            del self._times[:cut]
            del self._rows[:cut]

    def between(self, first_ns: int, last_ns: int) -> list[R]:
        """Rows with `first_ns <= sip_timestamp <= last_ns`, oldest first."""
        return self._rows[bisect_left(self._times, first_ns) : bisect_right(self._times, last_ns)]

    def replace(self, old: R, new: R) -> None:
        """Puts `new`, of the same time, in the place of `old`; nothing where that is gone."""
        for index in range(bisect_left(self._times, old.sip_timestamp), len(self._rows)):
            if self._rows[index] is old:
                self._rows[index] = new
                return

    def newest(self, at_ns: int) -> R | None:
        """The newest row not later than `at_ns`, or None."""
        index = bisect_right(self._times, at_ns) - 1
        return self._rows[index] if index >= 0 else None
