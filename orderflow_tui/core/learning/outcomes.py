"""What the price did after each alert and recommendation, beside what it does at comparable moments.

Success is a fall of the mid, within five minutes, of at least the spread and one median five-minute range of the name;
`fell` is the weaker question whether it fell by at least the spread, which is what the plan calls a true positive.
That something did not fall is known only where the price was seen nearly throughout those minutes.
Neither says much alone: prices fall by a spread within five minutes more often than not. So each outcome carries two
controls from the quarter of an hour that ended fifteen minutes before the alert, and so is known to its end, of the
same session:

- random instants, drawn by a hash of the alert's id, so that a replay draws the same;
- the instant whose price had changed over its last minute most like the price before the alert, whatever the flow did.

They are drawn at the next whole second, so that an alert waits for none of it.

For a short position the core is mirrored, and so a fall here is a rise there. Times are event time, prices sums of bid
and ask (twice the mid) in units of $0.0001, sampled at whole seconds.
"""

from __future__ import annotations

import zlib
from array import array
from itertools import count
from typing import Final

import msgspec

from orderflow_tui.core.market.state import MarketState
from orderflow_tui.core.model.outputs import AlertOutcome, AlertRaised, Course, ExitTriggered
from orderflow_tui.core.model.units import NS

FOLLOW_SECONDS: Final = 900
WORST_SECONDS: Final = 300
MARKS: Final = (60, 300, 900)
CONTROLS: Final = 3
"""Random instants beside each alert."""
SEEN_SECONDS: Final = 285
"""Seconds of the five minutes at which the price must have been seen before "it did not fall" is a finding."""
MOST_FOLLOWED: Final = 2_000
"""Follow-ups of one name at once; with more, the oldest is told early, cut short."""
_CONTROL_SECONDS: Final = 900
_BACK: Final = 60
_RING: Final = FOLLOW_SECONDS + _CONTROL_SECONDS + _BACK + 2
_UNKNOWN: Final = 0
_ZEROS: Final = bytes(8 * _RING)


class FollowUp(msgspec.Struct, kw_only=True):
    """One alert or recommendation whose outcome is not known yet; as it is kept over a restart.

    Attributes:
        subject: The episode's or the recommendation's id.
        kind: `alert`, `flow` or `stop` (a recommendation's kind).
        alert_ns: When it happened.
        start: Twice the mid then; None where no book was in force.
        spread: Then; core units.
        usual_range: The name's median five-minute range then; None where not known yet.
        course: Filled as time passes.
        random: Courses of the random instants.
        price_only: The course of the instant with the like price change.
        gap: The price was not seen throughout.
    """

    subject: str
    symbol: str
    kind: str
    evidence: str
    severity: str
    counts: bool
    exit_eligible: bool
    against: str
    alert_ns: int
    start: int | None
    spread: int
    usual_range: int | None
    course: Course
    random: list[Course]
    price_only: Course | None
    gap: bool = False

    def judge(self, course: Course) -> tuple[bool | None, bool | None]:
        """Whether a course fell by at least the spread, and whether that was a success; None where not known."""
        if course.start is None or course.worst_5m is None:
            return None, None
        fall = (course.start - course.worst_5m) / 2
        unseen = None if course.seen < SEEN_SECONDS else False
        fell = fall >= self.spread or unseen
        if self.usual_range is None:
            return fell, None
        return fell, fall >= max(self.spread, self.usual_range) or unseen


class Outcomes:
    """Follows one symbol's alerts. O(1) an event, O(open follow-ups) a second, one pass over 15 minutes an alert."""

    __slots__ = ("_fresh", "_since", "_sums", "changed", "newest", "pending", "seen")

    def __init__(self) -> None:
        self.pending: list[FollowUp] = []
        self.seen = True
        """Whether the feed can be believed now; a second in which it cannot marks what is followed with a gap."""
        self.changed = False
        """Something was added or settled since whoever keeps it has looked."""
        self._fresh: list[FollowUp] = []
        self._sums = array("q", _ZEROS)
        self.newest = 0
        """The last whole second looked at."""
        self._since = 0

    def whole_second(self, second: int, market: MarketState) -> list[AlertOutcome]:
        """A whole second has passed with this state in force; what is settled by it."""
        self._draw_controls()
        total = market.bids[0][0] + market.asks[0][0] if market.bids and market.asks and self.seen else _UNKNOWN
        skipped = self._keep(second, total)
        if not self.pending:
            return []
        settled: list[AlertOutcome] = []
        kept: list[FollowUp] = []
        over = len(self.pending) - MOST_FOLLOWED
        for follow in self.pending:
            elapsed = second - follow.alert_ns // NS
            if total == _UNKNOWN or skipped:
                follow.gap = True
            if total != _UNKNOWN:
                _advance(follow.course, elapsed, total)
            if elapsed >= FOLLOW_SECONDS or over > 0:
                over -= 1
                settled.append(outcome(follow, second * NS, truncated=elapsed != FOLLOW_SECONDS))
            else:
                kept.append(follow)
        if settled:
            self.pending = kept
            self.changed = True
        return settled

    def follow(self, output: AlertRaised | ExitTriggered, market: MarketState) -> None:
        """Follow an alert or a recommendation from now on."""
        total = market.bids[0][0] + market.asks[0][0] if market.bids and market.asks and self.seen else None
        spread = market.asks[0][0] - market.bids[0][0] if total is not None else 0
        if isinstance(output, AlertRaised):
            alert = output.alert
            subject, kind = alert.episode_id or f"{alert.symbol}:{output.time_ns}", "alert"
            evidence = alert.evidence or alert.alert_type
            severity, counts, eligible = alert.severity, alert.counts, alert.exit_eligible
            symbol, against = alert.symbol, alert.against
        else:
            told = output.recommendation
            subject, kind = told.recommendation_id, output.kind
            evidence = "exit" if kind == "flow" else "stop"
            severity, counts, eligible = "critical", True, True
            symbol, against = told.symbol, told.against
        follow = FollowUp(
            subject=subject,
            symbol=symbol,
            kind=kind,
            evidence=evidence,
            severity=severity,
            counts=counts,
            exit_eligible=eligible,
            against=against,
            alert_ns=output.time_ns,
            start=total,
            spread=max(spread, market.price_step),
            usual_range=market.usual_range,
            course=Course(output.time_ns, total),
            random=[],
            price_only=None,
        )
        self.pending.append(follow)
        self._fresh.append(follow)
        self.changed = True

    def restore(self, follow_ups: list[FollowUp]) -> None:
        """Follow on what an earlier run left; what happened between the runs was not seen."""
        for follow in follow_ups:
            follow.gap = True
            self.pending.append(follow)

    def end(self, time_ns: int, session_ns: int | None = None) -> list[AlertOutcome]:
        """A session begins at `session_ns`, or all is over (None): what is known of everything followed before."""
        self._draw_controls()
        if session_ns is not None:
            self._since = max(session_ns // NS, 0)
        ending = [one for one in self.pending if session_ns is None or one.alert_ns < session_ns]
        if ending:
            self.changed = True
            self.pending = [one for one in self.pending if session_ns is not None and one.alert_ns >= session_ns]
        return [outcome(follow, time_ns, truncated=True) for follow in ending]

    def _keep(self, second: int, total: int) -> bool:
        """Keep a sample; whether seconds were skipped since the one before."""
        skipped = self.newest and second - self.newest - 1
        if skipped >= _RING:
            self._sums = array("q", _ZEROS)
        else:
            for missing in range(self.newest + 1, self.newest + 1 + skipped):
                self._sums[missing % _RING] = _UNKNOWN
        self._sums[second % _RING] = total
        self.newest = second
        return skipped > 0

    def _sum_at(self, second: int) -> int | None:
        if not max(self.newest - _RING, self._since - 1) < second <= self.newest:
            return None
        return self._sums[second % _RING] or None

    def _draw_controls(self) -> None:
        """Controls of what is followed since the last whole second; alerts of a storm share the work."""
        if not self._fresh:
            return
        courses: dict[int, Course] = {}
        changes: dict[int, list[tuple[int, int]]] = {}
        for follow in self._fresh:
            second = follow.alert_ns // NS
            first = second - FOLLOW_SECONDS - _CONTROL_SECONDS
            drawn = {first + zlib.crc32(f"{follow.subject}:{n}".encode()) % _CONTROL_SECONDS for n in range(CONTROLS)}
            instants = [at for at in sorted(drawn) if self._sum_at(at) is not None]
            before = self._sum_at(second - _BACK)
            alike: list[int] = []
            if follow.start is not None and before is not None:
                if second not in changes:
                    changes[second] = self._changes(first)
                change = follow.start - before
                # The latest of the most alike.
                best = min(changes[second], key=lambda one: (abs(one[0] - change), -one[1]), default=None)
                alike = [] if best is None else [best[1]]
            for at in (*instants, *alike):
                if at not in courses:
                    courses[at] = self._course(at)
            follow.random = [courses[at] for at in instants]
            follow.price_only = courses[alike[0]] if alike else None
        self._fresh.clear()

    def _span(self, first: int, length: int) -> array[int]:
        """The samples of `length` seconds from `first` on, 0 where the price was not seen."""
        begin = min(max(first, self.newest - _RING + 1, self._since), first + length)
        end = max(min(first + length, self.newest + 1), begin)
        at, known = begin % _RING, end - begin
        found = self._sums[at : at + known]
        if len(found) < known:
            found += self._sums[: known - len(found)]
        return array("q", bytes(8 * (begin - first))) + found + array("q", bytes(8 * (first + length - end)))

    def _changes(self, first: int) -> list[tuple[int, int]]:
        """`(change over the last minute, instant)` of the quarter of an hour that begins with `first`."""
        totals = self._span(first - _BACK, _BACK + _CONTROL_SECONDS)
        pairs = zip(count(first), totals[_BACK:], totals, strict=False)
        return [(then - before, at) for at, then, before in pairs if then and before]

    def _course(self, second: int) -> Course:
        """What followed a second long enough ago; figures stay None where the price was not seen."""
        start, *after = self._span(second, WORST_SECONDS + 1)
        seen = [total for total in after if total]
        mid_1m, mid_5m, mid_15m = (self._sum_at(second + mark) for mark in MARKS)
        return Course(second * NS, start or None, mid_1m, mid_5m, mid_15m, min(seen, default=None), len(seen))


def outcome(follow: FollowUp, time_ns: int, *, truncated: bool) -> AlertOutcome:
    """What became of an alert, as far as it is known at `time_ns`."""
    fell, success = follow.judge(follow.course)
    judged = [(course, *follow.judge(course)) for course in follow.random]
    price_only = None if follow.price_only is None else (follow.price_only, *follow.judge(follow.price_only))
    return AlertOutcome(
        symbol=follow.symbol,
        subject=follow.subject,
        kind=follow.kind,
        evidence=follow.evidence,
        severity=follow.severity,
        counts=follow.counts,
        exit_eligible=follow.exit_eligible,
        against=follow.against,
        alert_ns=follow.alert_ns,
        time_ns=time_ns,
        spread=follow.spread,
        usual_range=follow.usual_range,
        course=follow.course,
        fell=fell,
        success=success,
        random=tuple(judged),
        price_only=price_only,
        truncated=truncated,
        gap=follow.gap,
    )


def _advance(course: Course, elapsed: int, total: int) -> None:
    """One more second of a course."""
    if 0 < elapsed <= WORST_SECONDS:
        course.seen += 1
        if course.worst_5m is None or total < course.worst_5m:
            course.worst_5m = total
    if elapsed == MARKS[0]:
        course.mid_1m = total
    elif elapsed == MARKS[1]:
        course.mid_5m = total
    elif elapsed == MARKS[2]:
        course.mid_15m = total
