"""One pass over a journal: counters and histograms, no record kept, so that its length costs time alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Final

import msgspec

from orderflow_tui.journal.histogram import DurationHistogram
from orderflow_tui.journal.records import (
    AlertRecord,
    AlertUpdatedRecord,
    AnswerRecord,
    AnyRecord,
    ApiErrorRecord,
    BadDataRecord,
    ExitRecord,
    GapRecord,
    OutcomeRecord,
    ResolvedRecord,
    ResumedRecord,
    RunStartedRecord,
    RunStoppedRecord,
    StopRecord,
    SymbolStatusRecord,
    TakenBackRecord,
    UnknownRecord,
    read_record,
)
from orderflow_tui.journal.severity import severity_of
from orderflow_tui.report.blind import Blind, seconds_between
from orderflow_tui.report.kinds import Kinds
from orderflow_tui.report.ledger import CLOSED, Asked, Ledger
from orderflow_tui.report.signal_counter import CountedSignals
from orderflow_tui.report.symbol_statuses import SymbolStatuses
from orderflow_tui.support.decoding import NO_JSON
from orderflow_tui.track_record.rule_record import RuleRecord, block_of

_MS: Final = 1_000_000
_MOST_MS: Final = 1e12
_MOST_OPEN: Final = 100_000
"""Recommendations waited for; a journal with more unanswered ones is no trader's."""
_MOST_ASKED: Final = 2_000
"""The newest recommendations whose outcome may still come: a quarter of an hour later at most."""
_LATENCY_OF: Final = (AlertRecord, ExitRecord, StopRecord)
"""From the cause to the line: what the plan's target is about."""
_MOST_CELLS: Final = 20_000
"""Days times symbols told apart."""
_MOST_PLACES: Final = 5
"""Unreadable lines that are named."""
SLOW_MS: Final = 10_000.0
"""The plan's kill switch."""


_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(AnyRecord).decode


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
        self.kinds = Kinds()
        self.by_day: Counter[str] = Counter()
        self.by_symbol: Counter[str] = Counter()
        self.by_day_and_symbol: Counter[tuple[str, str]] = Counter()
        self.acts = CountedSignals()
        self.blind = Blind()
        self.statuses = SymbolStatuses()
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
        self._today: Counter[str] = Counter()
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
        """Add lines up; one that is not a record is counted as unreadable, and named by what `place` says."""
        for raw in lines:
            try:
                line = read_record(raw)
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
        self.kinds.merge(part.kinds)
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
            self._count(_unpack(packed))
        if part._told:
            self._told_before, self._told = self._told | part._told_before, part._told

    def _add(self, line: AnyRecord | UnknownRecord) -> bool:
        """Add a line up; whether it has to wait for what was before this part."""
        symbol: str | None = getattr(line, "symbol", None)
        if self._symbol is not None and symbol is not None and symbol != self._symbol:
            return False
        self.lines += 1
        moment = line.timestamp_utc
        self.last = max(self.last, moment)
        if moment < self.first or not self.first:
            self.first = moment
        latency_ms = line.latency_ms
        if latency_ms is not None and latency_ms >= 0:
            spent = int(min(latency_ms, _MOST_MS) * _MS)
            if isinstance(line, _LATENCY_OF) and not (isinstance(line, AlertRecord) and line.late):
                self.latency.add(spent)
                self.slow += latency_ms > SLOW_MS
            else:
                self._other_latency.add(spent)
        if isinstance(line, ApiErrorRecord | BadDataRecord | UnknownRecord):
            if line.error_type:
                self.errors[line.error_type] += 1
            return False
        if self._part and self._waits(line):
            return True
        self._count(line)
        return False

    def _waits(self, line: AnyRecord) -> bool:
        """Only alerts and their outcomes do not depend on what was before, but for the first outcomes: told twice."""
        if isinstance(line, AlertRecord | AlertUpdatedRecord | StopRecord):
            return False
        if not isinstance(line, OutcomeRecord) or line.of != "alert":
            return True
        self._heads += 1
        return self._heads <= _MOST_ASKED

    def _count(self, line: AnyRecord) -> None:
        match line:
            case AlertRecord():
                self._alert(line)
            case ExitRecord():
                self._triggered(line)
            case AnswerRecord() | TakenBackRecord():
                self._answered(line)
            case ResolvedRecord():
                self._resolved(line)
            case OutcomeRecord():
                self._outcome(line)
            case GapRecord() | ResumedRecord() | SymbolStatusRecord():
                self._seen(line)
            case RunStartedRecord():
                self.runs_started += 1
            case RunStoppedRecord():
                self._stopped(line)
            case _:
                pass

    def _seen(self, line: GapRecord | ResumedRecord | SymbolStatusRecord) -> None:
        """Whether a symbol was seen, and whether it traded."""
        if isinstance(line, GapRecord):
            self.blind.gap(line.symbol, line.timestamp_utc, line.from_utc or "", line.to_utc or "")
        elif isinstance(line, ResumedRecord):
            self.blind.resumed(line.symbol, line.timestamp_utc)
        else:
            self.statuses.take(line.symbol, line.status, line.timestamp_utc)

    def _triggered(self, line: ExitRecord) -> None:
        self.recommendations[line.symbol] += 1
        if line.kind == "flow":
            self.kinds.exit(line.profile, line.details)
        if len(self._open) < _MOST_OPEN:
            self._open[line.recommendation_id] = line.timestamp_utc
        asked = Asked(line.timestamp_utc, line.quantity, line.symbol, _dollars(line.exit_cost))
        self._asked[line.recommendation_id] = asked
        if len(self._asked) > _MOST_ASKED:
            del self._asked[next(iter(self._asked))]

    def _alert(self, line: AlertRecord) -> None:
        symbol, day, kind = line.symbol, line.timestamp_utc[:10], line.evidence or ""
        if day != self._day:
            self._fold()
            self._day = day
        self._today[symbol] += 1
        self.kinds.alert(line.profile, kind, severity_of(line), line.details)
        if line.late:
            self.late += 1
        if line.counts:
            self.counted[symbol] += 1
            if line.alert_type == "large_seller" and not line.late:
                act = (symbol, kind, line.against, line.timestamp_utc, _dollars(line.price_level))
                if self._part:
                    self._acts_later.append(act)
                else:
                    self.acts.add(*act)

    def _fold(self) -> None:
        """Add the day in hand to the totals: one count an alert until then."""
        day = self._day
        for symbol, count in self._today.items():
            self.by_day[day] += count
            self.by_symbol[symbol] += count
            if (day, symbol) in self.by_day_and_symbol or len(self.by_day_and_symbol) < _MOST_CELLS:
                self.by_day_and_symbol[day, symbol] += count
        self._today.clear()

    def _outcome(self, line: OutcomeRecord) -> None:
        subject = line.subject
        if subject:
            if subject in self._told or subject in self._told_before:
                return
            self._told.add(subject)
            if len(self._told) >= _MOST_ASKED:
                self._told, self._told_before = set(), self._told
        if line.from_utc:
            kind = line.evidence or "none"
            block = block_of(line.symbol, line.alert_utc)
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
            self.ledger.settle(asked, _dollars(line.mid), _dollars(line.mid_15m))

    def _stopped(self, line: RunStoppedRecord) -> None:
        self.runs_stopped += 1
        self.runs_failed += line.exit_code != 0
        self.seconds += max(line.seconds, 0.0)
        self.max_rss_mb = max(self.max_rss_mb, line.max_rss_mb or 0.0)

    def _resolved(self, line: ResolvedRecord) -> None:
        nobody = "none: unanswered" if line.status == "unanswered" else "none: it ended by itself"
        self.answers[nobody] += bool(self._open.pop(line.recommendation_id, ""))
        asked = self._asked.get(line.recommendation_id)
        if asked is not None and line.reason == CLOSED:
            asked.answer, asked.answered = CLOSED, line.timestamp_utc

    def _answered(self, line: AnswerRecord | TakenBackRecord) -> None:
        if isinstance(line, TakenBackRecord):
            self._taken_back(line)
            return
        opened = self._open.pop(line.recommendation_id, "")
        asked = self._asked.get(line.recommendation_id)
        self.answers[line.answer] += 1
        if asked is not None:
            asked.answer, asked.answered, asked.trimmed = line.answer, line.timestamp_utc, line.shares
        waited = seconds_between(opened, line.timestamp_utc) if opened else None
        if waited is not None:
            self.answer_time.add(int(waited * 1e9))

    def _taken_back(self, line: TakenBackRecord) -> None:
        """The answer does not count, and the recommendation waits again unless it is over."""
        self.answers[line.answer] -= 1
        self.answers = +self.answers
        asked = self._asked.get(line.recommendation_id)
        if asked is not None:
            asked.answer, asked.answered, asked.trimmed = "", "", 0
        if line.status != "resolved" and len(self._open) < _MOST_OPEN:
            self._open[line.recommendation_id] = line.timestamp_utc


def _dollars(amount: Decimal | None) -> float | None:
    """For sums; None too where it is no amount a float can hold."""
    value = None if amount is None else float(amount)
    return value if value is not None and isfinite(value) else None
