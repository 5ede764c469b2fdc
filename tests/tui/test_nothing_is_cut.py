"""Every state of the screen at three sizes: no text is cut, and each can be read in every theme.

A text is cut where the screen shows an ellipsis that is not the text's own, where a row is wider than its place, where
rows of a dialog or bar lie below its end, or where a row ends within a fact. Facts are parted by a comma, a semicolon,
a colon, a bar or the bracket that opens one: a list's row may hold the leading facts alone, for a key shows the rest.
Dialogs, pages and a card's reason and stop are shown to their last word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import OptionList

from orderflow_tui.config.screen_settings import ScreenSettings
from orderflow_tui.tui.app import OrderFlowApp
from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.look.layout import card_height
from orderflow_tui.tui.look.styled_lines import LineWidget, Row
from orderflow_tui.tui.rows.answer_rows import Asked, asked_rows, choice_rows
from orderflow_tui.tui.rows.bar_rows import asks_rows, status_row, strip_rows
from orderflow_tui.tui.rows.card_rows import CardFrame, card_rows
from orderflow_tui.tui.rows.detail_rows import DetailFrame, detail_rows
from orderflow_tui.tui.rows.drill_rows import drill_rows
from orderflow_tui.tui.rows.feed_rows import alert_row
from orderflow_tui.tui.rows.panel_rows import PanelSize, panel_rows
from orderflow_tui.tui.rows.small_rows import small_rows
from orderflow_tui.tui.rows.table_rows import table_head, table_row
from orderflow_tui.tui.screens import lazy
from orderflow_tui.tui.state.first_run import FirstRun, Kind
from orderflow_tui.tui.state.screen_model import ScreenModel
from orderflow_tui.tui.state.settings_model import SettingsDesk
from orderflow_tui.tui.state.tape_filter import TapeFilter
from orderflow_tui.tui.widgets.scroll_text import RowPager
from orderflow_tui.views.frozen_views import Chip, RecommendationView
from tests.tui.contrast import Seen
from tests.tui.driving import press, running, screen_text, settled
from tests.tui.fake import (
    DEPTH,
    NBBO,
    NOW_NS,
    FakeMonitor,
    alert,
    busy_market,
    market_card,
    recommendation,
    symbol_view,
)
from tests.tui.journal_files import journal

SIZES = ((80, 24), (120, 36), (200, 50))
ZONE = Zone("America/New_York")
BETWEEN = (", ", "; ", ": ", " | ", " (")
REASONS = (
    "3 large sellers in 85 s: 41 prints, 18,400 sh, 12,000 resting, 15,000 pulled",
    "Heavy selling: 4.0x usual volume in 30 s, 84% sold, price has not moved yet, sides unsure (661 prints, 71,488 sh)",
    "DELAYED 15 min: Heavy buying: 12.5x usual volume in 60 s, 100% bought, so far +6c (1,661 prints, 1,071,488 sh)",
    "STOP HIT: bid 17.84 through your 17.90",
    "price alarm: bid 17.69, 12c under your answer at 17.81",
    "snooze is over: 3 large sellers in 119 s: 141 prints, 118,400 sh, 112,000 resting",
)
ALERTS = (
    "Heavy selling: 14.0x usual volume in 30 s, 84% sold, so far -112c: recommends nothing by itself, sides unsure",
    "Heavy buying: 30.0x usual volume, but one print of 1,290,000 is most of it, so far +12c",
    "Bid wall 1,216,300 @ 148.18 (support)",
    "Ask wall 1,216,300 @ 148.18 (resistance)",
    "Bid wall hit: at least 1,213,560 of 1,313,478 @ 148.21 in 14 s",
    "Ask wall pulled: 1,214,200 @ 149.39, 300 of it traded",
    "Sweep: 1,112,600 bought through the asks in 249 ms (1,139 prints)",
    "Large sell: 1,112,600 sold at the bid in 49 ms (1 print)",
    "Iceberg offer 148.19: 1,010,191 bought, price stuck",
    "Steady selling: net -1,034,074 in 15 min",
    "Bids thin out: 1.9x of your 118,000 within reach, 14.0x a minute ago",
    "Off-exchange block: 1,113,500 @ 148.16",
    "Near stop: bid 117.76, 14c above 117.62",
    "UNANSWERED, the session has ended: 3 large sellers in 85 s: 41 prints, 18,400 sh",
)
RECORD = "three large sellers, 9 on recorded days, not above chance: +0 points on other moments (-39 to +38)"


def cut(rows: list[Row], width: int) -> list[str]:
    """The rows that show too little of what they say."""
    return [row.plain for row in rows if "…" in row.plain or cell_len(row.plain.rstrip()) > width]


def whole(shown: str, text: str) -> bool:
    """Whether what is shown is the text, or its leading facts."""
    shown = shown.strip()
    return text == shown or (text.startswith(shown) and text[len(shown) :].startswith(BETWEEN))


def words(rows: list[Row]) -> str:
    return " ".join(re.sub(r"[┃│]", " ", " ".join(row.plain for row in rows)).split())


def cards() -> Iterator[RecommendationView]:
    for reason in REASONS:
        yield recommendation("BRK.PRB", reason=reason, record=RECORD, evidence=ALERTS[:5])
    yield recommendation(
        "BAC", kind="stop", stop_line="STOP HIT at 17.90, bid 17.84 | SHORT 118,000 @ 117.62, +$11,040"
    )
    for count in (2, 3, 12):
        names = [f"BRK.{letter}" for letter in "ABCDEFGHIJKL"[:count]]
        yield market_card(*names, record=RECORD)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_cards_and_their_answers(width: int, height: int) -> None:
    for card in cards():
        for of in (1, 12):
            rows = card_rows(card, CardFrame(of, of, NOW_NS, ZONE, width, card_height(height), "Ctrl+F2"))
            assert cut(rows, width) == []
            if not card.names:
                assert card.reason in words(rows)
                assert card.stop_line.split(" (")[0].split(" | ")[0] in words(rows)
        assert all(name.symbol in words(rows) for name in card.names[:3])
        asked = [Asked(one, -118_000) for one in card.names or (card,)]
        for everything in (False, True):
            shown = asked_rows(card, asked, 0, everything=everything, width=74, most=8)
            chosen = choice_rows(
                replace(asked[0], item=replace(asked[0].item, rearm_cents=12.5)),
                everything=everything, names=len(asked), width=74,
            )  # fmt: skip
            assert cut([*shown, *chosen], 74) == []
            assert "asks again at once 12.5c higher" in words(chosen)
            assert card.names or card.reason in words(shown)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_alerts_in_the_feed_end_with_a_whole_fact(width: int) -> None:
    for text in ALERTS:
        for changes in ({"counts": True}, {"counts": False, "demoted": True, "late": True, "against": "short"}):
            row = alert_row(alert("BRK.B", 0, text, rank=1, **changes), ZONE, width)
            assert cut([row], width) == []
            assert any(whole(span.text, text) for span in row.spans), row.plain


@pytest.mark.parametrize("width", [48, 59, 79, 80, 120, 200])
@pytest.mark.parametrize("chip", get_args(Chip))
def test_panels_and_table_rows_in_every_state(chip: Chip, width: int) -> None:
    for text in (*ALERTS, "LEVEL2_BID_SORT: bids are not sorted: 17.71 after 17.70", "LULD pause"):
        for stale, source in ((False, DEPTH), (True, NBBO)):
            view = symbol_view("BRK.B", chip, capabilities=source, detail=text)
            view = replace(view, stale=stale, old=stale, halted_ns=NOW_NS)
            rows = panel_rows(view, PanelSize(width, 30, 1, selected=True, pinned=False, zone=ZONE))
            assert cut(rows, width) == []
            assert "Stop 13" in words(rows)
            assert cut([table_row(view, 1, width, selected=False, pinned=True)], width) == []


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_bars_planner_and_detail(width: int, height: int) -> None:
    monitor = busy_market()
    long = (
        "NOT LOGGING: disk full, 12 waiting | positions.toml: line 3: 'quantty' is not known, did you mean 'quantity'?"
    )
    monitor.put(recommendations=(market_card("BAC", "MSFT", "KO", "AAPL"),), stream="stream", detail=long)
    model = ScreenModel()
    assert model.poll(monitor, 0.0)
    model.silent_seconds = 7.0
    views = list(monitor.views().values())
    rows = [
        *asks_rows(model, "Ctrl+F2", width), status_row(model, ZONE, width), table_head(model, width),
        *strip_rows(model, ZONE, width), *drill_rows(views, width - 1), *small_rows(model, "F2", width, 3),
    ]  # fmt: skip
    for view in views:
        frame = DetailFrame(width - 1, ZONE, TapeFilter())
        rows += detail_rows(view, monitor.details[view.symbol], monitor.alert_lines(), frame)
    assert cut(rows, width) == []


def hidden(app: OrderFlowApp) -> list[str]:
    """What the screen in front cuts: by an ellipsis, by a row too wide, by rows below a block's end."""
    found = [line for line in screen_text(app).splitlines() if "…" in line and "Search for commands" not in line]
    for block in app.screen.query(LineWidget):
        if block.display and block.size.width and block.size.height:
            found += [f"{block}: {line}" for line in cut(list(block.rows), block.size.width)]
            below = [row.plain for row in block.rows[block.size.height :] if row.plain.strip()]
            found += [f"{block} hides {line}" for line in below]
    for pager in app.screen.query(RowPager):
        found += [f"{pager}: {line}" for line in cut(list(pager.rows), pager.size.width)]
    return found


STATES: tuple[tuple[str, ...], ...] = (
    (), ("t",), ("f1",), ("comma",), ("comma", "enter"), ("n",), ("ctrl+p",), ("h",), ("h", "slash"), ("h", "enter"),
    ("h", "s", "e", "v", "d"), ("h", "e", "e", "w"), ("h", "slash", *"sold", "enter"), ("h", "end"), ("h", "f1"),
    ("d",), ("2", "enter"), ("f2",), ("f2", "s"), ("f2", "t"), ("f2", "n"), ("f2", "A"), ("f2", "A", "t"),
    ("v",), ("v", "down", "enter"), ("o",), ("o", "o", "t"), ("ctrl+p", *"the"), ("h", "ctrl+p"),
)  # fmt: skip
"""Keys from the dashboard to each screen and dialog, and to the steps within."""


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_screen_and_dialog_by_its_keys(size: tuple[int, int], tmp_path: Path) -> None:
    busy = busy_market()
    monitor = FakeMonitor({name: busy.views()[name] for name in ("NVDA", "BAC", "MSFT", "KO")})
    monitor.put(recommendations=(market_card("BAC", "MSFT", "KO"),), alerts=busy.alert_lines()[:9])
    monitor.details = busy.details
    desk = SettingsDesk(ScreenSettings(), {}, None)
    history = journal(tmp_path / "journal", 40)
    seen = Seen()
    async with running(monitor, size=size, history=history, settings=desk) as (app, pilot):
        for keys in STATES:
            await press(pilot, *keys)
            await settled(pilot)
            assert hidden(app) == [], keys
            shown = screen_text(app)
            assert "EXIT? 3 of your 9 positions" in shown, keys
            if size != SIZES[0]:  # nothing is painted there that is not painted here
                where = " ".join(keys) or "dashboard"
                await seen.look(app, pilot, where)
                if size == SIZES[1] and await pointed_at(app, pilot):
                    await seen.look(app, pilot, f"{where}, under the mouse")
            await back(app, pilot)
    assert seen.strange + seen.poor() == []


async def pointed_at(app: OrderFlowApp, pilot: Pilot[int]) -> bool:
    """Move the mouse over what changes its look under it: a list's row that is not the chosen one, or a scroll bar."""
    lists = [one for one in app.screen.query(OptionList) if one.display and one.size.height > 1]
    bars = [one.vertical_scrollbar for one in app.screen.query("*") if one.show_vertical_scrollbar and one.size.height]
    if not lists and not bars:
        return False
    await pilot.hover(lists[0] if lists else bars[0], offset=(3, 1) if lists else (0, 0))
    await settled(pilot)
    return True


async def back(app: OrderFlowApp, pilot: Pilot[int]) -> None:
    """To the dashboard in panels, whatever lies above it."""
    while len(app.screen_stack) > 1:
        await app.pop_screen()
    app.model.layout = "panels"
    await settled(pilot)


PAGES: tuple[tuple[Kind, dict[str, Any]], ...] = (
    ("no_positions_file", {}), ("nothing_held", {}), ("message", {}), ("market_closed", {"market": "closed"}),
    ("not_in_plan", {"missing_features": ("quotes", "trades")}),
    ("key_refused", {"market": "unknown", "ended": "401: Unknown API Key", "exit_code": 1}),
    ("no_data", {"connected": False}),
)  # fmt: skip


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_page_of_the_start(size: tuple[int, int]) -> None:
    monitor, seen = FakeMonitor(), Seen()
    async with running(monitor, size=size) as (app, pilot):
        for kind, changes in PAGES:
            usual: dict[str, Any] = {"market": "open", "missing_features": (), "ended": "", "exit_code": 0}
            monitor.put(source_class="replayed", **{**usual, **changes})
            await settled(pilot)
            message = "401: Unknown API Key, and a long reason that the source gave with it for the reader to read"
            page = FirstRun(kind, Path("/home/trader/positions.toml"), message, ("quotes", "trades", "books"))
            await app.push_screen(lazy.first_run_screen(page, ZONE))
            await settled(pilot)
            assert hidden(app) == [], kind
            if size == SIZES[0]:
                await seen.look(app, pilot, kind)
            await back(app, pilot)
    assert seen.strange + seen.poor() == []
