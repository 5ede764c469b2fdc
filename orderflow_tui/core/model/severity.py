"""How loud an alert is, in one place: the feed, the state, the history and the plain lines agree."""

from __future__ import annotations

from typing import Final, Literal

Shown = Literal["critical", "warning", "info"]
SHOWN: Final[tuple[Shown, ...]] = ("critical", "warning", "info")


def shown_severity(severity: str, *, counts: bool) -> Shown:
    """An alert's own severity; what counts for nothing is information, however large it is."""
    if not counts:
        return "info"
    return "critical" if severity == "critical" else "warning"
