"""Words and numbers as the screen writes them. Pure: no widget, no state."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct
from rich.cells import cell_len, set_cell_size

from orderflow_tui.core.model.units import NS, PRICE_UNITS_PER_DOLLAR, price_text, utc_datetime

TEXT_LIMIT = 600
"""Longest outside text a line keeps; a row shows less anyway."""
BLANK = "--"
"""What stands where a figure is not known or no longer true."""
NEW_YORK = "America/New_York"
_BETWEEN = (", ", "; ", ": ", " | ", " (")


def clean(text: str, limit: int = TEXT_LIMIT) -> str:
    """Outside text without control, bidirectional or other unprintable characters; white space becomes a space."""
    if text.isprintable() and len(text) <= limit:
        return text
    kept = (char if char.isprintable() else " " if char.isspace() else "" for char in text[: limit * 2])
    return "".join(kept)[:limit]


def crop(text: str, width: int) -> str:
    """At most `width` cells of a text; a cut is shown by an ellipsis."""
    if width <= 0:
        return ""
    if text.isascii() and len(text) <= width:
        return text
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…"


def left(text: str, width: int) -> str:
    """The text in exactly `width` cells, left-aligned, cut where needed."""
    if text.isascii() and len(text) <= width:
        return text.ljust(width)
    cut = crop(text, width)
    return cut + " " * max(0, width - cell_len(cut))


def right(text: str, width: int) -> str:
    """The text in exactly `width` cells, right-aligned, cut where needed."""
    if text.isascii() and len(text) <= width:
        return text.rjust(width)
    cut = crop(text, width)
    return " " * max(0, width - cell_len(cut)) + cut


def wrap(text: str, width: int, lines: int) -> list[str]:
    """Words over at most `lines` lines of `width` cells; the last one is cut with an ellipsis."""
    result: list[str] = []
    rest = text
    while rest and len(result) < lines - 1 and cell_len(rest) > width:
        cut = rest.rfind(" ", 0, width + 1)
        cut = cut if cut > width // 3 else width
        result.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    if rest or not result:
        result.append(crop(rest, width))
    return result


def whole_facts(words: str, width: int) -> str:
    """As many facts of a text as fit, each whole but the first.

    Between facts stands a comma, a semicolon, a colon, ` | `, or the bracket that opens one.
    """
    while cell_len(words) > width and (cut := max(words.rfind(mark) for mark in _BETWEEN)) > 0:
        words = words[:cut]
        if words.count("(") > words.count(")"):
            words = words[: words.rindex("(")].rstrip()
    return crop(words, width)


def packed(facts: Sequence[str], width: int, lines: int) -> list[str]:
    """Facts over at most `lines` rows, as evenly as their order allows; one that does not fit whole is left out."""
    rows: list[str] = []
    for at, fact in enumerate(facts):
        joined = f"{rows[-1]} | {fact}" if rows else fact
        if rows and len(facts) - at > lines - len(rows) and cell_len(joined) <= width:
            rows[-1] = joined
        elif len(rows) < lines:
            rows.append(whole_facts(fact, width))
    return rows


def shares(units: int, scale: int = 1) -> str:
    """A size in whole shares or coins with thousands marked: `12,400`, `0.25`."""
    if scale == 1:
        return f"{units:,}"
    return f"{units / scale:,.4f}".rstrip("0").rstrip(".")


def share_mark(scale: int) -> str:
    """What stands behind a size: ` sh`; nothing for coins."""
    return " sh" if scale == 1 else ""


def compact(units: float, scale: int = 1) -> str:
    """A size in at most five cells: `950`, `1,500`, `12.4k`, `3.1M`."""
    value = units / scale
    for bound, divisor, letter in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if abs(value) >= bound:
            figure = value / divisor
            return f"{figure:.0f}{letter}" if abs(figure) >= 99.95 else f"{figure:.1f}{letter}"
    return f"{value:,.0f}" if value == int(value) else f"{value:.4g}"[:5]


def change_text(units: int, step: int = 1) -> str:
    """A price difference in dollars to the nearest price step, signed: `-0.04`, `+0.00`."""
    rounded = round(units / step) * step
    return f"{'-' if rounded < 0 else '+'}{price_text(abs(rounded))}"


def average_price(dollars: float) -> str:
    """An average price: two decimals, or four where it needs them."""
    return price_text(round(dollars * PRICE_UNITS_PER_DOLLAR))


def span_text(seconds: float) -> str:
    """A length of time: `0.4s`, `34s`, `2:10`, `1h05`."""
    if seconds < 10:
        return f"{max(seconds, 0.0):.1f}s"
    whole = int(seconds)
    if whole < 100:
        return f"{whole}s"
    if whole < 3_600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3_600}h{whole % 3_600 // 60:02d}"


class Zone(Struct, frozen=True):
    """The time zone the screen shows, named on it; the journal stays UTC."""

    name: str = NEW_YORK

    @property
    def info(self) -> ZoneInfo:
        """The zone's rules; ZoneInfo keeps its own cache."""
        return ZoneInfo(self.name)

    @property
    def label(self) -> str:
        """What stands beside a time: `ET` for New York, `UTC`, or the zone's last part."""
        return "ET" if self.name == NEW_YORK else self.name.rsplit("/", 1)[-1].replace("_", " ")

    def clock(self, time_ns: int) -> str:
        """Hours, minutes and seconds: `10:35:20`."""
        return _clock(self.name, time_ns // NS) if time_ns else "--:--:--"

    def day(self, time_ns: int) -> str:
        """The date in this zone: `2025-10-22`."""
        return utc_datetime(time_ns).astimezone(self.info).strftime("%Y-%m-%d")


@lru_cache(maxsize=512)
def _clock(zone: str, second: int) -> str:
    """A screen shows the same few hundred times again and again."""
    return utc_datetime(second * NS).astimezone(ZoneInfo(zone)).strftime("%H:%M:%S")
