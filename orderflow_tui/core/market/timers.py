"""Where one symbol stands in event time, and when time alone does something next."""

from __future__ import annotations


class Timers:
    """Instants in ns UTC."""

    __slots__ = ("covered_ns", "due_ns", "next_second", "now_ns", "tick_ns")

    def __init__(self) -> None:
        self.due_ns = 0
        """The next instant at which time alone does something; events from it on wait until it is done."""
        self.tick_ns = 0
        """The newest instant that was lived through."""
        self.now_ns = 0
        """The newest whole second that was lived through."""
        self.next_second = 0
        self.covered_ns = 0
        """Up to where the tape is known to be complete."""

    def wake(self, time_ns: int) -> None:
        """Time does something at this instant, if not before."""
        self.due_ns = min(self.due_ns, time_ns)
