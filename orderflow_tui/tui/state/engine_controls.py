"""What a screen may do with the engine it is on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class EngineControls(Protocol):
    """What a screen may do with the engine it is on, beside what its monitor takes."""

    @property
    def gone(self) -> str:
        """Why the engine sends no more; empty while it does."""
        ...

    def asks(self) -> bool:
        """Whether closing this screen leaves the engine without one, and the trader is to say what then."""
        ...

    def keep(self) -> None:
        """The engine goes on without a screen."""
        ...

    def end(self) -> None:
        """End the engine."""
        ...

    def take_settings(self) -> Mapping[str, object]:
        """What other screens of the engine have changed since the last call."""
        ...

    def take_answers(self) -> Sequence[str]:
        """What was answered on other screens since the last call, in words."""
        ...

    def renew(self) -> str:
        """End the engine and start another, which reads keys and settings anew; returns what to tell."""
        ...

    def restart(self) -> str:
        """Start an engine again; returns what to tell."""
        ...
