"""The tape half of a symbol: prints, what they say of sellers, and minutes read again."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from orderflow_tui.core.market.corrections import apply_correction
from orderflow_tui.core.market.sweeps import SPAN_NS, SWEEP_NS, is_sweep
from orderflow_tui.core.model.data_models import OrderFlowAlert
from orderflow_tui.core.model.events import (
    AUCTION,
    BUY,
    LATE_REPORT,
    OFF_EXCHANGE,
    PRICE,
    SELL,
    VOLUME,
    Print,
    SideCheckResult,
    TapeCorrection,
)
from orderflow_tui.core.model.outputs import AlertUpdated
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.block import block_alert
from orderflow_tui.core.rules.hidden_seller import hidden_seller_alert
from orderflow_tui.core.rules.sell_print import sell_print_alert, sweep_named
from orderflow_tui.core.rules.side_check import (
    BY_QUOTES,
    REFUTED,
    UNSURE,
    Held,
    Signed,
    doubted,
    sign_seconds,
    signed,
    sold_and_bought,
    with_sides,
)
from orderflow_tui.core.rules.slow_bleed import BUCKET_SECONDS, slow_bleed_alert
from orderflow_tui.core.symbol_state import SymbolState

_LATE_NS: Final = 2 * NS


class TapeSide(SymbolState):
    """What prints bring about."""

    __slots__ = ()

    def _on_print(self, event: Print) -> None:  # noqa: C901, PLR0912 the hot path: a call saved is a tenth of it
        time_ns, flags = event.time_ns, event.flags
        side = self.classifier.classify(event)
        if not flags & VOLUME:
            self.uncounted_prints += 1
            return
        self.prints += 1
        market, price, size = self.market, event.price, event.size
        newest = market.newest_print_ns
        if flags & PRICE and time_ns >= newest and (price != market.last_price or market.bar is None):
            market.traded_at(time_ns, price)
            if self._unpriced:
                self._first_price(time_ns, price)
        row = (time_ns, -price, size, -side, flags) if self.short else (time_ns, price, size, side, flags)
        self.tape.append(row)
        if self.series is not None and flags & PRICE:
            self.series.at_price.add(self.session, *row[:4])
        if flags & AUCTION:
            return
        if flags & LATE_REPORT or time_ns < newest - _LATE_NS:
            self.late_prints += 1
            return
        if time_ns > newest:
            market.newest_print_ns = time_ns
        window, burst, second = self.window, self.burst, time_ns // NS
        span = burst.span
        window.add(second, size, side)
        if (second != span.head or window.volume - span.before > span.need) and self._flow_on:
            said = burst.on_print(time_ns, price)
            if said is not None:
                self._say_sided(said, (second - span.seconds + 1) * NS)
        if self.classifier.polled:
            self.classifier.fade(event)
        context = self.context
        context.turnover += price * size
        context.squares += size * size
        context.sure += size * self.classifier.confidence
        if flags & OFF_EXCHANGE:
            self._off_exchange(event, side)
        elif side != BUY or self._unproven(time_ns, side):
            self._on_sale(time_ns, price, size, side, event.venue)
        elif self._guarded:
            self._on_purchase(time_ns, price, size)

    def _off_exchange(self, event: Print, side: int) -> None:
        """A print no exchange's book took part in: it consumes no shown size; a large one is a block."""
        if side != BUY:
            self.bid_walls.on_sell(event.time_ns, event.price, event.size, aggressor=False)
        threshold = self.print_threshold
        if self._guarded and event.size > threshold:
            self._say(block_alert(self.writer, event, threshold))

    def _on_sale(self, time_ns: int, price: int, size: int, side: int, venue: int) -> None:
        """A print on an exchange that sellers started, or may have."""
        bids = self.bid_walls
        if (bids.walls or bids.closing) and side != BUY:
            hit = bids.on_sell(time_ns, price, size, aggressor=side == SELL)
            if hit is not None:
                self._say(hit)
        unproven = self._unproven(time_ns, side)
        if side == SELL:
            self.taken += size
        elif not unproven:
            return
        threshold = self.print_threshold
        quote = self.classifier.quote
        touching = unproven or (quote is not None and quote[2] != 0 and price <= quote[2])
        sells = self._sells
        if not sells.extend(time_ns, price, size, self.market.price_step, touching, threshold):
            self._end_sells()
            sells.start(time_ns, price, size, touching, threshold)
        if unproven:
            sells.unproven = True
        if sells.crossed_ns:
            # Only what there is to tell needs its own instant; the rest ends with the second or the next print.
            self._due_ns = min(self._due_ns, sells.first_ns + SPAN_NS + 1)
        sweep = self._sweep
        sweep.prices[price] = sweep.venues[venue] = time_ns
        if self._unnamed is not None:
            self._name_sweep(time_ns)

    def _unproven(self, time_ns: int, side: int) -> bool:
        """Whether no quote from before the print just classified is known, though the source may have one.

        Without quotes in the plan the tick test is all there is, and what it calls a purchase is one.
        """
        quote, capabilities = self.classifier.quote, self.capabilities
        if (quote is not None and quote[0] < time_ns) or capabilities.side_check == "none" or capabilities.sides_given:
            return False
        return capabilities.quotes or side != BUY

    def _end_sells(self) -> None:
        sells = self._sells
        if sells.crossed_ns:
            levels, venues = self._sweep.within(sells.last_ns, self.market.price_step)
            said = sell_print_alert(self.writer, sells, self.print_threshold, levels=levels, venues=venues)
            self._say_sided(said, sells.first_ns, unproven=sells.unproven)
            self._unnamed = None if is_sweep(levels, venues) else (sells.first_ns, said)
        if sells.count and self._guarded:
            self.learner.prints.add(sells.volume)
        sells.count = sells.crossed_ns = 0

    def _name_sweep(self, time_ns: int) -> None:
        """A large sell was told before the rest of its sweep came: name it when the 250 ms from its first print do."""
        assert self._unnamed is not None
        first_ns, said = self._unnamed
        if time_ns - first_ns > SWEEP_NS:
            self._unnamed = None
            return
        levels, venues = self._sweep.within(first_ns + SWEEP_NS, self.market.price_step)
        if is_sweep(levels, venues):
            self._unnamed = None
            named = AlertUpdated(sweep_named(self.writer, said.alert, levels, venues), said.time_ns, journal=True)
            self._say_sided(named, first_ns)

    def _on_purchase(self, time_ns: int, price: int, size: int) -> None:
        """A print that buyers started: it teaches what large is here, and may unmask a hidden seller."""
        buys = self._buys
        if not buys.extend(time_ns, price, size, self.market.price_step, False, 0):
            if buys.count:
                self.learner.prints.add(buys.volume)
            buys.start(time_ns, price, size, False, 0)
        capabilities = self.capabilities
        if capabilities.single_venue and capabilities.depth_levels > 1:
            threshold = self.print_threshold
            if self.hidden.on_buy(time_ns, price, size, threshold):
                self._say(hidden_seller_alert(self.writer, self.hidden, time_ns, threshold))

    def _on_reread(self, event: TapeCorrection) -> None:
        """A minute as the tape has it now; an alert that rested on what changed stands and gets a note."""
        last = event.time_ns // NS - 1
        differing, change = apply_correction(self.window, self.market, event.from_second, last, event.prints)
        if not differing:
            return
        self.corrected_seconds += differing
        self.burst.span.late_print()
        noted = self.burst.corrected(event.from_second, last, change)
        if noted is not None:
            self._out.append(noted)

    def _on_sides_told(self, event: SideCheckResult) -> None:
        """The quotes of a span were asked for: what they bear out is told, what was surely bought is not."""
        held = self.checks.of(event)
        if held is None:
            return
        raised = held.raised
        prints = signed(event) if event.quotes else []
        if raised.alert.alert_type == "red_burst":
            self._burst_by_quotes(event, held, prints)
            return
        sold, bought = sold_and_bought(prints, held.from_ns, raised.low, raised.high)
        alert = held.grown.alert if held.grown is not None else raised.alert
        threshold = alert.details["threshold"]
        if sold > threshold:
            self.checks.settled(event)
            self._say_checked(held, alert)
        elif alert.details["at_touch"] - bought <= threshold:
            self.checks.settled(event)
            self._say_checked(held, None)
        else:
            self._say_unsure(held)

    def _burst_by_quotes(self, event: SideCheckResult, held: Held, prints: list[Signed]) -> None:
        burst, raised, grown = self.burst, held.raised, held.grown
        most = sign_seconds(self.window, prints, held.from_ns // NS)
        burst.span.late_print()
        alert = more = None
        if most:
            alert = burst.judge_again(raised.alert, raised.time_ns)
            more = burst.judge_again(grown.alert, grown.time_ns) if grown is not None else None
        newest = grown or raised
        if not most or (alert is None and more is None and burst.may_be(newest.alert, newest.time_ns)):
            if burst.open_alert is not None:
                burst.unsure = True
                burst.open_alert = doubted(raised.alert, UNSURE)
            self._say_unsure(held)
            return
        self.checks.settled(event)
        if alert is None and more is None:
            burst.refute(raised.time_ns)
        self._say_checked(held, alert or more)
        if alert is not None and more is not None:
            assert grown is not None
            self._say(AlertUpdated(with_sides(more, BY_QUOTES), grown.time_ns, journal=True))

    def _say_unsure(self, held: Held) -> None:
        """Nobody could say by which quotes its prints were made."""
        if not held.told:
            held.told = True
            self._say(replace(held.raised, alert=doubted(held.raised.alert, UNSURE)))

    def _say_checked(self, held: Held, alert: OrderFlowAlert | None) -> None:
        """A held alert as the quotes have it, None where they do not bear it out: then nothing was to be told."""
        raised = held.raised
        if not held.told:
            if alert is not None:
                self._say(replace(raised, alert=with_sides(alert, BY_QUOTES)))
            return
        now = doubted(raised.alert, REFUTED) if alert is None else with_sides(alert, BY_QUOTES)
        self._say(AlertUpdated(now, raised.time_ns, journal=True))
        if alert is not None and alert.alert_type != "red_burst":
            # It did not count when it was told unsure; a seller who is proven a second later is no less a seller.
            opened = self.holding.weigh(replace(raised, alert=now))
            if opened is not None:
                self._tell((opened,))

    def _bleed(self, end: int) -> None:
        """Ten seconds that end with second `end - 1` are over."""
        window = self.window
        begin = end - BUCKET_SECONDS
        if window.head < begin or self.burst.span.covered_from is None or begin < self.burst.span.covered_from:
            return
        sells = window.sell_through(end - 1) - window.sell_through(begin - 1)
        buys = window.buy_through(end - 1) - window.buy_through(begin - 1)
        if self.bleed.bucket(sells, buys):
            price = self.market.last_price
            if price is not None and not self.halted and not self.near_event(end * NS):
                self._say(slow_bleed_alert(self.writer, self.bleed, end * NS, price))
            self.bleed.restart()
