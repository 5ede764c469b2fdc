"""Makes what only one symbol's detail screen needs. Called by the monitor's thread while somebody looks at it."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from orderflow_tui.core.exits.counted_signals import ALERTS_NEEDED
from orderflow_tui.core.market.series import STEP_SECONDS, Sample, sample_now
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.alert_writer import SELL_SHARE
from orderflow_tui.core.rules.burst_figures import N_EFF_LEAST, WILSON_FLOOR
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.views.build_symbol import newest_prints
from orderflow_tui.views.charts import MapView, SeriesView
from orderflow_tui.views.frozen_views import DetailView, RuleLine

PRINTS: Final = 400


def detail_view(core: SymbolCore, now_ns: int, liquidity: MapView | None = None) -> DetailView:
    """The detail of one symbol at `now_ns` (event time), with the map of its liquidity."""
    second = max(now_ns, core.timers.now_ns) // NS
    return DetailView(
        symbol=core.symbol,
        series=series_view(core, second),
        rules=tuple(rule_lines(core, second)),
        prints=newest_prints(core, PRINTS),
        map=liquidity,
    )


def series_view(core: SymbolCore, second: int) -> SeriesView:
    """The samples kept and the state of this second, in the real market's prices and sides."""
    if core.series is None:
        return SeriesView(STEP_SECONDS)
    rows = core.series.rows()
    if not rows or rows[-1].second < second:
        rows.append(sample_now(second, core.market, core.window, core.context, core.tape.taken))
    short, real = core.mirror.short, core.mirror.price
    steps = list(pairwise(rows))
    bids, asks = [real(row.bid) or None for row in rows], [real(row.ask) or None for row in rows]
    sold, bought = (0, *(b.sold - a.sold for a, b in steps)), (0, *(b.bought - a.bought for a, b in steps))
    near, far = tuple(row.bid_depth for row in rows), tuple(row.ask_depth for row in rows)
    return SeriesView(
        step_seconds=STEP_SECONDS,
        seconds=tuple(row.second for row in rows),
        bid=tuple(asks if short else bids),
        ask=tuple(bids if short else asks),
        last=tuple(real(row.last) or None for row in rows),
        vwap=tuple(core.mirror.sign * row.vwap or None for row in rows),
        volume=(0, *(b.volume - a.volume for a, b in steps)),
        sold=bought if short else sold,
        bought=sold if short else bought,
        cvd=tuple(_signed(row, short=short) for row in rows),
        cvd_error=tuple(row.cvd_error for row in rows),
        bid_depth=far if short else near,
        ask_depth=near if short else far,
    )


def _signed(row: Sample, *, short: bool) -> int:
    return -row.cvd if short else row.cvd


def rule_lines(core: SymbolCore, second: int) -> list[RuleLine]:
    """Every test of the flow rules as it stands, in the order they are asked: why nothing fires, or what does."""
    return [*_burst_lines(core, second), *_wall_lines(core), *_exit_lines(core)]


def _burst_lines(core: SymbolCore, second: int) -> list[RuleLine]:
    span, window = core.span, core.window
    exit_ratio = core.terms.exit_ratio
    have, need, seconds = span.warm_seconds(second), span.warm_needed, span.seconds
    lines = [RuleLine("tape known", f"{have} s", f"{need} s", have >= need)]
    if span.thin:
        lines.append(RuleLine("prints a minute", "too thin", "12 in 60 s", False))
    volume = window.volume_through(second) - window.volume_through(second - seconds)
    baseline = span.baseline(second)
    ratio, spike = volume / baseline if baseline else 0.0, core.terms.thresholds.volume_spike_threshold
    value = f"{ratio:.2f}x in {seconds} s" if baseline else "no baseline"
    lines.append(RuleLine("volume ratio", value, f"> {spike:g}x", ratio > spike))
    lines.append(RuleLine("the same, for an exit", value, f"> {exit_ratio:.3g}x", ratio > exit_ratio))
    through = window.sell_through
    sold = through(second) - through(second - seconds)
    share = sold / volume if volume else 0.0
    who = core.writer.words("sell share", "buy share")
    lines.append(RuleLine(who, f"{share:.0%}" if volume else "no volume", f"> {SELL_SHARE:.0%}", share > SELL_SHARE))
    if core.terms.thresholds.profile != "guarded" or not volume:
        return lines
    n_eff, low, largest = span.guards(second, share)
    z = span.robust_z(second)
    return [
        *lines,
        RuleLine("effective prints", f"{n_eff:.0f}", f">= {N_EFF_LEAST:.0f}", n_eff >= N_EFF_LEAST),
        RuleLine(f"{who} at least", f"{low:.0%}", f">= {WILSON_FLOOR:.0%}", low >= WILSON_FLOOR),
        RuleLine("largest print", f"{largest:.0%} of it", "<= 50%", largest <= 0.5),
        RuleLine("robust z", "unknown" if z is None else f"{z:.1f}", "shown only", True),
    ]


def _wall_lines(core: SymbolCore) -> list[RuleLine]:
    market, sizes, threshold = core.market, core.writer.sizes, core.terms.resting_threshold
    lines = []
    names = core.writer.words("bid", "offer"), core.writer.words("offer", "bid")
    for name, levels in zip(names, (market.bids, market.asks), strict=True):
        largest = max((size for _, size in levels), default=0)
        lines.append(RuleLine(f"largest {name} shown", sizes(largest), f"> {sizes(threshold)}", largest > threshold))
    return lines


def _exit_lines(core: SymbolCore) -> list[RuleLine]:
    holding = core.holding
    count = len(holding.counted_signals.signals())
    wanted = f">= {ALERTS_NEEDED} in {holding.counted_signals.window_seconds} s"
    lines = [RuleLine("counted signals", f"{count}", wanted, count >= ALERTS_NEEDED)]
    watch, bid = holding.stop_watch, core.market.bid
    if watch is not None and bid is not None:
        away, near = (bid - watch.stop) / 100, core.market.near_distance / 100
        lines.append(RuleLine("stop away", f"{away:.0f}c", f"near <= {near:.0f}c", away <= near))
    return lines
