"""The pinned exit recommendation, readable with and without colour."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from orderflow_tui.tui.look.formatting import Zone, clean, packed, span_text, whole_facts, wrap
from orderflow_tui.tui.look.styled_lines import Row, Span, make_row
from orderflow_tui.tui.rows.aged import aged, is_aged
from orderflow_tui.tui.state.screen_model import title_in
from orderflow_tui.views.frozen_views import SINCE_SIGNAL, RecommendationView, SymbolView

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
        views: The symbols as they are now: whose data is old, its figures are painted so.
    """

    place: int
    of: int
    now_ns: int
    zone: Zone
    width: int
    height: int
    key: str
    views: Mapping[str, SymbolView] = field(default_factory=dict)


def card_rows(card: RecommendationView, frame: CardFrame) -> list[Row]:
    """The card in at most `frame.height` rows: what, why, its record, evidence, what leaving takes, the stop, the keys.

    A row holds whole facts; where room is short the evidence goes first, never the stop.
    """
    width, zone = frame.width, frame.zone
    age = span_text(max(0, frame.now_ns - card.opened_ns) / _NS)
    queue = f"{frame.place} of {frame.of}, tab next | " if frame.of > 1 else ""
    tail = f" {queue}{zone.clock(card.opened_ns)} {zone.label}, {age} ago "
    if len(title_in(card, width - len(tail) - 10)) + len(tail) + 10 > width:
        tail = tail.replace(", tab next | ", " | ")
    head = f" >>> {title_in(card, width - len(tail) - 10)} <<< "
    loud, line = ("exit", "exit-line") if card.weight == "leads" else ("bar", _CALMER[card.weight])
    top = make_row(
        Span(head, line if loud == "bar" else ""), " " * max(0, width - len(head) - len(tail)), tail, base=loud
    )
    bottom = make_row(f" {frame.key}, then   e sold all   t sold some   h keep   s snooze   u undo", base=loud)
    room = max(1, frame.height - 2)
    card = aged(card, frame.views)
    body = _names(card, frame, room, line) if card.names else _one(card, frame, room, line)
    return [top, *body, bottom][: frame.height]


def _one(card: RecommendationView, frame: CardFrame, room: int, line: str) -> list[Row]:
    """Of one symbol: each part as many rows as there is room for, in this order of need."""
    width, old = frame.width - 4, is_aged(card, frame.views)
    reason = [_line(text, line) for text in wrap(clean(card.reason), width, 3)]
    stop, cost = _facts(card.stop_line), _facts(card.cost_line)
    loud = "exit-line" if "STOP HIT" in card.stop_line else "stale" if old else ""
    rows_of = {"cost": packed(cost, width, 1), "stop": packed(stop, width, 1)}
    left = room - len(reason) - sum(map(len, rows_of.values()))
    record = [_line(whole_facts(clean(card.record), width), "muted")] if card.record and left > 0 else []
    left -= len(record)
    texts = [clean(text) for text in card.evidence if text not in card.reason]
    evidence = [_line(f"- {whole_facts(text, width - 2)}") for text in texts[-left:]] if left > 0 else []
    left -= len(evidence)
    for name, facts in (("cost", cost), ("stop", stop)):
        more = packed(facts, width, min(len(facts), len(rows_of[name]) + max(0, left)))
        left -= len(more) - len(rows_of[name])
        rows_of[name] = more
    told = [_line(text, "stale" if old else "strong") for text in rows_of["cost"]]
    return [*reason, *record, *evidence, *told, *(_line(text, loud) for text in rows_of["stop"])]


def _names(card: RecommendationView, frame: CardFrame, room: int, line: str) -> list[Row]:
    """Of several symbols: what each fired on, and where there is room what leaving it takes."""
    width = frame.width - 4
    each = 2 if 2 * len(card.names) <= room else 1
    shown = card.names if each * len(card.names) <= room else card.names[: room - 1]
    rows: list[Row] = []
    for one in shown:
        rows.append(_line(whole_facts(f"{clean(one.symbol, 12)}: {clean(one.reason)}", width), line))
        if each > 1:
            stop, *held = _facts(one.stop_line) or [""]
            cost, *more = _facts(one.cost_line) or [""]
            facts = [stop.split(" (")[0], cost, *(fact for fact in more if SINCE_SIGNAL in fact), *held]
            token = "stale" if is_aged(one, frame.views) else "strong"
            rows += [_line(f"  {text}", token) for text in packed([fact for fact in facts if fact], width - 2, 1)]
    if len(shown) < len(card.names):
        rest = ", ".join(clean(one.symbol, 12) for one in card.names[len(shown) :])
        rows.append(_line(whole_facts(f"and {len(card.names) - len(shown)} more: {rest}", width), line))
    left = room - len(rows)
    asked = [whole_facts(clean(words), width) for words in (card.reason, card.record) if words]
    return [*(_line(text, "muted") for text in asked[-left:] if left > 0), *rows]


def _facts(words: str) -> list[str]:
    return clean(words).split(" | ") if words else []


def _line(text: str, token: str = "") -> Row:
    return make_row(Span("┃ ", "exit-line"), Span(text, token))
