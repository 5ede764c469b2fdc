"""What the core says in answer to events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from orderflow_tui.core.data_models import Answer, ExitRecommendation, OrderFlowAlert


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """A new episode was seen at `time_ns`; `low` and `high` bound the prices it touched (core units)."""

    alert: OrderFlowAlert
    time_ns: int
    low: int
    high: int
    prints: int = 0


@dataclass(frozen=True, slots=True)
class AlertUpdated:
    """A living episode grew. `journal` is False where only the line on the screen changes."""

    alert: OrderFlowAlert
    time_ns: int
    journal: bool


@dataclass(frozen=True, slots=True)
class StopRaised:
    """The price is near the holder's stop (`stop_near`) or the bid is through it (`stop_crossed`)."""

    symbol: str
    kind: Literal["stop_near", "stop_crossed"]
    time_ns: int
    stop: int
    price: int
    text: str


@dataclass(frozen=True, slots=True)
class ExitTriggered:
    """A recommendation opened, or one that was held came back (`follows` names the one before)."""

    recommendation: ExitRecommendation
    kind: Literal["flow", "stop"]
    time_ns: int
    follows: str = ""


@dataclass(frozen=True, slots=True)
class ExitAnswered:
    """The trader answered."""

    recommendation: ExitRecommendation
    answer: Answer
    time_ns: int
    price: int | None


@dataclass(frozen=True, slots=True)
class ExitResolved:
    """A recommendation ended by itself."""

    recommendation: ExitRecommendation
    time_ns: int
    reason: str


Output = AlertRaised | AlertUpdated | StopRaised | ExitTriggered | ExitAnswered | ExitResolved
