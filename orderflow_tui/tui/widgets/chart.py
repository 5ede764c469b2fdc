"""The detail screen's charts: four, two or one at a time, as there is room."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from rich.console import Group
from rich.text import Text
from textual.color import Color
from textual_plotext import PlotextPlot

from orderflow_tui.core.model.units import NS
from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.rows.chart_rows import Chart, Curve, charts, ticks
from orderflow_tui.views.charts import SeriesView
from orderflow_tui.views.frozen_views import AlertLine

LEAST_WIDTH, LEAST_HEIGHT = 24, 6
"""A smaller plot shows no curve, only axes."""
FOUR_WIDTH, FOUR_HEIGHT = 100, 16
"""From this size all four stand beside and below each other; from this width two beside each other."""
_TICK_MINUTES = 5
_FRAME_ROWS, _ROWS_A_TICK = 4, 2
"""A plot's title, frame and times; and how many rows each value on the left may take."""
_BAR_WIDTH = 0.8


class SeriesCharts(PlotextPlot):
    """Draws anew when a second has passed or the size, the theme or the choice has changed."""

    ALLOW_SELECT: ClassVar[bool] = False
    DEFAULT_CSS = """
    SeriesCharts { height: 45%; min-height: 0; }
    """

    def __init__(self, zone: Zone) -> None:
        super().__init__(id="chart")
        self._zone = zone
        self._drawn: tuple[object, ...] = ()
        self._given: tuple[SeriesView | None, tuple[AlertLine, ...], int, int] = (None, (), 1, 0)
        self.shown: tuple[Chart, ...] = ()

    def apply(self, series: SeriesView | None, alerts: tuple[AlertLine, ...], *, scale: int, choice: int) -> None:
        """Show these samples.

        Args:
            series: Of the symbol, None while there is none.
            alerts: Of the symbol.
            scale: Size units in a share.
            choice: Which chart to show where not all fit; the price stays where two do.
        """
        self._given = (series, alerts, scale, choice)
        self._redraw()

    def render(self) -> Group:
        """The plots, not as text to select: that would give each cell a style of its own, thousands at each second."""
        return Group(cast("Text", super().render()))

    def on_unmount(self) -> None:
        """The subscription made by `PlotextPlot` refers to this widget and would keep it for ever."""
        self.app.theme_changed_signal.unsubscribe(self)

    def notify_style_update(self) -> None:
        """Another theme, other colors, also where no second passes any more."""
        super().notify_style_update()
        if self.is_mounted:
            self._redraw()

    def on_resize(self) -> None:
        """Another size shows other charts of the same samples."""
        self._redraw()

    def _redraw(self) -> None:
        series, alerts, scale, choice = self._given
        newest = series.seconds[-1:] if series else ()
        wanted = (newest, len(alerts), scale, choice, self.size, self.app.current_theme, self._zone)
        if wanted == self._drawn:
            return
        self._drawn = wanted
        everything = charts(series or SeriesView(1), alerts, scale)
        wide, high = self.size.width >= FOUR_WIDTH, self.size.height >= FOUR_HEIGHT
        price, *others = everything
        two = (price, others[choice % len(others)])
        self.shown = everything if wide and high else two if wide else (everything[choice % len(everything)],)
        self._draw(newest[0] if newest else 0)
        self.refresh()

    def _draw(self, end: int) -> None:
        self.plt.clear_figure()
        if self.size.width < LEAST_WIDTH or self.size.height < LEAST_HEIGHT:
            return
        if len(self.shown) == 1:
            self._chart(self.plt, self.shown[0], end)
            return
        self.plt.subplots(len(self.shown) // 2, 2)
        for place, chart in enumerate(self.shown):
            self._chart(self.plt.subplot(place // 2 + 1, place % 2 + 1), chart, end)

    def _chart(self, plot: Any, chart: Chart, end: int) -> None:
        plot.title(chart.title)
        bounds = chart.bounds
        if bounds is None:
            plot.title("no samples yet")
            plot.scatter([0], [0], marker=" ")  # without a point plotext leaves the title out
            return
        for curve in chart.curves:
            if curve.points:
                self._curve(plot, curve)
        plot.ylim(*bounds)
        rows = self.size.height // max(1, len(self.shown) // 2)
        marks = ticks(*bounds, max(2, (rows - _FRAME_ROWS) // _ROWS_A_TICK))
        plot.yticks([value for value, _ in marks], [words for _, words in marks])
        oldest = min(at for curve in chart.curves for at, _ in curve.points)
        plot.xlim(min(oldest, -1.0), 0)
        # Not at the edge: plotext may set a label that does not fit there to its left or its right, as it happens.
        times = [-minute for minute in range(_TICK_MINUTES, int(-oldest), _TICK_MINUTES)]
        plot.xticks(times, [self._zone.clock((end + 60 * minute) * NS)[:5] for minute in times])

    def _curve(self, plot: Any, curve: Curve) -> None:
        minutes, values = [at for at, _ in curve.points], [value for _, value in curve.points]
        colour = self._colour(curve.token)
        if curve.kind == "bars":
            plot.bar(minutes, values, color=colour, width=_BAR_WIDTH, reset_ticks=False)
        elif curve.kind == "letters":
            plot.scatter(minutes, values, marker=curve.letter, color=colour)
        else:
            plot.plot(minutes, values, marker="dot" if curve.kind == "dots" else "braille", color=colour)

    def _colour(self, token: str) -> tuple[int, int, int] | str:
        """The theme's colour for a token as plotext takes it."""
        value = self.app.theme_variables.get(token, "")
        if value.startswith("ansi_"):
            name = value.removeprefix("ansi_")
            return f"{name.removeprefix('bright_')}+" if name.startswith("bright_") else name
        return Color.parse(value).rgb if value else "default"
