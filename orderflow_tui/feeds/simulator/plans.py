"""What each of the vendor's plans answers (prices and levels as of April 2026)."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

PlanName = Literal["basic", "starter", "developer", "advanced"]
DELAY_SECONDS: Final = 900


class Plan(Struct, frozen=True):
    """One plan.

    Attributes:
        snapshots: Snapshots answer at all.
        last_trade: They name the last trade.
        quotes: Quotes: in snapshots, by themselves, and streamed.
        trades: Prints, by requests and streamed.
        delayed: Everything is 15 minutes late, and says so.
        requests_per_second: Requests above this rate get status 429; None for no limit.
    """

    snapshots: bool = True
    last_trade: bool = True
    quotes: bool = True
    trades: bool = True
    delayed: bool = False
    requests_per_second: float | None = None

    def missing(self) -> frozenset[str]:
        """The endpoints it does not have."""
        gone: set[str] = set()
        if not self.snapshots:
            gone |= {"snapshot", "universal"}
        if not self.last_trade:
            gone.add("last_trade")
        if not self.trades:
            gone.add("trades")
        if not self.quotes:
            gone |= {"quotes", "nbbo"}
        return frozenset(gone)

    def streams(self, kind: str) -> bool:
        """Whether a channel of this kind (`T`, `Q`, `LULD`) can be subscribed to."""
        return self.trades if kind == "T" else self.quotes and not self.delayed


PLANS: Final[dict[PlanName, Plan]] = {
    "basic": Plan(
        snapshots=False, last_trade=False, quotes=False, trades=False, delayed=True, requests_per_second=5 / 60
    ),
    "starter": Plan(last_trade=False, quotes=False, trades=False, delayed=True),
    "developer": Plan(quotes=False, delayed=True),
    "advanced": Plan(),
}
EVERYTHING: Final = Plan()
