"""The panels in columns, as many as are readable, one alone on a small screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Size

from orderflow_tui.tui.keys.bindings import MAIN_BINDINGS, named
from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.look.layout import NARROW, Plan
from orderflow_tui.tui.rows.panel_rows import PanelSize
from orderflow_tui.tui.state.dashboard_port import DashboardPort
from orderflow_tui.tui.state.screen_model import ScreenModel
from orderflow_tui.tui.widgets.panel import SymbolPanel

MOST_PANELS = 60
"""More symbols than this stay in the strip; panels beyond are not worth their cost."""


class PanelGrid(VerticalScroll, can_focus=False):
    """Places for panels; which symbol stands where follows the model's order."""

    DEFAULT_CSS = """
    PanelGrid {
        layout: grid;
        grid-gutter: 0 1;
        height: 1fr;
        scrollbar-size-vertical: 1;
    }
    """

    def __init__(self, zone: Zone) -> None:
        super().__init__(id="panels")
        self._zone = zone
        self._shape: tuple[Plan, int] | None = None

    def compose(self) -> ComposeResult:
        """As many places as there are symbols now, so that the first paint needs one layout; more come with more."""
        shown = len(cast("DashboardPort", self.app).monitor.views())
        wanted = shown if self.app.size.width >= NARROW else 1
        for _ in range(max(1, min(wanted, MOST_PANELS))):
            yield SymbolPanel()

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:  # noqa: ARG002
        """Take a new size without asking for a second layout: a scroll bar that comes or goes asks for one itself."""
        return super()._size_updated(size, virtual_size, container_size, layout=False)

    async def apply(self, model: ScreenModel, plan: Plan, chosen: Sequence[str]) -> None:
        """Show these symbols under this plan."""
        names = tuple(name for name in chosen if name in model.views)
        await self._reshape(plan, len(names))
        app = cast("DashboardPort", self.app)
        edit_key = (
            ""
            if app.positions.path is None
            else app.first_key(next(one for one in named(MAIN_BINDINGS) if one.id == "position-edit"))
        )
        numbers = {name: place for place, name in enumerate(model.order, 1)}
        for panel, name in zip(self.query(SymbolPanel), names, strict=False):
            frame = PanelSize(
                width=panel.size.width,
                height=panel.size.height,
                number=numbers[name],
                selected=name == model.selected,
                pinned=name in model.pinned,
                zone=self._zone,
                edit_key=edit_key,
            )
            panel.apply(model.views[name], frame)

    async def _reshape(self, plan: Plan, count: int) -> None:
        """Lay the places out anew when the plan or the number of symbols has changed."""
        if (plan, count) == self._shape:
            return
        self._shape = (plan, count)
        self.styles.grid_size_columns = plan.columns
        self.styles.grid_rows = str(plan.panel_height)
        missing = count - len(self.query(SymbolPanel))
        if missing > 0:
            await self.mount_all([SymbolPanel() for _ in range(missing)])
        for index, panel in enumerate(self.query(SymbolPanel)):
            panel.display = index < count

    def reveal(self, symbol: str) -> None:
        """Scroll the selected panel into sight."""
        for panel in self.query(SymbolPanel):
            if panel.display and panel.symbol == symbol:
                panel.scroll_visible(animate=False)
