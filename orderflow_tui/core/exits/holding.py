"""One symbol's position, its stop, the signals counted against it, and the recommendations that follow."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from decimal import Decimal

from orderflow_tui.core.exits.basis import COUNTED_SIGNALS
from orderflow_tui.core.exits.counted_signals import ALERTS_NEEDED, CountedSignal, SignalCounter, evidence_of
from orderflow_tui.core.exits.exit_signal import QUIET_NS, ExitLatch, Figures
from orderflow_tui.core.market.liquidity import ExitCost, band_size, exit_cost
from orderflow_tui.core.market.sessions import new_york_day
from orderflow_tui.core.market.state import SAMPLES, MarketState
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import TAKE_BACK, Answer, ExitRecommendation, OrderFlowAlert, Position
from orderflow_tui.core.model.events import Levels
from orderflow_tui.core.model.outputs import AlertRaised, AlertUpdated, ExitAnswered, ExitResolved, Output, StopRaised
from orderflow_tui.core.model.units import (
    NS,
    datetime_ns,
    iso_utc,
    price_decimal,
    price_text,
    price_units,
    utc_datetime,
)
from orderflow_tui.core.rules.alert_writer import AlertWriter, Thresholds
from orderflow_tui.core.rules.explain import why
from orderflow_tui.core.rules.stops import StopWatch


class Holding:
    """Everything that depends on what is held.

    Args:
        symbol: Ticker.
        thresholds: In force for this symbol.
        capabilities: What the source can show.
        writer: Knows which side is held.
        market: The symbol's market.
    """

    def __init__(
        self,
        symbol: str,
        thresholds: Thresholds,
        capabilities: Capabilities,
        writer: AlertWriter,
        market: MarketState,
    ) -> None:
        self.symbol = symbol
        self.capabilities = capabilities
        self.writer = writer
        self.market = market
        self.counted_signals = SignalCounter(thresholds.alert_window_seconds)
        self.flow = ExitLatch("flow")
        self.stop_latch = ExitLatch("stop")
        self.coverage: deque[float] = deque(maxlen=SAMPLES)
        """Coverage at each of the last whole seconds, oldest first."""
        self.costs: deque[float] = deque(maxlen=SAMPLES + 1)
        """Exit cost in dollars at the same seconds."""
        self.position: Position | None = None
        self.stop_watch: StopWatch | None = None
        self.trimmed = 0
        self.trimmed_ns = 0
        self.owns = False
        """Whether the holder has working orders in this book."""
        self._own: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._stop_crossed_ns = 0
        self.session_ns = 0
        """When the current session began."""
        self.alone = False
        """No screen is attached: nobody can answer."""

    def set_position(self, position: Position | None) -> None:
        """Take a new state of the position; its direction must be the one it was made for."""
        if self.position is not None and position is not None and position.quantity != self.position.quantity:
            self.trimmed = 0
            self.flow.keep_answer()
            self.stop_latch.keep_answer()
        self.position = position
        for latch in (self.flow, self.stop_latch):
            latch.position_is(self.quantity)
        mirror = self.writer.mirror
        stop = None if position is None or position.stop is None else price_units(position.stop)
        level = None if stop is None else mirror.level(stop)
        if level is None:
            self.stop_watch = None
        elif self.stop_watch is None or self.stop_watch.stop != level:
            self.stop_watch = StopWatch(level)
        near: dict[int, int] = {}
        far: dict[int, int] = {}
        for order in position.working if position else ():
            price = price_units(order.price)
            side = near if mirror.rests_near(order.side) else far
            key = mirror.level(price)
            side[key] = side.get(key, 0) + order.size * self.capabilities.size_scale
        self._own = (near, far)
        self.owns = bool(near or far)

    @property
    def quantity(self) -> int:
        """Shares held, less what the trader said he trimmed; never negative."""
        return 0 if self.position is None else max(0, abs(self.position.quantity) - self.trimmed)

    def without_own(self, bids: Levels, asks: Levels) -> tuple[Levels, Levels]:
        """The book less the holder's own working orders."""
        near, far = self._own
        return (_less(bids, near) if near else bids), (_less(asks, far) if far else asks)

    def whole_second(self) -> None:
        """Sample coverage and exit cost at a whole second."""
        market, size = self.market, self.quantity * self.capabilities.size_scale
        if not size or not market.bids or not market.asks:
            return
        walked = self.exit_cost()
        if walked is None:
            return
        self.coverage.append(band_size(market.bids, market.price_step)[0] / size)
        self.costs.append(walked.dollars)

    def exit_cost(self) -> ExitCost | None:
        """What the shown book takes of the position; None where it has not two sides or is not the market's."""
        if not self.capabilities.sizes_are_market:
            return None
        scale = self.capabilities.size_scale
        return exit_cost(self.market.bids, self.market.asks, self.quantity * scale, scale)

    # --- the stop -----------------------------------------------------------------------------------------------

    def check_stop(self, time_ns: int, news_from_ns: int) -> list[Output]:
        """Hold the bid in force against the stop; history does not ring it."""
        watch, bid = self.stop_watch, self.market.bid
        if watch is None or bid is None or time_ns < news_from_ns:
            return []
        said = watch.on_bid(time_ns, bid, self.market.near_distance)
        if said is None:
            return []
        mirror = self.writer.mirror
        stop, price = mirror.price(watch.stop), mirror.price(bid)
        touch = self.writer.words("bid", "ask")
        if said == "stop_near":
            side = self.writer.words("above", "below")
            text = f"Near stop: {touch} {price_text(price)}, {abs(price - stop) / 100:.0f}c {side} {price_text(stop)}"
        else:
            text = f"STOP HIT: {touch} {price_text(price)} through your {price_text(stop)}"
        out: list[Output] = [StopRaised(self.symbol, said, time_ns, stop, price, text)]
        if said == "stop_crossed":
            self._stop_crossed_ns = time_ns
            named = replace(
                self._template(time_ns),
                recommendation_id=f"{self.symbol}:stop:{time_ns}",
                reason=self._delayed() + text,
                evidence=(text,),
            )
            self.stop_latch.evidence(time_ns)
            opened = self.stop_latch.trigger(time_ns, named, self.figures(time_ns), burst=False)
            out += [opened] if opened else []
        return out

    # --- the count ----------------------------------------------------------------------------------------------

    def weigh(self, output: AlertRaised | AlertUpdated) -> Output | None:
        """Count an alert where it counts; a recommendation when that makes one."""
        if not evidence_of(output):
            return None
        alert, time_ns = output.alert, output.time_ns
        burst = alert.is_burst
        enough = burst
        if not burst and isinstance(output, AlertRaised):
            before = self.counted_signals.counted
            enough = self.counted_signals.add(output)
            if self.counted_signals.counted == before:
                return None
        if not self.quantity:
            return None
        self.flow.evidence(time_ns)
        if enough and self.flow.opens(time_ns, figures := self.figures(time_ns), burst=burst):
            named = self._because_of_burst(alert, time_ns) if burst else self._because_of_signals(time_ns)
            opened = self.flow.trigger(time_ns, named, figures, burst=burst)
            if opened is not None:
                return opened
        self.flow.attach(alert, int(alert.details.get("prints", 0)))
        return None

    def _because_of_burst(self, alert: OrderFlowAlert, time_ns: int) -> ExitRecommendation:
        prints, volume = int(alert.details["prints"]), int(alert.details["volume"])
        reason = f"{alert.text} ({_behind(prints, volume, self.writer)})"
        shares = round(volume / self.capabilities.size_scale)
        details = {
            "basis": alert.details.get("basis", ""),
            **why(("volume_ratio", alert.volume_ratio or 0.0, float(alert.details["exit_ratio"]))),
        }
        return replace(self._named(time_ns, reason, (alert,), prints, shares), details=details)

    def _because_of_signals(self, time_ns: int) -> ExitRecommendation:
        signals = self.counted_signals.signals()
        prints, shares = sum(one.prints for one in signals), sum(one.shares for one in signals if one.prints)
        seconds = max(1, round((signals[-1].time_ns - signals[0].time_ns) / NS))
        who = self.writer.words("large sellers", "large buyers")
        behind = _behind_signals(signals, self.writer, self.capabilities.size_scale)
        alerts = tuple(one.alert for one in signals)
        details = {
            "basis": COUNTED_SIGNALS,
            "acts": [
                {"at": iso_utc(one.time_ns), "episode_id": one.alert.episode_id, "shares": one.shares}
                for one in signals
            ],
            "window_seconds": self.counted_signals.window_seconds,
            **why(
                ("acts", len(signals), ALERTS_NEEDED, 1),
                ("seconds_apart", seconds, self.counted_signals.window_seconds, -1),
            ),
        }
        named = self._named(time_ns, f"{len(signals)} {who} in {seconds} s: {behind}", alerts, prints, shares)
        return replace(named, details=details)

    def _named(
        self, time_ns: int, reason: str, alerts: tuple[OrderFlowAlert, ...], prints: int, shares: int
    ) -> ExitRecommendation:
        return replace(
            self._template(time_ns),
            recommendation_id=f"{self.symbol}:exit:{time_ns}",
            reason=self._delayed() + reason,
            evidence=tuple(alert.text for alert in alerts),
            episode_ids=tuple(alert.episode_id or "" for alert in alerts),
            prints=prints,
            shares=shares,
        )

    def _delayed(self) -> str:
        minutes = self.capabilities.delay_seconds // 60
        return f"DELAYED {minutes} MIN: " if minutes else ""

    # --- figures and answers ------------------------------------------------------------------------------------

    def figures(self, time_ns: int) -> Figures:
        """The position and the book at this moment."""
        market = self.market
        return Figures(
            self.quantity,
            market.bid,
            market.near_distance,
            new_york_day(time_ns),
            lambda: self._template(time_ns),
            self.writer.mirror,
        )

    def _template(self, time_ns: int) -> ExitRecommendation:
        """A recommendation with the position's figures filled in."""
        position, market, quantity, mirror = self.position, self.market, self.quantity, self.writer.mirror
        walked = self.exit_cost()
        earlier = market.quote_at(time_ns // NS - SAMPLES)
        bid = None if market.bid is None else price_decimal(mirror.price(market.bid))
        pnl: Decimal | None = None
        if position is not None and position.average_cost and bid is not None:
            pnl = (bid - position.average_cost) * quantity * mirror.sign
        return ExitRecommendation(
            recommendation_id="",
            symbol=self.symbol,
            reason="",
            evidence=(),
            episode_ids=(),
            opened_utc=utc_datetime(time_ns),
            against=mirror.against,
            quantity=quantity * mirror.sign,
            average_cost=None if position is None else position.average_cost,
            bid=bid,
            pnl=pnl,
            exit_cost=None if walked is None else Decimal(str(round(walked.dollars, 2))),
            bid_60s_ago=None if earlier is None else price_decimal(mirror.price(earlier[0])),
        )

    def tend(self, time_ns: int) -> list[Output]:
        """Let time and price act on what was answered, and time on what nobody answers."""
        out: list[Output] = []
        for latch in (self.flow, self.stop_latch):
            current = latch.current
            if current is None:
                continue
            if current.status != "open" or not self.quantity:
                out += latch.on_clock(time_ns, self.figures(time_ns), stop_crossed_ns=self._stop_crossed_ns)
            elif reason := self._nobody_answers(datetime_ns(current.opened_utc), time_ns):
                latch.current = None
                out.append(ExitResolved(replace(current, status="unanswered"), time_ns, reason))
                if latch is self.stop_latch and self.stop_watch is not None:
                    self.stop_watch = StopWatch(self.stop_watch.stop)  # a stop that is still crossed rings again
        return out

    def _nobody_answers(self, opened_ns: int, time_ns: int) -> str:
        """Why an open recommendation has waited long enough; empty while it is to be answered."""
        if time_ns < opened_ns + QUIET_NS:
            return ""
        if opened_ns < self.session_ns:
            return "its session ended without an answer"
        return "no screen to answer on; armed again" if self.alone else ""

    def answer(self, time_ns: int, recommendation_id: str, answer: Answer) -> Output | None:
        """The trader answered a recommendation, or took his answer back; None when there is nothing to answer."""
        if answer.kind == TAKE_BACK:
            return self._take_back(time_ns, recommendation_id)
        for latch in (self.flow, self.stop_latch):
            current = latch.current
            if current is not None and current.recommendation_id == recommendation_id:
                output = latch.answer(time_ns, answer, self.figures(time_ns))
                if isinstance(output, ExitAnswered) and answer.kind == "trimmed":
                    self.trimmed += answer.shares
                    self.trimmed_ns = time_ns
                return output
        return None

    def _take_back(self, time_ns: int, recommendation_id: str) -> Output | None:
        for latch in (self.flow, self.stop_latch):
            answered = latch.answered
            if answered is None or answered[0].recommendation_id != recommendation_id:
                continue
            sold = min(self.trimmed, answered[1].shares) if answered[1].kind == "trimmed" else 0
            self.trimmed -= sold
            output = latch.take_back(time_ns, self.figures(time_ns))
            self.trimmed += 0 if output else sold
            return output
        return None


def _behind(prints: int, volume: int, writer: AlertWriter) -> str:
    return f"{prints:,} print{'' if prints == 1 else 's'}, {writer.sizes(volume)} sh"


def _behind_signals(signals: tuple[CountedSignal, ...], writer: AlertWriter, scale: int) -> str:
    """Prints with their shares; what rests in the book or was withdrawn from it stands apart."""
    parts = []
    prints, printed = sum(one.prints for one in signals), sum(one.shares for one in signals if one.prints)
    if prints:
        parts.append(_behind(prints, printed * scale, writer))
    still = [one for one in signals if not one.prints]
    gone = sum(one.shares for one in still if (one.alert.evidence or "").endswith("_pulled"))
    resting = sum(one.shares for one in still) - gone
    parts += [f"{writer.sizes(size * scale)} {word}" for size, word in ((resting, "resting"), (gone, "pulled")) if size]
    return ", ".join(parts)


def _less(levels: Levels, own: dict[int, int]) -> Levels:
    rest = ((price, size - own.get(price, 0)) for price, size in levels)
    return tuple((price, size) for price, size in rest if size > 0)
