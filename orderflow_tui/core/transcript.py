"""A recording's frames: everything that decides what a core says, in the order in which it was told.

A frame is an array in MessagePack. A field that is added goes last and has a default, and tags stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from orderflow_tui.core.announcer import LATE_NS
from orderflow_tui.core.exits.exit_signal import LatchState
from orderflow_tui.core.learning.learned_sizes import SessionStats
from orderflow_tui.core.learning.outcomes import FollowUp, Outcomes
from orderflow_tui.core.market.series import Series
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Event
from orderflow_tui.core.model.holder import Answer, Position
from orderflow_tui.core.model.outputs import Output
from orderflow_tui.core.rules.alert_writer import Thresholds
from orderflow_tui.core.rules.rule import Profile
from orderflow_tui.core.symbol import SymbolCore


class Rules(msgspec.Struct, frozen=True, array_like=True):
    """Thresholds in force; nothing else of the configuration is recorded."""

    large_order_size_threshold: int
    volume_spike_threshold: float
    red_burst_threshold: float
    alert_window_seconds: int
    bucket_seconds: int
    profile: Profile

    @classmethod
    def of(cls, thresholds: Thresholds) -> Rules:
        """A copy of what a core asks of its thresholds."""
        return cls(*(getattr(thresholds, name) for name in cls.__struct_fields__))


class Begin(msgspec.Struct, array_like=True, tag=1):
    """A core as it stood before its first event: empty but for what earlier runs and sessions left."""

    symbol: str
    rules: Rules
    capabilities: Capabilities
    position: Position | None
    event_times_ns: tuple[int, ...]
    taught: dict[str, SessionStats]
    flow: LatchState
    stop: LatchState
    followed: list[FollowUp] | None
    seen: bool
    alone: bool = False

    @classmethod
    def of(cls, core: SymbolCore) -> Begin:
        """How this core stands."""
        outcomes, holding, terms = core.announcer.outcomes, core.holding, core.terms
        return cls(
            core.symbol, Rules.of(terms.thresholds), terms.capabilities, holding.position, terms.event_times_ns,
            core.learning.taught, holding.flow.state(), holding.stop_latch.state(),
            outcomes.pending if outcomes else None, outcomes.seen if outcomes else True, holding.alone,
        )  # fmt: skip

    def core(self, *, charts: bool = False) -> SymbolCore:
        """The core again; `charts` keeps what charts are drawn from, which changes nothing it says."""
        core = SymbolCore(self.symbol, self.rules, self.capabilities, self.position, self.taught)
        core.terms.event_times_ns = self.event_times_ns
        core.holding.flow.resume(self.flow)
        core.holding.stop_latch.resume(self.stop)
        core.holding.alone = self.alone
        if self.followed is not None:
            core.announcer.outcomes = Outcomes()
            core.announcer.outcomes.pending += self.followed
            core.announcer.outcomes.seen = self.seen
        if charts:
            core.series = Series()
        return core


class Fed(msgspec.Struct, array_like=True, tag=2):
    """One call of `SymbolCore.process`."""

    news_from_ns: int
    events: list[Event]


class Answered(msgspec.Struct, array_like=True, tag=3):
    """One call of `SymbolCore.answer`."""

    time_ns: int
    recommendation_id: str
    answer: Answer


class Changed(msgspec.Struct, array_like=True, tag=4):
    """From the next call on something else is in force; None is as before."""

    rules: Rules | None = None
    capabilities: Capabilities | None = None
    held: tuple[Position | None, tuple[int, ...]] | None = None
    """The position and the instants of its events."""
    seen: bool | None = None
    taught: dict[str, SessionStats] | None = None
    alone: bool | None = None


CoreCall = Begin | Fed | Answered | Changed


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a recording cannot hold a {type(value).__name__}")


encode: Final = msgspec.msgpack.Encoder(enc_hook=_plain).encode
decode: Final = msgspec.msgpack.Decoder(CoreCall).decode


def data_time(frame: CoreCall, before_ns: int) -> int:
    """The data's own time when a frame was recorded; `before_ns` where it says nothing of it."""
    if isinstance(frame, Fed) and frame.news_from_ns:
        return max(before_ns, frame.news_from_ns + LATE_NS)
    return before_ns


def play(frame: CoreCall, core: SymbolCore) -> tuple[SymbolCore, list[Output]]:
    """Do to a core what a frame says.

    Returns:
        The core, which is another one after `Begin`, and what it said.
    """
    if isinstance(frame, Fed):
        return core, core.process(frame.events, news_from_ns=frame.news_from_ns)
    if isinstance(frame, Begin):
        return frame.core(charts=core.series is not None), []
    if isinstance(frame, Answered):
        said = core.answer(frame.time_ns, frame.recommendation_id, frame.answer)
        return core, [] if said is None else [said]
    if frame.capabilities is not None:
        core.set_capabilities(frame.capabilities)
    if frame.held is not None:
        position, core.terms.event_times_ns = frame.held
        core.holding.set_position(position)
    if frame.rules is not None:
        core.set_thresholds(frame.rules)
    if frame.taught is not None:
        core.learning.set_taught(frame.taught)
    if frame.alone is not None:
        core.holding.alone = frame.alone
    if frame.seen is not None and core.announcer.outcomes is not None:
        core.announcer.outcomes.seen = frame.seen
    return core, []
