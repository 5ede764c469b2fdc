"""How the rows of the screen are shared out, from its size and what has to be said."""

from __future__ import annotations

from msgspec import Struct

NARROW = 100
"""Below this width one panel is shown at a time."""
COLUMN = 48
"""The least readable width of a panel beside others."""
MOST_COLUMNS = 4
SHORT, TALL = 10, 34
"""The least and the most useful height of a panel beside others."""
WHOLE = 14
"""A panel this high shows all of its gauges, a part of the book and the tape."""
FEW_ALERTS = 3
"""Rows of alerts that are kept where each panel becomes whole by it."""
NO_FEED_BELOW = 16
"""On a lower screen the alerts give their rows to the panel."""


TABLE_FEED = 3
"""Rows of alerts beside the table."""


class Plan(Struct, frozen=True):
    """Panels beside each other, rows of each, rows of alerts without their title; rows of the table, 0 for none."""

    columns: int
    panel_height: int
    feed_height: int
    table_height: int = 0


def card_height(height: int) -> int:
    """Rows for an open recommendation."""
    return max(3, min(8, max(6, height // 6), height // 3))


def columns_for(width: int, panels: int) -> int:
    """How many panels stand beside each other."""
    return 1 if width < NARROW else max(1, min(width // COLUMN, MOST_COLUMNS, panels))


def plan(width: int, room: int, height: int, panels: int, *, card_open: bool) -> Plan:
    """Share `room` rows between panels and alerts.

    Args:
        width: The screen's cells.
        room: Rows left beside everything that has a fixed height.
        height: The screen's rows.
        panels: Symbols.
        card_open: An open recommendation leaves the alerts fewer rows: it holds the ones that matter.
    """
    small = width < NARROW or height < 30
    least = 0 if height < NO_FEED_BELOW else (2 if card_open else 3) if small else 6
    title = 1 if least else 0
    columns = columns_for(width, panels)
    lines = -(-panels // columns)
    if lines and (room - least - title) // lines < WHOLE <= (room - FEW_ALERTS - title) // lines:
        least = FEW_ALERTS
    for_panels = max(1, room - least - title)
    if width < NARROW or panels == 0:
        return Plan(1, for_panels, least)
    if lines * SHORT <= for_panels:
        columns = -(-panels // lines)  # six panels as three and three, not four and two
    shown = max(1, min(lines, for_panels // SHORT))
    each = min(TALL, for_panels // shown)
    unused = for_panels - each * shown if shown == lines else 0
    return Plan(columns, each, least + unused if title else least)


def panels_fit(width: int, height: int, panels: int, strip: int) -> bool:
    """Whether every panel has its place even while a recommendation is open: what is shown does not change with it.

    Args:
        width: The screen's cells.
        height: The screen's rows.
        panels: Symbols.
        strip: Symbols that the strip has room for.
    """
    if width < NARROW:
        return panels <= strip
    room = height - 3 - card_height(height)
    shared = plan(width, room, height, panels, card_open=True)
    return -(-panels // shared.columns) * shared.panel_height + shared.feed_height <= room


def table_plan(room: int, symbols: int) -> Plan:
    """Share `room` rows between the table's symbols, the selected one's panel where it fits, and alerts."""
    feed = TABLE_FEED + 1
    if room - symbols - feed >= SHORT:
        panel = min(TALL, room - symbols - feed)
        return Plan(1, panel, room - symbols - panel - 1, symbols)
    table = max(1, min(symbols, room - feed if room > NO_FEED_BELOW else room))
    return Plan(1, 0, max(0, room - table - 1), table)
