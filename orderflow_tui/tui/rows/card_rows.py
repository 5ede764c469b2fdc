"""The pinned exit recommendation, readable with and without colour."""

from __future__ import annotations

from itertools import islice

from msgspec import Struct

from orderflow_tui.tui.look.lines import Row, Span, make_row
from orderflow_tui.tui.look.text import Zone, clean, crop, span_text, whole_facts, wrap
from orderflow_tui.tui.state.model import card_title
from orderflow_tui.views.model import RecommendationView

_NS = 1_000_000_000


_CALMER = {"calm": "alert", "note": "watch"}
"""How a card is written whose kind of evidence is not known to be better than chance."""


class CardFrame(Struct, frozen=True):
    """Where a card stands.

    Attributes:
        place: Its place among the open ones, counted from 1.
        of: How many are open.
        now_ns: The data's time, for the card's age.
        zone: For the time it opened.
        width: Cells.
        height: Rows there are, at least 3.
        key: What the acknowledge key is called.
    """

    place: int
    of: int
    now_ns: int
    zone: Zone
    width: int
    height: int
    key: str


def card_rows(card: RecommendationView, frame: CardFrame) -> list[Row]:
    """The card in at most `frame.height` rows: what, why, evidence, cost and keys."""
    width, zone = frame.width, frame.zone
    age = span_text(max(0, frame.now_ns - card.opened_ns) / _NS)
    queue = f"{frame.place} of {frame.of}, tab next | " if frame.of > 1 else ""
    tail = f" {queue}{zone.clock(card.opened_ns)} {zone.label}, {age} ago "
    head = f" >>> {card_title(card)} <<< "
    loud, line = ("exit", "exit-line") if card.weight == "leads" else ("bar", _CALMER[card.weight])
    top = make_row(
        Span(head, line if loud == "bar" else ""), " " * max(0, width - len(head) - len(tail)), tail, base=loud
    )
    reason = [_line(text, line) for text in wrap(clean(card.reason), width - 4, 2)]
    cost = [_line(whole_facts(clean(card.cost_line), width - 4), "strong")] if card.cost_line else []
    keys = f" {frame.key} answer, then  e exited   t trimmed   h hold   s snooze"
    bottom = make_row(crop(keys, width), base=loud)
    if card.stop_line:
        loud_stop = "exit-line" if "CROSSED" in card.stop_line else ""
        cost.append(_line(whole_facts(clean(card.stop_line), width - 4), loud_stop))
    room = max(0, frame.height - 2 - len(cost))
    reason = reason[: max(1, room - 1)]
    beside = islice((text for text in reversed(card.evidence) if text not in card.reason), room)
    evidence = [_line(f"- {crop(clean(text), width - 6)}") for text in reversed(list(beside))]
    if card.record and card.kind != "market" and room > 1:
        reason = [*reason[: room - 1], _line(crop(clean(card.record), width - 4), "muted")]
    elif card.record:
        evidence.insert(0, _line(crop(clean(card.record), width - 4), "muted"))
    kept = evidence[-max(0, room - len(reason)) :] if room > len(reason) else []
    return [top, *reason, *kept, *cost, bottom][: frame.height]


def _line(text: str, token: str = "") -> Row:
    return make_row(Span("┃ ", "exit-line"), Span(text, token))
