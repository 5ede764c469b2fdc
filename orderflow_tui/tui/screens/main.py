"""The dashboard itself: card, symbols, panels, alerts, status."""

from __future__ import annotations

from pathlib import Path

from textual import events, on
from textual.app import ComposeResult

from orderflow_tui.positions.errors import PositionsError
from orderflow_tui.tui.keys.bindings import MAIN_BINDINGS
from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.look.layout import NARROW, Plan, card_height, panels_fit, plan, table_plan
from orderflow_tui.tui.look.styled_lines import EMPTY_ROW, LineWidget, Row, Span, make_row
from orderflow_tui.tui.rows.bar_rows import blind_rows, status_row, strip_room, strip_rows
from orderflow_tui.tui.rows.card_rows import CardFrame, card_rows
from orderflow_tui.tui.rows.small_rows import MOST_ROWS, small_rows
from orderflow_tui.tui.rows.table_rows import table_head
from orderflow_tui.tui.screens import lazy
from orderflow_tui.tui.screens.alerts import AlertsScreen
from orderflow_tui.tui.state.first_run import FirstRun, trouble
from orderflow_tui.tui.widgets.alert_list import AlertFeed
from orderflow_tui.tui.widgets.keybar import KeyBar
from orderflow_tui.tui.widgets.panel import SymbolPanel
from orderflow_tui.tui.widgets.panel_grid import MOST_PANELS, PanelGrid
from orderflow_tui.tui.widgets.replay_bar import ReplayBar
from orderflow_tui.tui.widgets.side_column import COLUMN_WIDTH, SideColumn
from orderflow_tui.tui.widgets.symbol_table import SymbolTable
from orderflow_tui.views.frozen_views import RecommendationView


class MainScreen(AlertsScreen):
    """Panels and what stands around them."""

    BINDINGS = MAIN_BINDINGS
    DEFAULT_CSS = """
    MainScreen { layout: vertical; }
    MainScreen > LineWidget { width: 1fr; height: 1; }
    MainScreen > #card, MainScreen > #blind, MainScreen > #table-head { height: 0; }
    MainScreen > AlertFeed { width: 1fr; }
    MainScreen > SideColumn { height: 100%; width: 0; }
    """

    def __init__(self, zone: Zone) -> None:
        super().__init__(zone)
        self.tabled = False
        """Whether the symbols stand in a table now."""

    def compose(self) -> ComposeResult:
        """From the top: what is blind, what to answer, symbols, panels, alerts, status, keys."""
        yield LineWidget(id="blind")
        yield LineWidget(id="card")
        yield LineWidget(id="strip")
        yield LineWidget(id="table-head")
        yield SymbolTable()
        yield PanelGrid(self._zone)
        yield LineWidget(id="feed-title")
        yield AlertFeed(self._zone, id="feed")
        yield ReplayBar(self._zone)
        yield LineWidget(id="status")
        yield KeyBar(MAIN_BINDINGS)
        yield SideColumn(self._zone)

    async def update_model(self) -> None:
        """Repaint every part whose rows differ."""
        if not self.is_mounted:
            return
        width, height = self.size or self.app.size  # before the first layout the screen has none of its own
        beside = self._has_room_beside(width, height)
        width -= self.query_one(SideColumn).apply(self.model, self.dashboard.monitor, width if beside else 0, height)
        model = self.model
        self.tabled = self._is_tabled(width, height)
        bars = self._bars(width, height)
        room = height - sum(map(len, bars.values())) - int(self.query_one(KeyBar).display)
        replay = None if model.status is None or height <= MOST_ROWS else model.status.replay
        room -= self.query_one(ReplayBar).apply(replay, width)
        symbols = len(model.order)
        if height <= MOST_ROWS:
            shared = Plan(1, 0, 0)
        elif self.tabled:
            shared = table_plan(room, symbols)
            bars["strip"] = strip_rows(model, self._zone, width, symbols=False, in_sight=shared.table_height)
        else:
            shared = plan(width, room, height, symbols, card_open=model.card is not None)
        for name, rows in bars.items():
            self._bar(name, rows)
        self._table(shared.table_height, width)
        self._feed(shared.feed_height)
        panels = self.query_one(PanelGrid)
        panels.display = shared.panel_height > 0
        if panels.display:
            alone = self.tabled or width < NARROW
            await panels.apply(model, shared, (model.selected,) if alone else model.order[:MOST_PANELS])

    def _bars(self, width: int, height: int) -> dict[str, list[Row]]:
        """Everything of a fixed height; in a pane of a few rows one bar is all there is."""
        model, key = self.model, self.dashboard.acknowledge_key
        small = height <= MOST_ROWS
        self.query_one(KeyBar).display = not small
        if small:
            return {
                "blind": [], "card": [], "status": [], "table-head": [],
                "strip": small_rows(model, key, width, max(1, height)),
            }  # fmt: skip
        return {
            "blind": blind_rows(model, width),
            "card": self._card(width, height),
            "strip": strip_rows(model, self._zone, width, symbols=not self.tabled),
            "table-head": [table_head(model, width)] if self.tabled else [],
            "status": [status_row(model, self._zone, width)],
        }

    @property
    def asking_rows(self) -> int:
        """Rows at the top that say what is blind and what waits for an answer."""
        heights = (self.query_one(name).styles.height for name in ("#blind", "#card"))
        return sum(int(height.value) for height in heights if height is not None)

    def _has_room_beside(self, width: int, height: int) -> bool:
        """Whether the right column may stand: panels that fit only without it come first."""
        if self.model.layout != "auto":
            return True
        symbols, strip = len(self.model.order), strip_room(self.model, self._zone, width)
        beside = panels_fit(width - COLUMN_WIDTH - 1, height, symbols, strip)
        return beside or not panels_fit(width, height, symbols, strip)

    def _is_tabled(self, width: int, height: int) -> bool:
        layout, symbols = self.model.layout, len(self.model.order)
        if height <= MOST_ROWS or not symbols:
            return False
        strip = strip_room(self.model, self._zone, width)
        return layout == "table" or (layout == "auto" and not panels_fit(width, height, symbols, strip))

    def _table(self, rows: int, width: int) -> None:
        table = self.query_one(SymbolTable)
        if table.styles.height is None or table.styles.height.value != rows:
            table.styles.height = rows
        if rows:
            table.apply(self.model, width)

    def _bar(self, name: str, rows: list[Row]) -> None:
        bar = self.query_one(f"#{name}", LineWidget)
        if bar.styles.height is None or bar.styles.height.value != len(rows):
            bar.styles.height = len(rows)
        bar.show(rows)

    def _card(self, width: int, height: int) -> list[Row]:
        card, status = self.model.card, self.model.status
        if card is None or status is None:
            return []
        cards = self.model.open_cards
        frame = CardFrame(
            place=cards.index(card) + 1,
            of=len(cards),
            now_ns=status.now_ns,
            zone=self._zone,
            width=width,
            height=card_height(height),
            key=self.dashboard.acknowledge_key,
            views=self.model.views,
        )
        rows = card_rows(card, frame)
        return [*rows[:-1], *[EMPTY_ROW] * (frame.height - len(rows)), rows[-1]]  # its text may grow: nothing moves

    def _feed(self, rows: int) -> None:
        feed = self.query_one(AlertFeed)
        if feed.styles.height is None or feed.styles.height.value != rows:
            feed.styles.height = rows
        feed.apply(self.model.alerts)
        pending = f"  {feed.pending} new above, home to see them" if feed.pending else ""
        words = f" ALERTS ({self._zone.label}), newest first{pending}"
        self._bar("feed-title", [make_row(Span(words, "bold"), base="bar")] if rows else [])

    async def on_resize(self) -> None:
        """Another size shares the rows out anew; each panel follows its own size."""
        await self.update_model()

    @on(events.Click, "#card")
    def answer_clicked(self) -> None:
        """A click on the card opens its answer."""
        if not self.dashboard.refuses_click():
            self.dashboard.action_acknowledge()

    @on(SymbolPanel.Picked)
    @on(SymbolTable.Picked)
    async def pick(self, event: SymbolPanel.Picked | SymbolTable.Picked) -> None:
        """A click selects."""
        self.model.choose(event.symbol)
        await self.update_model()

    async def action_select(self, step: int) -> None:
        """Move the selection."""
        feed = self.query_one(AlertFeed)
        if feed.chosen is not None:
            feed.move_cursor(step)
            return
        self.model.select_by(step)
        await self._selected()

    async def go_to(self, symbol: str, then: str = "") -> None:
        """Select a symbol, and do what an action of this screen does with the selected one."""
        self.query_one(AlertFeed).leave_cursor()
        self.model.choose(symbol)
        await self._selected()
        if then:
            await self.run_action(then)

    def answer_card(self, card: RecommendationView) -> None:
        """Show an open recommendation, and answer it."""
        self.model.card_id = card.recommendation_id
        self.dashboard.action_acknowledge()

    async def action_select_number(self, number: int) -> None:
        """Select by place."""
        self.model.select_number(number)
        await self._selected()

    async def _selected(self) -> None:
        await self.update_model()
        self.query_one(PanelGrid).reveal(self.model.selected)
        self.query_one(SymbolTable).reveal(self.model.selected)

    def action_detail(self) -> None:
        """Details of the selected symbol, or of the alert under the cursor."""
        if (alert := self.query_one(AlertFeed).chosen) is not None:
            self.open_alert(alert)
        elif self.model.selected in self.model.views:
            self.app.push_screen(lazy.detail_screen(self._zone))

    def action_drill(self) -> None:
        """What leaving costs now and in slices, per name and for all."""
        self.app.push_screen(lazy.drill_screen(self._zone))

    async def action_pin(self) -> None:
        """Pin or unpin the selected symbol."""
        self.model.toggle_pin()
        await self._selected()

    async def action_urgent(self) -> None:
        """Select what is most urgent now; from the alerts, leave them first."""
        if self.query_one(AlertFeed).leave_cursor():
            return
        self.model.choose_urgent()
        await self._selected()

    async def action_sort(self) -> None:
        """Sort the symbols once, by the next thing there is to sort by."""
        self.dashboard.tell(self.model.sort_next())
        self.dashboard.keep_choice()
        await self._selected()

    async def action_table(self) -> None:
        """The table instead of the panels, or the panels instead of the table."""
        self.model.layout = "panels" if self.tabled else "table"
        self.dashboard.keep_choice()
        await self._selected()

    def action_position(self, new: bool = False) -> None:
        """Add a position, or change the selected one."""
        desk = self.dashboard.positions
        try:
            text = "" if new else desk.line_of(self.model.selected)
        except PositionsError as refused:
            self.dashboard.tell(str(refused), warning=True)
            return
        if desk.path is None:
            self.dashboard.tell(desk.why, warning=True)
        else:
            self.app.push_screen(
                lazy.position_screen(desk, text or ("" if new else f"{self.model.selected} ").lstrip())
            )

    async def action_welcome(self) -> None:
        """The welcome page, or the page of a trouble that stays, once more."""
        status = self.model.status
        found = None if status is None else trouble(status, self.model.views)
        if found is None and not self.model.views:
            found = FirstRun("nothing_held", self.dashboard.positions.path or Path("positions.toml"))
        if found is None:
            self.dashboard.tell(f"all set: {len(self.model.views)} symbols are watched")
        else:
            await self.app.push_screen(lazy.first_run_screen(found, self._zone))

    async def action_next_card(self) -> None:
        """Show the next open recommendation."""
        self.model.next_card()
        await self.update_model()
