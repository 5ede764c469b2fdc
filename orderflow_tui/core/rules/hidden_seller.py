"""Sellers who refill: an ask that trades far more than it ever showed while the price holds (one venue, real depth).

A refill is a rise of the best ask's shown size within 300 ms of an execution there. What was executed is counted over
60 s: an ask that stands for minutes in a calm market trades as much without anybody hiding. Source: Zotikov and
Antonov, arXiv 1909.09495, for the idea; measured as a note, never a reason to leave.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Levels
from orderflow_tui.core.model.outputs import AlertRaised
from orderflow_tui.core.model.units import NS, NS_PER_MS
from orderflow_tui.core.rules.alert_writer import AlertWriter
from orderflow_tui.core.rules.explain import why
from orderflow_tui.core.rules.rule import Prior, Rule
from orderflow_tui.core.rules.rule_part import RuleInputs, RulePart

_REFILL_NS: Final = 300 * NS_PER_MS
_REFILLS: Final = 3
_TIMES_SHOWN: Final = 3
_COUNTED_SECONDS: Final = 60


def _live(source: Capabilities) -> bool:
    return source.trades and source.depth_levels > 1 and source.single_venue


PRIORS: Final[dict[str, Prior]] = {}

HIDDEN_SELLER: Final = Rule(
    "hidden_seller",
    plan=None,
    guarded=False,
    live=_live,
    side="ask",
    mirrored="hidden_buyer",
    on_book=True,
    priors=PRIORS,
)


class HiddenSeller:
    """Follows the best ask of one symbol (mirrored for a short: the best bid)."""

    __slots__ = (
        "_bought", "_last_buy_ns", "_shown", "_told", "executed", "largest_shown", "opened_ns", "price", "refills",
    )  # fmt: skip

    def __init__(self) -> None:
        self._begin(0, 0, 0)

    def _begin(self, time_ns: int, price: int, size: int) -> None:
        self.price, self.opened_ns = price, time_ns
        self.executed = self.refills = 0
        self.largest_shown = self._shown = size
        self._bought: deque[list[int]] = deque()
        self._last_buy_ns = 0
        self._told = False

    def on_best_ask(self, time_ns: int, price: int, size: int) -> None:
        """The best ask after a change of the book. A higher one ends the level; a lower one starts its own."""
        if price != self.price:
            self._begin(time_ns, price, size)
            return
        if size > self._shown and self._last_buy_ns and time_ns - self._last_buy_ns <= _REFILL_NS:
            self.refills += 1
        self._shown = size
        self.largest_shown = max(self.largest_shown, size)

    def on_buy(self, time_ns: int, price: int, size: int, threshold: int) -> bool:
        """A buyer-started print; whether the level has now shown itself as a hidden seller, told once a level."""
        if price != self.price or self._told:
            return False
        self._count(time_ns // NS, size)
        self._last_buy_ns = time_ns
        self._told = self.refills >= _REFILLS and self.executed >= max(threshold, _TIMES_SHOWN * self.largest_shown)
        return self._told

    def _count(self, second: int, size: int) -> None:
        """Shares executed here in the last 60 s, second by second."""
        bought = self._bought
        if bought and bought[-1][0] >= second:
            bought[-1][1] += size
        else:
            bought.append([second, size])
        self.executed += size
        while bought[0][0] <= second - _COUNTED_SECONDS:
            self.executed -= bought.popleft()[1]


class HiddenSellerRule(RulePart):
    """Listens to the book and to purchases."""

    rows = (HIDDEN_SELLER,)
    __slots__ = ("_hidden",)

    def __init__(self, inputs: RuleInputs) -> None:
        super().__init__(inputs)
        self._hidden = HiddenSeller()

    def on_book(self, time_ns: int, bids: Levels, asks: Levels) -> None:  # noqa: ARG002 the bids are others' business
        """Follow the best ask."""
        if asks:
            self._hidden.on_best_ask(time_ns, asks[0][0], asks[0][1])

    def on_purchase(self, time_ns: int, price: int, size: int) -> None:
        """A purchase may unmask who refills the ask."""
        inputs, threshold = self.inputs, self.inputs.terms.print_threshold
        if self._hidden.on_buy(time_ns, price, size, threshold):
            inputs.say(hidden_seller_alert(inputs.writer, self._hidden, time_ns, threshold))


def hidden_seller_alert(writer: AlertWriter, hidden: HiddenSeller, time_ns: int, threshold: int) -> AlertRaised:
    """Sellers who refill an ask while the price holds."""
    price, executed = writer.price(hidden.price), writer.sizes(hidden.executed)
    alert = writer.alert(
        HIDDEN_SELLER,
        time_ns=time_ns,
        opened_ns=hidden.opened_ns,
        price=hidden.price,
        severity="warning",
        rank=3,
        text=writer.words(
            f"Iceberg offer {price}: {executed} bought, price stuck",
            f"Iceberg bid {price}: {executed} sold, price stuck",
        ),
        size=hidden.executed,
        details={
            "threshold": threshold,
            "largest_shown": hidden.largest_shown,
            "executed": hidden.executed,
            "refills": hidden.refills,
            **why(
                ("executed", hidden.executed, threshold, 1),
                ("times_shown", hidden.executed / max(1, hidden.largest_shown), _TIMES_SHOWN, 0.0001),
                ("refills", hidden.refills, _REFILLS, 1),
            ),
        },
    )
    return AlertRaised(alert, time_ns, hidden.price, hidden.price)
