"""What one symbol's rules are held to: its thresholds, what its source shows, when rules must be silent."""

from __future__ import annotations

from typing import Final

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.units import NEVER_NS, NS
from orderflow_tui.core.rules.alert_writer import Thresholds

_EVENT_NS: Final = 1_800 * NS


class SymbolTerms:
    """Thresholds and conditions of one symbol.

    Args:
        thresholds: In force for this symbol.
        capabilities: What the source can show.
    """

    __slots__ = (
        "capabilities", "event_times_ns", "exit_ratio", "flow_on", "guarded", "halted", "print_threshold",
        "resting_threshold", "thresholds",
    )  # fmt: skip

    def __init__(self, thresholds: Thresholds, capabilities: Capabilities) -> None:
        self.thresholds = thresholds
        self.capabilities = capabilities
        self.guarded = thresholds.profile == "guarded"
        self.resting_threshold = self.print_threshold = self.configured_threshold
        """T for resting sizes and for reconstructed prints, in size units."""
        self.exit_ratio = thresholds.red_burst_threshold
        """The volume ratio above which a burst recommends leaving."""
        self.event_times_ns: tuple[int, ...] = ()
        """The holder's events, near which relative volume says nothing."""
        self.halted = ""
        """Why trading is halted, empty while it is not."""
        self.flow_on = True
        """Whether rules of relative volume may speak."""

    @property
    def configured_threshold(self) -> int:
        """The configured T, in size units."""
        return self.thresholds.large_order_size_threshold * self.capabilities.size_scale

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Other thresholds are in force."""
        self.thresholds = thresholds
        self.guarded = thresholds.profile == "guarded"

    def set_flow(self, time_ns: int) -> None:
        """Rules of relative volume are silent in a halt and near one of the holder's events."""
        self.flow_on = not self.halted and not (self.event_times_ns and self.near_event(time_ns))

    def near_event(self, time_ns: int) -> bool:
        """Whether one of the holder's events lies within 30 minutes."""
        return any(abs(time_ns - at) <= _EVENT_NS for at in self.event_times_ns)

    def fit_sizes(self, learnt_resting: int, learnt_print: int) -> None:
        """What counts as large now: the configured size, in `guarded` at least what was learnt."""
        configured = self.configured_threshold
        if self.capabilities.sizes_unsure:
            # Nobody knows whether 300 means 300 shares or 300 round lots: no size is large.
            self.resting_threshold = self.print_threshold = NEVER_NS
            return
        self.resting_threshold = max(configured, learnt_resting) if self.guarded else configured
        self.print_threshold = max(configured, learnt_print) if self.guarded else configured
