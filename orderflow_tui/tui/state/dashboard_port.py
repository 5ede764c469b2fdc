"""What screens and widgets ask of the dashboard they are part of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from textual.binding import Binding

from orderflow_tui.tui.state.messages import Messages
from orderflow_tui.tui.state.positions_desk import PositionsDesk
from orderflow_tui.tui.state.screen_model import ScreenModel
from orderflow_tui.views.frozen_views import MonitorPort


class DashboardPort(Protocol):
    """The app as its parts see it.

    Attributes:
        monitor: What is shown, and who takes the answers.
        model: The state all screens share.
        export_directory: Where exports go; None where there is not a journal.
        answering: Whether a key alone answers a recommendation now.
        messages: What is said for a few seconds.
        positions: What is changed in the positions file.
    """

    monitor: MonitorPort
    model: ScreenModel
    export_directory: Path | None
    answering: bool
    messages: Messages
    positions: PositionsDesk

    @property
    def theme_names(self) -> list[str]:
        """The themes there are."""
        ...

    @property
    def acknowledge_key(self) -> str:
        """What answers a recommendation from everywhere."""
        ...

    @property
    def unrecorded(self) -> str:
        """Why an answer would not be recorded now; empty where it would."""
        ...

    def all_keys(self, binding: Binding) -> list[str]:
        """The keys of a binding under the keymap in force."""
        ...

    def first_key(self, binding: Binding) -> str:
        """The one that is shown where there is room for one."""
        ...

    def refuses_click(self) -> bool:
        """Whether the click being acted on is one of a flood; says so."""
        ...

    def after_one_click(self, act: Callable[[], Awaitable[object]]) -> None:
        """Act upon a click once it is known that no other came with it."""
        ...

    async def action_quit(self) -> None:
        """Leave at once."""
        ...

    def tell(self, message: str, *, warning: bool = False) -> None:
        """A short-lived message in the row of the keys."""
        ...

    def apply_setting(self, name: str, value: object) -> None:
        """Put a changed setting of the screen in force now."""
        ...

    def action_acknowledge(self) -> None:
        """Open the answer."""
        ...

    def seek(self, time_ns: int) -> None:
        """Go to an instant of the recording that is replayed."""
        ...

    def keep_choice(self) -> None:
        """Keep layout and sort for the next start."""
        ...

    def action_take_back(self) -> None:
        """Take the last answer back."""
        ...
