"""The answer's rows: what is asked of each symbol, and what each answer does."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from orderflow_tui.tui.look.formatting import clean, left, packed, right, shares, whole_facts, wrap
from orderflow_tui.tui.look.styled_lines import Row, Span, make_row
from orderflow_tui.tui.state.screen_model import title_in
from orderflow_tui.views.frozen_views import RecommendationView

STATUS_WORDS = {
    "open": "no answer", "held": "kept", "snoozed": "snoozed", "trimmed": "sold some", "exited": "sold all",
    "resolved": "over",
}  # fmt: skip
_SYMBOL, _SHARES, _STATUS = 7, 9, 12
_NAME = 11
_BEFORE = 5 + _NAME
"""Cells before what an answer does."""
_LEAST = 20
_REASON_ROWS = 4


class Asked(Struct, frozen=True):
    """One symbol of the dialog.

    Attributes:
        item: Its recommendation as it stands.
        held: Shares held of it now, negative for a short position; 0 where not known.
    """

    item: RecommendationView
    held: int


def asked_rows(
    card: RecommendationView, asked: Sequence[Asked], cursor: int, *, everything: bool, width: int, most: int = 40
) -> list[Row]:
    """The question: of one symbol its reason and cost, of several a row each with what was answered, `most` at once."""
    rows = [make_row(f" {title_in(card, width - 2)}", base="exit" if card.weight == "leads" else "bar")]
    if len(asked) == 1:
        item = asked[0].item
        rows += [make_row(Span(f" {line}", "strong")) for line in wrap(clean(item.reason), width - 2, _REASON_ROWS)]
        facts = [clean(fact) for words in (item.cost_line, item.stop_line) if words for fact in words.split(" | ")]
        rows += [make_row(f" {line}") for line in packed(facts, width - 2, len(facts))]
        if item.status not in {"open", "held", "snoozed", "trimmed"}:
            rows.append(
                make_row(Span(f" {STATUS_WORDS.get(item.status, item.status)}: nothing to answer here", "alert"))
            )
        return rows
    first = max(0, min(cursor - most // 2, len(asked) - most))
    shown = range(first, min(len(asked), first + most))
    rows += [_name_row(asked[at], width, chosen=everything or at == cursor) for at in shown]
    if len(shown) < len(asked):
        rows.append(make_row(Span(f"   {len(asked) - len(shown)} more: up and down", "muted")))
    return rows


def _name_row(asked: Asked, width: int, *, chosen: bool) -> Row:
    item = asked.item
    status = f"[{STATUS_WORDS.get(item.status, item.status)}]"
    room = max(0, width - 3 - _SYMBOL - _SHARES - 2 - _STATUS - 1)
    return make_row(
        Span(" > " if chosen else "   ", "strong"),
        Span(left(clean(item.symbol), _SYMBOL), "bold"),
        right(shares(abs(asked.held)) if asked.held else "", _SHARES) + "  ",
        left(whole_facts(clean(item.reason), room), room),
        Span(right(status, _STATUS), "alert" if item.status == "open" else "muted"),
    )


def choice_rows(asked: Asked, *, everything: bool, names: int, width: int) -> list[Row]:
    """The keys and what each does, in full at any width."""
    item = asked.item
    way = "higher" if asked.held < 0 else "lower"
    beyond = (
        f"asks again at once {item.rearm_cents:.4g}c {way}" if item.rearm_cents else "asks again at once if it goes on"
    )
    choices = [
        ("e", "sold all", f"mute {_about(item, names, everything)} until its share count changes or tomorrow"),
        ("t", "sold some", f"enter shares; mute 5 min, {beyond}"),
        ("h", "keep", f"mute 5 min, {beyond}"),
        ("s", "snooze", "mute 1, 5 or 15 min"),
        ("n", "note", "add a note to the answer first"),
    ]
    if names > 1:
        only = f"only for {clean(item.symbol)}" if everything else f"the next answer for all {names}"
        choices.append(("A", "all" if not everything else "one", only))
    choices.append(("u", "undo", "take your last answer back"))
    rows: list[Row] = []
    for key, name, words in choices:
        first, *more = wrap(words, max(_LEAST, width - _BEFORE), _REASON_ROWS)
        rows.append(make_row(Span(f"  {key}  ", "strong"), Span(left(name, _NAME), "bold"), Span(first, "muted")))
        rows += [make_row(" " * _BEFORE, Span(line, "muted")) for line in more]
    return [*rows, make_row(Span("  esc  not now", "muted"))]


def _about(item: RecommendationView, names: int, everything: bool) -> str:
    return f"all {names}" if everything and names > 1 else clean(item.symbol, 12)
