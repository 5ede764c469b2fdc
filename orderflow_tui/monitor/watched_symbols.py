"""The symbols a run watches: a core each, made from what is held, wanted and learnt. Used by the monitor's thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final, Protocol

from orderflow_tui.core.learning.learned_sizes import SessionStats
from orderflow_tui.core.learning.outcomes import Outcomes
from orderflow_tui.core.market.series import Series
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.holder import Position, WorkingOrder
from orderflow_tui.core.model.outputs import AlertOutcome, Output
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.alert_writer import Thresholds
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.monitor.after_exit import SoldSymbols
from orderflow_tui.monitor.guarded_reads import BoundedRead
from orderflow_tui.monitor.stores import Stores
from orderflow_tui.monitor.watched_symbol import WatchedSymbol
from orderflow_tui.positions import PositionManager
from orderflow_tui.positions.toml_file import event_instant_ns

_PATIENCE_SECONDS: Final = 0.02
"""A look at a file takes a tenth of a millisecond; one that takes longer is asked for its result a second later."""
_FRESH_NS: Final = 60 * NS
NewCore = Callable[[str, Thresholds, Capabilities, Position | None, Mapping[str, SessionStats] | None], SymbolCore]


class Reloads(Protocol):
    """What may change while a run goes on: thresholds from a file. Polled once a second, by one thread at a time."""

    @property
    def message(self) -> str:
        """Why the file as it stands is not in force, or empty."""
        ...

    def poll(self) -> bool:
        """Look at the file; whether new settings are in force."""
        ...

    def for_symbol(self, symbol: str) -> Thresholds:
        """The thresholds in force for a symbol."""
        ...


class WatchedSymbols:
    """Held symbols first, then those only watched.

    Args:
        positions: What is held and watched.
        thresholds: In force per symbol, and their reloads.
        capabilities: What the source can show, as known now.
        kept: What symbols taught and which alerts are followed, between sessions.
        watchlist: Whether to watch symbols that are not held too.
        charts: Whether cores keep what charts are drawn from.
        new_core: Makes a core.
    """

    def __init__(
        self,
        positions: PositionManager,
        thresholds: Reloads,
        capabilities: Capabilities,
        kept: Stores,
        *,
        watchlist: bool,
        charts: bool,
        new_core: NewCore = SymbolCore,
    ) -> None:
        self.capabilities = capabilities
        self._positions = positions
        self._own_capabilities: dict[str, Capabilities] = {}
        self._own: dict[str, tuple[WorkingOrder, ...]] = {}
        self._thresholds = thresholds
        self._watchlist = watchlist
        self._kept = kept
        self._kept.use(capabilities.dataset)
        self._charts = charts
        self._make_core = new_core
        self._watched: dict[str, WatchedSymbol] = {}
        self.sold = SoldSymbols()
        self._alone = False
        self._closed: list[Output] = []
        self._thresholds_look = BoundedRead("settings", thresholds.poll)

    def __iter__(self) -> Iterator[str]:
        """Every symbol the feed is to deliver."""
        return iter(dict.fromkeys((*self._watched, *self.sold)))

    def get(self, symbol: str) -> WatchedSymbol | None:
        """The symbol as it is watched, None where it is not."""
        return self._watched.get(symbol)

    def all(self) -> list[WatchedSymbol]:
        """Every watched symbol, in order."""
        return list(self._watched.values())

    def reload(self) -> bool:
        """Ask positions and thresholds for news; whether other symbols or positions are to be watched now."""
        moved, gone = self._positions.refresh_apart(), self.sold.gone()
        if moved:
            self.set_symbols()
        if self._thresholds_look.turn(_PATIENCE_SECONDS):
            for symbol, watched in self._watched.items():
                watched.core.set_thresholds(self._thresholds.for_symbol(symbol))
        self._kept.second()
        for symbol, taught in self._kept.late():
            if symbol in self._watched:
                self._watched[symbol].core.learning.set_taught(taught)
        over = self._kept.take_up_late(time.time_ns())
        self._closed += over
        for watched in self._watched.values():
            watched.dirty = True
        return moved or gone or bool(over)

    def close(self) -> None:
        """Look at nothing any more; what is to be kept is written, if the disk takes it."""
        self._thresholds_look.close()
        self._kept.close()

    def set_capabilities(self, capabilities: Capabilities) -> bool:
        """Tell every core what the source can show; whether that is news.

        Of another data set other figures were learned: those of the one before are kept, and judge nothing more.
        """
        if capabilities == self.capabilities:
            return False
        other = capabilities.dataset != self.capabilities.dataset
        if other:
            self.keep_learned(now=True)
            self._kept.use(capabilities.dataset)
        self.capabilities = capabilities
        for symbol, watched in self._watched.items():
            watched.fit(self.capabilities_of(symbol))
            if other:
                watched.core.learning.set_taught(self._kept.taught(symbol))
        return True

    def set_own_capabilities(self, symbol: str, capabilities: Capabilities) -> None:
        """Tell a symbol's core what the source shows of it, where that differs from symbol to symbol."""
        self._own_capabilities[symbol] = capabilities
        watched = self._watched.get(symbol)
        if watched is not None:
            watched.fit(capabilities)
            watched.dirty = True

    def capabilities_of(self, symbol: str) -> Capabilities:
        """What the source shows of a symbol."""
        return self._own_capabilities.get(symbol, self.capabilities)

    def set_symbols(self) -> None:
        """Watch what is held, and what is only watched where that is wanted."""
        held = {position.symbol: self._with_own(position) for position in self._positions.get_active_positions()}
        watch = [symbol for symbol in self._positions.get_watchlist() if symbol not in held] if self._watchlist else []
        before, self._watched = self._watched, {}
        for symbol in (*held, *watch):
            position = held.get(symbol)
            known = before.get(symbol)
            turned = known is not None and position is not None and known.core.mirror.short != (position.quantity < 0)
            if known is None or turned:
                self._watched[symbol] = WatchedSymbol(self._new_core(symbol, position))
                continue
            known.core.set_position(position)
            known.core.terms.event_times_ns = _event_times(position)
            known.dirty = True
            self._watched[symbol] = known
        for symbol, known in before.items():
            if self._watched.get(symbol) is known:
                continue
            self._keep(symbol, known.core)
            known.core.holding.set_position(None)
            self._closed += known.core.holding.tend(known.core.timers.now_ns)
            self.sold.add(known.core)

    def set_alone(self, *, alone: bool) -> None:
        """Nobody can answer: what is recommended is armed again by time."""
        self._alone = alone
        for watched in self._watched.values():
            watched.core.holding.alone = alone

    def set_own_orders(self, symbol: str, orders: tuple[WorkingOrder, ...]) -> None:
        """What the trader says is his in a symbol's book."""
        self._own[symbol] = orders
        self.set_symbols()

    def _with_own(self, position: Position) -> Position:
        own = self._own.get(position.symbol, ())
        return replace(position, working=(*position.working, *own)) if own else position

    def closed(self) -> list[Output]:
        """What ended because its position is held no more, told once."""
        closed, self._closed = self._closed, []
        return closed

    def end_outcomes(self) -> list[AlertOutcome]:
        """A recording is over: nothing will follow, so what is known of each alert is told."""
        told: list[AlertOutcome] = []
        for core in (watched.core for watched in self._watched.values()):
            told += core.announcer.outcomes.end(core.timers.now_ns) if core.announcer.outcomes is not None else []
        return [*told, *self.sold.end()]

    def by_urgency(self, now_ns: int) -> list[str]:
        """Whose tape matters most first: an open recommendation, a fresh alert, dollars held, recent volume."""

        def key(watched: WatchedSymbol) -> tuple[bool, bool, int, int]:
            core = watched.core
            asked = core.holding.flow.current is not None or core.holding.stop_latch.current is not None
            line = watched.lines.newest
            alarmed = line is not None and now_ns - max(line.time_ns, line.updated_ns) <= _FRESH_NS
            held = core.holding.quantity * abs(core.market.last_price or 1)
            return (not asked, not alarmed, -held, -core.window.volume)

        return [watched.core.symbol for watched in sorted(self._watched.values(), key=key)]

    def keep_learned(self, *, now: bool = False) -> None:
        """Keep what sessions that ended have taught; `now` also what the current one has."""
        for symbol, watched in self._watched.items():
            core = watched.core
            if now and core.learning.session is not None:
                core.learning.finished.append(core.learning.taught_now())
            self._keep(symbol, core)

    def _keep(self, symbol: str, core: SymbolCore) -> None:
        finished, core.learning.finished = core.learning.finished, []
        for taught in finished:
            self._kept.keep_taught(symbol, taught)

    def take_up(self, now_ns: int) -> list[AlertOutcome]:
        """Follow on what an earlier run followed; returns the outcomes of what is watched no more."""
        return self._kept.take_up({name: one.core for name, one in self._watched.items()}, now_ns)

    def keep_followed(self, now_ns: int, *, now: bool = False) -> None:
        """Keep the alerts whose outcome is not known yet."""
        followed = [
            one.core.announcer.outcomes for one in self._watched.values() if one.core.announcer.outcomes is not None
        ]
        self._kept.keep_followed([*followed, *self.sold.outcomes], now_ns, now=now)

    @property
    def message(self) -> str:
        """Why positions, settings or what was learnt are not as their files say, or empty."""
        looked = (self._positions.message, self._thresholds.message, self._thresholds_look.problem)
        return next(filter(None, (*looked, self._kept.problem)), "")

    @property
    def news(self) -> str:
        """What new positions left out, for a minute."""
        return self._positions.news

    @property
    def positions_age_s(self) -> float | None:
        """Seconds since the positions were read."""
        return self._positions.age_seconds

    def _new_core(self, symbol: str, position: Position | None) -> SymbolCore:
        taught = self._kept.taught(symbol)
        thresholds, shown = self._thresholds.for_symbol(symbol), self.capabilities_of(symbol)
        core = self._make_core(symbol, thresholds, shown, position, taught)
        core.terms.event_times_ns = _event_times(position)
        core.holding.alone = self._alone
        core.announcer.outcomes = Outcomes()
        if self._charts:
            core.series = Series()
        return core


def _event_times(position: Position | None) -> tuple[int, ...]:
    return tuple(event_instant_ns(entry) for entry in position.events) if position else ()
