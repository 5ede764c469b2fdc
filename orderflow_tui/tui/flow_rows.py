"""The figures a red burst is judged by, and how well the book covers the position."""

from __future__ import annotations

from orderflow_tui.tui.gauges import gauge, trend, trend_spark
from orderflow_tui.tui.lines import Row, Span, make_row
from orderflow_tui.tui.text import BLANK, compact, crop, left, money, right
from orderflow_tui.views import LeaveView, SymbolView, WindowView

SELL_LINE = 0.60
"""A burst needs sellers above this share of the window (SPEC section 5)."""
_LABEL = 6
_WIDE = 76


def flow_rows(view: SymbolView, width: int) -> list[Row]:
    """Volume against its thresholds and the sell share: two rows, or one where both fit beside each other."""
    window = view.window
    scale = view.capabilities.size_scale
    if width >= _WIDE:
        half = width // 2
        ratio, share = _ratio_spans(window, half, scale), _share_spans(window, width - half)
        return [Row((*ratio, *share))]
    return [Row(tuple(_ratio_spans(window, width, scale))), Row(tuple(_share_spans(window, width)))]


def _ratio_spans(window: WindowView | None, width: int, scale: int) -> list[Span]:
    label = Span(left(" vol", _LABEL), "muted")
    if window is None:
        return [label, Span(left(right(BLANK, 6), width - _LABEL), "muted")]
    if window.ratio is None:
        return [label, *_warming(window, width - _LABEL)]
    over_spike, over_exit = window.ratio > window.spike_threshold, window.ratio > window.exit_ratio
    token = "exit-line" if over_exit else "alert" if over_spike else ""
    limits = f" >{window.spike_threshold:.1f} exit {window.exit_ratio:.1f}"
    tail = right(f"{compact(window.volume, scale)}/{window.window_seconds}s", 10)
    room = width - _LABEL - 6 - 1 - len(limits)
    tail = tail if room - len(tail) >= 8 else ""
    bar = gauge(
        window.ratio,
        window.exit_ratio * 1.25,
        max(0, room - len(tail) - 1),
        ((window.spike_threshold, "┃"), (window.exit_ratio, "E")),
    )
    figure = f"{window.ratio:.1f}x" if window.ratio < 1_000 else ">999x"
    return [label, Span(right(figure, 6), f"{token} bold"), Span(f" {bar}", token), Span(limits, "muted"),
            Span(left(tail, max(0, room - len(bar))), "muted")]  # fmt: skip


def _warming(window: WindowView, width: int) -> list[Span]:
    if window.warm_seconds >= window.warm_needed:
        return [Span(left("  no baseline volume, no signal", width), "muted")]
    words = f"  warming {window.warm_seconds}/{window.warm_needed}s "
    bar = gauge(window.warm_seconds, window.warm_needed, max(0, width - len(words) - 1), ())
    return [Span(left(words + bar, width), "muted")]


def _share_spans(window: WindowView | None, width: int) -> list[Span]:
    label = Span(left(" sell", _LABEL), "muted")
    if window is None or window.sell_share is None:
        return [label, Span(left(right(BLANK, 6), width - _LABEL), "muted")]
    token = "sell bold" if window.sell_share > SELL_LINE else ""
    minute = BLANK if window.sell_share_60s is None else f"{window.sell_share_60s:.0%}"
    unknown = "" if window.unknown_share is None else f" ?{window.unknown_share:.0%}"
    tail = left(f" 60s {minute}{unknown}", 14)
    words = window.price_words
    room = width - _LABEL - 6 - 1 - len(tail)
    if words and room - len(words) - 2 >= 8:
        tail += f" {words}"
        room -= len(words) + 1
    bar = gauge(window.sell_share, 1.0, max(0, min(room - 1, 40)), ((SELL_LINE, "┃"),))
    used = _LABEL + 6 + 1 + len(bar)
    return [
        label,
        Span(right(f"{window.sell_share:.0%}", 6), token),
        Span(f" {bar}", "sell" if token else ""),
        Span(left(tail, max(0, width - used)), "muted"),
    ]


def coverage_row(view: SymbolView, width: int) -> Row:
    """Bids within reach over shares held with its trend, minutes to leave, and what leaving cost a minute ago."""
    leave = view.leave
    if leave is None:
        held = view.position is not None and view.position.quantity
        return make_row(Span(f" cover {right(BLANK, 5)}" if held else "", "muted"))
    spans = [Span(left(" cover", 7), "muted"), *_cover_spans(leave)]
    used = sum(len(span.text) for span in spans)
    words = ""
    for extra in _leave_words(leave):
        longer = f"{words} | {extra}" if words else f"  {extra}"
        if used + len(longer) > width:
            break
        words = longer
    return make_row(*spans, Span(words, "muted"))


def _leave_words(leave: LeaveView) -> list[str]:
    words = []
    if leave.minutes_to_leave is not None:
        words.append(f"{leave.minutes_to_leave:.1f} min to leave")
    if leave.cost is not None and leave.cost_60s_ago is not None:
        words.append(f"cost {money(leave.cost)}, 1 min ago {money(leave.cost_60s_ago)}")
    return words


def _cover_spans(leave: LeaveView) -> list[Span]:
    if leave.coverage is None:
        return [Span("one level" if leave.filled or leave.not_shown else BLANK, "muted")]
    at_least = ">=" if leave.coverage_at_least else ""
    thin = leave.coverage < 2
    direction = trend(leave.coverage_trend)
    recent = leave.coverage_trend[::-6][::-1][-10:]
    return [
        Span(right(f"{at_least}{leave.coverage:.1f}x", 6), "alert" if thin else "strong"),
        Span(f" {trend_spark(recent)} " if recent else " ", "alert" if thin and direction == "falling" else "muted"),
        Span(left(direction, 7), "alert" if thin and direction == "falling" else "muted"),
    ]


def context_rows(view: SymbolView, width: int) -> list[Row]:
    """Context that never alarms: cumulative buys less sells with its error, distance to VWAP, the queue, the flow."""
    context = view.context
    if context is None:
        return []
    scale = view.capabilities.size_scale
    words = [f"CVD {compact(context.cvd, scale)} ±{compact(context.cvd_error, scale)}"]
    if context.vwap_distance_bp is not None:
        words.append(f"VWAP {context.vwap_distance_bp:+.0f} bp")
    if context.queue_imbalance is not None:
        words.append(f"queue {context.queue_imbalance:+.2f}")
    if context.ofi is not None:
        words.append(f"OFI {context.ofi:+.1f}")
    while len(words) > 1 and len("  ".join(words)) >= width:
        words.pop()
    return [make_row(Span(crop(f" {'  '.join(words)}", width), "muted"))]
