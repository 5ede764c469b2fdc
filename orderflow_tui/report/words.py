"""Money, times and answers as the screen says them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from orderflow_tui.core.market.sessions import NEW_YORK
from orderflow_tui.core.model.units import spell_dollars
from orderflow_tui.journal.record_words import ANSWERED
from orderflow_tui.support.console import printable

_ANSWERS: Final = {
    **ANSWERED,
    "none": "no answer",
    "none: unanswered": "no answer",
    "none: it ended by itself": "over before an answer",
}


def dollars(value: float | None) -> str:
    """`+$20`, `-$1,204`; `not known` for None."""
    return "not known" if value is None else spell_dollars(value, plus=True)


def cost(value: float | None) -> str:
    """What something takes, without a sign: `$4.80`."""
    return "not known" if value is None else spell_dollars(value)


def moment(text: str, shape: str = "%m-%d %H:%M") -> str:
    """An instant of the journal in New York's time: `10-22 08:00 ET`; as it stands where it is none."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(NEW_YORK):{shape}} ET"
    except (ValueError, OverflowError):
        return printable(text)[:14]


def answer(name: str) -> str:
    """An answer by the word of its key."""
    return _ANSWERS.get(name, printable(name))


def times(count: int) -> str:
    """`1 time`, `2 times`."""
    return f"{count:,} time{'' if count == 1 else 's'}"
