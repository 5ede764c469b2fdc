"""One symbol-day under some sets of thresholds: a pure function of its arguments, run wherever there is a processor.

The holder is assumed to have 1,000 at the first price and to answer `hold` to every recommendation after 15 seconds, so
that rules speak as they would to somebody who stays. The mirrored witness runs the same recording for a short position:
the core then sees buyers as sellers, and a rule that warns of falls must warn of rises there.
"""

from __future__ import annotations

import itertools
from array import array
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct, field

from orderflow_tui.core.learning.learned_sizes import SessionStats
from orderflow_tui.core.learning.outcomes import Outcomes
from orderflow_tui.core.market.sessions import new_york_day
from orderflow_tui.core.model.events import Book, Event, Gap, Print
from orderflow_tui.core.model.holder import Answer, Position
from orderflow_tui.core.model.outputs import AlertOutcome, AlertRaised, ExitTriggered, Output
from orderflow_tui.core.model.units import NS, iso_utc, price_decimal
from orderflow_tui.core.rules.rule import Profile
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.recordings.formats.recorded_session import repeated_rows
from orderflow_tui.recordings.open_recording import RecordedSession, RecordingError, open_recording
from orderflow_tui.track_record.rule_record import RuleRecord, block_of

HELD: Final = 1_000
CONTROL_SECONDS: Final = 1_800
"""A recorded day is known to its end: alerts are compared with the seconds of half an hour before and after them."""
ANSWER_AFTER_NS: Final = 15 * NS
HURTS: Final = 0.003
"""A fall of 30 basis points within a quarter of an hour hurts."""
FALL_SECONDS: Final = 900
EARLY_SECONDS: Final = 180
LATE_SECONDS: Final = 120
"""An exit from three minutes before the high to two minutes after it was in time."""


class Rules(Struct, frozen=True):
    """Thresholds of a run; the core's `Thresholds`. Shares, ratios, seconds."""

    profile: Profile = "guarded"
    large_order_size_threshold: int = 10_000
    volume_spike_threshold: float = 3.0
    red_burst_threshold: float = 4.0
    alert_window_seconds: int = 120
    bucket_seconds: int = 10

    @property
    def label(self) -> str:
        """`guarded T 10,000 spike 3 exit 4`."""
        return (
            f"{self.profile} T {self.large_order_size_threshold:,} spike {self.volume_spike_threshold:g} "
            f"exit {self.red_burst_threshold:g}"
        )


class Setting(Struct, frozen=True):
    """One set of thresholds for one holder; `mirrored` is the witness, who is short."""

    rules: Rules
    mirrored: bool = False


class Unit(Struct, frozen=True):
    """What one worker is given.

    Attributes:
        prefix: The recording, which is read once for all settings.
        settings: What to run on it.
        follows: The number of the unit with the same name's day before and the same settings, which teaches this one;
            -1 for none.
    """

    prefix: str
    settings: tuple[Setting, ...]
    follows: int = -1


class DayResult(Struct):
    """What came of a symbol-day under one setting; adds up.

    Attributes:
        symbol: The name; `day` is New York's.
        hours: From the first to the last event.
        alerts: By evidence.
        acts: Counted signals.
        exits: Recommendations.
        records: By evidence, with `exit` for recommendations.
        saved_bp: Sum over recommendations of the move within 15 minutes less half a spread, basis points; `saved_n` of
            how many. `random_bp` and `random_n` are the same for the seconds around them.
        repeated: Rows of the recording that stood there twice and were counted once.
        falls: Falls that hurt; `met` how many had an exit in time; `chance` how many would by chance.
    """

    symbol: str
    day: str
    rules: Rules
    mirrored: bool
    hours: float = 0.0
    alerts: Counter[str] = field(default_factory=Counter)
    acts: int = 0
    exits: int = 0
    records: dict[str, RuleRecord] = field(default_factory=dict)
    saved_bp: float = 0.0
    saved_n: int = 0
    random_bp: float = 0.0
    random_n: int = 0
    falls: int = 0
    met: int = 0
    chance: float = 0.0
    repeated: int = 0


class UnitResult(Struct):
    """What came of a unit, in the order of its settings.

    Attributes:
        days: The results.
        lessons: What each core has learnt by the end of the day, by session; the next day begins with it.
    """

    days: list[DayResult] = field(default_factory=list)
    lessons: list[dict[str, SessionStats]] = field(default_factory=list)


def run_unit(unit: Unit, before: UnitResult | None = None) -> UnitResult:
    """Run it.

    Args:
        unit: What to run.
        before: What came of the unit it follows.

    Raises:
        RecordingError: The recording cannot be read.
    """
    recording = open_recording(unit.prefix)
    events = recording.events()
    head, price = _head(recording.name, events)
    first_ns = last_ns = head[0].time_ns
    taught = before.lessons if before is not None else [{} for _ in unit.settings]
    desks = [
        _desk(recording, setting, lesson, price, first_ns)
        for setting, lesson in zip(unit.settings, taught, strict=True)
    ]
    chunk: list[Event] = [Gap(first_ns, "start of the recording")]
    until = first_ns // NS + 1
    for event in itertools.chain(head, events):
        if event.time_ns >= until * NS:
            for desk in desks:
                desk.take(chunk)
                desk.second(until - 1)
                desk.answer(event.time_ns)
            chunk = []
            until = event.time_ns // NS + 1
        chunk.append(event)
        last_ns = event.time_ns
    found = UnitResult()
    for desk in desks:
        desk.take(chunk)
        found.days.append(desk.end(first_ns, last_ns))
        found.lessons.append(desk.lesson())
        found.days[-1].repeated = repeated_rows([recording])
    return found


class _Seconds(Struct):
    """The middle price of each second in which it changed hands or quotes, and when recommendations opened."""

    at: array[int] = field(default_factory=lambda: array("q"))
    mid: array[int] = field(default_factory=lambda: array("q"))
    exits: list[int] = field(default_factory=list)
    spreads: dict[int, int] = field(default_factory=dict)
    """Of recommendations whose quarter of an hour was seen, by the second they are judged from."""


def _head(name: str, events: Iterator[Event]) -> tuple[list[Event], int]:
    """The events up to the first that has a price, and that price."""
    head: list[Event] = []
    price = 0
    while not price:
        event = next(events, None)
        if event is None:
            raise RecordingError(f"{name}: the recording has no price")
        head.append(event)
        price = _price(event)
    return head, price


def _desk(
    recording: RecordedSession, setting: Setting, taught: dict[str, SessionStats], price: int, first_ns: int
) -> _Desk:
    capabilities = recording.capabilities()
    held = -HELD if setting.mirrored else HELD
    core = SymbolCore(
        recording.symbol,
        setting.rules,
        capabilities,
        Position(recording.symbol, held * capabilities.size_scale, price_decimal(price)),
        taught,
    )
    core.announcer.outcomes = Outcomes(CONTROL_SECONDS)
    day = new_york_day(first_ns).isoformat()
    return _Desk(core, DayResult(recording.symbol, day, setting.rules, setting.mirrored), _Seconds())


def _price(event: Event) -> int:
    """A print's price or the best one a book shows; 0 where an event has none."""
    if isinstance(event, Print):
        return event.price
    shown = (event.bids or event.asks) if isinstance(event, Book) else ()
    return shown[0][0] if shown else 0


class _Desk(Struct):
    """Takes what a core says, answers it and adds it up."""

    core: SymbolCore
    result: DayResult
    seconds: _Seconds
    waiting: list[tuple[int, str]] = field(default_factory=list)

    def take(self, events: Iterable[Event]) -> None:
        self.add(self.core.process(events))

    def second(self, second: int) -> None:
        """Sample the middle price in force."""
        market = self.core.market
        if market.bids and market.asks:
            self.seconds.at.append(second)
            self.seconds.mid.append(market.bids[0][0] + market.asks[0][0])

    def answer(self, now_ns: int) -> None:
        """Answer what has stood for 15 seconds."""
        while self.waiting and self.waiting[0][0] <= now_ns:
            due, name = self.waiting.pop(0)
            said = self.core.answer(due, name, Answer("hold"))
            if said is not None:
                self.add([said])

    def end(self, first_ns: int, last_ns: int) -> DayResult:
        """The day is over."""
        if self.core.announcer.outcomes is not None:
            self.add(self.core.announcer.outcomes.end(last_ns))
        self.result.hours = (last_ns - first_ns) / NS / 3_600
        self.result.acts = self.core.holding.counted_signals.counted
        _judge_falls(self.result, self.seconds)
        _judge_saving(self.result, self.seconds)
        return self.result

    def lesson(self) -> dict[str, SessionStats]:
        """What the core has learnt, by session."""
        learning = self.core.learning
        if learning.session is None:
            return learning.taught
        return {**learning.taught, learning.session.name: learning.taught_now()}

    def add(self, outputs: Iterable[Output]) -> None:
        result = self.result
        for output in outputs:
            if isinstance(output, AlertRaised):
                result.alerts[output.alert.evidence or output.alert.alert_type] += 1
            elif isinstance(output, ExitTriggered):
                result.exits += 1
                self.seconds.exits.append(output.time_ns // NS)
                self.waiting.append((output.time_ns + ANSWER_AFTER_NS, output.recommendation.recommendation_id))
            elif isinstance(output, AlertOutcome):
                _add_outcome(result, self.seconds, output)


def _add_outcome(result: DayResult, seconds: _Seconds, told: AlertOutcome) -> None:
    block = f"{result.day}:{block_of(told.symbol, iso_utc(told.alert_ns))}"
    for name in (told.evidence, f"{told.evidence}:{told.basis}") if told.basis else (told.evidence,):
        result.records.setdefault(name, RuleRecord()).take(told, block)
    course = told.course
    if told.kind == "flow" and course.start and course.mid_15m is not None:
        result.saved_bp += _saved(course.start, course.mid_15m, told.spread)
        result.saved_n += 1
        seconds.spreads[course.time_ns // NS] = told.spread


def _judge_saving(result: DayResult, seconds: _Seconds) -> None:
    """What leaving would have saved at the seconds of half an hour before and after each recommendation."""
    at, mid = seconds.at, seconds.mid
    for second, spread in seconds.spreads.items():
        first, last = bisect_left(at, second - CONTROL_SECONDS), bisect_left(at, second + CONTROL_SECONDS)
        later = first
        moves: list[float] = []
        for place in range(first, last):
            while later < len(at) and at[later] < at[place] + FALL_SECONDS:
                later += 1
            if later == len(at):
                break
            moves.append(_saved(mid[place], mid[later], spread))
        if moves:
            result.random_bp += sum(moves) / len(moves)
            result.random_n += 1


def _saved(start: int, later: int, spread: int) -> float:
    """What leaving at once saved against the middle price a quarter of an hour later, half a spread paid; bp."""
    return (start - later - spread) / abs(start) * 10_000


def falls(at: Sequence[int], mid: Sequence[int]) -> list[tuple[int, int]]:
    """`(high, low)` seconds of the falls that hurt, one after another.

    The first second that lies lower by `HURTS` than the highest of the `FALL_SECONDS` before it ends a fall, which
    began at that highest one; the search for the next goes on from there.
    """
    found: list[tuple[int, int]] = []
    highs: deque[int] = deque()  # indices within the span, their prices falling: the first is the highest
    for index, (second, price) in enumerate(zip(at, mid, strict=True)):
        while highs and second - at[highs[0]] > FALL_SECONDS:
            highs.popleft()
        if highs and mid[highs[0]] - price >= HURTS * abs(mid[highs[0]]):
            found.append((at[highs[0]], second))
            highs.clear()
        while highs and mid[highs[-1]] <= price:
            highs.pop()
        highs.append(index)
    return found


def _judge_falls(result: DayResult, seconds: _Seconds) -> None:
    """How many falls that hurt had an exit in time, and how many would have by chance."""
    hurting = falls(seconds.at, seconds.mid)
    result.falls = len(hurting)
    if not hurting:
        return
    exits = sorted(seconds.exits)
    for high, _ in hurting:
        place = bisect_left(exits, high - EARLY_SECONDS)
        result.met += place < len(exits) and exits[place] <= high + LATE_SECONDS
    covered = 0
    until = seconds.at[0]
    for exit_second in exits:
        begin, end = max(exit_second - LATE_SECONDS, until), exit_second + EARLY_SECONDS
        covered += max(0, end - begin)
        until = max(until, end)
    span = seconds.at[-1] - seconds.at[0] or 1
    result.chance = len(hurting) * min(1.0, covered / span)
