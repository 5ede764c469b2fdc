"""One pass over a journal: counters and histograms, no record kept, so that its length costs time alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from typing import Final

import msgspec

from orderflow_tui.core.model.outputs import Controls
from orderflow_tui.journal import records
from orderflow_tui.journal.histogram import DurationHistogram
from orderflow_tui.report.acts import Acts
from orderflow_tui.report.blind import Blind, seconds_between
from orderflow_tui.report.ledger import CLOSED, Asked, Ledger
from orderflow_tui.support.decoding import NO_JSON
from orderflow_tui.track_record.rule_record import RuleRecord, block_of

_MS: Final = 1_000_000
_MOST_MS: Final = 1e12
_MOST_OPEN: Final = 100_000
"""Recommendations waited for; a journal with more unanswered ones is no trader's."""
_MOST_ASKED: Final = 2_000
"""The newest recommendations whose outcome may still come: a quarter of an hour later at most."""
_LATENCY_OF: Final = frozenset({records.ALERT, records.EXIT_TRIGGERED, records.STOP_ALERT})
"""From the cause to the line: what the plan's target is about."""
_MOST_CELLS: Final = 20_000
"""Days times symbols told apart."""
_MOST_PLACES: Final = 5
"""Unreadable lines that are named."""
SLOW_MS: Final = 10_000.0
"""The plan's kill switch."""


class Line(msgspec.Struct, gc=False, omit_defaults=True):
    """What a report reads of a record."""

    event: str = ""
    timestamp_utc: str = ""
    latency_ms: float | None = None
    symbol: str | None = None
    severity: str = ""
    evidence: str | list[str] | None = None
    alert_type: str = ""
    against: str = ""
    price_level: float | None = None
    counts: bool = False
    exit_eligible: bool = False
    late: bool = False
    error_type: str = ""
    recommendation_id: str = ""
    answer: str = ""
    seconds: float = 0.0
    exit_code: int = 0
    reason: str = ""
    max_rss_mb: float | None = None
    of: str = ""
    subject: str = ""
    quantity: int = 0
    shares: int = 0
    exit_cost: float | None = None
    from_utc: str = ""
    to_utc: str = ""
    mid: float | None = None
    mid_15m: float | None = None
    fell: bool | None = None
    success: bool | None = None
    truncated: bool = False
    basis: str = ""
    alert_utc: str = ""
    fell_1s: bool | None = None
    fell_5s: bool | None = None
    around: Controls | None = None
    alike: Controls | None = None


_decode: Final = msgspec.json.Decoder(Line).decode
_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(Line).decode


class Tally:
    """What a journal's lines add up to.

    Args:
        since: Days before it are left out (UTC).
        until: Days after it are left out (UTC).
        symbol: Only this symbol's records; runs and errors of the connection count all the same.
        part: It is to be merged into another: what depends on the lines before it waits for them.
    """

    def __init__(
        self,
        *,
        since: date | None = None,
        until: date | None = None,
        symbol: str | None = None,
        part: bool = False,
    ) -> None:
        self._first_day = since.isoformat() if since else ""
        self._last_day = until.isoformat() if until else "~"
        self._symbol = symbol
        self.lines = 0
        self.unreadable = 0
        self.unreadable_at: list[str] = []
        """Where the first of them are."""
        self.first = self.last = ""
        """Instants of the first and the last record, as they are written."""
        self.alerts: Counter[tuple[str, str]] = Counter()
        """By evidence and severity."""
        self.by_day: Counter[str] = Counter()
        self.by_symbol: Counter[str] = Counter()
        self.by_day_and_symbol: Counter[tuple[str, str]] = Counter()
        self.acts = Acts()
        self.blind = Blind()
        self.counted: Counter[str] = Counter()
        """Alerts that count towards an exit, by symbol."""
        self.late = 0
        self.errors: Counter[str] = Counter()
        self.latency = DurationHistogram()
        self._other_latency = DurationHistogram()
        self.slow = 0
        """Alerts and recommendations written more than 10 s after their cause was in hand."""
        self.recommendations: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.answer_time = DurationHistogram()
        self.runs_started = self.runs_stopped = self.runs_failed = 0
        self.seconds = 0.0
        """Of the runs that ended properly."""
        self.max_rss_mb = 0.0
        """The most memory any of them used."""
        self.rules: dict[str, RuleRecord] = {}
        """By evidence; recommendations are `exit` and `stop`."""
        self.truncated = self.old_clock = 0
        """Outcomes cut short by a session's or a run's end, and those of earlier versions, which counted from the
        alert's own print and are no part of any rule's record."""
        self.ledger = Ledger()
        self._part = part
        self.later: list[bytes] = []
        """Of a part: lines that wait for what was before it, packed."""
        self._heads = 0
        self._acts_later: list[tuple[str, str, str, str, float | None]] = []
        self._day = ""
        self._today: Counter[tuple[str, str, str]] = Counter()
        self._open: dict[str, str] = {}
        self._asked: dict[str, Asked] = {}
        self._told: set[str] = set()
        self._told_before: set[str] = set()
        """Whose outcome was told lately: a crash between telling and noting it makes it told twice."""

    @property
    def all_latency(self) -> DurationHistogram:
        """Of every record."""
        both = DurationHistogram()
        both.merge(self.latency)
        both.merge(self._other_latency)
        return both

    @property
    def unanswered(self) -> int:
        """Recommendations without an answer or an end in the journal."""
        return len(self._open)

    def take(self, lines: Iterable[bytes], place: Callable[[], str] | None = None) -> None:
        """Add lines up; one that is no record is counted as unreadable, and named by what `place` says."""
        for raw in lines:
            try:
                line = _decode(raw)
            except NO_JSON:
                self.unreadable += 1
                if place is not None and len(self.unreadable_at) < _MOST_PLACES:
                    self.unreadable_at.append(place())
                continue
            if self._first_day <= line.timestamp_utc[:10] <= self._last_day and self._add(line):
                self.later.append(_pack(line))
        self._fold()

    def part(self) -> Tally:
        """An empty one under the same conditions, to be merged."""
        first, last = self._first_day, self._last_day
        return Tally(
            since=date.fromisoformat(first) if first else None,
            until=date.fromisoformat(last) if last != "~" else None,
            symbol=self._symbol,
            part=True,
        )

    def merge(self, part: Tally, later: Iterable[bytes]) -> None:
        """Add a part whose lines follow the last one taken; what waited in it (`later`) is done now, in its order."""
        self.lines += part.lines
        self.unreadable += part.unreadable
        self.unreadable_at = [*self.unreadable_at, *part.unreadable_at][:_MOST_PLACES]
        self.last = max(self.last, part.last)
        self.first = min(filter(None, (self.first, part.first)), default="")
        self.alerts.update(part.alerts)
        self.by_day.update(part.by_day)
        self.by_symbol.update(part.by_symbol)
        self.counted.update(part.counted)
        self.errors.update(part.errors)
        for cell, count in part.by_day_and_symbol.items():
            if cell in self.by_day_and_symbol or len(self.by_day_and_symbol) < _MOST_CELLS:
                self.by_day_and_symbol[cell] += count
        self.late += part.late
        self.slow += part.slow
        self.truncated += part.truncated
        self.old_clock += part.old_clock
        self.latency.merge(part.latency)
        self._other_latency.merge(part._other_latency)
        for kind, rule in part.rules.items():
            self.rules.setdefault(kind, RuleRecord()).merge(rule)
        for act in part._acts_later:
            self.acts.add(*act)
        for packed in later:
            line = _unpack(packed)
            _HANDLERS[line.event](self, line)
        if part._told:
            self._told_before, self._told = self._told | part._told_before, part._told

    def _add(self, line: Line) -> bool:
        """Add a line up; whether it has to wait for what was before this part."""
        event = line.event
        if self._symbol is not None and line.symbol is not None and line.symbol != self._symbol:
            return False
        self.lines += 1
        moment = line.timestamp_utc
        self.last = max(self.last, moment)
        if moment < self.first or not self.first:
            self.first = moment
        latency_ms = line.latency_ms
        if latency_ms is not None and latency_ms >= 0:
            spent = int(min(latency_ms, _MOST_MS) * _MS)
            if event in _LATENCY_OF and not line.late:
                self.latency.add(spent)
                self.slow += latency_ms > SLOW_MS
            else:
                self._other_latency.add(spent)
        handler = _HANDLERS.get(event)
        if handler is None:
            if line.error_type:
                self.errors[line.error_type] += 1
            return False
        if self._part and event != records.ALERT and self._waits(line):
            return True
        handler(self, line)
        return False

    def _waits(self, line: Line) -> bool:
        """Only the outcomes of alerts do not depend on what was before, but for the first, which may be told twice."""
        if line.event != records.ALERT_OUTCOME or line.of != "alert":
            return True
        self._heads += 1
        return self._heads <= _MOST_ASKED

    def _triggered(self, line: Line) -> None:
        self.recommendations[line.symbol or ""] += 1
        if len(self._open) < _MOST_OPEN:
            self._open[line.recommendation_id] = line.timestamp_utc
        asked = Asked(line.timestamp_utc, line.quantity, line.symbol or "", line.exit_cost)
        self._asked[line.recommendation_id] = asked
        if len(self._asked) > _MOST_ASKED:
            del self._asked[next(iter(self._asked))]

    def _alert(self, line: Line) -> None:
        symbol, day = line.symbol or "", line.timestamp_utc[:10]
        kind = line.evidence if isinstance(line.evidence, str) else ""
        if day != self._day:
            self._fold()
            self._day = day
        self._today[symbol, kind, line.severity] += 1
        if line.late:
            self.late += 1
        if line.counts:
            self.counted[symbol] += 1
            if line.alert_type == "large_seller" and not line.late:
                act = (symbol, kind, line.against, line.timestamp_utc, line.price_level)
                if self._part:
                    self._acts_later.append(act)
                else:
                    self.acts.add(*act)

    def _fold(self) -> None:
        """Add the day in hand to the totals: one count an alert until then."""
        day = self._day
        for (symbol, kind, severity), count in self._today.items():
            self.alerts[kind or "none", severity] += count
            self.by_day[day] += count
            self.by_symbol[symbol] += count
            if (day, symbol) in self.by_day_and_symbol or len(self.by_day_and_symbol) < _MOST_CELLS:
                self.by_day_and_symbol[day, symbol] += count
        self._today.clear()

    def _outcome(self, line: Line) -> None:
        subject = line.subject
        if subject:
            if subject in self._told or subject in self._told_before:
                return
            self._told.add(subject)
            if len(self._told) >= _MOST_ASKED:
                self._told, self._told_before = set(), self._told
        if line.from_utc:
            kind = line.evidence if isinstance(line.evidence, str) and line.evidence else "none"
            block = block_of(line.symbol or "", line.alert_utc)
            for name in (kind, f"{kind}:{line.basis}") if line.basis else (kind,):
                rule = self.rules.get(name)
                if rule is None:
                    rule = self.rules[name] = RuleRecord()
                rule.take(line, block)
        else:
            self.old_clock += 1
        self.truncated += line.truncated
        asked = self._asked.pop(subject, None)
        if asked is not None:
            self.ledger.settle(asked, line.mid, line.mid_15m)

    def _started(self, _: Line) -> None:
        self.runs_started += 1

    def _stopped(self, line: Line) -> None:
        self.runs_stopped += 1
        self.runs_failed += line.exit_code != 0
        self.seconds += max(line.seconds, 0.0)
        self.max_rss_mb = max(self.max_rss_mb, line.max_rss_mb or 0.0)

    def _gap(self, line: Line) -> None:
        self.blind.gap(line.symbol, line.timestamp_utc, line.from_utc, line.to_utc)

    def _resumed(self, line: Line) -> None:
        self.blind.resumed(line.symbol, line.timestamp_utc)

    def _resolved(self, line: Line) -> None:
        self.answers["none: it ended by itself"] += bool(self._open.pop(line.recommendation_id, ""))
        asked = self._asked.get(line.recommendation_id)
        if asked is not None and line.reason == CLOSED:
            asked.answer, asked.answered = CLOSED, line.timestamp_utc

    def _answered(self, line: Line) -> None:
        opened = self._open.pop(line.recommendation_id, "")
        asked = self._asked.get(line.recommendation_id)
        self.answers[line.answer] += 1
        if asked is not None:
            asked.answer, asked.answered, asked.trimmed = line.answer, line.timestamp_utc, line.shares
        waited = seconds_between(opened, line.timestamp_utc) if opened else None
        if waited is not None:
            self.answer_time.add(int(waited * 1e9))


_HANDLERS: Final[dict[str, Callable[[Tally, Line], None]]] = {
    records.ALERT: Tally._alert,  # noqa: SLF001
    records.EXIT_TRIGGERED: Tally._triggered,  # noqa: SLF001
    records.EXIT_ACKNOWLEDGED: Tally._answered,  # noqa: SLF001
    records.EXIT_RESOLVED: Tally._resolved,  # noqa: SLF001
    records.ALERT_OUTCOME: Tally._outcome,  # noqa: SLF001
    records.MONITORING_GAP: Tally._gap,  # noqa: SLF001
    records.MONITORING_RESUMED: Tally._resumed,  # noqa: SLF001
    records.RUN_STARTED: Tally._started,  # noqa: SLF001
    records.RUN_STOPPED: Tally._stopped,  # noqa: SLF001
}
