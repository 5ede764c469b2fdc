"""The public records: what a feed delivers, what the detectors say, what is held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Literal

from orderflow_tui.core.model.holder import (
    TAKE_BACK,
    TOGETHER_NS,
    Answer,
    AnswerKind,
    Position,
    RecommendationStatus,
    WorkingOrder,
)

__all__ = [
    "BURST",
    "TAKE_BACK",
    "TOGETHER_NS",
    "Against",
    "AlertType",
    "Answer",
    "AnswerKind",
    "ExitRecommendation",
    "OrderBookSnapshot",
    "OrderFlowAlert",
    "Position",
    "PriceLevel",
    "RecommendationStatus",
    "Severity",
    "Side",
    "TimeAndSalesRecord",
    "WorkingOrder",
]

Side = Literal["buy", "sell", "unknown"]
AlertType = Literal["large_seller", "red_burst"]
BURST: Final = "red_burst"
Severity = Literal["warning", "critical"]
Against = Literal["long", "short"]
PriceLevel = tuple[Decimal, int]

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class OrderBookSnapshot:
    """One symbol's shown book.

    Attributes:
        symbol: Ticker in the vendor's spelling: `AAPL`, `BRK.B`, `BACpL`.
        bids: `(price in dollars, size in shares)`, best (highest) first.
        asks: `(price in dollars, size in shares)`, best (lowest) first.
        timestamp_utc: The instant the feed vouches for (SPEC section 4.3), aware, UTC.
        depth_levels: Levels a side the source can show; 0 means "as many as are here".
        source: Who delivered it.
        quote_time_utc: When the quote itself last changed, which may be minutes ago in a quiet stock.
    """

    symbol: str
    bids: tuple[PriceLevel, ...]
    asks: tuple[PriceLevel, ...]
    timestamp_utc: datetime
    depth_levels: int = 0
    source: str = ""
    quote_time_utc: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "bids", tuple((price, size) for price, size in self.bids))
        object.__setattr__(self, "asks", tuple((price, size) for price, size in self.asks))
        if not self.depth_levels:
            object.__setattr__(self, "depth_levels", max(len(self.bids), len(self.asks), 1))


@dataclass(frozen=True, slots=True)
class TimeAndSalesRecord:
    """One print of the tape.

    Attributes:
        symbol: Ticker.
        price: Dollars.
        size: Shares.
        side: The aggressor: `buy`, `sell` or `unknown`.
        timestamp_utc: The SIP's (or exchange's) time, aware, UTC.
        sequence: The source's own order.
        venue: Exchange id of the source (Polygon: 4 is off-exchange).
        trf: Trade reporting facility of an off-exchange print, else 0.
        trade_id: Unique only per venue and day.
        conditions: Sale condition ids.
        side_confidence: How sure the side is, 0 to 1; 1 where the source gives it.
        participant_time_utc: When it happened at the venue, where the source says so.
    """

    symbol: str
    price: Decimal
    size: int
    side: Side
    timestamp_utc: datetime
    sequence: int = 0
    venue: int = 0
    trf: int = 0
    trade_id: str = ""
    conditions: tuple[int, ...] = ()
    side_confidence: float = 1.0
    participant_time_utc: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderFlowAlert:
    """One thing the detectors saw. The first seven fields are the plan's and suffice to build one.

    Attributes:
        symbol: Ticker.
        alert_type: `large_seller` for everything about size, `red_burst` for bursts of selling.
        severity: The plan's: `warning` or `critical`.
        order_size: Shares, where the alert is about a size.
        price_level: Dollars, where it is about a price.
        volume_ratio: Volume over the baseline, for bursts (3.0 is "300 %").
        timestamp_utc: When it happened, aware, UTC.
        evidence: The kind (SPEC section 5), or None for an alert built by hand.
        sell_ratio: Share of the window's volume that sellers started, 0 to 1.
        episode_id: `symbol:evidence:side:price:opened_ns`; the same resting order has one.
        counts: Whether it counts towards an exit under the profile in force.
        rank: 1 exit-eligible, 2 hit, pulled and big prints, 3 the rest; the screen sorts and rings by it.
        exit_eligible: A burst beyond its exit ratio.
        single_print: A burst that is more than half one print.
        against: Which position it endangers.
        text: The line the screen shows.
        late: The event was older than 30 s on arrival: journaled, opens nothing, rings nothing.
        details: Figures behind it, JSON-ready; never holds keys `event` or `error_type`.
    """

    symbol: str
    alert_type: AlertType
    severity: Severity
    order_size: int | None
    price_level: Decimal | None
    volume_ratio: float | None
    timestamp_utc: datetime
    evidence: str | None = None
    sell_ratio: float | None = None
    episode_id: str | None = None
    counts: bool = True
    rank: int = 3
    exit_eligible: bool = False
    single_print: bool = False
    against: Against = "long"
    text: str = ""
    late: bool = False
    details: Mapping[str, Any] = field(default_factory=lambda: _NOTHING, hash=False)

    @property
    def is_burst(self) -> bool:
        """It is about volume over its baseline, not about a size."""
        return self.alert_type == BURST


@dataclass(frozen=True, slots=True)
class ExitRecommendation:
    """A recommendation to think about leaving: never an order.

    Attributes:
        recommendation_id: `symbol:exit:opened_ns` (`symbol:stop:...` for a crossed stop).
        symbol: Ticker.
        reason: One line in words; on delayed data its first words say so.
        evidence: Texts of the alerts behind it, oldest first.
        episode_ids: Ids of those alerts, in the same order.
        opened_utc: When the rule was met, aware, UTC.
        status: `open` until answered.
        against: Which position it endangers.
        quantity: Shares held then; negative is short.
        average_cost: Dollars.
        bid: Best bid then, dollars (best ask for a short).
        pnl: Open profit then, dollars.
        exit_cost: Dollars that leaving what the book shows would have cost against the mid, or None.
        prints: Prints behind the evidence.
        shares: Shares behind the evidence.
        bid_60s_ago: Best bid a minute earlier, dollars, or None.
        details: Why the rule spoke, JSON-ready; never holds keys `event` or `error_type`.
    """

    recommendation_id: str
    symbol: str
    reason: str
    evidence: tuple[str, ...]
    episode_ids: tuple[str, ...]
    opened_utc: datetime
    status: RecommendationStatus = "open"
    against: Against = "long"
    quantity: int = 0
    average_cost: Decimal | None = None
    bid: Decimal | None = None
    pnl: Decimal | None = None
    exit_cost: Decimal | None = None
    prints: int = 0
    shares: int = 0
    bid_60s_ago: Decimal | None = None
    details: Mapping[str, Any] = field(default_factory=lambda: _NOTHING, hash=False)
