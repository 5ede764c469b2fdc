"""The journal's events and their fields: from what the core said to records, and back after a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from orderflow_tui.core.model.data_models import Answer, ExitRecommendation, OrderFlowAlert
from orderflow_tui.core.model.outputs import (
    AlertOutcome,
    AlertRaised,
    AlertUpdated,
    Controls,
    ExitAnswered,
    ExitResolved,
    ExitTriggered,
    Output,
    StopRaised,
)
from orderflow_tui.core.model.units import CENT, PRICE_UNIT, iso_utc, price_decimal, price_units

ALERT: Final = "order_flow_alert"
ALERT_UPDATED: Final = "order_flow.alert_updated"
STOP_ALERT: Final = "order_flow.stop_alert"
EXIT_TRIGGERED: Final = "order_flow.exit_signal_triggered"
EXIT_ACKNOWLEDGED: Final = "order_flow.exit_acknowledged"
EXIT_RESOLVED: Final = "order_flow.exit_resolved"
ALERT_OUTCOME: Final = "order_flow.alert_outcome"
DATA_VALIDATION_ERROR: Final = "order_flow.data_validation_error"
API_ERROR: Final = "order_flow.api_error"
MONITORING_GAP: Final = "order_flow.monitoring_gap"
MONITORING_RESUMED: Final = "order_flow.monitoring_resumed"
RUN_STARTED: Final = "order_flow.run_started"
RUN_STOPPED: Final = "order_flow.run_stopped"

EVENTS: Final = (
    ALERT,
    ALERT_UPDATED,
    STOP_ALERT,
    EXIT_TRIGGERED,
    EXIT_ACKNOWLEDGED,
    EXIT_RESOLVED,
    ALERT_OUTCOME,
    DATA_VALIDATION_ERROR,
    API_ERROR,
    MONITORING_GAP,
    MONITORING_RESUMED,
    RUN_STARTED,
    RUN_STOPPED,
)
ERROR_TYPES: Final = ("401", "403", "404", "429", "5xx", "timeout", "network", "validation", "malformed")

_OF_THE_RUN: Final = ("timestamp", "latency_ms", "run_id", "event_id", "data_source", "source_class")
_sorted_json: Final = msgspec.json.Encoder(order="sorted", decimal_format="number").encode


def output_record(output: Output) -> tuple[str, int, dict[str, Any]]:
    """What the core said as `(event, happened_ns, fields)`, ready for `JournalWriter.write`."""
    event, fields = _RECORDS[type(output)]
    return event, output.time_ns, fields(output)


def alert_fields(alert: OrderFlowAlert) -> dict[str, Any]:
    """An alert by the plan's names; `timestamp_utc` stands in the header."""
    return {
        "symbol": alert.symbol,
        "alert_type": alert.alert_type,
        "severity": alert.severity,
        "order_size": alert.order_size,
        "price_level": alert.price_level,
        "volume_ratio": alert.volume_ratio,
        "evidence": alert.evidence,
        "sell_ratio": alert.sell_ratio,
        "episode_id": alert.episode_id,
        "counts": alert.counts,
        "rank": alert.rank,
        "exit_eligible": alert.exit_eligible,
        "single_print": alert.single_print,
        "against": alert.against,
        "text": alert.text,
        "late": alert.late,
        "details": dict(alert.details),
    }


def stop_fields(stop: StopRaised) -> dict[str, Any]:
    """A warning about the holder's own stop; prices in dollars."""
    return {
        "symbol": stop.symbol,
        "evidence": stop.kind,
        "severity": "critical" if stop.kind == "stop_crossed" else "warning",
        "stop": price_decimal(stop.stop),
        "price_level": price_decimal(stop.price),
        "text": stop.text,
    }


def recommendation_fields(
    recommendation: ExitRecommendation, *, kind: str = "flow", follows: str = ""
) -> dict[str, Any]:
    """A recommendation with the position's figures at the time; money in dollars."""
    return {
        "recommendation_id": recommendation.recommendation_id,
        "symbol": recommendation.symbol,
        "kind": kind,
        "reason": recommendation.reason,
        "status": recommendation.status,
        "against": recommendation.against,
        "evidence": list(recommendation.evidence),
        "episode_ids": list(recommendation.episode_ids),
        "quantity": recommendation.quantity,
        "average_cost": recommendation.average_cost,
        "bid": recommendation.bid,
        "bid_60s_ago": recommendation.bid_60s_ago,
        "pnl": recommendation.pnl,
        "exit_cost": recommendation.exit_cost,
        "prints": recommendation.prints,
        "shares": recommendation.shares,
        "follows": follows,
        "details": dict(recommendation.details),
    }


def answer_fields(recommendation: ExitRecommendation, answer: Answer, price: int | None) -> dict[str, Any]:
    """The trader's answer. `price` is the bid then (a short's ask), core units of either sign, or None."""
    return {
        "recommendation_id": recommendation.recommendation_id,
        "symbol": recommendation.symbol,
        "answer": answer.kind,
        "shares": answer.shares,
        "minutes": answer.minutes,
        "note": answer.note,
        "status": recommendation.status,
        "against": recommendation.against,
        "quantity": recommendation.quantity,
        "price": None if price is None else price_decimal(abs(price)),
    }


def resolved_fields(resolved: ExitResolved) -> dict[str, Any]:
    """A recommendation that ended by itself."""
    return {
        "recommendation_id": resolved.recommendation.recommendation_id,
        "symbol": resolved.recommendation.symbol,
        "status": resolved.recommendation.status,
        "reason": resolved.reason,
    }


def outcome_fields(outcome: AlertOutcome) -> dict[str, Any]:
    """What the price did after an alert or a recommendation, and at the moments it is compared with; dollars."""
    usual, course = outcome.usual_range, outcome.course
    return {
        "symbol": outcome.symbol,
        "of": outcome.kind,
        "subject": outcome.subject,
        "evidence": outcome.evidence,
        "severity": outcome.severity,
        "counts": outcome.counts,
        "exit_eligible": outcome.exit_eligible,
        "against": outcome.against,
        "basis": outcome.basis,
        "alert_utc": iso_utc(outcome.alert_ns),
        "from_utc": iso_utc(outcome.course.time_ns),
        "spread": price_decimal(outcome.spread),
        "usual_range": None if usual is None else price_decimal(usual),
        "mid": _mid(course.start),
        "mid_1m": _mid(course.mid_1m),
        "mid_5m": _mid(course.mid_5m),
        "mid_15m": _mid(course.mid_15m),
        "worst_5m": _mid(course.worst_5m),
        "fell": outcome.fell,
        "success": outcome.success,
        "fell_1s": outcome.fell_1s,
        "fell_5s": outcome.fell_5s,
        "around": _control_fields(outcome.around),
        "alike": _control_fields(outcome.alike),
        "truncated": outcome.truncated,
        "gap": outcome.gap,
        "text": _outcome_text(outcome),
    }


def _outcome_text(outcome: AlertOutcome) -> str:
    """`sell_print: at worst -4.0c within 5 min, +1.5c after 15; fell, no hit`; cents of the real price."""
    course, turned = outcome.course, -1 if outcome.against == "short" else 1

    def moved(total: int | None) -> str:
        if total is None or course.start is None:
            return "not seen"
        return f"{turned * (total - course.start) / 2 / CENT:+.1f}c"

    words = {True: "fell", False: "did not fall", None: "not known whether it fell"}
    if outcome.against == "short":
        words = {True: "rose", False: "did not rise", None: "not known whether it rose"}
    hit = {True: ", a hit", False: ", no hit", None: ""}[outcome.success]
    moves = f"at worst {moved(course.worst_5m)} within 5 min, {moved(course.mid_15m)} after 15"
    return f"{outcome.evidence}: {moves}; {words[outcome.fell]}{hit}{' (cut short)' if outcome.truncated else ''}"


def _control_fields(controls: Controls | None) -> dict[str, int | None] | None:
    return None if controls is None else {"seconds": controls.seconds, "fell": controls.fell, "hits": controls.hits}


def _mid(twice: int | None) -> Decimal | None:
    """Half of a sum of bid and ask, dollars; a short's prices are mirrored inside the core only."""
    return None if twice is None else (abs(twice) * PRICE_UNIT / 2).normalize() + Decimal("0.00")


def error_fields(
    error_type: str,
    detail: str,
    *,
    code: str = "",
    symbol: str | None = None,
    status: int = 0,
    endpoint: str = "",
    **more: Any,
) -> dict[str, Any]:
    """A failed request or refused data.

    Args:
        error_type: One of `ERROR_TYPES`.
        detail: One line without secrets.
        code: `LEVEL2_...`, `TAPE_...`, `PAYLOAD_MALFORMED` for refused data.
        symbol: What it concerns; None for the connection.
        status: HTTP status, 0 without one.
        endpoint: `snapshot`, `trades`, ...
        more: `channel`, `quarantined`, `feature`, ...

    Raises:
        ValueError: `error_type` is none of `ERROR_TYPES`.
    """
    if error_type not in ERROR_TYPES:
        raise ValueError(f"no error_type of the journal: {error_type!r}")
    return {
        "error_type": error_type,
        "code": code,
        "symbol": symbol,
        "detail": detail,
        "status": status,
        "endpoint": endpoint,
        **more,
    }


def validation_error_type(code: str) -> str:
    """The `error_type` of refused data: `malformed` where it could not be read, else `validation`."""
    return "malformed" if code == "PAYLOAD_MALFORMED" else "validation"


def run_started_fields(
    *, version: str, host: str, symbols: Iterable[str], settings: Mapping[str, Any], **more: Any
) -> dict[str, Any]:
    """How a run began. `settings` come without secrets (`Settings.recorded`).

    Raises:
        ValueError: A setting is no plain JSON value, or is named as a key is: secrets have no place in the journal.
    """
    for name, value in settings.items():
        if name.endswith("_key") or not isinstance(value, str | int | float | None):
            raise ValueError(f"{name} has no place in the journal: leave it out")
    return {"version": version, "host": host, "symbols": list(symbols), "settings": dict(settings), **more}


def run_stopped_fields(reason: str, *, exit_code: int, writes: Mapping[str, float], **more: Any) -> dict[str, Any]:
    """How a run ended; `writes` is the writer's `write_times.summary()`."""
    return {"reason": reason, "exit_code": exit_code, "writes": dict(writes), **more}


_RECORDS: Final[dict[type, tuple[str, Callable[[Any], dict[str, Any]]]]] = {
    AlertRaised: (ALERT, lambda output: alert_fields(output.alert)),
    AlertUpdated: (ALERT_UPDATED, lambda output: alert_fields(output.alert)),
    StopRaised: (STOP_ALERT, stop_fields),
    ExitTriggered: (
        EXIT_TRIGGERED,
        lambda output: recommendation_fields(output.recommendation, kind=output.kind, follows=output.follows),
    ),
    ExitAnswered: (
        EXIT_ACKNOWLEDGED,
        lambda output: answer_fields(output.recommendation, output.answer, output.price),
    ),
    ExitResolved: (EXIT_RESOLVED, resolved_fields),
    AlertOutcome: (ALERT_OUTCOME, outcome_fields),
}


def core_bytes(record: Mapping[str, Any]) -> bytes:
    """What two replays of the same events must agree on, byte for byte: the record without what belongs to its run."""
    return _sorted_json({key: value for key, value in record.items() if key not in _OF_THE_RUN})


def recommendation_of(record: Mapping[str, Any]) -> ExitRecommendation:
    """The recommendation of an `exit_signal_triggered` record. Raises KeyError, TypeError or ValueError for another."""
    return ExitRecommendation(
        recommendation_id=record["recommendation_id"],
        symbol=record["symbol"],
        reason=record["reason"],
        evidence=tuple(record["evidence"]),
        episode_ids=tuple(record["episode_ids"]),
        opened_utc=datetime.fromisoformat(record["timestamp_utc"]),
        status=record["status"],
        against=record["against"],
        quantity=record["quantity"],
        prints=record["prints"],
        shares=record["shares"],
        details=record.get("details", {}),
        **{name: _decimal(record[name]) for name in ("average_cost", "bid", "pnl", "exit_cost", "bid_60s_ago")},
    )


def answer_of(record: Mapping[str, Any]) -> tuple[Answer, int | None]:
    """The answer of an `exit_acknowledged` record and the price then in core units (negative for a short), or None."""
    price = _decimal(record["price"])
    units = None if price is None else price_units(price)
    if units is not None and record["against"] == "short":
        units = -units
    return Answer(record["answer"], record["shares"], record["minutes"], record["note"]), units


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
