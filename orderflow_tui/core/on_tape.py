"""What a print brings about: volume, bursts, what it takes from the book, what rules listen to; minutes read again."""

from __future__ import annotations

from collections import deque
from typing import Final

from orderflow_tui.core.learning.session_learning import SessionLearning
from orderflow_tui.core.market.corrections import apply_correction
from orderflow_tui.core.market.series import Series
from orderflow_tui.core.market.sweeps import Aggressor
from orderflow_tui.core.model.events import (
    AUCTION,
    BUY,
    LATE_REPORT,
    OFF_EXCHANGE,
    PRICE,
    SELL,
    VOLUME,
    Print,
    TapeCorrection,
)
from orderflow_tui.core.model.outputs import AlertUpdated
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.active_rules import ActiveRules
from orderflow_tui.core.rules.rule_part import RuleInputs
from orderflow_tui.core.short_as_long import TapeRow

ROWS: Final = 40
_LATE_NS: Final = 2 * NS


class TapeRules:
    """The tape half of one symbol.

    Args:
        inputs: What rules look at.
        rules: Those that listen.
        learning: Takes sizes and the session's first price.
    """

    __slots__ = (
        "_buys", "_classifier", "_context", "_learning", "_market", "_mirror", "_rules", "_say_status", "_short",
        "_span", "_terms", "_window", "corrected_seconds", "late_prints", "prints", "rows", "series", "taken",
        "uncounted_prints",
    )  # fmt: skip

    def __init__(
        self,
        inputs: RuleInputs,
        rules: ActiveRules,
        learning: SessionLearning,
    ) -> None:
        self._terms = inputs.terms
        self._market = inputs.market
        self._window = inputs.window
        self._classifier = inputs.classifier
        self._say_status = inputs.say_status
        self._mirror = inputs.writer.mirror
        self._short = self._mirror.short
        self._rules = rules
        self._context = inputs.context
        self._span = inputs.span
        self._learning = learning
        self._buys = Aggressor()
        self.prints = self.late_prints = self.uncounted_prints = self.corrected_seconds = 0
        self.rows: deque[TapeRow] = deque(maxlen=ROWS)
        """The newest prints in real prices and sides, for a reader."""
        self.series: Series | None = None
        """The last half hour for charts, where somebody looks at them."""
        self.taken = 0
        """Size that sellers took from the book's bids, on exchanges, since the start."""

    def keep_rows(self, rows: int = ROWS) -> None:
        """How many of the newest prints to keep for a reader."""
        self.rows = deque(self.rows, maxlen=rows)

    def on_print(self, event: Print) -> None:  # noqa: C901, PLR0912 the hot path: a call saved is a tenth of it
        """A print in processing order."""
        time_ns, flags = event.time_ns, event.flags
        classifier = self._classifier
        side = classifier.classify(event)
        if not flags & VOLUME:
            self.uncounted_prints += 1
            return
        self.prints += 1
        market, price, size = self._market, event.price, event.size
        newest = market.newest_print_ns
        if flags & PRICE and time_ns >= newest and (price != market.last_price or market.bar is None):
            market.traded_at(time_ns, price)
            if self._learning.unpriced:
                self._first_price(time_ns, price)
        row = (time_ns, price, size, side, flags)
        if self._short:
            row = self._mirror.row(row)
        self.rows.append(row)
        if self.series is not None and flags & PRICE:
            self.series.at_price.add(self._learning.session, *row[:4])
        if flags & AUCTION:
            return
        if flags & LATE_REPORT or time_ns < newest - _LATE_NS:
            self.late_prints += 1
            return
        if time_ns > newest:
            market.newest_print_ns = time_ns
        window, span, second = self._window, self._span, time_ns // NS
        window.add(second, size, side)
        if (second != span.head or window.volume - span.before > span.need) and self._terms.flow_on:
            for listen in self._rules.on_volume:
                listen(time_ns, price)
        if classifier.polled:
            classifier.fade(event)
        context = self._context
        context.turnover += price * size
        context.squares += size * size
        context.sure += size * classifier.confidence
        if flags & OFF_EXCHANGE:
            for listen in self._rules.off_exchange:
                listen(event, side)
            return
        quote = classifier.quote
        unproven = (quote is None or quote[0] >= time_ns) and self._may_be_sale(side)
        if side == BUY and not unproven:
            self._on_purchase(time_ns, price, size)
            return
        if side == SELL:
            self.taken += size
        for listen in self._rules.on_sale:
            listen(event, side, unproven)

    def _first_price(self, time_ns: int, price: int) -> None:
        changed = self._learning.first_price(time_ns, price)
        if changed is not None:
            self._say_status(changed[0], time_ns, changed[1])

    def _may_be_sale(self, side: int) -> bool:
        """Whether a print may be a sale of which no quote from before it tells, though the source may have one.

        Without quotes in the plan the tick test is all there is, and what it calls a purchase is one.
        """
        capabilities = self._terms.capabilities
        if capabilities.side_check == "none" or capabilities.sides_given:
            return False
        return capabilities.quotes or side != BUY

    def _on_purchase(self, time_ns: int, price: int, size: int) -> None:
        """A print that buyers started: in `guarded` it teaches what large is here."""
        if self._terms.guarded:
            buys = self._buys
            if not buys.extend(time_ns, price, size, self._market.price_step, False, 0):
                if buys.count:
                    self._learning.learn_print(buys.volume)
                buys.start(time_ns, price, size, False, 0)
        for listen in self._rules.on_purchase:
            listen(time_ns, price, size)

    def correct(self, event: TapeCorrection) -> list[AlertUpdated]:
        """A minute as the tape has it now; alerts that rested on what changed stand: returns their notes."""
        last = event.time_ns // NS - 1
        if self.series is not None:
            rows = (
                (one.time_ns, one.price, one.size, one.side, one.flags)
                for one in event.prints
                if one.flags & VOLUME and one.flags & PRICE
            )
            real = map(self._mirror.row, rows) if self._short else rows
            self.series.at_price.correct(event.from_second, last, (row[:4] for row in real))
        differing, change = apply_correction(self._window, self._market, event.from_second, last, event.prints)
        if not differing:
            return []
        self.corrected_seconds += differing
        self._span.late_print()
        return self._rules.corrected(event.from_second, last, change)
