"""The watch as sentences, one a change: for screen readers, Braille displays and slow lines. Nothing is repainted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from orderflow_tui.engine.client import RemoteMonitor
from orderflow_tui.views.frozen_views import AlertLine, Chip, RecommendationView, StatusView, SymbolView

FPS: Final = 2.0
_LOOK_SECONDS: Final = 1.0
_MOST_KEPT: Final = 2_000
_CHIPS: Final[dict[Chip, str]] = {
    "BLIND": "cannot be trusted: no good data",
    "EXIT": "has an exit recommendation",
    "HALTED": "is halted",
    "ALERT": "has an alert",
    "WATCH": "is worth a look",
    "NO DATA": "has no data yet",
    "NO QUOTES": "has no quotes",
    "CALM": "is calm",
    "CLOSED": "is closed",
    "WARMING": "is warming up",
    "OPENING": "is opening",
    "THIN": "trades too thinly for the burst rule",
}
_WHAT: Final = {
    "stop": "Your stop is crossed in",
    "leads": "Exit recommended for",
    "calm": "Exit recommended for",
    "note": "A note on",
}
_ENDS: Final = {
    "held": "kept",
    "snoozed": "snoozed",
    "exited": "marked sold",
    "trimmed": "marked partly sold",
    "resolved": "over",
}


class Sentences:
    """What has changed since the last look, in words."""

    def __init__(self) -> None:
        self._chips: dict[str, str] = {}
        self._alerts: dict[str, None] = {}
        self._open: dict[str, str] = {}
        self._connected: bool | None = None
        self._market = ""

    def look(
        self,
        status: StatusView,
        views: Sequence[SymbolView],
        alerts: Sequence[AlertLine],
        cards: Sequence[RecommendationView],
    ) -> list[str]:
        """The sentences, the most pressing first; the first look says how everything stands."""
        return [*self._cards(cards), *self._status(status), *self._symbols(views), *self._new_alerts(alerts)]

    def _cards(self, cards: Sequence[RecommendationView]) -> Iterator[str]:
        now = {card.recommendation_id: card for card in cards}
        for name, symbol in list(self._open.items()):
            if name not in now or now[name].status != "open":
                del self._open[name]
                end = _ENDS.get(now[name].status, "over") if name in now else "over"
                undo = "" if end == "over" else f" To undo: orderflow-tui answer {symbol.split()[0]} undo."
                yield f"The recommendation for {symbol} is {end}.{undo}"
        for card in cards:
            if card.status == "open" and card.recommendation_id not in self._open:
                names = " and ".join(card.symbol.split())
                self._open[card.recommendation_id] = names
                what = _WHAT["stop" if card.kind == "stop" else card.weight]
                first = card.symbol.split()[0]
                worth = f"{card.record}. " if card.record else ""
                yield (
                    f"{what} {names}: {card.reason}. {worth}{card.cost_line}. "
                    f"To answer: orderflow-tui answer {first} hold, sold, trimmed SHARES or snooze."
                )

    def _status(self, status: StatusView) -> Iterator[str]:
        if status.connected != self._connected or status.market != self._market:
            self._connected, self._market = status.connected, status.market
            state = "connected" if status.connected else f"not connected, {status.detail or 'waiting'}"
            yield f"{status.source_label}: {state}, market {status.market}."

    def _symbols(self, views: Sequence[SymbolView]) -> Iterator[str]:
        for view in views:
            if self._chips.get(view.symbol) == view.chip:
                continue
            self._chips[view.symbol] = view.chip
            detail = f", {view.chip_detail}" if view.chip_detail else ""
            yield f"{view.symbol}{_held(view)} {_CHIPS[view.chip]}{detail}."

    def _new_alerts(self, alerts: Sequence[AlertLine]) -> Iterator[str]:
        for line in reversed(alerts):
            if line.episode_id not in self._alerts:
                self._alerts[line.episode_id] = None
                yield f"{line.symbol}, {line.severity}: {line.text}."
        while len(self._alerts) > _MOST_KEPT:
            del self._alerts[next(iter(self._alerts))]


def _held(view: SymbolView) -> str:
    if view.position is None:
        return ""
    side = "long" if view.position.quantity > 0 else "short"
    return f", {side} {abs(view.position.quantity):,},"


def follow(monitor: RemoteMonitor, say: Callable[[list[str]], object]) -> int:
    """Say each change until the engine has ended; returns the exit code, 1."""
    news = threading.Event()
    monitor.on_news(news.set)
    sentences, version = Sentences(), -1
    while not monitor.gone:
        if monitor.version != version:
            version = monitor.version
            said = sentences.look(
                monitor.status(), [*monitor.views().values()], monitor.alert_lines(), monitor.recommendations()
            )
            if said:
                say(said)
        news.wait(_LOOK_SECONDS / FPS)
        news.clear()
    say([f"{monitor.gone}."])
    return 1
