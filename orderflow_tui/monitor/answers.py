"""Where an answer becomes a record: the trader's word reaches the cores it concerns."""

from __future__ import annotations

from dataclasses import replace

from orderflow_tui.monitor.clock import RunClock
from orderflow_tui.monitor.commands import AnswerGiven
from orderflow_tui.monitor.outbox import Outbox
from orderflow_tui.monitor.watched_symbols import WatchedSymbols
from orderflow_tui.views.build_position import recommendations
from orderflow_tui.views.frozen_views import OPEN_OF_SYMBOL


def answer(given: AnswerGiven, symbols: WatchedSymbols, clock: RunClock, outbox: Outbox) -> None:
    """Give the answer to the recommendation it names, or to every open one of a symbol."""
    watched = symbols.get(given.recommendation_id.split(":", 1)[0])
    if watched is None:
        return
    now_ns = clock.answered_ns(given.arrival)
    words = replace(given.answer, screen=given.screen) if given.screen else given.answer
    ids = [given.recommendation_id]
    if given.recommendation_id.endswith(OPEN_OF_SYMBOL):
        cards = recommendations(watched.core, now_ns)
        ids = [card.recommendation_id for card in cards if card.status == "open"]
    for recommendation_id in ids:
        output = watched.core.answer(now_ns, recommendation_id, words)
        if output is not None:
            outbox.say(watched, output, given.arrival)
