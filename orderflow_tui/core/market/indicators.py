"""Indicators beside the alarms, never alarms by themselves (formulas and sources: docs/rules.md). All O(1) an event."""

from __future__ import annotations

from math import exp, sqrt
from typing import Final

from msgspec import Struct

from orderflow_tui.core.market.volume_window import VolumeWindow
from orderflow_tui.core.model.events import Levels
from orderflow_tui.core.model.units import NS

_OFI_HALF_LIFE_S: Final = 10.0
_LAMBDA_HALF_LIFE_S: Final = 300.0
_PACE_SECONDS: Final = 15
_USUAL_SECONDS: Final = 300
_PACE_KNOWN_SECONDS: Final = 60
_LN2: Final = 0.6931471805599453


class IndicatorFigures(Struct, frozen=True):
    """What the context says now; None where there is nothing to say it from.

    Attributes:
        ofi: Order-flow imbalance of the last seconds over the mean size at the touch (Cont, Kukanov, Stoikov 2014).
        queue_imbalance: (bid - ask) / (bid + ask) size at the touch, -1 to 1 (Gould, Bonart 2015: reads the next tick).
        cvd: Buys less sells since the session began, size units.
        cvd_error: One standard error of it under the sides' mean confidence.
        vwap: The session's volume-weighted price, price units.
        kyle_lambda: Price units the mid moves a size unit of signed volume (Kyle 1985).
        pace: Prints a second, exponentially weighted over 15 s, over the same over five minutes; 1 is as usual.
    """

    ofi: float | None
    queue_imbalance: float | None
    cvd: int
    cvd_error: float
    vwap: float | None
    kyle_lambda: float | None
    pace: float | None = None


class Indicators:
    """Running context of one symbol.

    Args:
        window: The symbol's volume by the second; signed volume is read from its running totals.

    Attributes:
        turnover: Sum of price x size of the session's prints; whoever counts a print adds to this and the next two.
        squares: Sum of their squared sizes.
        sure: Sum of size x the confidence of its side.
    """

    __slots__ = (
        "_ask", "_before", "_bid", "_counted", "_cov", "_depth", "_lambda_ns", "_last_mid2", "_last_signed", "_ofi",
        "_ofi_ns", "_pace", "_seconds", "_usual_pace", "_var", "_window", "squares", "sure", "turnover",
    )  # fmt: skip

    def __init__(self, window: VolumeWindow) -> None:
        self._window = window
        self._bid = self._ask = (0, 0)
        self._ofi = 0.0
        self._ofi_ns = 0
        self._depth = 0.0
        self._last_signed = 0
        self._last_mid2 = 0
        self._cov = self._var = 0.0
        self._lambda_ns = 0
        self.start_session()

    def start_session(self) -> None:
        """Sums that belong to a session start again."""
        window = self._window
        self._before = (window.buy, window.sell, window.volume)
        self._counted = window.count
        self._seconds = 0
        self._pace = self._usual_pace = 0.0
        self.turnover = self.squares = 0
        self.sure = 0.0

    def side_accuracy(self) -> float:
        """How often a side is right: the mean confidence of the session's signed volume; 1 without any."""
        signed = self._window.buy + self._window.sell - self._before[0] - self._before[1]
        return min(1.0, self.sure / signed) if signed > 0 else 1.0

    @property
    def usual_touch(self) -> float:
        """The usual size at the touch: the mean of both sides, a hundredth of each change; 0 unknown."""
        return self._depth

    def on_touch(self, time_ns: int, bids: Levels, asks: Levels) -> None:
        """The book after a change."""
        if not bids or not asks:
            return
        bid, ask = bids[0], asks[0]
        before_bid, before_ask = self._bid, self._ask
        self._bid, self._ask = bid, ask
        if not before_bid[1]:
            self._ofi_ns = time_ns
            self._depth = (bid[1] + ask[1]) / 2
            return
        if bid == before_bid and ask == before_ask:
            return
        change = 0
        if bid[0] >= before_bid[0]:
            change += bid[1]
        if bid[0] <= before_bid[0]:
            change -= before_bid[1]
        if ask[0] <= before_ask[0]:
            change -= ask[1]
        if ask[0] >= before_ask[0]:
            change += before_ask[1]
        fade = exp(-_LN2 * max(0, time_ns - self._ofi_ns) / NS / _OFI_HALF_LIFE_S)
        self._ofi = self._ofi * fade + change
        self._depth += 0.01 * ((bid[1] + ask[1]) / 2 - self._depth)
        self._ofi_ns = time_ns

    def whole_second(self, time_ns: int) -> None:
        """Count the prints, and pair the mid's move with the signed volume of the seconds since the last call."""
        self._keep_pace()
        mid2 = self._bid[0] + self._ask[0]
        if not self._bid[1]:
            return
        now_signed = self._window.buy - self._window.sell
        if self._lambda_ns:
            fade = exp(-_LN2 * max(0, time_ns - self._lambda_ns) / NS / _LAMBDA_HALF_LIFE_S)
            signed = now_signed - self._last_signed
            moved = (mid2 - self._last_mid2) / 2
            self._cov = self._cov * fade + moved * signed
            self._var = self._var * fade + float(signed) * signed
        self._lambda_ns, self._last_mid2, self._last_signed = time_ns, mid2, now_signed

    def _keep_pace(self) -> None:
        """One more second: plain means until the session has lasted as long as the weights reach."""
        count = self._window.count
        fresh, self._counted = count - self._counted, count
        self._seconds += 1
        self._pace += (fresh - self._pace) / min(self._seconds, _PACE_SECONDS)
        self._usual_pace += (fresh - self._usual_pace) / min(self._seconds, _USUAL_SECONDS)

    def figures(self, now_ns: int) -> IndicatorFigures:
        """What it says at an instant."""
        fade = exp(-_LN2 * max(0, now_ns - self._ofi_ns) / NS / _OFI_HALF_LIFE_S)
        touch = self._bid[1] + self._ask[1]
        bought, sold, volume = (
            now - then
            for now, then in zip((self._window.buy, self._window.sell, self._window.volume), self._before, strict=True)
        )
        accuracy = self.side_accuracy()
        return IndicatorFigures(
            ofi=self._ofi * fade / self._depth if self._depth else None,
            queue_imbalance=(self._bid[1] - self._ask[1]) / touch if touch else None,
            cvd=bought - sold,
            cvd_error=sqrt(4.0 * accuracy * (1.0 - accuracy) * self.squares),
            vwap=self.turnover / volume if volume else None,
            kyle_lambda=self._cov / self._var if self._var else None,
            pace=self._pace / self._usual_pace if self._usual_pace and self._seconds >= _PACE_KNOWN_SECONDS else None,
        )
