"""Answers that were sent to the engine and do not show in its state yet: one that dies may not have recorded them."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from orderflow_tui.views.frozen_views import RecommendationView


class UnconfirmedAnswers:
    """What was answered here, until the engine's state shows it. Called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._before: dict[str, RecommendationView] = {}

    def sent(self, recommendation_id: str, cards: Iterable[RecommendationView]) -> None:
        """An answer goes to the engine; `cards` are shown so far."""
        card = _each(cards).get(recommendation_id)
        if card is not None:
            with self._lock:
                self._before[recommendation_id] = card

    def shown(self, cards: Iterable[RecommendationView]) -> None:
        """The engine's state has come: what differs from before the answer has been taken."""
        if not self._before:
            return
        now = _each(cards)
        with self._lock:
            self._before = {key: card for key, card in self._before.items() if _same(card, now.get(key))}

    def take(self) -> str:
        """What to say of them where the engine is gone, empty where none waits; they wait no more."""
        with self._lock:
            symbols = dict.fromkeys(card.symbol for card in self._before.values())
            self._before = {}
        return f"your answer to {', '.join(symbols)} may not be recorded" if symbols else ""


def _each(cards: Iterable[RecommendationView]) -> dict[str, RecommendationView]:
    return {one.recommendation_id: one for card in cards for one in (card, *card.names)}


def _same(before: RecommendationView, now: RecommendationView | None) -> bool:
    return now is not None and (before.status, before.answered_ns) == (now.status, now.answered_ns)
