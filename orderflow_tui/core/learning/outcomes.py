"""What the price did after each alert and recommendation, beside what it does at comparable moments.

Everything is followed by one clock: from the first whole second after the instant at which the trader could have been
told. What the print that caused an alert did to the quote in its own second is over by then, and nobody could have sold
before it. The same alert is judged one second and five seconds later too, since some are told by a slow network.

`fell` asks whether the mid fell, within five minutes, by at least the spread, which is what the plan calls a true
positive; success is a fall of at least the spread and one median five-minute range of the name. Either is known only
where the price was seen nearly throughout those minutes. Neither says much alone: prices fall by a spread within five
minutes about every second time. So each outcome carries two controls, from the seconds of the same session up to half
an hour before it and ten minutes after (in an evaluation half an hour after):

- every such second;
- the twenty whose price had changed over the last ten and sixty seconds most like the price before the alert, and
  whichever are as like it as the last of these.

For a short position the core is mirrored, and so a fall here is a rise there. Times are event time, prices sums of bid
and ask (twice the mid) in units of $0.0001, sampled at whole seconds.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from heapq import nsmallest
from itertools import accumulate
from typing import Final

import msgspec

from orderflow_tui.core.market.state import MarketState
from orderflow_tui.core.model.outputs import AlertOutcome, AlertRaised, Controls, ExitTriggered, PricePath
from orderflow_tui.core.model.units import NS

FOLLOW_SECONDS: Final = 900
WORST_SECONDS: Final = 300
MARKS: Final = (60, 300, 900)
LATER: Final = (1, 5)
"""Seconds after the first one from which a fall is judged again."""
BEFORE_SECONDS: Final = 1_800
"""How far before an alert the seconds reach that it is compared with."""
AFTER_SECONDS: Final = 600
"""How far after it: as far as their five minutes are over when its quarter of an hour is."""
ALIKE: Final = 20
"""Seconds with the most similar price change that make the price-only control, with those as similar as the last."""
SEEN_SECONDS: Final = 285
"""Seconds of the five minutes at which the price must have been seen for a finding."""
MOST_FOLLOWED: Final = 2_000
"""Follow-ups of one name at once; with more, the oldest is told early, cut short."""
_MOST_SETTLED: Final = 4
"""Outcomes told in one second; a storm's are spread over the next ones."""
_CHANGES: Final = (10, 60)
_BACK: Final = max(_CHANGES)
_SLACK: Final = 256
_UNKNOWN: Final = 0


class FollowUp(msgspec.Struct, kw_only=True):
    """One alert or recommendation whose outcome is not known yet; as it is kept over a restart.

    Attributes:
        subject: The episode's or the recommendation's id.
        kind: `alert`, `flow` or `stop` (a recommendation's kind).
        basis: What kind of evidence it rests on, where there are several; empty otherwise.
        alert_ns: When it happened.
        begin: The first whole second after the trader could have been told, by which it is judged.
        spread: At that second; core units, 0 until then.
        usual_range: The name's median five-minute range at the alert; None where not known yet.
        course: Filled as time passes.
        lived: The quarter of an hour was lived through to its last second.
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
    usual_range: int | None
    course: PricePath
    begin: int = 0
    basis: str = ""
    spread: int = 0
    lived: bool = False
    gap: bool = False

    def __post_init__(self) -> None:
        self.begin = self.begin or self.alert_ns // NS + 1

    def judge(self, start: int | None, worst: int | None) -> tuple[bool | None, bool | None]:
        """Whether the mid fell from a start (both twice the mid), and whether that was a success; None: not known."""
        if start is None or worst is None or self.course.seen < SEEN_SECONDS:
            return None, None
        fall = start - worst
        fell = fall >= 2 * self.spread
        return fell, None if self.usual_range is None else fall >= 2 * max(self.spread, self.usual_range)

    def advance(self, second: int, total: int) -> None:
        """The price was seen at one more second."""
        course, elapsed = self.course, second - self.begin
        if elapsed == 0:
            course.start = total
        elif elapsed <= WORST_SECONDS:
            course.seen += 1
            course.worst_5m = total if course.worst_5m is None else min(course.worst_5m, total)
        if elapsed == LATER[0]:
            course.start_1s = total
        elif LATER[0] < elapsed <= LATER[0] + WORST_SECONDS:
            course.worst_1s = total if course.worst_1s is None else min(course.worst_1s, total)
        if elapsed == LATER[1]:
            course.start_5s = total
        elif LATER[1] < elapsed <= LATER[1] + WORST_SECONDS:
            course.worst_5s = total if course.worst_5s is None else min(course.worst_5s, total)
        if elapsed == MARKS[0]:
            course.mid_1m = total
        elif elapsed == MARKS[1]:
            course.mid_5m = total
        elif elapsed == MARKS[2]:
            course.mid_15m = total


class Outcomes:
    """Follows one symbol's alerts.

    O(1) an event, O(open follow-ups) a second, one pass over 40 minutes (in an evaluation an hour) an outcome.

    Args:
        after_seconds: How far after an alert the seconds reach that it is compared with.
    """

    __slots__ = ("_after", "_ring", "_settle", "_since", "_sums", "changed", "newest", "pending", "seen")

    def __init__(self, after_seconds: int = AFTER_SECONDS) -> None:
        self._after = after_seconds
        self._settle = max(FOLLOW_SECONDS, after_seconds + WORST_SECONDS)
        self._ring = BEFORE_SECONDS + _BACK + self._settle + _SLACK
        self.pending: list[FollowUp] = []
        self.seen = True
        """Whether the feed can be believed now; a second in which it cannot marks what is followed with a gap."""
        self.changed = False
        """Something was added or settled since whoever keeps it has looked."""
        self._sums = array("q", bytes(8 * self._ring))
        self.newest = 0
        """The last whole second looked at."""
        self._since = 0

    def whole_second(self, second: int, market: MarketState) -> list[AlertOutcome]:
        """A whole second has passed with this state in force; what is settled by it."""
        known = self.seen and market.bids and market.asks
        total = market.bids[0][0] + market.asks[0][0] if known else _UNKNOWN
        skipped = self._keep(second, total)
        if not self.pending:
            return []
        settled: list[AlertOutcome] = []
        kept: list[FollowUp] = []
        over = len(self.pending) - MOST_FOLLOWED
        for follow in self.pending:
            elapsed = second - follow.begin
            if elapsed >= 0:
                follow.lived = follow.lived or elapsed == FOLLOW_SECONDS
                follow.gap = follow.gap or total == _UNKNOWN or (skipped and elapsed > 0)
                if total != _UNKNOWN:
                    if elapsed == 0:
                        follow.spread = max(market.asks[0][0] - market.bids[0][0], market.price_step)
                    follow.advance(second, total)
            if over > 0 or (elapsed >= self._settle and len(settled) < _MOST_SETTLED):
                over -= 1
                settled.append(self._outcome(follow, second * NS))
            else:
                kept.append(follow)
        if settled:
            self.pending = kept
            self.changed = True
        return settled

    def follow(self, output: AlertRaised | ExitTriggered, market: MarketState, told_ns: int) -> None:
        """Follow an alert or a recommendation that the trader could have been told at `told_ns`."""
        if isinstance(output, AlertRaised):
            alert = output.alert
            subject, kind = alert.episode_id or f"{alert.symbol}:{output.time_ns}", "alert"
            evidence, basis = alert.evidence or alert.alert_type, str(alert.details.get("basis", ""))
            severity, counts, eligible = alert.severity, alert.counts, alert.exit_eligible
            symbol, against = alert.symbol, alert.against
        else:
            told = output.recommendation
            subject, kind = told.recommendation_id, output.kind
            evidence, basis = ("exit" if kind == "flow" else "stop"), str(told.details.get("basis", ""))
            severity, counts, eligible = "critical", True, True
            symbol, against = told.symbol, told.against
        begin = max(output.time_ns, told_ns) // NS + 1
        self.pending.append(
            FollowUp(
                subject=subject,
                symbol=symbol,
                kind=kind,
                evidence=evidence,
                basis=basis,
                severity=severity,
                counts=counts,
                exit_eligible=eligible,
                against=against,
                alert_ns=output.time_ns,
                begin=begin,
                usual_range=market.usual_range,
                course=PricePath(begin * NS),
            )
        )
        self.changed = True

    def resume(self, follow_ups: list[FollowUp]) -> None:
        """Follow on what an earlier run left; what happened between the runs was not seen."""
        for follow in follow_ups:
            follow.gap = True
            self.pending.append(follow)

    def end(self, time_ns: int, session_ns: int | None = None) -> list[AlertOutcome]:
        """A session begins at `session_ns`, or all is over (None): what is known of everything followed before."""
        ending = [one for one in self.pending if session_ns is None or one.alert_ns < session_ns]
        over = [self._outcome(one, time_ns) for one in ending]
        if session_ns is not None:
            self._since = max(session_ns // NS, 0)
        if ending:
            self.changed = True
            self.pending = [one for one in self.pending if session_ns is not None and one.alert_ns >= session_ns]
        return over

    def _keep(self, second: int, total: int) -> bool:
        """Keep a sample; whether seconds were skipped since the one before."""
        ring = self._ring
        skipped = self.newest and second - self.newest - 1
        if skipped >= ring:
            self._sums = array("q", bytes(8 * ring))
        else:
            for missing in range(self.newest + 1, self.newest + 1 + skipped):
                self._sums[missing % ring] = _UNKNOWN
        self._sums[second % ring] = total
        self.newest = second
        return skipped > 0

    def _span(self, first: int, length: int) -> list[int]:
        """The samples of `length` seconds from `first` on, 0 where the price was not seen."""
        begin = min(max(first, self.newest - self._ring + 1, self._since), first + length)
        end = max(min(first + length, self.newest + 1), begin)
        at, known = begin % self._ring, end - begin
        found = self._sums[at : at + known].tolist()
        if len(found) < known:
            found += self._sums[: known - len(found)].tolist()
        return [_UNKNOWN] * (begin - first) + found + [_UNKNOWN] * (first + length - end)

    def _outcome(self, follow: FollowUp, time_ns: int) -> AlertOutcome:
        """What became of an alert, as far as it is known at `time_ns`, and of the seconds it is compared with."""
        first = follow.begin - BEFORE_SECONDS
        span = self._span(first - _BACK, _BACK + BEFORE_SECONDS + self._after + 1 + WORST_SECONDS)
        instants = _Instants(span, BEFORE_SECONDS, follow.spread, follow.usual_range)
        return outcome(follow, time_ns, around=instants.all(), alike=instants.alike())


class _Instants:
    """The seconds around an alert: those whose five minutes were seen, and how far the price fell in them.

    Args:
        span: Samples from `_BACK` seconds before the first of them to five minutes after the last.
        own: Which of them is the alert's.
        spread: Core units.
        usual_range: Core units, None where not known.
    """

    def __init__(self, span: list[int], own: int, spread: int, usual_range: int | None) -> None:
        self._span, self._own = span, own
        self._spread, self._usual = spread, usual_range
        totals = span[_BACK:]
        seen = [0, *accumulate(map(bool, totals))]
        self._falls: list[tuple[int, int]] = []
        """`(instant, fall in twice the price)`, newest first."""
        lows: deque[int] = deque()  # places within the next five minutes, their prices rising: the first is the lowest
        for at in range(len(totals) - 1, -1, -1):
            if (
                at < len(totals) - WORST_SECONDS
                and totals[at]
                and seen[at + WORST_SECONDS + 1] - seen[at + 1] >= SEEN_SECONDS
            ):
                while lows[0] > at + WORST_SECONDS:
                    lows.popleft()
                self._falls.append((at, totals[at] - totals[lows[0]]))
            if totals[at]:
                while lows and totals[lows[-1]] >= totals[at]:
                    lows.pop()
                lows.append(at)

    def all(self) -> Controls | None:
        """Every one of them; None where there is none."""
        return self._judged([fall for _, fall in self._falls])

    def alike(self) -> Controls | None:
        """The most similar before them; None where the price before the alert was not seen.

        Where more are as similar as the last of them, which on a stock of one tick are many, all of these count: taking
        the newest or the oldest would compare with another time of day.
        """
        span, here = self._span, _BACK + self._own
        own = [span[here - back] for back in _CHANGES]
        if not span[here] or not all(own):
            return None
        found: list[tuple[int, int]] = []
        for at, fall in self._falls:
            place = _BACK + at
            before = [span[place - back] for back in _CHANGES]
            if abs(at - self._own) <= _BACK or not all(before):
                continue
            apart = sum(abs((span[place] - then) - (span[here] - now)) for then, now in zip(before, own, strict=True))
            found.append((apart, fall))
        last = max(nsmallest(ALIKE, (apart for apart, _ in found)), default=0)
        return self._judged([fall for apart, fall in found if apart <= last])

    def _judged(self, falls: list[int]) -> Controls | None:
        if not falls:
            return None
        falls.sort()
        usual = self._usual
        hits = None if usual is None else len(falls) - bisect_left(falls, 2 * max(self._spread, usual))
        return Controls(len(falls), len(falls) - bisect_left(falls, 2 * self._spread), hits)


def outcome(
    follow: FollowUp, time_ns: int, *, around: Controls | None = None, alike: Controls | None = None
) -> AlertOutcome:
    """What became of an alert, as far as it is known at `time_ns`."""
    course = follow.course
    fell, success = follow.judge(course.start, course.worst_5m)
    return AlertOutcome(
        symbol=follow.symbol,
        subject=follow.subject,
        kind=follow.kind,
        evidence=follow.evidence,
        basis=follow.basis,
        severity=follow.severity,
        counts=follow.counts,
        exit_eligible=follow.exit_eligible,
        against=follow.against,
        alert_ns=follow.alert_ns,
        time_ns=time_ns,
        spread=follow.spread,
        usual_range=follow.usual_range,
        course=course,
        fell=fell,
        success=success,
        fell_1s=follow.judge(course.start_1s, course.worst_1s)[0],
        fell_5s=follow.judge(course.start_5s, course.worst_5s)[0],
        around=around,
        alike=alike,
        truncated=not follow.lived,
        gap=follow.gap,
    )
