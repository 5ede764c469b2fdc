"""The panels in columns, as many as are readable, one alone on a small screen."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Size

from orderflow_tui.tui.model import ScreenModel
from orderflow_tui.tui.panel_rows import Frame
from orderflow_tui.tui.text import Zone
from orderflow_tui.tui.widgets.panel import SymbolPanel

NARROW = 100
"""Below this width one panel is shown at a time."""
COLUMN = 48
"""The least readable width of a panel beside others."""
SHORT, TALL = 13, 26
"""The least and the most useful height of a panel beside others."""
MOST_PANELS = 60


def columns_for(width: int, panels: int) -> int:
    """How many panels stand beside each other."""
    if width < NARROW:
        return 1
    return max(1, min(width // COLUMN, 4, panels))


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
        self._shape: tuple[Size, int, str] | None = None
        self._single = False

    def compose(self) -> ComposeResult:
        """One place to begin with; more come with the symbols."""
        yield SymbolPanel()

    async def apply(self, model: ScreenModel, width: int) -> None:
        """Show the model's symbols."""
        self._single = width < NARROW
        names = (model.selected,) if self._single else model.order[:MOST_PANELS]
        names = tuple(name for name in names if name in model.views)
        await self._reshape(names, width)
        numbers = {name: place for place, name in enumerate(model.order, 1)}
        for panel, name in zip(self.query(SymbolPanel), names, strict=False):
            size = panel.size
            frame = Frame(
                width=size.width,
                height=size.height,
                number=numbers[name],
                selected=name == model.selected,
                pinned=name in model.pinned,
                zone=self._zone,
            )
            panel.apply(model.views[name], frame)

    async def _reshape(self, names: tuple[str, ...], width: int) -> None:
        """Lay the places out anew when the size or the number of symbols has changed."""
        height = self.container_size.height if self.size.height == 0 else self.size.height
        shape = (Size(width, height), len(names), "")
        if shape == self._shape:
            return
        self._shape = shape
        columns = columns_for(width, len(names))
        lines = max(1, -(-len(names) // columns))
        each = height if self._single else max(SHORT, min(TALL, height // lines))
        self.styles.grid_size_columns = columns
        self.styles.grid_rows = str(max(1, each))
        panels = list(self.query(SymbolPanel))
        if len(panels) < len(names):
            await self.mount_all([SymbolPanel() for _ in range(len(names) - len(panels))])
        for index, panel in enumerate(self.query(SymbolPanel)):
            panel.display = index < len(names)
        self.refresh(layout=True)

    def reveal(self, symbol: str) -> None:
        """Scroll the selected panel into sight."""
        for panel in self.query(SymbolPanel):
            if panel.display and panel.symbol == symbol:
                panel.scroll_visible(animate=False)
