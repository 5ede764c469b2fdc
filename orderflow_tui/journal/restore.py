"""What a restart takes up: recommendations of the last days and the latest answer to each."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from orderflow_tui.core.model.capabilities import SourceClass
from orderflow_tui.core.model.units import utc_datetime
from orderflow_tui.journal.reader import JournalReader
from orderflow_tui.journal.records import EXIT_ACKNOWLEDGED, EXIT_RESOLVED, EXIT_TRIGGERED
from orderflow_tui.support.decoding import NO_JSON

DAYS: Final = 7
_WANTED: Final = b'"event":"order_flow.exit_'


class RestoredRecommendation(Struct, frozen=True):
    """One recommendation as the journal knows it.

    Attributes:
        record: Its `exit_signal_triggered` record.
        answer: The latest `exit_acknowledged` record for it, or None.
        resolved: It ended by itself, or a later one took its place.
    """

    record: dict[str, Any]
    answer: dict[str, Any] | None
    resolved: bool


def restore(
    directory: Path, source_class: SourceClass, *, now_ns: int | None = None, days: int = DAYS
) -> list[RestoredRecommendation]:
    """The recommendations of the last days, in the order they opened, from records of this class alone.

    Args:
        directory: The journal.
        source_class: Records of another class are as if they were not there.
        now_ns: The end of those days, nanoseconds UTC; None is the system clock.
        days: How many days back.
    """
    now = utc_datetime(time.time_ns() if now_ns is None else now_ns)
    triggered: dict[str, dict[str, Any]] = {}
    answers: dict[str, dict[str, Any]] = {}
    ended: set[str] = set()
    for line in JournalReader(directory).lines(since=now.date() - timedelta(days=days)):
        record = _record(line) if _WANTED in line else None
        if record is None or record.get("source_class") != source_class:
            continue
        recommendation_id = record["recommendation_id"]
        if record["event"] == EXIT_TRIGGERED:
            triggered[recommendation_id] = record
            ended.add(record.get("follows", ""))
        elif record["event"] == EXIT_ACKNOWLEDGED:
            answers[recommendation_id] = record
        elif record["event"] == EXIT_RESOLVED:
            ended.add(recommendation_id)
    return [
        RestoredRecommendation(record, answers.get(recommendation_id), recommendation_id in ended)
        for recommendation_id, record in triggered.items()
    ]


def _record(line: bytes) -> dict[str, Any] | None:
    """The record of a line, or None for one that is torn or names no recommendation."""
    try:
        record: dict[str, Any] = msgspec.json.decode(line, type=dict[str, Any])
    except NO_JSON:
        return None
    return record if isinstance(record.get("recommendation_id"), str) and "event" in record else None
