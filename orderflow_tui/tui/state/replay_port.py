"""What a screen may do with the replay it shows."""

from __future__ import annotations

from typing import Protocol

from orderflow_tui.feeds.feed import Step


class ReplayPort(Protocol):
    """The keys of a replay. Everything returns at once; `seek` and `seek_by` return what to tell, or nothing."""

    def toggle_pause(self) -> None:
        """Wait, or go on."""
        ...

    def change_speed(self, factor: float) -> None:
        """Play on this much faster."""
        ...

    def step(self, step: Step) -> None:
        """Wait, and play the next event or one second."""
        ...

    def seek_by(self, seconds: int) -> str:
        """Go so many recorded seconds on, or back."""
        ...

    def seek(self, time_ns: int) -> str:
        """Go to an instant of the recording, nanoseconds UTC."""
        ...
