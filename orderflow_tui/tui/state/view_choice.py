"""What the trader chose to look at, kept beside the journal for the next start."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from orderflow_tui.support.atomic_file import replace_file
from orderflow_tui.support.bounded_file import read_bounded
from orderflow_tui.support.decoding import NO_JSON
from orderflow_tui.tui.state.order import Sort

Layout = Literal["auto", "panels", "table"]
FILE: Final = "screen.json"
_MOST_BYTES: Final = 4_096


class ViewChoice(Struct, frozen=True):
    """Panels, the table, or whichever fits; and what the symbols are sorted by."""

    layout: Layout = "auto"
    sort: Sort = "file"


def decode_choice(data: bytes) -> ViewChoice:
    """What a file says; the default where it says nothing sound."""
    try:
        return msgspec.json.decode(data, type=ViewChoice)
    except NO_JSON:
        return ViewChoice()


def read_choice(folder: Path | None) -> ViewChoice | None:
    """What was chosen last; None where nothing was, or nothing can be read."""
    if folder is None:
        return None
    try:
        return decode_choice(read_bounded(folder / FILE, _MOST_BYTES, follow_link=False))
    except OSError:
        return None


def write_choice(folder: Path | None, choice: ViewChoice) -> None:
    """Keep it for the next start; readable by the owner alone.

    Raises:
        OSError: It cannot be written.
    """
    if folder is not None:
        replace_file(folder / FILE, msgspec.json.encode(choice))
