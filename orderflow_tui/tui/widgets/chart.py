"""The volume of the last two minutes with the sellers' part, and the last prints' prices, as charts."""

from __future__ import annotations

from textual_plotext import PlotextPlot

from orderflow_tui.core.units import NS, PRICE_UNITS_PER_DOLLAR
from orderflow_tui.views import SymbolView

LEAST_WIDTH, LEAST_HEIGHT = 30, 6
"""A smaller plot shows no curve, only axes."""


class FlowChart(PlotextPlot):
    """Volume a second with the part that sellers started; prices beside it where there is room."""

    DEFAULT_CSS = """
    FlowChart { height: 30%; min-height: 0; }
    """

    def __init__(self) -> None:
        super().__init__(id="chart")
        self._drawn: tuple[object, ...] = ()

    def apply(self, view: SymbolView) -> None:
        """Draw anew when the data or the size has changed."""
        wanted = (view.symbol, view.spark, view.prints[:1], self.size)
        if wanted == self._drawn:
            return
        self._drawn = wanted
        fits = self.size.width >= LEAST_WIDTH and self.size.height >= LEAST_HEIGHT
        self.plt.clear_figure()
        if fits and view.spark:
            self._draw(view)
        self.refresh()

    def _draw(self, view: SymbolView) -> None:
        seconds = list(range(-len(view.spark) + 1, 1))
        volume, sold = list(view.spark), list(view.spark_sell)
        beside = self.size.width >= 100 and len(view.prints) > 1
        if beside:
            self.plt.subplots(1, 2)
        plot = self.plt.subplot(1, 1) if beside else self.plt
        plot.title("volume a second: all (.) and sold (S)")
        plot.plot(seconds, volume, marker="dot", color="gray")
        plot.scatter(seconds[-len(sold) :], sold, marker="S", color="red")
        if beside:
            ages = [(line.time_ns - view.now_ns) / NS for line in view.prints]
            prices = [line.price / PRICE_UNITS_PER_DOLLAR for line in view.prints]
            side = self.plt.subplot(1, 2)
            side.title("price of the last prints, seconds ago")
            side.plot(ages, prices, marker="dot", color="blue")
