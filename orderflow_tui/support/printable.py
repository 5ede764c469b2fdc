"""Values from outside as they may stand in a message; imports next to nothing, so that it costs nothing to use."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from orderflow_tui.support.masking import masked

_SHOWN_CHARACTERS: Final = 60
_LONG_NUMBER: Final = "(a number of more than 30 digits)"


def shown_value(value: object) -> str:
    """A value from outside as one short line without control characters."""
    if isinstance(value, int) and abs(value) > 10**30:
        return _LONG_NUMBER
    if isinstance(value, Path):
        value = str(value)
    try:
        text = masked(ascii(value))
    except ValueError:  # a list or table that holds such a number
        return _LONG_NUMBER
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
