"""Frozen view of a replay's way through its recording."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

MarkKind = Literal["alert", "exit"]


class ReplayView(Struct, frozen=True):
    """Where a replay stands. All instants are nanoseconds UTC of the recording; 0 is not known yet."""

    start_ns: int = 0
    at_ns: int = 0
    end_ns: int = 0
    seeks_ns: int = 0
    """What it plays to as fast as it goes; 0 while it plays on at its own speed."""
    marks: tuple[tuple[int, MarkKind], ...] = ()
    """What was raised in what has been played once: it stays marked after going back."""
