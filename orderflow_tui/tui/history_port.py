"""What the history screen asks of the journal's reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class HistoryEntry(Protocol):
    """One record of the journal as a row."""

    @property
    def time_ns(self) -> int:
        """When it happened."""
        ...

    @property
    def symbol(self) -> str:
        """The symbol, or empty for records about the run."""
        ...

    @property
    def event(self) -> str:
        """The record's kind, e.g. `order_flow_alert`."""
        ...

    @property
    def severity(self) -> str:
        """`warning`, `critical`, or empty."""
        ...

    @property
    def text(self) -> str:
        """The record in words."""
        ...

    @property
    def source_class(self) -> str:
        """`live`, `simulated`, `replayed`."""
        ...

    @property
    def answer(self) -> str:
        """What was answered to a recommendation, or empty."""
        ...


class HistorySource(Protocol):
    """All journal files as rows, newest first."""

    def rows(self) -> Sequence[HistoryEntry]:
        """What has been read so far, newest first."""
        ...

    def refresh(self) -> int:
        """Read what was appended since; returns how many rows are new at the front."""
        ...

    def detail(self, row: HistoryEntry) -> Mapping[str, object]:
        """All fields of the record behind a row."""
        ...
