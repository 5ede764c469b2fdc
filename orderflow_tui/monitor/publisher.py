"""Frozen views for the screen, made by the monitor's thread and read by any."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from orderflow_tui.core.model.outputs import AlertRaised, AlertUpdated, ExitResolved, Output, StopRaised
from orderflow_tui.core.model.units import NS
from orderflow_tui.journal.records import Record
from orderflow_tui.monitor.alert_lines import AlertLines
from orderflow_tui.monitor.status_lines import status_line
from orderflow_tui.monitor.watched_symbol import WatchedSymbol, alert_line, stop_line, unanswered_line
from orderflow_tui.monitor.watched_symbols import WatchedSymbols
from orderflow_tui.track_record.evidence_kinds import Weight
from orderflow_tui.track_record.track_record import TrackRecord
from orderflow_tui.views.build_detail import PRINTS, detail_view
from orderflow_tui.views.build_position import recommendations
from orderflow_tui.views.build_symbol import symbol_view
from orderflow_tui.views.frozen_views import AlertLine, DetailView, RecommendationView, StatusView, SymbolView
from orderflow_tui.views.market_card import group_cards

_LINES: Final = 500
_DETAIL_NS: Final = NS // 2
_WATCH: Final = 3


class Publisher:
    """What the screen sees. The attributes are replaced whole, so that any thread may read them."""

    def __init__(self, status: StatusView, record: TrackRecord | None = None) -> None:
        self._record = record
        self.version = 0
        """Grows with every publication."""
        self.status = status
        self.views: Mapping[str, SymbolView] = {}
        self.cards: tuple[RecommendationView, ...] = ()
        self.lines: tuple[AlertLine, ...] = ()
        self.details: dict[str, DetailView] = {}
        """The newest detail of each symbol whose detail a screen shows."""
        self._lines = AlertLines(_LINES)
        self._detailed: frozenset[str] = frozenset()
        self._detail_due: dict[str, int] = {}

    def line(self, watched: WatchedSymbol, output: Output) -> None:
        """Put what an output says on the alert feed, where it says something there."""
        if isinstance(output, AlertRaised):
            line = alert_line(output.alert)
        elif isinstance(output, AlertUpdated):
            line = alert_line(output.alert, updated_ns=output.time_ns)
        elif isinstance(output, StopRaised):
            line = stop_line(output, watched.lines)
        elif isinstance(output, ExitResolved) and output.recommendation.status == "unanswered":
            line = unanswered_line(output)
        else:
            return
        if self._record is not None and isinstance(output, AlertRaised | AlertUpdated):
            kind = line.evidence, str(output.alert.details.get("basis", ""))
            line = replace(line, record=self._record.words(*kind), demoted=self._record.demoted(*kind))
        watched.lines.put(line)
        self._lines.put(line)

    def on_record(self, record: Record, happened_ns: int) -> None:
        """A record was written: halts, resumptions, blindness and recovery stand on the feed too."""
        if (line := status_line(record, happened_ns)) is not None:
            self._lines.put(line)

    def watch_details(self, symbols: WatchedSymbols, wanted: frozenset[str]) -> None:
        """Make `details` for these symbols from now on, and for no other."""
        for symbol in self._detailed ^ wanted:
            watched = symbols.get(symbol)
            if watched is not None:
                watched.core.tape.keep_rows(*([PRINTS] if symbol in wanted else []))
                watched.dirty = True
        self._detailed = wanted
        self._detail_due = {}
        self.details = {symbol: detail for symbol, detail in self.details.items() if symbol in wanted}

    def make(
        self,
        symbols: WatchedSymbols,
        *,
        now_ns: int,
        data_ns: int,
        mono_ns: int,
        closed: bool,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        """Make the views of what has changed.

        Args:
            symbols: The symbols.
            now_ns: The run's time, nanoseconds UTC.
            data_ns: The same less what the data is late by contract.
            mono_ns: For the detail's own pace.
            closed: The market is.
            between: Called after each view: what changes then is in the next publication.
        """
        before = self.views
        views: dict[str, SymbolView] = {}
        cards: list[RecommendationView] = []
        for watched in symbols.all():
            symbol = watched.core.symbol
            if not watched.health.reason:
                watched.recorder.keep(watched.core, data_ns // NS)
            if symbol in self._detailed and mono_ns >= self._detail_due.get(symbol, 0):
                shown = watched.recorder.view(watched.ladder)
                self.details = {**self.details, symbol: detail_view(watched.core, data_ns, shown)}
                self._detail_due[symbol] = mono_ns + _DETAIL_NS
            if watched.dirty or symbol not in before:
                views[symbol] = symbol_view(watched.core, watched.standing(now_ns, closed=closed), data_ns)
                watched.dirty = False
            else:
                views[symbol] = before[symbol]
            cards += recommendations(watched.core, data_ns)
            between()
        if self._record is not None and cards:
            cards = [_weighed(card, *self._record.kind(card.basis)) if card.kind == "flow" else card for card in cards]
            for symbol in {card.symbol for card in cards}:
                views[symbol] = _as_loud(views[symbol], [card for card in cards if card.symbol == symbol])
        self.views = views
        self.cards = group_cards(cards, views)
        self.lines = tuple(self._lines)

    def publish(self, status: StatusView) -> None:
        """Show a new status line, and with it what `make` made."""
        self.status = status
        self.version += 1


def _weighed(card: RecommendationView, record: str, weight: Weight) -> RecommendationView:
    """A card with what its kind of evidence is worth: what leads stands first after the stops, a note last."""
    return replace(card, record=record, weight=weight, rank={"leads": 2, "calm": 3, "note": 4}[weight])


def _as_loud(view: SymbolView, cards: Sequence[RecommendationView]) -> SymbolView:
    """A symbol as loud as the loudest that waits there; one with nothing but notes is worth a look, no exit."""
    waiting = [card for card in cards if card.status == "open"]
    weights = {card.weight for card in waiting}
    if view.chip != "EXIT" or not waiting or "leads" in weights or (view.calm_exit and "calm" in weights):
        return view
    if "calm" in weights:
        return replace(view, calm_exit=True)
    return replace(view, chip="WATCH", chip_detail=waiting[0].reason, urgency=_WATCH)
