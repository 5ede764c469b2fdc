"""What a recommendation says of now, where the data of its symbol is not of now."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from orderflow_tui.tui.look.formatting import span_text
from orderflow_tui.tui.rows.panel_rows import looks_old
from orderflow_tui.views.frozen_views import RecommendationView, SymbolView


def is_aged(item: RecommendationView, views: Mapping[str, SymbolView]) -> bool:
    """Whether its cost and its stop are to be painted as old: from 3 s on, as the panel's."""
    view = views.get(item.symbol)
    return view is not None and looks_old(view)


def aged(item: RecommendationView, views: Mapping[str, SymbolView]) -> RecommendationView:
    """The same with the age of its data before the cost; from 10 s on, or blind, without what only live data tells."""
    names = tuple(aged(name, views) for name in item.names)
    view = views.get(item.symbol)
    if view is None or not looks_old(view):
        return replace(item, names=names) if names else item
    age = "No trusted data" if view.data_age_s is None else f"Data {span_text(view.data_age_s)} old"
    if not view.stale:
        return replace(item, cost_line=": ".join(filter(None, (age, item.cost_line))), names=names)
    known = [fact.split(", ")[0].split(" (")[0] for fact in item.stop_line.split(" | ")]
    return replace(item, cost_line=f"{age}: cost not known now", stop_line=" | ".join(known), names=names)
