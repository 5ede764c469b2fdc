"""The one-line bars: what the data is and which symbols need a look above, how the machinery is doing below."""

from __future__ import annotations

from rich.cells import cell_len

from orderflow_tui.tui.look.formatting import Zone, clean, crop, shares, span_text, whole_facts
from orderflow_tui.tui.look.layout import NARROW
from orderflow_tui.tui.look.styled_lines import Row, Span, make_row
from orderflow_tui.tui.rows.panel_rows import LOUD_CHIPS, blind_reason, chip_text, chip_token, looks_old
from orderflow_tui.tui.state.screen_model import ScreenModel, title_in
from orderflow_tui.views.frozen_views import StatusView, SymbolView

ITEM_WIDTH = 15
_SHORT_CHIPS = {"WARMING": "warm", "OPENING": "open", "NO QUOTES": "NOQUOT", "NO DATA": "NODATA"}


def badge_span(status: StatusView) -> Span:
    """What kind of data this is; on every screen."""
    token = (
        "badge-live" if status.source_class == "live" and "DELAYED" not in status.source_label else "badge-simulated"
    )
    return Span(f" {crop(clean(status.source_label), 44)} ", token)


def title_row(model: ScreenModel, title: str, zone: Zone, width: int) -> Row:
    """The first row of a screen: the badge, what it is, the time with its zone."""
    if model.status is None:
        return make_row(f" {title}", base="bar")
    badge = badge_span(model.status)
    clock = clock_text(model.status, zone)
    room = width - len(badge.text) - len(clock) - 2
    middle = crop(title, room)
    return make_row(badge, Span(f" {middle}", "bold"), " " * max(1, room - len(middle) + 1), clock, base="bar")


def clock_text(status: StatusView, zone: Zone) -> str:
    """The data's own time with the zone's name."""
    return f"{zone.clock(status.now_ns)} {zone.label} "


def _item(number: int, view: SymbolView, selected: bool) -> list[Span]:
    key = f"{number} " if number < 10 else "  "
    name = f"{key}{clean(view.symbol)[:6]:<6}"
    chip = f"{_SHORT_CHIPS.get(view.chip, chip_text(view.chip)):<6}"
    old = looks_old(view) and view.chip not in LOUD_CHIPS
    token = "picked" if selected else "stale" if old else "bold"
    if old and view.data_age_s is not None:
        chip = f"{span_text(view.data_age_s)[:5]:<6}"
    return [Span(" "), Span(name, token), Span(chip, "stale" if old else chip_token(view))]


def strip_room(model: ScreenModel, zone: Zone, width: int, most: int = 2) -> int:
    """How many symbols the strip has room for."""
    if model.status is None:
        return 0
    clock = clock_text(model.status, zone) if width >= NARROW else ""
    first = max(0, (width - len(badge_span(model.status).text) - len(clock)) // ITEM_WIDTH)
    return first + (most - 1) * max(1, width // ITEM_WIDTH)


def strip_rows(
    model: ScreenModel, zone: Zone, width: int, most: int = 2, *, symbols: bool = True, in_sight: int = 0
) -> list[Row]:
    """All symbols with their number keys and chips, over at most `most` rows after the badge, and the clock.

    Without `symbols`, where a table shows them, the badge, the clock and, where the table has room for so few, how many
    are `in_sight`.
    """
    if model.status is None:
        return [make_row(" waiting for the monitor", base="bar")]
    badge = badge_span(model.status)
    clock = clock_text(model.status, zone) if width >= NARROW else ""
    first = max(0, (width - len(badge.text) - len(clock)) // ITEM_WIDTH)
    each = max(1, width // ITEM_WIDTH)
    names = list(model.order) if symbols else []
    lines = [names[:first]]
    rest = names[first:]
    while rest and len(lines) < most:
        lines.append(rest[:each])
        rest = rest[each:]
    rows: list[Row] = []
    number = 1
    for index, line in enumerate(lines):
        spans = [badge] if index == 0 else []
        if index == 0 and 0 < in_sight < len(model.order):
            words = f" {in_sight} of {len(model.order)} symbols in sight: scroll"
            spans.append(Span(crop(words, max(0, width - len(badge.text) - len(clock))), "strong"))
        for name in line:
            spans += _item(number, model.views[name], name == model.selected)
            number += 1
        used = sum(len(span.text) for span in spans)
        if index == 0:
            spans.append(Span(" " * max(0, width - used - len(clock)) + clock))
        elif index == len(lines) - 1 and rest:
            spans.append(Span(f" +{len(rest)}", "muted"))
        rows.append(Row(tuple(spans), "bar"))
    return rows


def blind_rows(model: ScreenModel, width: int) -> list[Row]:
    """The loudest row: positions that cannot be seen."""
    blind = model.blind_held
    if model.silent_seconds:
        words = f"MONITOR NOT RESPONDING for {span_text(model.silent_seconds)}: nothing on screen is current"
        return [make_row(f" {words}", base="blind")]
    if not blind:
        return []
    told = f"{blind_reason(blind[0])}; r retries"
    named = ", ".join(clean(view.symbol) for view in blind)
    held = ", ".join(f"{clean(view.symbol)} ({_held(view)})" for view in blind)
    longest_first = [f"NO TRUSTED DATA: {held}. {told}", f"NO TRUSTED DATA: {named}. {told}"]
    last = whole_facts(f"NO TRUSTED DATA for {len(blind)} held, r retries: {named}. {told}", width - 1)
    words = next((words for words in longest_first if cell_len(words) < width), last)
    return [make_row(f" {words}", base="blind")]


def _held(view: SymbolView) -> str:
    """How many shares, and on which side."""
    quantity = view.position.quantity if view.position else 0
    count = shares(abs(quantity), view.capabilities.size_scale)
    return f"{count} short" if quantity < 0 else f"{count} held"


def asks_rows(model: ScreenModel, key: str, width: int) -> list[Row]:
    """On screens other than the dashboard: what is blind and what waits for an answer, a row each."""
    rows = blind_rows(model, width)
    card = model.card
    if card is not None:
        words = f">>> {title_in(card, width // 2)} <<< {key} answers: {clean(card.reason)}"
        loud = "exit" if card.weight == "leads" else "bar"
        rows.append(make_row(f" {whole_facts(words, width - 2)}", base=loud))
    return rows


def status_row(model: ScreenModel, zone: Zone, width: int) -> Row:
    """Source, freshness, requests a second and what is wrong, the loudest first; the clock where the strip has none."""
    status = model.status
    if status is None:
        return make_row(" starting", base="bar")
    loud = _loud(status)
    spans = [badge_span(status)]
    if loud:
        spans.append(Span(f" {whole_facts(loud, width * 2 // 3)} ", "exit"))
    clock = clock_text(status, zone) if width < NARROW else ""
    used = sum(len(span.text) for span in spans) + len(clock)
    quiet = ""
    for words in _quiet(model, status):
        longer = f"{quiet} | {words}" if quiet else f" {words}"
        if used + len(longer) > width:
            break
        quiet = longer
    return make_row(*spans, quiet, " " * max(0, width - used - len(quiet)), clock, base="bar")


def _loud(status: StatusView) -> str:
    words = [status.detail, "" if status.ended in status.detail else status.ended, status.config_message]
    if not status.logging and "NOT LOGGING" not in status.detail:
        words.insert(0, "NOT LOGGING")
    if not status.connected and not status.detail and not status.ended:
        words.insert(0, "NOT CONNECTED")
    if status.paused:
        words.append("PAUSED")
    return clean(" | ".join(word for word in dict.fromkeys(words) if word))


def _quiet(model: ScreenModel, status: StatusView) -> list[str]:
    oldest = max((view.data_age_s for view in model.views.values() if view.data_age_s is not None), default=None)
    ages = [f"data {span_text(oldest)} old" if oldest is not None else "no data yet"]
    words = [
        *([] if status.ended else ages),
        f"market {status.market}",
        f"{status.alerts_total} alert{'' if status.alerts_total == 1 else 's'}",
    ]
    if status.stream and not model.silent_seconds:
        words.insert(0, "streaming" if status.stream == "stream" else status.stream)
    if model.muted:
        words.insert(0, "bell off")
    if status.speed != 1.0:
        words.insert(0, f"x{status.speed:g}" if status.speed else "as fast as it goes")
    if status.missing_features:
        words.insert(1, "not in your plan: " + ", ".join(status.missing_features))
    if status.positions_age_s is not None and status.positions_age_s > 60:
        words.append(f"positions {span_text(status.positions_age_s)} old")
    return [clean(word) for word in words]
