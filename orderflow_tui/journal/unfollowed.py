"""Alerts that a crash left without an outcome: those of the journal's last minutes that nothing has told the end of."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from orderflow_tui.core.model.capabilities import SourceClass
from orderflow_tui.journal.reader import JournalReader
from orderflow_tui.journal.records import ALERT, ALERT_OUTCOME, EXIT_TRIGGERED

_NEWEST_BYTES: Final = 1 << 28
_SPAN: Final = timedelta(minutes=20)
"""An outcome comes a quarter of an hour after its alert, so that older ones have theirs."""


def subject_of(record: dict[str, Any]) -> str:
    """The id an outcome of this record goes by, or empty."""
    name = "episode_id" if record.get("event") == ALERT else "recommendation_id"
    subject = record.get(name)
    return subject if isinstance(subject, str) else ""


def unfollowed(directory: Path, source_class: SourceClass) -> list[dict[str, Any]]:
    """Alerts and recommendations of the last twenty minutes the journal knows, without an outcome, oldest first."""
    told: set[str] = set()
    found: list[dict[str, Any]] = []
    last: datetime | None = None
    for record in JournalReader(directory, newest_bytes=_NEWEST_BYTES).records(newest_first=True):
        try:
            written, happened = (datetime.fromisoformat(record[name]) for name in ("timestamp", "timestamp_utc"))
            last = last or written
            if last - written > _SPAN:
                break
        except (KeyError, TypeError, ValueError):
            continue
        if record.get("source_class") != source_class or happened.tzinfo is None:
            continue
        event = str(record.get("event"))
        if event == ALERT_OUTCOME:
            told.add(str(record.get("subject")))
        elif event in {ALERT, EXIT_TRIGGERED} and not record.get("late"):
            subject = subject_of(record)
            if subject and subject not in told:
                found.append(record)
    return found[::-1]
