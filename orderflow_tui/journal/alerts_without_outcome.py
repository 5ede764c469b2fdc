"""Alerts that a crash left without an outcome: those of the journal's last minutes that nothing has told the end of."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from orderflow_tui.core.model.capabilities import SourceClass
from orderflow_tui.journal.reader import JournalReader
from orderflow_tui.journal.records import AlertRecord, ExitRecord, OutcomeRecord

_NEWEST_BYTES: Final = 1 << 28
_SPAN: Final = timedelta(minutes=20)
"""An outcome comes a quarter of an hour after its alert, so that older ones have theirs."""


def subject_of(record: AlertRecord | ExitRecord) -> str:
    """The id an outcome of this record goes by, or empty."""
    return record.recommendation_id if isinstance(record, ExitRecord) else record.episode_id or ""


def unfollowed(directory: Path, source_class: SourceClass) -> list[AlertRecord | ExitRecord]:
    """Alerts and recommendations of the last twenty minutes the journal knows, without an outcome, oldest first."""
    told: set[str] = set()
    found: list[AlertRecord | ExitRecord] = []
    last: datetime | None = None
    for record in JournalReader(directory, newest_bytes=_NEWEST_BYTES).records(newest_first=True):
        try:
            written, happened = map(datetime.fromisoformat, (record.timestamp, record.timestamp_utc))
            last = last or written
            if last - written > _SPAN:
                break
        except (TypeError, ValueError):
            continue
        if record.source_class != source_class or happened.tzinfo is None:
            continue
        if isinstance(record, OutcomeRecord):
            told.add(record.subject)
        elif isinstance(record, ExitRecord) or (isinstance(record, AlertRecord) and not record.late):
            subject = subject_of(record)
            if subject and subject not in told:
                found.append(record)
    return found[::-1]
