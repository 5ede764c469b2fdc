"""From what the core said to the journal's records, and back after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from msgspec import json

from orderflow_tui.core.model.data_models import Answer, ExitRecommendation, OrderFlowAlert
from orderflow_tui.core.model.outputs import (
    AlertOutcome,
    AlertRaised,
    AlertUpdated,
    AnswerTakenBack,
    ExitAnswered,
    ExitResolved,
    ExitTriggered,
    StatusChanged,
    StopRaised,
)
from orderflow_tui.core.model.units import CENT, PRICE_UNIT, iso_utc, price_decimal, price_units
from orderflow_tui.journal.records import (
    AlertRecord,
    AlertUpdatedRecord,
    AnswerRecord,
    ExitRecord,
    OutcomeRecord,
    Record,
    ResolvedRecord,
    StopRecord,
    SymbolStatusRecord,
    TakenBackRecord,
)

Journaled = (
    AlertRaised
    | AlertUpdated
    | StopRaised
    | StatusChanged
    | ExitTriggered
    | ExitAnswered
    | AnswerTakenBack
    | ExitResolved
    | AlertOutcome
)
"""The outputs that are written down."""

_OF_THE_RUN: Final = ("timestamp", "latency_ms", "run_id", "event_id", "data_source", "source_class")
_sorted_json: Final = json.Encoder(order="sorted", decimal_format="number").encode


def record_of(output: Journaled) -> Record:
    """The record of an output; it happened at the output's `time_ns`."""
    record: Record
    match output:
        case AlertRaised():
            record = alert_record(output.alert)
        case AlertUpdated():
            record = alert_record(output.alert, AlertUpdatedRecord)
        case StopRaised():
            record = stop_record(output)
        case StatusChanged():
            record = SymbolStatusRecord(symbol=output.symbol, status=output.kind, reason=output.text)
        case ExitTriggered():
            record = exit_record(output.recommendation, kind=output.kind, follows=output.follows)
        case ExitAnswered():
            record = answer_record(output.recommendation, output.answer, output.price)
        case AnswerTakenBack():
            record = taken_back_record(output)
        case ExitResolved():
            record = resolved_record(output)
        case AlertOutcome():
            record = outcome_record(output)
    return record


def alert_record(
    alert: OrderFlowAlert, kind: type[AlertRecord | AlertUpdatedRecord] = AlertRecord
) -> AlertRecord | AlertUpdatedRecord:
    """An alert, or its update; its time stands in the header."""
    return kind(
        symbol=alert.symbol,
        alert_type=alert.alert_type,
        severity=alert.severity,
        order_size=alert.order_size,
        price_level=alert.price_level,
        volume_ratio=alert.volume_ratio,
        evidence=alert.evidence,
        sell_ratio=alert.sell_ratio,
        episode_id=alert.episode_id,
        counts=alert.counts,
        rank=alert.rank,
        exit_eligible=alert.exit_eligible,
        single_print=alert.single_print,
        against=alert.against,
        text=alert.text,
        late=alert.late,
        details=dict(alert.details),
    )


def stop_record(stop: StopRaised) -> StopRecord:
    """A warning about the holder's own stop."""
    return StopRecord(
        symbol=stop.symbol,
        evidence=stop.kind,
        severity="critical" if stop.kind == "stop_crossed" else "warning",
        stop=price_decimal(stop.stop),
        price_level=price_decimal(stop.price),
        text=stop.text,
    )


def exit_record(recommendation: ExitRecommendation, *, kind: str = "flow", follows: str = "") -> ExitRecord:
    """A recommendation."""
    return ExitRecord(
        recommendation_id=recommendation.recommendation_id,
        symbol=recommendation.symbol,
        kind=kind,
        reason=recommendation.reason,
        status=recommendation.status,
        against=recommendation.against,
        evidence=list(recommendation.evidence),
        episode_ids=list(recommendation.episode_ids),
        quantity=recommendation.quantity,
        average_cost=recommendation.average_cost,
        bid=recommendation.bid,
        bid_60s_ago=recommendation.bid_60s_ago,
        pnl=recommendation.pnl,
        exit_cost=recommendation.exit_cost,
        prints=recommendation.prints,
        shares=recommendation.shares,
        follows=follows,
        details=dict(recommendation.details),
    )


def answer_record(recommendation: ExitRecommendation, answer: Answer, price: int | None) -> AnswerRecord:
    """The trader's answer. `price` is the bid then (a short's ask), core units of either sign, or None."""
    if answer.kind == "take_back":
        raise ValueError("what takes an answer back is a record of its own")
    return AnswerRecord(
        recommendation_id=recommendation.recommendation_id,
        symbol=recommendation.symbol,
        answer=answer.kind,
        shares=answer.shares,
        minutes=answer.minutes,
        note=answer.note,
        status=recommendation.status,
        against=recommendation.against,
        quantity=recommendation.quantity,
        price=None if price is None else price_decimal(abs(price)),
        screen=answer.screen or None,
    )


def taken_back_record(taken_back: AnswerTakenBack) -> TakenBackRecord:
    """The trader took his answer back."""
    recommendation, answer, price = taken_back.recommendation, taken_back.answer, taken_back.price
    given = answer_record(recommendation, answer, price)
    return TakenBackRecord(
        recommendation_id=given.recommendation_id,
        symbol=given.symbol,
        answer=given.answer,
        shares=given.shares,
        status=given.status,
        against=given.against,
        quantity=given.quantity,
        price=given.price,
        screen=given.screen,
    )


def resolved_record(resolved: ExitResolved) -> ResolvedRecord:
    """A recommendation that ended by itself."""
    return ResolvedRecord(
        recommendation_id=resolved.recommendation.recommendation_id,
        symbol=resolved.recommendation.symbol,
        status=resolved.recommendation.status,
        reason=resolved.reason,
    )


def outcome_record(outcome: AlertOutcome) -> OutcomeRecord:
    """What the price did after an alert or a recommendation."""
    usual, course = outcome.usual_range, outcome.course
    return OutcomeRecord(
        symbol=outcome.symbol,
        of=outcome.kind,
        subject=outcome.subject,
        evidence=outcome.evidence,
        severity=outcome.severity,
        counts=outcome.counts,
        exit_eligible=outcome.exit_eligible,
        against=outcome.against,
        basis=outcome.basis,
        alert_utc=iso_utc(outcome.alert_ns),
        from_utc=iso_utc(outcome.course.time_ns),
        spread=price_decimal(outcome.spread),
        usual_range=None if usual is None else price_decimal(usual),
        mid=_mid(course.start),
        mid_1m=_mid(course.mid_1m),
        mid_5m=_mid(course.mid_5m),
        mid_15m=_mid(course.mid_15m),
        worst_5m=_mid(course.worst_5m),
        fell=outcome.fell,
        success=outcome.success,
        fell_1s=outcome.fell_1s,
        fell_5s=outcome.fell_5s,
        around=outcome.around,
        alike=outcome.alike,
        truncated=outcome.truncated,
        gap=outcome.gap,
        text=_outcome_text(outcome),
    )


def _outcome_text(outcome: AlertOutcome) -> str:
    """`sell_print: at worst -4.0c within 5 min, +1.5c after 15; fell, less than usual`; cents of the real price."""
    course, turned = outcome.course, -1 if outcome.against == "short" else 1

    def moved(total: int | None) -> str:
        if total is None or course.start is None:
            return "not seen"
        return f"{turned * (total - course.start) / 2 / CENT:+.1f}c"

    words = {True: "fell", False: "did not fall", None: "not known whether it fell"}
    if outcome.against == "short":
        words = {True: "rose", False: "did not rise", None: "not known whether it rose"}
    than = {True: ", more than usual", False: ", less than usual", None: ""}[outcome.success] if outcome.fell else ""
    moves = f"at worst {moved(course.worst_5m)} within 5 min, {moved(course.mid_15m)} after 15"
    return f"{outcome.evidence}: {moves}; {words[outcome.fell]}{than}{' (cut short)' if outcome.truncated else ''}"


def _mid(twice: int | None) -> Decimal | None:
    """Half of a sum of bid and ask, dollars; a short's prices are mirrored inside the core only."""
    return None if twice is None else (abs(twice) * PRICE_UNIT / 2).normalize() + Decimal("0.00")


def core_bytes(record: Mapping[str, object]) -> bytes:
    """What two replays of the same events must agree on, byte for byte: the record without what belongs to its run."""
    return _sorted_json({key: value for key, value in record.items() if key not in _OF_THE_RUN})


def recommendation_of(record: ExitRecord) -> ExitRecommendation:
    """The recommendation of a record that was read. Raises ValueError where its time is none."""
    return ExitRecommendation(
        recommendation_id=record.recommendation_id,
        symbol=record.symbol,
        reason=record.reason,
        evidence=tuple(record.evidence),
        episode_ids=tuple(record.episode_ids),
        opened_utc=datetime.fromisoformat(record.timestamp_utc),
        status=record.status,
        against=record.against,
        quantity=record.quantity,
        prints=record.prints,
        shares=record.shares,
        details=record.details,
        average_cost=record.average_cost,
        bid=record.bid,
        pnl=record.pnl,
        exit_cost=record.exit_cost,
        bid_60s_ago=record.bid_60s_ago,
    )


def answer_of(record: AnswerRecord) -> tuple[Answer, int | None]:
    """The answer of a record and the price then in core units (negative for a short), or None."""
    units = None if record.price is None else price_units(record.price)
    if units is not None and record.against == "short":
        units = -units
    return Answer(record.answer, record.shares, record.minutes, record.note, record.screen or ""), units
