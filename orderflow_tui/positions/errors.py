"""Why positions cannot be used."""

from __future__ import annotations


class PositionsError(ValueError):
    """The positions are refused: one line with the file, the line where it is known, and the reason."""


class PositionsMissing(PositionsError):  # noqa: N818 a state the first-run screen shows, not a failure
    """There is no positions file."""
