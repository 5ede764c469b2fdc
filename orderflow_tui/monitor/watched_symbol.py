"""One watched symbol as the monitor holds it: its core, its health, its standing at the source, its alert lines."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from orderflow_tui.core.health import Health
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import OrderFlowAlert
from orderflow_tui.core.model.outputs import ExitResolved, StopRaised
from orderflow_tui.core.model.severity import shown_severity
from orderflow_tui.core.model.units import NS, datetime_ns
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.monitor.alert_lines import AlertLines
from orderflow_tui.views.build_ladder import LadderWindow
from orderflow_tui.views.build_map import MapRecorder
from orderflow_tui.views.build_symbol import SourceState
from orderflow_tui.views.frozen_views import AlertLine

STALE_AFTER_S = 30.0
"""Data older than this is no data (SPEC section 4.3)."""
_STEP_BACK_NS = 2 * NS
"""Clocks do not differ by more; one that goes back by more was set."""


class WatchedSymbol(Struct):
    """What the monitor's thread keeps of one symbol."""

    core: SymbolCore
    since_ns: int = field(default_factory=time.time_ns)
    """When it began to be watched, nanoseconds UTC."""
    health: Health = field(default_factory=Health)
    note: str = ""
    no_quotes: bool = False
    """The source shows no quote of it, though it shows others'."""
    vouched_ns: int = 0
    quote_ns: int = 0
    skipped_prints: int = 0
    duplicates: int = 0
    lines: AlertLines = field(default_factory=partial(AlertLines, 50))
    band: tuple[int, int] = (0, 0)
    """Limit-down and limit-up prices, units of $0.0001; 0 where none is known."""
    halted_ns: int = 0
    """Since when its trading stands still, nanoseconds UTC; 0 while it goes on."""
    ladder: LadderWindow = field(default_factory=LadderWindow)
    """Which prices its ladder shows."""
    recorder: MapRecorder = field(default_factory=MapRecorder)
    """Its last minutes for a map of liquidity."""
    dirty: bool = True
    clock_ns: int = 0
    """The wall clock when it was last looked at."""

    def clock_moved(self, now_ns: int) -> None:
        """Once a second: a clock that was set back proves nothing fresh, so what was vouched for counts from now."""
        if now_ns < self.clock_ns - _STEP_BACK_NS:
            self.vouched_ns, self.since_ns = min(self.vouched_ns, now_ns), now_ns
        self.clock_ns = now_ns

    def fit(self, capabilities: Capabilities) -> None:
        """The source can show this; of this symbol no quotes where it has none."""
        quotes = capabilities.quotes and not self.no_quotes
        self.core.set_capabilities(replace(capabilities, quotes=quotes))

    def age_s(self, now_ns: int) -> float | None:
        """Seconds since the vouched instant, the contract's delay taken off; None before the first."""
        if not self.vouched_ns:
            return None
        return max(0.0, (now_ns - self.vouched_ns) / 1e9 - self.core.terms.capabilities.delay_seconds)

    def tape_age_s(self, now_ns: int) -> float:
        """Seconds since every print was known, or since it began to be watched; the contract's delay taken off."""
        covered_ns = self.core.timers.covered_ns + self.core.terms.capabilities.delay_seconds * NS
        if covered_ns > now_ns + _STEP_BACK_NS:
            covered_ns = 0
        return max(0.0, (now_ns - max(covered_ns, self.since_ns)) / NS)

    def standing(self, now_ns: int, *, closed: bool) -> SourceState:
        """For the view."""
        core = self.core
        return SourceState(
            blind=self.health.reason,
            note=self.note,
            closed=closed,
            age_s=self.age_s(now_ns),
            quote_ns=self.quote_ns,
            band=self.band,
            halted_ns=self.halted_ns,
            ladder=self.ladder,
            alerts=tuple(self.lines),
            counters={
                "prints": core.tape.prints,
                "late_prints": core.tape.late_prints,
                "uncounted_prints": core.tape.uncounted_prints,
                "skipped_prints": self.skipped_prints,
                "duplicates": self.duplicates,
                "acts": core.holding.counted_signals.counted,
            },
        )


def alert_line(alert: OrderFlowAlert, *, updated_ns: int = 0) -> AlertLine:
    """The line of the feed pane for an alert."""
    time_ns = datetime_ns(alert.timestamp_utc)
    return AlertLine(
        episode_id=alert.episode_id or f"{alert.symbol}:{time_ns}",
        time_ns=time_ns,
        symbol=alert.symbol,
        evidence=alert.evidence or alert.alert_type,
        severity=shown_severity(alert.severity, counts=alert.counts or alert.exit_eligible),
        rank=alert.rank,
        counts=alert.counts or alert.exit_eligible,
        text=alert.text,
        against=alert.against,
        late=alert.late,
        updated_ns=updated_ns,
        why=tuple(why_words(alert.details)),
    )


_SAME_WARNING_NS = 300 * NS
"""Near-stop warnings within so much of the first are one line with a count."""


def stop_line(output: StopRaised, before: Iterable[AlertLine] = ()) -> AlertLine:
    """The line of the feed pane for a stop's alert; a near stop that repeats is one line, with how often."""
    crossed = output.kind == "stop_crossed"
    same = (
        line for line in before if line.evidence == "stop_near" and output.time_ns - line.time_ns <= _SAME_WARNING_NS
    )
    first = None if crossed else next(same, None)
    times = 1 if first is None else first.times + 1
    return AlertLine(
        episode_id=f"{output.symbol}:{output.kind}:{output.time_ns}" if first is None else first.episode_id,
        time_ns=output.time_ns,
        symbol=output.symbol,
        evidence=output.kind,
        severity="critical" if crossed else "warning",
        rank=1 if crossed else 2,
        counts=True,
        text=output.text if times == 1 else f"{output.text}, {times} times",
        updated_ns=0 if first is None else output.time_ns,
        times=times,
    )


def unanswered_line(output: ExitResolved) -> AlertLine:
    """The line of the feed pane for a recommendation that nobody answered."""
    ended = output.recommendation
    return AlertLine(
        episode_id=f"{ended.recommendation_id}:{output.time_ns}",
        time_ns=output.time_ns,
        symbol=ended.symbol,
        evidence="unanswered",
        severity="info",
        rank=3,
        counts=False,
        text=f"UNANSWERED, {output.reason}: {ended.reason}",
        against=ended.against,
    )


def why_words(details: Mapping[str, Any]) -> list[str]:
    """An alert's explanation (`core.explain.why`) in words, a figure each, the nearest quiet threshold last."""
    words = [
        f"{_name(row['figure'])} {_figure(row['value'])} against {_figure(row['threshold'])}"
        for row in details.get("why", ())
    ]
    nearest = details.get("silent_at")
    if nearest:
        name, value = _name(nearest["figure"]), _figure(nearest["threshold"])
        words.append(f"would not have fired with {name} at {value}")
    return words


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"


def _name(figure: str) -> str:
    return figure.replace("_", " ")
