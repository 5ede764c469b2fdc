"""What a restart takes up: recommendations of the last days and the latest answer to each."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Struct

from orderflow_tui.core.model.capabilities import SourceClass
from orderflow_tui.core.model.data_models import Against, AnswerKind, RecommendationStatus
from orderflow_tui.core.model.units import utc_datetime
from orderflow_tui.journal.reader import JournalReader
from orderflow_tui.journal.records import EXIT_ACKNOWLEDGED, EXIT_RESOLVED, EXIT_TRIGGERED
from orderflow_tui.support.decoding import NO_JSON

DAYS: Final = 7
_WANTED: Final = b'"event":"order_flow.exit_'
_NEWEST_BYTES: Final = 1 << 28
"""Of each day so much is looked through at most, which is more than any day has written."""
_Whole = Annotated[int, msgspec.Meta(ge=-(10**15), le=10**15)]
_Dollars = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)] | None
_Moment = Annotated[str, msgspec.Meta(pattern=r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}Z$")]


class _Event(Struct):
    event: str


class _Opened(Struct):
    """What a recommendation needs to be taken up; a record without it is none."""

    recommendation_id: str
    symbol: str
    reason: str
    evidence: list[str]
    episode_ids: list[str]
    timestamp_utc: _Moment
    status: RecommendationStatus
    against: Against
    quantity: _Whole
    prints: _Whole
    shares: _Whole
    average_cost: _Dollars
    bid: _Dollars
    pnl: _Dollars
    exit_cost: _Dollars
    bid_60s_ago: _Dollars
    details: dict[str, Any] = {}
    follows: str = ""
    kind: str = "flow"


class _Acknowledged(Struct):
    """What an answer needs."""

    recommendation_id: str
    answer: AnswerKind
    shares: Annotated[int, msgspec.Meta(ge=0, le=10**15)]
    minutes: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    note: str
    status: RecommendationStatus
    against: Against
    quantity: _Whole
    price: _Dollars
    timestamp_utc: _Moment


class _Ended(Struct):
    recommendation_id: str


_FORMS: Final[Mapping[str, Any]] = {
    EXIT_TRIGGERED: msgspec.json.Decoder(_Opened),
    EXIT_ACKNOWLEDGED: msgspec.json.Decoder(_Acknowledged),
    EXIT_RESOLVED: msgspec.json.Decoder(_Ended),
}
_event = msgspec.json.Decoder(_Event).decode


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
    directory: Path,
    source_class: SourceClass,
    *,
    now_ns: int | None = None,
    days: int = DAYS,
    damaged: list[str] | None = None,
) -> list[RestoredRecommendation]:
    """The recommendations of the last days, in the order they opened, from records of this class alone.

    A record that lacks something, or holds what cannot be, is as if it were not there.

    Args:
        directory: The journal.
        source_class: Records of another class are as if they were not there.
        now_ns: The end of those days, nanoseconds UTC; None is the system clock.
        days: How many days back.
        damaged: Gets the names of the files that could not be read to their end.
    """
    now = utc_datetime(time.time_ns() if now_ns is None else now_ns)
    triggered: dict[str, dict[str, Any]] = {}
    answers: dict[str, dict[str, Any]] = {}
    ended: set[str] = set()
    reader = JournalReader(directory, newest_bytes=_NEWEST_BYTES)
    for line in reader.lines(since=now.date() - timedelta(days=days)):
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
    if damaged is not None:
        damaged += reader.damaged
    return [
        RestoredRecommendation(record, answers.get(recommendation_id), recommendation_id in ended)
        for recommendation_id, record in triggered.items()
    ]


def _record(line: bytes) -> dict[str, Any] | None:
    """The record of a line, or None for one that is torn, or no record of a recommendation as we write it."""
    try:
        form = _FORMS.get(_event(line).event)
        if form is None:
            return None
        form.decode(line)
        record: dict[str, Any] = msgspec.json.decode(line, type=dict[str, Any])
        datetime.fromisoformat(record["timestamp_utc"])
    except (*NO_JSON, ValueError):
        return None
    return record
