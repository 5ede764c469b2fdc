"""What the core says in answer to events."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from orderflow_tui.core.model.data_models import Answer, ExitRecommendation, OrderFlowAlert


class AlertRaised(Struct, frozen=True):
    """A new episode was seen at `time_ns`; `low` and `high` bound the prices it touched (core units)."""

    alert: OrderFlowAlert
    time_ns: int
    low: int
    high: int
    prints: int = 0


class AlertUpdated(Struct, frozen=True):
    """A living episode grew. `journal` is False where only the line on the screen changes."""

    alert: OrderFlowAlert
    time_ns: int
    journal: bool


class SideCheckRequested(Struct, frozen=True):
    """An alert waits for the quotes of a span: answer with `SideCheckResult` of the same `key`.

    The span begins at `from_ns` and ends at `to_ns`, 0: with the newest print.
    """

    symbol: str
    time_ns: int
    key: int
    from_ns: int
    to_ns: int = 0


StatusKind = Literal["pause", "split", "new_price"]


class StatusChanged(Struct, frozen=True):
    """Something about the symbol itself, no alert.

    Attributes:
        kind: `pause`: nothing printed for a while and nobody said why; `split`: it was split, and what it taught is
            rescaled; `new_price`: it trades at another price, and what it taught is forgotten.
        text: The figures, in words.
    """

    symbol: str
    kind: StatusKind
    time_ns: int
    text: str


class StopRaised(Struct, frozen=True):
    """The price is near the holder's stop (`stop_near`) or the bid is through it (`stop_crossed`)."""

    symbol: str
    kind: Literal["stop_near", "stop_crossed"]
    time_ns: int
    stop: int
    price: int
    text: str


class ExitTriggered(Struct, frozen=True):
    """A recommendation opened, or one that was held came back (`follows` names the one before)."""

    recommendation: ExitRecommendation
    kind: Literal["flow", "stop"]
    time_ns: int
    follows: str = ""


class ExitAnswered(Struct, frozen=True):
    """The trader answered."""

    recommendation: ExitRecommendation
    answer: Answer
    time_ns: int
    price: int | None


class AnswerTakenBack(Struct, frozen=True):
    """The trader took his answer back; the recommendation is as it stands now."""

    recommendation: ExitRecommendation
    answer: Answer
    time_ns: int
    price: int | None


class ExitResolved(Struct, frozen=True):
    """A recommendation ended by itself."""

    recommendation: ExitRecommendation
    time_ns: int
    reason: str


class PricePath(msgspec.Struct, array_like=True):
    """How the mid went on from an instant; all figures are twice the mid in core units, None where it was not seen.

    Attributes:
        time_ns: The whole second it begins with.
        start: Then.
        mid_1m: One minute later; `mid_5m` and `mid_15m` accordingly.
        worst_5m: The lowest at a whole second of the five minutes after.
        seen: At how many whole seconds of those five minutes it was seen.
        start_1s: One second after the first one, and `worst_1s` the lowest of the five minutes from there.
        start_5s: The same five seconds after it, with `worst_5s`.
    """

    time_ns: int
    start: int | None = None
    mid_1m: int | None = None
    mid_5m: int | None = None
    mid_15m: int | None = None
    worst_5m: int | None = None
    seen: int = 0
    start_1s: int | None = None
    worst_1s: int | None = None
    start_5s: int | None = None
    worst_5s: int | None = None


class Controls(Struct, frozen=True):
    """The seconds an alert is compared with.

    Attributes:
        seconds: How many whose five minutes were seen.
        fell: After how many of them the mid fell by at least the spread.
        hits: And by at least one usual range; None where none was known.
    """

    seconds: int
    fell: int
    hits: int | None


class AlertOutcome(Struct, frozen=True):
    """What the price did after an alert or a recommendation, and at the moments it is compared with.

    Attributes:
        subject: The episode's or the recommendation's id.
        kind: `alert`, `flow` or `stop`.
        basis: What kind of evidence it rested on, where a rule has several; else empty.
        alert_ns: When it happened; `course.time_ns` is where the count begins, `time_ns` when it was settled.
        spread: Where the count begins, core units; `usual_range` the median five-minute range, None where not known.
        fell: The mid fell by at least the spread within five minutes; None where too little was seen to know.
        success: It fell by at least the spread and one usual range.
        fell_1s: As `fell`, counted from one second later; `fell_5s` from five.
        around: The seconds of the same session around it; None where none was seen.
        alike: Those of them with the most similar price change before.
        truncated: The session, the recording or the run ended first.
        gap: The price was not seen throughout.
    """

    symbol: str
    subject: str
    kind: str
    evidence: str
    basis: str
    severity: str
    counts: bool
    exit_eligible: bool
    against: str
    alert_ns: int
    time_ns: int
    spread: int
    usual_range: int | None
    course: PricePath
    fell: bool | None
    success: bool | None
    fell_1s: bool | None
    fell_5s: bool | None
    around: Controls | None
    alike: Controls | None
    truncated: bool
    gap: bool


AlertOutput = AlertRaised | AlertUpdated
"""An alert, or news of one."""

Output = (
    AlertRaised
    | AlertUpdated
    | SideCheckRequested
    | StatusChanged
    | StopRaised
    | ExitTriggered
    | ExitAnswered
    | AnswerTakenBack
    | ExitResolved
    | AlertOutcome
)
