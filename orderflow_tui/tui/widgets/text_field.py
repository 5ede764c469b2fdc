"""A line of text that takes keys in the order in which they came."""

from __future__ import annotations

from typing import Final

from textual import events
from textual.widgets import Input

_EDITS: Final = {
    "backspace": "delete_left", "delete": "delete_right", "left": "cursor_left", "right": "cursor_right",
    "home": "home", "end": "end",
}  # fmt: skip


class Field(Input):
    """Textual's acts on these keys after the letters that follow them, where all arrive at once, as over a slow link.

    A number of shares corrected in such a burst came out as another number.
    """

    DEFAULT_CSS = """
    Field, Field:focus { background: $panel; background-tint: transparent 0%; color: $foreground; }
    Field > .input--cursor { color: $background; background: $foreground; text-style: none; }
    Field > .input--placeholder { color: $muted; text-style: none; }
    """

    async def _on_key(self, event: events.Key) -> None:
        edit = _EDITS.get(event.key)
        if edit is None:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        getattr(self, f"action_{edit}")()
