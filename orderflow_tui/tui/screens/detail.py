"""One symbol on a screen of its own."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal

from orderflow_tui.tui.keys.bindings import DETAIL_BINDINGS
from orderflow_tui.tui.look.formatting import Zone, clean
from orderflow_tui.tui.look.styled_lines import LineWidget, make_row
from orderflow_tui.tui.rows.bar_rows import asks_rows, title_row
from orderflow_tui.tui.rows.detail_rows import DetailFrame, detail_rows
from orderflow_tui.tui.screens.base import ModelScreen
from orderflow_tui.tui.screens.fire_drill import DrillScreen
from orderflow_tui.tui.state.tape_filter import TapeFilter
from orderflow_tui.tui.widgets.chart import SeriesCharts
from orderflow_tui.tui.widgets.keybar import KeyBar
from orderflow_tui.tui.widgets.liquidity_map import LiquidityMap
from orderflow_tui.tui.widgets.scroll_text import RowPager
from orderflow_tui.views.frozen_views import AlertLine, DetailView, SymbolView

BESIDE = 100
"""From this width the liquidity map stands beside the charts."""
CHARTS = 4


class DetailScreen(ModelScreen):
    """Charts above, everything else below to scroll through."""

    SCOPE = "Detail"
    BINDINGS = DETAIL_BINDINGS
    DEFAULT_CSS = """
    DetailScreen > LineWidget { width: 1fr; height: 1; }
    DetailScreen > #detail-asks { height: 0; }
    DetailScreen > #detail-pictures { height: 45%; }
    #detail-pictures > SeriesCharts { height: 1fr; width: 1fr; }
    #detail-pictures > LiquidityMap { height: 1fr; width: 1fr; }
    """

    def __init__(self, zone: Zone, alert: AlertLine | None = None) -> None:
        super().__init__()
        self._alert = alert
        self._zone = zone
        self._tape = TapeFilter()
        self._chart = 0

    def compose(self) -> ComposeResult:
        """A title, what asks for an answer elsewhere, the chart, the rows, the keys."""
        yield LineWidget(id="detail-title")
        yield LineWidget(id="detail-asks")
        with Horizontal(id="detail-pictures"):
            yield SeriesCharts(self._zone)
            yield LiquidityMap(self._zone)
        yield RowPager(id="detail-rows")
        yield KeyBar(DETAIL_BINDINGS)

    def on_mount(self) -> None:
        """Ask for what only this screen shows."""
        self._watch()

    def on_unmount(self) -> None:
        """Nobody looks at it any more."""
        self.dashboard.monitor.watch_detail("")

    def _watch(self) -> None:
        self.dashboard.monitor.watch_detail(self.model.selected)

    async def update_model(self) -> None:
        """Repaint from the newest view."""
        if not self.is_mounted:
            return
        width = self.size.width
        view = self.model.views.get(self.model.selected)
        name = clean(self.model.selected) or "no symbol"
        self.query_one("#detail-title", LineWidget).show([title_row(self.model, name, self._zone, width)])
        asks = self.query_one("#detail-asks", LineWidget)
        rows = asks_rows(self.model, self.dashboard.acknowledge_key, width)
        asks.styles.height = len(rows)
        asks.show(rows)
        if view is None:
            self.query_one(RowPager).show([make_row(" it is no longer watched")])
            return
        detail = self.dashboard.monitor.detail()
        detail = detail if detail is not None and detail.symbol == view.symbol else None
        mine = tuple(alert for alert in self.model.alerts if alert.symbol == view.symbol)
        series = None if detail is None else detail.series
        scale = view.capabilities.size_scale
        choice = self._pictures(view, detail)
        self.query_one(SeriesCharts).apply(series, mine, scale=scale, choice=choice)
        chosen = self._alert
        if chosen is not None:
            chosen = next((alert for alert in mine if alert.episode_id == chosen.episode_id), chosen)
        frame = DetailFrame(max(2, width - 1), self._zone, self._tape, chosen)
        self.query_one(RowPager).show(detail_rows(view, detail, mine, frame))

    def _pictures(self, view: SymbolView, detail: DetailView | None) -> int:
        """The map beside the charts, or in their place by the chart's key where there is no room for both.

        Returns:
            Which chart to show.
        """
        charts, picture = self.query_one(SeriesCharts), self.query_one(LiquidityMap)
        beside = self.size.width >= BESIDE
        choice = self._chart % (CHARTS if beside else CHARTS + 1)
        alone = choice == CHARTS
        charts.display, picture.display = not alone, beside or alone
        if picture.display:
            picture.apply(view, None if detail is None else detail.map)
        return choice

    async def on_resize(self) -> None:
        """Another width, other rows; the charts follow their own size."""
        await self.update_model()

    def action_drill(self) -> None:
        """What leaving costs now and in slices."""
        self.app.push_screen(DrillScreen(self._zone))

    async def action_select(self, step: int) -> None:
        """Another symbol."""
        self.model.select_by(step)
        self._watch()
        self.query_one(RowPager).scroll_home(animate=False)
        await self.update_model()

    async def action_next_chart(self) -> None:
        """Where only one chart fits: the next one."""
        self._chart += 1
        await self.update_model()

    async def action_tape(self, part: str) -> None:
        """Another choice of the tape's size, side or venue."""
        self._tape = self._tape.next(part)
        await self.update_model()

    def action_scroll(self, pages: int) -> None:
        """Scroll the rows."""
        pager = self.query_one(RowPager)
        pager.scroll_relative(y=pages * max(1, pager.size.height - 1), animate=False)

    def action_close(self) -> None:
        """Back to the dashboard."""
        self.dismiss(None)
