"""The figures a red burst is judged by, and how well the book covers the position."""

from __future__ import annotations

from collections.abc import Sequence

from orderflow_tui.core.model.units import PRICE_UNITS_PER_DOLLAR, spell_dollars, spell_minutes
from orderflow_tui.tui.look.formatting import BLANK, compact, left, right, share_mark
from orderflow_tui.tui.look.gauges import gauge, trend
from orderflow_tui.tui.look.styled_lines import Row, Span, make_row
from orderflow_tui.views.frozen_views import ExitCostView, SymbolView, WindowView

SELL_LINE = 0.60
"""A burst needs sellers above this share of the window (SPEC section 5)."""
THIN_COVERAGE = 2.0
"""Below it the door is narrow (SPEC section 5, `thin_exit`)."""
_LABEL = 6
_UNSURE = 0.05
"""Above this part of unknown sides the sell share says so."""
_IMPACT_SHARES = 10_000
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
    tail = right(f"{compact(window.volume, scale)}{share_mark(scale)}/{window.window_seconds}s", 13)
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
    unsure = window.unknown_share is not None and window.unknown_share > _UNSURE
    tail = left(f" 1m {minute}{f' unsure {window.unknown_share:.0%}' if unsure else ''}", 20 if width >= 40 else 8)
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


def leave_row(view: SymbolView, width: int) -> Row:
    """How the book stands to the position: shares bid within reach over shares held, its way over the last minute.

    Then how long all of it takes, and which way the cost of the panel's first row went.
    """
    leave = view.leave
    label = Span(left(" depth", _LABEL), "muted")
    if leave is None:
        return make_row(label, Span(right(BLANK, 6), "muted"))
    wide = width >= _WIDE
    minutes = leave.minutes_to_leave
    pace = "" if minutes is None else f"  {spell_minutes(minutes)} at 10% vol"
    cover = _cover_spans(leave, wide=wide)
    return Row(_within((label, *cover, Span(pace, "muted"), *_cost_spans(leave, wide=wide)), width))


def _cells(spans: Sequence[Span]) -> int:
    return sum(len(span.text) for span in spans)


def _within(spans: Sequence[Span], width: int) -> tuple[Span, ...]:
    """The leading spans that fit whole: half a figure would be another figure."""
    kept: list[Span] = []
    for span in spans:
        if _cells(kept) + len(span.text) > width:
            break
        kept.append(span)
    return tuple(kept)


def _cover_spans(leave: ExitCostView, *, wide: bool) -> list[Span]:
    if leave.coverage is None:
        return [Span(" one level" if leave.filled or leave.not_shown else right(BLANK, 6), "muted")]
    more = "+" if leave.coverage_at_least else ""
    thin, direction = _is_thin(leave), trend(leave.coverage_trend)
    falling = thin and direction == "falling"
    return [
        Span(right(f"{_times(leave.coverage)}{more}", 6), "alert" if thin else "strong"),
        Span(" your size", "muted"),
        Span(f" {direction if wide else _ARROWS.get(direction, '')}", "alert" if falling else "muted"),
    ]


def _times(ratio: float) -> str:
    return f"{ratio:.1f}x" if ratio < 9.95 else f"{ratio:.0f}x" if ratio < 999.5 else ">1kx"


def _cost_spans(leave: ExitCostView, *, wide: bool) -> list[Span]:
    """Where the cost of leaving was a minute ago, or which way it went; loud while it grows and the bids are thin."""
    direction = trend(leave.cost_trend)
    if leave.cost is None or not direction:
        return []
    token = "alert" if direction == "rising" and _is_thin(leave) else "muted"
    if not wide:
        return [Span("  cost ", "muted"), Span(_ARROWS[direction], token)]
    return [] if leave.cost_60s_ago is None else [Span(f"  cost 1 min ago {spell_dollars(leave.cost_60s_ago)}", token)]


def _is_thin(leave: ExitCostView) -> bool:
    return leave.coverage is not None and leave.coverage < THIN_COVERAGE


_ARROWS = {"falling": "↓", "rising": "↑", "flat": "→"}


def context_rows(view: SymbolView, width: int) -> list[Row]:
    """Context that never alarms: cumulative buys less sells with its error, distance to VWAP, the queue, the flow.

    How busy the tape is, and what 10,000 shares of one side move, come where there is room.
    """
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
    if context.pace is not None:
        words.append(f"pace {context.pace:.1f}x")
    if context.kyle_lambda is not None and context.kyle_lambda > 0:
        cents = context.kyle_lambda * scale * _IMPACT_SHARES * 100 / PRICE_UNITS_PER_DOLLAR
        words.append(f"10k moves {cents:+.2f}c")
    while len(words) > 1 and len("  ".join(words)) >= width:
        words.pop()
    return [make_row(Span(f" {'  '.join(words)}", "muted"))]
