"""The liquidity map in whatever place it has."""

from __future__ import annotations

from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.look.styled_lines import LineWidget
from orderflow_tui.tui.rows.map_rows import KeptRows, MapFrame, map_key, map_rows
from orderflow_tui.views.charts import MapView
from orderflow_tui.views.frozen_views import SymbolView


class LiquidityMap(LineWidget):
    """Draws the newest map; anew where its place changes."""

    def __init__(self, zone: Zone) -> None:
        super().__init__(id="map")
        self._zone = zone
        self._kept = KeptRows()
        self._given: tuple[SymbolView, MapView | None] | None = None

    def apply(self, view: SymbolView, shown: MapView | None) -> None:
        """Show this map of this symbol."""
        self._given = (view, shown)
        size, text = self.size, self.app.no_color or self.app.current_theme.ansi
        frame = MapFrame(size.width, size.height, self._zone, text)
        self.show(self._kept.rows(map_key(view, shown, frame), lambda: map_rows(view, shown, frame)))

    def on_resize(self) -> None:
        """Another place, other rows."""
        if self._given is not None:
            self.apply(*self._given)
