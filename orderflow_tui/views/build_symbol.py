"""Makes the frozen view of one symbol from its core. Called by the monitor's thread only."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final, Literal

from msgspec import Struct, field

from orderflow_tui.core.exits.exit_signal import ExitLatch
from orderflow_tui.core.model.events import BUY, OFF_EXCHANGE, SELL, Levels
from orderflow_tui.core.model.units import NS, price_text
from orderflow_tui.core.rules.burst_figures import price_words
from orderflow_tui.core.rules.catalogue import live_rules
from orderflow_tui.core.rules.wall import Wall
from orderflow_tui.core.rules.wall_rules import WallRules
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.views.build_ladder import LadderWindow, ladder_view
from orderflow_tui.views.build_position import exit_cost_view, muted_words, position_view, recommendations
from orderflow_tui.views.exit_words import held_header
from orderflow_tui.views.frozen_views import (
    AlertLine,
    Chip,
    ContextView,
    PrintLine,
    SideWord,
    SymbolView,
    WallMark,
    WindowView,
)
from orderflow_tui.views.session_words import opens_words

SPARK_SECONDS: Final = 120
PRINTS: Final = 40
_PULLED_NS: Final = 60 * NS
_ALERT_NS: Final = 60 * NS
_WATCH_NS: Final = 120 * NS
_OLD_S: Final = 3.0
_STALE_S: Final = 10.0
_SIDES: Final[dict[int, SideWord]] = {BUY: "buy", SELL: "sell"}


class SourceState(Struct, frozen=True):
    """What the monitor knows of a symbol beside its core.

    Attributes:
        blind: Why it is blind, or empty.
        note: `not_found` or `no_quotes` words of the source, or empty.
        closed: The market is closed.
        age_s: Seconds since the vouched instant, delay taken off; None before the first good payload.
        quote_ns: The quote's own time.
        alerts: The newest alert lines of the symbol, newest first.
        counters: Figures for the detail screen.
        band: Limit-down and limit-up prices, 0 where none is known.
        halted_ns: Since when its trading stands still, 0 while it goes on.
        ladder: Which prices its ladder shows.
    """

    blind: str
    note: str
    closed: bool
    age_s: float | None
    quote_ns: int
    alerts: Sequence[AlertLine]
    counters: dict[str, int]
    band: tuple[int, int] = (0, 0)
    halted_ns: int = 0
    ladder: LadderWindow = field(default_factory=LadderWindow)


def _real(levels: Levels, *, short: bool) -> Levels:
    return tuple((-price, size) for price, size in levels) if short else levels


def symbol_view(core: SymbolCore, standing: SourceState, now_ns: int) -> SymbolView:
    """The view of one symbol at `now_ns` (event time)."""
    market, short = core.market, core.mirror.short
    near, far = _real(market.bids, short=short), _real(market.asks, short=short)
    second = max(now_ns, core.timers.now_ns) // NS
    chip, detail, urgency = _chip(core, standing, now_ns, second)
    volumes, sells, buys = core.window.by_second(second, SPARK_SECONDS)
    earlier = market.quote_at(second - 60)
    change = None
    if earlier is not None and market.bids and market.asks:
        moved = (market.bids[0][0] + market.asks[0][0] - earlier[0] - earlier[1]) // 2
        change = -moved if short else moved
    age_s = 0.0 if standing.age_s is None or standing.closed else standing.age_s
    return SymbolView(
        symbol=core.symbol,
        chip=chip,
        chip_detail=detail,
        urgency=urgency,
        now_ns=now_ns,
        capabilities=core.terms.capabilities,
        bids=far if short else near,
        asks=near if short else far,
        book_time_ns=market.book_ns,
        quote_time_ns=standing.quote_ns,
        last_price=None if market.last_price is None else core.mirror.price(market.last_price),
        price_step=market.price_step,
        change_60s=change,
        walls=tuple(_marks(core, now_ns)),
        spark=tuple(volumes),
        spark_sell=tuple(buys if short else sells),
        spark_buy=tuple(sells if short else buys),
        prints=newest_prints(core, PRINTS),
        window=_window(core, second),
        position=position_view(core),
        leave=exit_cost_view(core, second),
        thresholds=_thresholds(core) + _band(standing.band),
        context=_context(core, now_ns),
        live_rules=live_rules(core.terms.capabilities, core.terms.thresholds.profile),
        recommendation=next(iter(recommendations(core, now_ns)), None),
        data_age_s=standing.age_s,
        muted=muted_words(core, now_ns),
        stale=bool(standing.blind) or age_s > _STALE_S,
        old=bool(standing.blind) or age_s >= _OLD_S,
        counters=standing.counters,
        band=standing.band,
        halted_ns=standing.halted_ns,
        ladder=ladder_view(core, standing.ladder),
    )


def _chip(core: SymbolCore, standing: SourceState, now_ns: int, second: int) -> tuple[Chip, str, int]:
    held = core.holding.quantity > 0
    if standing.blind:
        return "BLIND", standing.blind, 0 if held else 3
    asked: tuple[tuple[ExitLatch, Chip], ...] = ((core.holding.stop_latch, "STOP"), (core.holding.flow, "EXIT"))
    for latch, chip in asked:
        if latch.current is not None and latch.current.status == "open":
            return chip, "", 1
    if core.terms.halted:
        return "HALTED", core.terms.halted, 1 if held else 3
    return _quiet_chip(standing, now_ns, held=held) or _flow_chip(core, standing, now_ns, second)


def _quiet_chip(standing: SourceState, now_ns: int, *, held: bool) -> tuple[Chip, str, int] | None:
    """What there is to say when the symbol shows nothing, and None when it does."""
    if standing.note:
        return "NO DATA", standing.note, 2 if held else 8
    if standing.closed:
        return "CLOSED", opens_words(now_ns), 9
    if standing.age_s is None:
        return "NO DATA", "waiting for data", 6
    return None


def _flow_chip(core: SymbolCore, standing: SourceState, now_ns: int, second: int) -> tuple[Chip, str, int]:
    ages = [(now_ns - max(line.time_ns, line.updated_ns), line) for line in standing.alerts if not line.late]
    loud = [line for age, line in ages if age <= _ALERT_NS and line.severity != "info"]
    if loud:
        return "ALERT", min(loud, key=lambda line: line.rank).text, 2
    if ages and ages[0][0] <= _WATCH_NS:
        return "WATCH", ages[0][1].text, 3
    if held_header(core, now_ns):
        return "WATCH", "", 3  # what was answered stands in a row of its own
    return _rule_chip(core, now_ns, second)


def _rule_chip(core: SymbolCore, now_ns: int, second: int) -> tuple[Chip, str, int]:
    """Which rules cannot speak now, and CALM when all can and none does."""
    span = core.span
    have, need = span.warm_seconds(second), span.warm_needed
    if have < need:
        session = core.learning.session
        opening = session is not None and session.name == "regular"
        opening = opening and span.covered_from == (session.start_ns // NS if session else None)
        return "OPENING" if opening else "WARMING", f"{_clock(have)}/{_clock(need)}", 5
    if core.terms.near_event(now_ns):
        return "WATCH", "your event within 30 min: relative-volume rules off", 4
    if span.thin:
        return "THIN", "tape too thin for the burst rule", 5
    if not core.terms.capabilities.quotes:
        return "NO QUOTES", "tape rules only", 5
    return "CALM", "", 6


def _clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02d}"


def real_side(near: bool, *, short: bool) -> Literal["bid", "ask"]:
    """The real market's side of what the core calls its bids (`near`) or asks."""
    return "bid" if near != short else "ask"


def _marks(core: SymbolCore, now_ns: int) -> list[WallMark]:
    marks: list[WallMark] = []
    walls = core.rules.part(WallRules)
    for tracker, near in ((walls.bids, True), (walls.asks, False)):
        real = real_side(near, short=core.mirror.short)
        marks += [_mark(core, wall, real, "hit" if wall.hit else "seen") for wall in tracker.showing()]
        marks += [_mark(core, wall, real, "pulled") for wall in tracker.pulled if now_ns - wall.gone_ns <= _PULLED_NS]
    return marks


def _mark(
    core: SymbolCore, wall: Wall, side: Literal["bid", "ask"], state: Literal["seen", "hit", "pulled"]
) -> WallMark:
    return WallMark(
        side, core.mirror.price(wall.price), state, wall.size, wall.opened_ns, wall.peak, wall.sold, wall.added,
        wall.cancelled, wall.in_sight, wall.gone_ns if state == "pulled" else 0,
    )  # fmt: skip


def newest_prints(core: SymbolCore, most: int) -> tuple[PrintLine, ...]:
    """The newest prints, newest first."""
    return tuple(_print_line(core, row) for row in islice(reversed(core.tape.rows), most))


def _print_line(core: SymbolCore, row: tuple[int, int, int, int, int]) -> PrintLine:
    time_ns, price, size, side, flags = row
    threshold = core.terms.print_threshold
    tier = 2 if size > threshold else 1 if size * 5 >= threshold else 0
    return PrintLine(time_ns, price, size, _SIDES.get(side, "unknown"), bool(flags & OFF_EXCHANGE), tier)


def _window(core: SymbolCore, second: int) -> WindowView:
    span, window = core.span, core.window
    seconds = span.seconds
    volume = window.volume_through(second) - window.volume_through(second - seconds)
    sold = window.sell_through(second) - window.sell_through(second - seconds)
    bought = window.buy_through(second) - window.buy_through(second - seconds)
    minute = window.volume_through(second) - window.volume_through(second - 60)
    sellers = window.buy_through if core.mirror.short else window.sell_through
    minute_sold = sellers(second) - sellers(second - 60)
    baseline = span.baseline(second)
    return WindowView(
        window_seconds=seconds,
        volume=volume,
        baseline=baseline,
        ratio=volume / baseline if baseline > 0 else None,
        spike_threshold=core.terms.thresholds.volume_spike_threshold,
        exit_ratio=core.terms.exit_ratio,
        sell_share=(bought if core.mirror.short else sold) / volume if volume else None,
        sell_share_60s=minute_sold / minute if minute else None,
        unknown_share=(volume - sold - bought) / volume if volume else None,
        warm_seconds=span.warm_seconds(second),
        warm_needed=span.warm_needed,
        price_words=price_words(core.market.ticks_moved(60), core.mirror.sign, core.market.price_step),
    )


def _thresholds(core: SymbolCore) -> str:
    """The thresholds in force and where the configured one stands in this name."""
    sizes = core.writer.sizes
    terms = core.terms
    configured, resting, prints = terms.configured_threshold, terms.resting_threshold, terms.print_threshold
    learner = core.learning.learner
    if core.terms.capabilities.sizes_unsure:
        return "Rules on sizes are off: they may be round lots"
    text = f"Large {sizes(resting)}+"
    if core.terms.thresholds.profile == "guarded" and learner.ready:
        if resting > configured:
            place = learner.resting_place(configured) * 100
            text += f" (learnt: {sizes(configured)} is ordinary here, above {place:.0f}% of sizes)"
        if resting > learner.largest_resting:
            text += ", wall alerts off"
    if prints != resting:
        text += f", prints {sizes(prints)}+"
    spike, span = core.terms.thresholds.volume_spike_threshold, core.span
    text += f", burst {spike:g}x/{span.seconds} s, exit {core.terms.exit_ratio:.3g}x"
    return text


def _band(band: tuple[int, int]) -> str:
    lower, upper = band
    return f", LULD {price_text(lower)} to {price_text(upper)}" if lower and upper else ""


def _context(core: SymbolCore, now_ns: int) -> ContextView:
    """Context in the real market's direction."""
    figures, sign = core.context.figures(now_ns), core.mirror.sign
    last, vwap = core.market.last_price, figures.vwap
    return ContextView(
        ofi=None if figures.ofi is None else sign * figures.ofi,
        queue_imbalance=None if figures.queue_imbalance is None else sign * figures.queue_imbalance,
        cvd=sign * figures.cvd,
        cvd_error=figures.cvd_error,
        vwap=None if vwap is None else sign * vwap,
        vwap_distance_bp=None if vwap is None or last is None else sign * (last - vwap) / (sign * vwap) * 10_000,
        kyle_lambda=figures.kyle_lambda,
        pace=figures.pace,
    )
