"""The recommendations of the last days and what was answered, read back after a restart. Needs a journal alone."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from msgspec import Struct

from orderflow_tui.core.model.capabilities import SourceClass
from orderflow_tui.core.model.units import utc_datetime
from orderflow_tui.journal.reader import JournalReader
from orderflow_tui.journal.records import AnswerRecord, ExitRecord, ResolvedRecord, TakenBackRecord, read_record
from orderflow_tui.support.decoding import NO_JSON

DAYS: Final = 7
_WANTED: Final = b'"event":"order_flow.exit_'
_NEWEST_BYTES: Final = 1 << 28
"""Of each day so much is looked through at most, which is more than any day has written."""
_MOST_DOLLARS: Final = Decimal(10**15)
_INSTANT: Final = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}Z")


_Told = ExitRecord | AnswerRecord | TakenBackRecord | ResolvedRecord


class JournaledRecommendation(Struct, frozen=True):
    """One recommendation as the journal knows it.

    Attributes:
        record: How it opened.
        answer: The latest answer to it, or None.
        resolved: It ended by itself, or a later one took its place.
    """

    record: ExitRecord
    answer: AnswerRecord | None
    resolved: bool


def journaled_recommendations(
    directory: Path,
    source_class: SourceClass,
    *,
    now_ns: int | None = None,
    days: int = DAYS,
    damaged: list[str] | None = None,
) -> list[JournaledRecommendation]:
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
    opened: dict[str, ExitRecord] = {}
    answers: dict[str, AnswerRecord] = {}
    ended: set[str] = set()
    reader = JournalReader(directory, newest_bytes=_NEWEST_BYTES)
    for record in _records(reader.lines(since=now.date() - timedelta(days=days))):
        if record.source_class != source_class:
            continue
        match record:
            case ExitRecord():
                opened[record.recommendation_id] = record
                ended.add(record.follows)
            case AnswerRecord():
                answers[record.recommendation_id] = record
            case ResolvedRecord():
                ended.add(record.recommendation_id)
            case TakenBackRecord():
                answers.pop(record.recommendation_id, None)
                (ended.add if record.status == "resolved" else ended.discard)(record.recommendation_id)
    if damaged is not None:
        damaged += reader.damaged
    return [
        JournaledRecommendation(record, answers.get(recommendation_id), recommendation_id in ended)
        for recommendation_id, record in opened.items()
    ]


def _records(lines: Iterator[bytes]) -> Iterator[_Told]:
    """The sound records about recommendations; what is torn or no record of ours is left out."""
    for line in lines:
        if _WANTED not in line:
            continue
        try:
            record = read_record(line)
        except NO_JSON:
            continue
        if isinstance(record, _Told) and _possible(record):
            yield record


def _possible(record: _Told) -> bool:
    """Whether its time is one, and every amount of dollars is finite and no larger than any can be."""
    try:
        datetime.fromisoformat(record.timestamp_utc)
    except ValueError:
        return False
    amounts = [value for value in record.fields().values() if isinstance(value, Decimal)]
    return bool(_INSTANT.fullmatch(record.timestamp_utc)) and all(
        amount.is_finite() and abs(amount) <= _MOST_DOLLARS for amount in amounts
    )
