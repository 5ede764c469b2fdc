"""Alerts whose outcome is not known yet, kept over a restart beside the journal: `<log dir>/followups.json`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from orderflow_tui.core.learning.outcomes import FollowUp, Outcomes, outcome
from orderflow_tui.core.model.capabilities import SourceClass
from orderflow_tui.core.model.outputs import AlertOutcome, PricePath
from orderflow_tui.core.model.units import NS, datetime_ns
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.journal.alerts_without_outcome import subject_of, unfollowed
from orderflow_tui.journal.records import AlertRecord, ExitRecord
from orderflow_tui.support.atomic_file import replace_file
from orderflow_tui.support.bounded_file import read_bounded
from orderflow_tui.support.decoding import NO_JSON, refuse_absurd

_SAVE_NS: Final = 60 * NS
"""What is followed is written when something was added or settled, and so often in between."""
_MOST_BYTES: Final = 64_000_000
_NOTHING: Final = b"[]"
_decode = msgspec.json.Decoder(list[FollowUp]).decode


class FollowUpStore:
    """Reads once, writes as time goes on; `problem` says what could not be read or written.

    The list is written within a second of an alert. What a crash within that second kept out of it is found in the
    journal, when the store is made.

    Args:
        directory: The journal's directory.
        source_class: The run's; the journal is looked through for its records. None looks at the list alone.
    """

    def __init__(self, directory: Path, source_class: SourceClass | None = None) -> None:
        self._unfollowed = unfollowed(directory, source_class) if source_class else []
        self._path = directory / "followups.json"
        self._saved_ns = 0
        self.problem = ""

    def resume_into(self, listed: list[FollowUp], cores: Mapping[str, SymbolCore], now_ns: int) -> list[AlertOutcome]:
        """Give each core what it followed; returns the outcomes of what nothing watches any more."""
        over: list[AlertOutcome] = []
        known = {follow.subject for follow in listed}
        for follow in [*listed, *(_follow_up(r) for r in self._unfollowed if subject_of(r) not in known)]:
            core = cores.get(follow.symbol)
            if core is not None and core.announcer.outcomes is not None and core.mirror.against == follow.against:
                core.announcer.outcomes.resume([follow])
            else:
                follow.gap = True
                over.append(outcome(follow, now_ns))
        return over

    def due(self, followed: list[Outcomes], now_ns: int, *, now: bool = False) -> bytes | None:
        """What `write` is to keep, if it is time; None otherwise."""
        changed = any(one.changed for one in followed)
        pending = any(one.pending for one in followed)
        if not (now or changed or (pending and now_ns - self._saved_ns >= _SAVE_NS)):
            return None
        self._saved_ns = now_ns
        for one in followed:
            one.changed = False
        return msgspec.json.encode([follow for one in followed for follow in one.pending])

    def write(self, rows: bytes) -> None:
        """Keep what is followed in place of what was."""
        try:
            if rows != _NOTHING or self._path.exists():
                replace_file(self._path, rows)
            self.problem = ""
        except OSError as error:
            self.problem = f"{self._path}: {error.strerror or type(error).__name__}"

    def listed(self) -> list[FollowUp]:
        """What the list holds; empty where it cannot be read."""
        try:
            kept = _decode(read_bounded(self._path, _MOST_BYTES, follow_link=False))
            refuse_absurd(kept)
        except FileNotFoundError:
            return []
        except OSError as error:
            self.problem = f"{self._path}: {error.strerror or type(error).__name__}"
            return []
        except NO_JSON as error:
            self.problem = f"{self._path}: {type(error).__name__}"
            return []
        return kept


def _follow_up(record: AlertRecord | ExitRecord) -> FollowUp:
    """What the journal knows of an alert or a recommendation; the price then was not kept."""
    alert_ns = datetime_ns(datetime.fromisoformat(record.timestamp_utc))
    if isinstance(record, AlertRecord):
        kind, evidence, severity = "alert", record.evidence or "none", record.severity
        counts, exit_eligible = record.counts, record.exit_eligible
    else:
        kind, evidence, severity = record.kind, "exit" if record.kind == "flow" else "stop", "critical"
        counts = exit_eligible = True
    return FollowUp(
        subject=subject_of(record),
        symbol=record.symbol,
        kind=kind,
        evidence=evidence,
        severity=severity,
        counts=counts,
        exit_eligible=exit_eligible,
        against=record.against,
        alert_ns=alert_ns,
        usual_range=None,
        course=PricePath(alert_ns),
        basis=str(record.details.get("basis", "")),
        gap=True,
    )
