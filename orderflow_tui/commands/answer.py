"""Answers an open recommendation without a screen, or takes the answer back, through the engine that watches."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from orderflow_tui.commands.attach import chosen_place, look_at
from orderflow_tui.config.load import load_config
from orderflow_tui.config.tickers import normalise_symbol
from orderflow_tui.config.values import invalid
from orderflow_tui.core.model.holder import TAKE_BACK, TOGETHER_NS, Answer, AnswerKind
from orderflow_tui.engine.client import RemoteMonitor
from orderflow_tui.support.console import print_error, print_lines
from orderflow_tui.views.frozen_views import OPEN_OF_SYMBOL, RecommendationView

SCREEN: Final = "command line"
"""What the record names as the screen."""
WORDS: Final[Mapping[str, AnswerKind]] = {
    "hold": "hold",
    "sold": "exited",
    "exited": "exited",
    "trimmed": "trimmed",
    "snooze": "snooze",
}
"""What may be typed, and the answer it is."""
UNDO: Final = "undo"
"""What takes the symbol's last answer back."""
SNOOZES: Final = (1, 5, 15)
_MOST_SHARES: Final = 10**12
_NOTE: Final = 200
_SECONDS: Final = 5.0


def run_answer(
    overrides: Mapping[str, object],
    config_file: str | None,
    *,
    symbol: str,
    word: str,
    amount: int | None = None,
    note: str = "",
) -> int:
    """Record an answer; 1 where the engine does not say that it has it.

    Args:
        overrides: The command line's settings.
        config_file: `--config`.
        symbol: Whose open recommendations are answered, the stop's too.
        word: One of `WORDS`, or `UNDO`.
        amount: Shares for `trimmed`, minutes for `snooze`; None otherwise.
        note: Free text of the record.

    Raises:
        DataValidationError: `CONFIG_INVALID`: an amount is missing or too many, or nothing of the symbol is open.
        EngineError: No engine runs, or several do.
    """
    answer = None if word == UNDO else _answer(word, amount, note)
    if answer is None and (note or amount is not None):
        raise invalid("undo takes neither a number nor a note")
    try:
        ticker = normalise_symbol(symbol)
    except ValueError as error:
        raise invalid(str(error)) from None
    monitor = look_at(chosen_place(load_config(overrides, path=config_file), overrides), fps=0, screen=SCREEN)
    try:
        if answer is None:
            said, done = _take_back(monitor, ticker)
        else:
            said, done = _give(monitor, ticker, answer)
        if not _comes(monitor, done):
            print_error(f"the engine has not recorded the answer after {_SECONDS:g} s: see `orderflow-tui status`")
            return 1
    finally:
        monitor.close()
    print_lines([f"{ticker}: {said}; recorded in {monitor.directory}"])
    return 0


def _give(monitor: RemoteMonitor, ticker: str, answer: Answer) -> tuple[str, Callable[[], bool]]:
    """Answer all that is open; what to say, and whether it is done."""
    if not _open(monitor, ticker):
        raise invalid(f"nothing of {ticker} is open{_what_is(monitor)}")
    monitor.answer(f"{ticker}{OPEN_OF_SYMBOL}", answer)
    return _words(answer), lambda: not _open(monitor, ticker)


def _take_back(monitor: RemoteMonitor, ticker: str) -> tuple[str, Callable[[], bool]]:
    """Take the latest answer back, of every card it was given to; what to say, and whether it is done."""
    answered = _answered(monitor, ticker)
    newest = max((card.answered_ns for card in answered), default=0)
    last = [card for card in answered if newest - card.answered_ns <= TOGETHER_NS]
    if not last:
        raise invalid(f"no answer to {ticker} can be taken back{_what_is(monitor)}")
    for card in last:
        monitor.answer(card.recommendation_id, Answer(TAKE_BACK))
    given = {(card.recommendation_id, card.answered_ns) for card in last}
    return "the last answer is taken back", lambda: given.isdisjoint(
        (card.recommendation_id, card.answered_ns) for card in _answered(monitor, ticker)
    )


def _answered(monitor: RemoteMonitor, symbol: str) -> list[RecommendationView]:
    return [card for card in monitor.recommendations() if card.symbol == symbol and card.answered_ns]


def _answer(word: str, amount: int | None, note: str) -> Answer:
    kind = WORDS[word]
    if kind == "trimmed":
        if amount is None or not 0 < amount <= _MOST_SHARES:
            raise invalid("trimmed needs the shares you sold, as in `orderflow-tui answer BAC trimmed 500`")
        return Answer(kind, shares=amount, note=note[:_NOTE])
    if kind == "snooze":
        if amount is None:
            amount = SNOOZES[1]
        if amount not in SNOOZES:
            raise invalid("snooze takes 1, 5 or 15 minutes, as in `orderflow-tui answer BAC snooze 5`")
        return Answer(kind, minutes=amount, note=note[:_NOTE])
    if amount is not None:
        raise invalid(f"{word} takes no number: shares belong to trimmed, minutes to snooze")
    return Answer(kind, note=note[:_NOTE])


def _open(monitor: RemoteMonitor, symbol: str) -> list[RecommendationView]:
    return [card for card in monitor.recommendations() if card.status == "open" and symbol in card.symbol.split()]


def _what_is(monitor: RemoteMonitor) -> str:
    names = dict.fromkeys(
        name for card in monitor.recommendations() if card.status == "open" for name in card.symbol.split()
    )
    return f"; open: {', '.join(names)}" if names else "; no recommendation is open"


def _comes(monitor: RemoteMonitor, done: Callable[[], bool]) -> bool:
    until = time.monotonic() + _SECONDS
    while not done():
        if monitor.gone or time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def _words(answer: Answer) -> str:
    if answer.kind == "trimmed":
        return f"trimmed, {answer.shares:,} shares"
    if answer.kind == "snooze":
        return f"snoozed for {answer.minutes} min"
    return {"exited": "sold all, signals off until the position or the day changes", "hold": "kept"}[answer.kind]
