"""A rule at work on one symbol: what it may look at, and what it may listen to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import ClassVar, Protocol

from msgspec import Struct

from orderflow_tui.core.market.indicators import Indicators
from orderflow_tui.core.market.state import MarketState
from orderflow_tui.core.market.timers import Timers
from orderflow_tui.core.market.trade_side import SideClassifier
from orderflow_tui.core.market.volume_window import VolumeWindow
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Levels, Print
from orderflow_tui.core.model.outputs import AlertOutput, AlertUpdated, StatusKind
from orderflow_tui.core.model.units import NEVER_NS
from orderflow_tui.core.rules.alert_writer import AlertWriter
from orderflow_tui.core.rules.burst_window import BurstWindow
from orderflow_tui.core.rules.rule import Profile, Rule
from orderflow_tui.core.rules.side_check import SidedRule
from orderflow_tui.core.rules.terms import SymbolTerms


class Held(Protocol):
    """What rules may know of what is held."""

    coverage: deque[float]
    """What the bids within reach cover of it, at each of the last whole seconds."""

    @property
    def quantity(self) -> int:
        """Shares."""
        ...


class SaySided(Protocol):
    """Says what rests on the sides of prints, or asks for their quotes first (`SideAnswers.say`)."""

    def __call__(
        self, rule: SidedRule, output: AlertOutput, from_ns: int, *, to_ns: int = 0, unproven: bool = False
    ) -> None:
        """As that says."""
        ...


class RuleInputs(Struct, frozen=True):
    """What a rule may look at, and whom it tells."""

    terms: SymbolTerms
    writer: AlertWriter
    market: MarketState
    window: VolumeWindow
    span: BurstWindow
    classifier: SideClassifier
    context: Indicators
    timers: Timers
    held: Held
    say: Callable[[AlertOutput], None]
    say_sided: SaySided
    say_status: Callable[[StatusKind, int, str], None]
    learn_print: Callable[[int], None]
    """A reconstructed print on an exchange is whole: its size teaches what is large."""
    learn_burst: Callable[[int, float], None]
    """A burst is over: how high it rose teaches the exit ratio."""
    tape_known_from: Callable[[], int | None]
    """The first second of known tape."""


class RulePart:
    """One rule of one symbol, or a few that rest on the same state. A method it overrides is what it listens to.

    Args:
        inputs: What it may look at.
    """

    rows: ClassVar[tuple[Rule, ...]]
    """Its rows in the catalogue."""

    __slots__ = ("inputs",)

    def __init__(self, inputs: RuleInputs) -> None:
        self.inputs = inputs

    @classmethod
    def listens(cls, profile: Profile, source: Capabilities) -> bool:
        """Whether it has anything to do under this profile on this source."""
        return any(row.enabled(profile) and row.live(source) for row in cls.rows)

    @property
    def next_ns(self) -> int:
        """The earliest instant at which time alone changes something."""
        return NEVER_NS

    def set_source(self, source: Capabilities) -> None:
        """The source shows this from now on."""

    def on_time(self, time_ns: int) -> None:
        """Time has passed."""

    def settle(self, time_ns: int) -> None:
        """`next_ns` has come, and all else that this instant brings about has been heard."""

    def on_covered(self, time_ns: int) -> None:
        """The tape is complete up to a later instant than before (`timers.covered_ns`)."""

    def whole_second(self, second: int, time_ns: int) -> None:
        """A whole second is over; `time_ns` is the instant that is being lived through."""

    def on_volume(self, time_ns: int, price: int) -> None:
        """An eligible print was counted, and the window's volume is more than a burst needs, or a second began."""

    def on_book(self, time_ns: int, bids: Levels, asks: Levels) -> None:
        """The book changed; the holder's own orders are left out."""

    def on_sale(self, event: Print, side: int, unproven: bool) -> None:
        """A print on an exchange that sellers started, or may have; `unproven` when no quote tells."""

    def on_purchase(self, time_ns: int, price: int, size: int) -> None:
        """A print on an exchange that buyers started."""

    def off_exchange(self, event: Print, side: int) -> None:
        """A print no exchange's book took part in."""

    def corrected(self, first: int, last: int, change: int) -> AlertUpdated | None:  # noqa: ARG002
        """Seconds from `first` to `last` were counted anew, `change` shares more: the note of an alert on them."""
        return None

    def lose_sight(self, time_ns: int) -> None:
        """The book was not seen for a while."""

    def forget(self) -> None:
        """What was seen until now is not to be compared with what follows: a gap, another session."""
