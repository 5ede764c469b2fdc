"""Cards beside the market: many names at once are one card, one name's move is told net of SPY. Never a condition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from orderflow_tui.core.exits.exit_signal import DELAYED_WORDS
from orderflow_tui.core.model.units import NS
from orderflow_tui.views.frozen_views import RecommendationView, SymbolView

_MINUTE_NS: Final = 60 * NS


def group_cards(cards: list[RecommendationView], views: Mapping[str, SymbolView]) -> tuple[RecommendationView, ...]:
    """Two or more names whose flow fired within 60 s are one card; open cards first, the stop's before them."""
    opened = sorted(
        (card for card in cards if card.status == "open" and card.kind == "flow"), key=lambda c: c.opened_ns
    )
    group = _newest_group(opened)
    rest = [card for card in cards if card not in group]
    out = sorted(rest, key=lambda card: (card.status != "open", card.rank, card.opened_ns))
    spy = views.get("SPY")
    if not group:
        return tuple(_beside_market(card, views.get(card.symbol), spy) for card in out)
    lines = [f"{card.symbol} {_net_move(views.get(card.symbol), spy)}: {card.reason}" for card in group]
    symbols = " ".join(card.symbol for card in group)
    together = replace(
        min(reversed(group), key=lambda card: card.rank),
        opened_ns=group[-1].opened_ns,
        recommendation_id=f"market:{group[0].opened_ns}",
        symbol=symbols,
        kind="market",
        reason=f"{_delayed(group)}{len(group)} of your positions within a minute",
        names=tuple(group),
        held=sum(view.position is not None and view.position.quantity != 0 for view in views.values()),
        evidence=tuple(lines),
        stop_line="",
        cost_line=" | ".join(f"{card.symbol} {card.cost_line.split(' | ')[0]}" for card in group),
    )
    at = sum(card.status == "open" and card.kind == "stop" for card in out)
    return (*out[:at], together, *out[at:])


def _newest_group(opened: list[RecommendationView]) -> list[RecommendationView]:
    """The newest two or more that fired within 60 s, oldest first; one that fires later does not part them."""
    for newest in reversed(opened):
        group = [card for card in opened if 0 <= newest.opened_ns - card.opened_ns <= _MINUTE_NS]
        if len(group) > 1:
            return group
    return []


def _delayed(group: list[RecommendationView]) -> str:
    """What recommendations on delayed data begin with, empty for others."""
    return next((match[0] for match in (re.match(DELAYED_WORDS, card.reason) for card in group) if match), "")


def _move(view: SymbolView | None) -> float | None:
    if view is None or view.change_60s is None or not view.last_price:
        return None
    return view.change_60s / view.last_price * 10_000


def _net_move(view: SymbolView | None, spy: SymbolView | None) -> str:
    own, market = _move(view), _move(spy)
    if own is None:
        return ""
    return f"{own:+.0f} bp" if market is None else f"{own:+.0f} bp, {own - market:+.0f} net of SPY"


def _beside_market(card: RecommendationView, view: SymbolView | None, spy: SymbolView | None) -> RecommendationView:
    """A card with one line more, where SPY is watched: whether the move is the name's own or everyone's."""
    own, market = _move(view), _move(spy)
    if card.status != "open" or card.kind != "flow" or card.symbol == "SPY" or own is None or market is None:
        return card
    whose = "this name's own" if abs(own - market) * 2 > abs(own) else "everyone's"
    line = f"last minute {own:+.0f} bp, {own - market:+.0f} net of SPY: {whose}"
    return replace(card, evidence=(*card.evidence, line))
