"""A monitor that shows what the test says: deterministic views of every state a screen must carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import accumulate

from msgspec.structs import replace

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import Answer, WorkingOrder
from orderflow_tui.core.model.events import Levels
from orderflow_tui.core.model.units import NS, datetime_ns
from orderflow_tui.views.charts import SHADES, MapView, SeriesView
from orderflow_tui.views.frozen_views import (
    AlertLine,
    Chip,
    ContextView,
    DetailView,
    ExitCostView,
    LadderView,
    PositionView,
    PrintLine,
    RecommendationView,
    RuleLine,
    StatusView,
    SymbolView,
    WallMark,
    WindowView,
)

NOW_NS = datetime_ns(datetime(2025, 10, 22, 14, 35, 20, tzinfo=UTC))

DEPTH = Capabilities(
    source="simulator",
    source_class="simulated",
    host="127.0.0.1:8801",
    depth_levels=10,
    streaming=True,
    sides_given=True,
)
NBBO = Capabilities(source="polygon", source_class="live", host="api.polygon.io", depth_levels=1)
TAPE_ONLY = replace(NBBO, quotes=False)
DELAYED = replace(NBBO, delay_seconds=900)

_URGENCY: dict[Chip, int] = {"BLIND": 0, "EXIT": 1, "ALERT": 2, "WATCH": 3, "CALM": 5, "CLOSED": 7}


def ladder(best: int, step: int, levels: int, seed: int, wall_at: int | None = None) -> Levels:
    """Levels away from `best` in the direction of `step`, sizes from a small recurrence."""
    rows = []
    state = seed
    for index in range(levels):
        state = (state * 1_103 + 12_345) % 65_536
        size = 12_400 if index == wall_at else 100 + state % 40 * 100
        rows.append((best + index * step, size))
    return tuple(rows)


@cache
def traded(price: int, seed: int) -> LadderView:
    """What traded around a price: more near it, more sold below it."""
    rows = []
    state = seed
    for row in range(-20, 21):
        state = (state * 1_103 + 12_345) % 65_536
        size = (state % 90 + 10) * 100 // (1 + abs(row))
        if size > 400:
            rows.append((price + row * 100, size if row < 2 else size // 3, size // 2, state % 3 * 50))
    return LadderView(100, price, NOW_NS - 3_900 * NS, tuple(rows))


@cache
def liquidity(price: int, rows: int = 49, columns: int = 150) -> MapView:
    """A map with a wall two ticks below the bid, and who traded at the inside."""
    cells = bytearray(rows * columns)
    middle = rows // 2
    for row in range(rows):
        for column in range(30, columns):
            away = row - middle
            if abs(away) <= 10:
                shade = SHADES if away == 2 and column > 90 else 1 + (row * 7 + column // 9) % 4
                cells[row * columns + column] = shade + (SHADES if away < 0 else 0)
    prints = tuple((column, middle + column % 2, column % 5 * 300, 200, 0) for column in range(40, columns, 6))
    return MapView(2, NOW_NS // NS, columns, rows, 100, price + middle * 100, 12_400, bytes(cells), prints)


def sparks(seed: int, burst: bool = False) -> tuple[tuple[int, ...], tuple[int, ...]]:
    volume, sold = [], []
    state = seed
    for second in range(120):
        state = (state * 1_103 + 12_345) % 65_536
        amount = 0 if state % 7 == 0 else state % 900 + 50
        share = 0.2 + state % 60 / 100
        if burst and second > 108:
            amount, share = amount * 6 + 4_000, 0.88
        volume.append(amount)
        sold.append(round(amount * share))
    return tuple(volume), tuple(sold)


@cache
def prints(price: int, seed: int, count: int = 40) -> tuple[PrintLine, ...]:
    lines = []
    state = seed
    for index in range(count):
        state = (state * 1_103 + 12_345) % 65_536
        side = ("sell", "buy", "sell", "unknown")[state % 4]
        size = 12_500 if index == 3 else 100 + state % 30 * 50
        lines.append(
            PrintLine(
                NOW_NS - index * 700_000_000,
                price - state % 3 * 100,
                size,
                side,  # type: ignore[arg-type]
                off_exchange=index % 9 == 5,
                tier=2 if size > 10_000 else 1 if size > 1_400 else 0,
            )
        )
    return tuple(lines)


def window(ratio: float | None = 1.4, share: float = 0.47, warm: int = 310) -> WindowView:
    return WindowView(
        window_seconds=10,
        volume=12_310 if ratio is None else round(4_000 * ratio),
        baseline=0.0 if ratio is None else 4_000.0,
        ratio=ratio,
        spike_threshold=3.0,
        exit_ratio=4.0,
        sell_share=share,
        sell_share_60s=share - 0.05,
        unknown_share=0.04,
        warm_seconds=warm,
        warm_needed=310,
        price_words="so far -2c" if ratio and ratio > 3 else "",
    )


def leave(quantity: int, *, cost: float = 212.0, coverage: float | None = 6.1, falling: bool = False) -> ExitCostView:
    held = abs(quantity)
    filled = held if coverage is not None else min(held, 300)
    part = f" for {filled:,} of {held:,}" if filled < held else ""
    tail = ", the rest ~14 s at 10% of volume" if filled < held else ""
    now = "Sell all now:" if quantity > 0 else "Cover all now:"
    trend = tuple(8.0 - second * 0.1 if falling else 6.0 + second % 3 * 0.1 for second in range(60))
    facts: tuple[str, ...] = (f"{now} -${cost:,.0f}{part}, {cost * 100 / max(filled, 1):.1f}c/sh (5 bp){tail}",)
    if coverage is None:
        share = f"Bid shows {filled:,} of your {held:,} ({filled / max(held, 1):.0%})"
        facts = (share, "half spread 0.5c/sh, ~14 s at 10% of volume")
    return ExitCostView(
        line=f"{'; '.join(facts)} | Stop 13.45, 34c below (0.8x a normal 5-min range)",
        facts=facts,
        cost=cost,
        cost_bp=4.5,
        cost_60s_ago=cost * 0.8,
        filled=filled,
        not_shown=held - filled,
        coverage=coverage,
        coverage_at_least=False,
        minutes_to_leave=0.2,
        coverage_trend=trend if coverage is not None else (),
        cost_trend=tuple(cost * (0.8 + second / 305) for second in range(61)),
        refill_per_minute=2_400.0,
        traded_per_minute=18_000.0,
        usual_range=1_200,
    )


def position(quantity: int, cost: float, pnl: float) -> PositionView:
    return PositionView(
        quantity=quantity,
        average_cost=cost,
        pnl=pnl,
        pnl_percent=pnl / (abs(quantity) * cost) * 100,
        stop=round(cost * 0.97) * 10_000,
        stop_words="Stop 13.45, 34c below (0.8x a normal 5-min range)",
    )


def symbol_view(
    symbol: str,
    chip: Chip = "CALM",
    *,
    price: int = 138_500,
    quantity: int = 1_000,
    capabilities: Capabilities = DEPTH,
    detail: str = "",
    seed: int = 7,
    **changes: object,
) -> SymbolView:
    """One panel's view; `changes` replace any field."""
    levels = capabilities.depth_levels
    volume, sold = sparks(seed, burst=chip in {"ALERT", "EXIT"})
    has_book = capabilities.quotes
    view = SymbolView(
        symbol=symbol,
        chip=chip,
        chip_detail=detail,
        urgency=_URGENCY.get(chip, 6),
        now_ns=NOW_NS,
        capabilities=capabilities,
        bids=ladder(price, -100, levels, seed, 2 if levels > 2 else None) if has_book else (),
        asks=ladder(price + 100, 100, levels, seed + 5) if has_book else (),
        book_time_ns=NOW_NS - 400_000_000 if has_book else 0,
        quote_time_ns=NOW_NS - 200_000_000 if has_book else 0,
        last_price=price,
        change_60s=-400 if chip in {"ALERT", "EXIT"} else 100,
        walls=(
            WallMark(
                "bid",
                price - 200,
                "hit" if chip == "EXIT" else "seen",
                12_400,
                NOW_NS - 8 * NS,
                21_500,
                9_100 if chip == "EXIT" else 0,
                300,
                0,
            ),
        )
        if levels > 2
        else (),
        spark=volume,
        spark_sell=sold,
        spark_buy=tuple(total - part for total, part in zip(volume, sold, strict=True)),
        prints=prints(price, seed),
        window=window(4.6, 0.81) if chip == "EXIT" else window(3.2, 0.68) if chip == "ALERT" else window(),
        position=position(quantity, price / 10_000 + 0.05, -54.2 if quantity else 0.0) if quantity else None,
        leave=leave(quantity, coverage=6.1 if levels > 1 else None) if quantity and has_book else None,
        thresholds="Large 31,600+ (learnt: 10,000 is ordinary here, above 71% of sizes), burst 3x/30 s, exit 4x",
        context=ContextView(-0.8, -0.32, -12_400, 2_100.0, 138_600.0, -8.0, 0.0002),
        live_rules=("bid_wall", "bid_wall_hit", "ask_wall", "sell_print", "red_burst"),
        data_age_s=0.4,
        ladder=traded(price, seed),
        counters={"prints": 18_240, "skipped_prints": 12, "duplicates": 3, "late_prints": 1, "unknown_conditions": 0},
    )
    return replace(view, **changes)


def recommendation(symbol: str, **changes: object) -> RecommendationView:
    base = RecommendationView(
        recommendation_id=f"{symbol}:exit:{NOW_NS}",
        symbol=symbol,
        kind="flow",
        status="open",
        opened_ns=NOW_NS - 12 * NS,
        reason="3 large sellers in 85 s: 41 prints, 18,400 sh, 12,000 resting",
        evidence=(
            "Bid wall hit: 9,100 of 12,400 @ 13.83 in 8 s",
            "Large sell: 82,000 sold at the bid in 40 ms (11 prints)",
            "Heavy selling: 4.6x usual volume in 30 s, 81% sold, so far -2c",
        ),
        cost_line="Sell all now: -$212, 21.2c/sh (5 bp) | cost -$170 a minute ago | bid 13.90 at the signal, 13.85 now (-5c)",
        stop_line="Stop 13.45, 34c below (0.8x a normal 5-min range) | LONG 1,000 @ 13.90, -$54",
    )
    return replace(base, **changes)


def alert(symbol: str, index: int, text: str, **changes: object) -> AlertLine:
    base = AlertLine(
        episode_id=f"{symbol}:{index}",
        time_ns=NOW_NS - index * 9 * NS,
        symbol=symbol,
        evidence="bid_wall",
        severity="critical" if index % 2 == 0 else "warning",
        rank=1 + index % 3,
        counts=index % 3 < 2,
        text=text,
        why=("volume ratio 4.6 against 3", "sell ratio 0.81 against 0.6", "would not have fired with n eff at 22.4"),
    )
    return replace(base, **changes)


ALERT_TEXTS = (
    "Heavy selling: 4.6x usual volume in 10 s, 81% sold, so far -2c",
    "Bid wall hit: 9,100 of 12,400 @ 13.83 in 8 s",
    "Bid wall 12,400 @ 150.25 (support)",
    "Large sell: 82,000 sold at the bid in 40 ms (11 prints)",
    "Bid wall pulled: 12,400 @ 150.25, 300 of it traded",
    "Ask wall 12,400 @ 150.30",
)


def status(**changes: object) -> StatusView:
    base = StatusView(
        source_label="SIMULATED",
        source_class="simulated",
        host="127.0.0.1:8801",
        profile="guarded",
        market="open",
        now_ns=NOW_NS,
        requests_last_second=4.0,
        requests_budget=5.0,
        cycle_seconds=1.2,
        connected=True,
        alerts_total=57,
    )
    return replace(base, **changes)


@cache
def series(price: int = 138_500, count: int = 361, seed: int = 5) -> SeriesView:
    """Half an hour that falls at its end."""
    state = seed
    walk: list[int] = []
    for index in range(count):
        state = (state * 1_103 + 12_345) % 65_536
        walk.append((walk[-1] if walk else price) + state % 5 * 50 - (100 if index < count - 40 else 160))
    volume = [100 + (step * 37) % 900 for step in range(count)]
    sold = [amount * (40 if index < count - 40 else 85) // 100 for index, amount in enumerate(volume)]
    bought = [amount - part for amount, part in zip(volume, sold, strict=True)]
    return SeriesView(
        step_seconds=5,
        seconds=tuple(NOW_NS // NS - 5 * (count - 1 - index) for index in range(count)),
        bid=tuple(at - 50 for at in walk),
        ask=tuple(at + 50 for at in walk),
        last=tuple(walk),
        vwap=tuple(sum(walk[: index + 1]) / (index + 1) for index in range(count)),
        volume=tuple(volume),
        sold=tuple(sold),
        bought=tuple(bought),
        cvd=tuple(accumulate(buy - sell for buy, sell in zip(bought, sold, strict=True))),
        cvd_error=tuple(30.0 * index**0.5 for index in range(count)),
        bid_depth=tuple(8_000 - 15 * index for index in range(count)),
        ask_depth=tuple(6_000 + index % 30 * 40 for index in range(count)),
    )


@cache
def detail(symbol: str, price: int = 138_500) -> DetailView:
    """The detail of one symbol."""
    return DetailView(
        symbol,
        series(price),
        (
            RuleLine("tape known", "310 s", "310 s", met=True),
            RuleLine("volume ratio", "4.60x in 30 s", "> 3x", met=True),
            RuleLine("sell share", "81%", "> 60%", met=True),
            RuleLine("effective prints", "22", ">= 16", met=True),
            RuleLine("largest bid shown", "12,400", "> 31,600", met=False),
            RuleLine("counted signals", "2", ">= 3 in 120 s", met=False),
        ),
        prints(price, 11, 300),
        liquidity(price),
    )


def _answered(item: RecommendationView, answer: Answer) -> RecommendationView:
    if answer.kind == "take_back":
        return replace(item, status="open", header="", answered_ns=0)
    words = {"exited": "exited", "trimmed": "trimmed", "hold": "held", "snooze": "snoozed"}
    header = "KEPT at 13.85 (now -4c), muted 2:10, 3 signals since" if answer.kind in {"hold", "snooze"} else ""
    return replace(item, status=words[answer.kind], header=header, answered_ns=NOW_NS)


def market_card(*symbols: str, **changes: object) -> RecommendationView:
    """A card of several symbols."""
    names = tuple(recommendation(symbol) for symbol in symbols)
    return recommendation(
        " ".join(symbols), recommendation_id="market:1", kind="market", names=names,
        reason=f"{len(symbols)} of your positions within a minute", held=9, **changes,
    )  # fmt: skip


class FakeMonitor:
    """Stands in for the monitor; `answers` and `recovered` keep what the screen asked for."""

    def __init__(self, views: Mapping[str, SymbolView] | None = None) -> None:
        self._version = 1
        self._views = dict(views or {})
        self._status = status()
        self._alerts: tuple[AlertLine, ...] = ()
        self._recommendations: tuple[RecommendationView, ...] = ()
        self.answers: list[tuple[str, Answer]] = []
        self.owned: list[tuple[str, tuple[WorkingOrder, ...]]] = []
        self.recovered: list[str] = []
        self.detailed: list[str] = []
        self.details: dict[str, DetailView] = {}
        self.ring: Callable[[], None] = lambda: None

    @property
    def version(self) -> int:
        return self._version

    def views(self) -> Mapping[str, SymbolView]:
        return self._views

    def status(self) -> StatusView:
        return self._status

    def alert_lines(self) -> tuple[AlertLine, ...]:
        return self._alerts

    def recommendations(self) -> tuple[RecommendationView, ...]:
        return self._recommendations

    def answer(self, recommendation_id: str, answer: Answer) -> None:
        """Answer as the monitor would: the card leaves the open ones at once, a card of several one symbol."""
        self.answers.append((recommendation_id, answer))
        every = [one for item in self._recommendations for one in (item.names or (item,))]
        given = [_answered(one, answer) if one.recommendation_id == recommendation_id else one for one in every]
        still = tuple(one for one in given if one.status == "open")
        market = next((item for item in self._recommendations if item.names), None)
        if market is not None and len(still) > 1:
            together = replace(market, names=still, symbol=" ".join(one.symbol for one in still))
            self._recommendations = (together, *(one for one in given if one.status != "open"))
        else:
            self._recommendations = tuple(given)
        self._version += 1

    def recover(self, symbol: str) -> None:
        self.recovered.append(symbol)

    def own_orders(self, symbol: str, orders: tuple[WorkingOrder, ...]) -> None:
        self.owned.append((symbol, orders))

    def watch_detail(self, symbol: str) -> None:
        self.detailed.append(symbol)

    def detail(self) -> DetailView | None:
        return self.details.get(self.detailed[-1]) if self.detailed else None

    def rule_record(self, evidence: str) -> str:
        return f"Track record: too few here (7 of 100), {evidence}"

    def on_news(self, listener: Callable[[], None]) -> None:
        self.ring = listener

    def put(
        self,
        *views: SymbolView,
        alerts: tuple[AlertLine, ...] | None = None,
        recommendations: tuple[RecommendationView, ...] | None = None,
        **status_changes: object,
    ) -> None:
        """Publish: replace views by symbol, and what else is given."""
        self._views = {**self._views, **{view.symbol: view for view in views}}
        self._alerts = self._alerts if alerts is None else alerts
        self._recommendations = self._recommendations if recommendations is None else recommendations
        self._status = replace(self._status, **status_changes)
        self._version += 1

    def drop(self, symbol: str) -> None:
        """A position was removed from the file."""
        self._views = {name: view for name, view in self._views.items() if name != symbol}
        self._version += 1


def busy_market() -> FakeMonitor:
    """Every state at once: what a bad morning looks like."""
    held = recommendation("KO", status="held", header="KEPT at 13.85 (now -4c), muted 2:10, 3 signals since")
    monitor = FakeMonitor()
    monitor.put(
        symbol_view("NVDA", "BLIND", price=1_802_500, quantity=500, capabilities=NBBO, stale=True, seed=33,
                    data_age_s=34.2, detail="LEVEL2_STALE: the quote is 34 s old (limit 30 s)"),
        symbol_view("BAC", "EXIT", quantity=1_000, detail="3 counted in 85 s", seed=9,
                    leave=leave(1_000, coverage=1.4, falling=True)),
        symbol_view("MSFT", "ALERT", price=5_201_500, quantity=-150, detail="burst of buying", seed=21,
                    leave=leave(-150)),
        symbol_view("KO", "WATCH", price=694_400, quantity=300, capabilities=NBBO, seed=55, recommendation=held,
                    detail="Bid wall 12,400 @ 69.42 (support)"),
        symbol_view("AAPL", "CALM", price=2_583_100, quantity=200, seed=3),
        symbol_view("SPY", "CALM", price=6_712_300, quantity=0, seed=81),
        symbol_view("F", "THIN", price=122_300, quantity=5_000, capabilities=NBBO, detail="TAPE TOO THIN", seed=41),
        symbol_view("GME", "WARMING", price=231_200, quantity=100, window=window(None, 0.5, 130), detail="2:10/5:10",
                    seed=61),
        symbol_view("BRK.B", "NO QUOTES", price=4_901_000, quantity=20, capabilities=TAPE_ONLY, seed=77),
    )  # fmt: skip
    names = ("BAC", "BAC", "KO", "MSFT", "AAPL", "F")
    lines = tuple(alert(names[index % 6], index, ALERT_TEXTS[index % 6]) for index in range(30))
    monitor.put(alerts=lines, recommendations=(recommendation("BAC"), held))
    monitor.details = {name: detail(name, view.last_price or 0) for name, view in monitor.views().items()}
    return monitor


def calm_market(symbols: int = 4) -> FakeMonitor:
    """Nothing happens."""
    names = ("AAPL", "BAC", "MSFT", "NVDA", "F", "KO", "GME", "BRK.B", "SPY", "QQQ", "IWM", "XLF")
    monitor = FakeMonitor()
    monitor.put(*(symbol_view(name, seed=index + 3) for index, name in enumerate(names[:symbols])))
    return monitor
