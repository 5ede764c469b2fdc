"""Frozen views of the monitor's state: what the screen paints and plain output prints.

The monitor's thread publishes them; readers take the newest when they next look. Prices are integers of $0.0001
(`core.units.price_text` writes them), sizes integers of the source's size unit, money floats in dollars.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, Protocol

from msgspec import Struct

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Levels
from orderflow_tui.core.model.holder import Answer, WorkingOrder
from orderflow_tui.core.model.severity import Shown
from orderflow_tui.views.charts import MapView, SeriesView
from orderflow_tui.views.replay_progress import ReplayView

Chip = Literal[
    "CALM",
    "WARMING",
    "OPENING",
    "THIN",
    "WATCH",
    "ALERT",
    "EXIT",
    "STOP",
    "BLIND",
    "NO QUOTES",
    "HALTED",
    "CLOSED",
    "NO DATA",
]
SideWord = Literal["buy", "sell", "unknown"]
CANNOT_LEAVE = "CANNOT LEAVE"
"""How the line to read first begins while trading is halted."""
SINCE_SIGNAL = "at the signal"
"""In the fact that says what the price did since a recommendation opened."""


class PrintLine(Struct, frozen=True):
    """One print as the tape rows show it."""

    time_ns: int
    price: int
    size: int
    side: SideWord
    off_exchange: bool = False
    tier: int = 0
    """0 usual, 1 large for this name (a fifth of the print threshold), 2 above the threshold."""


class WallMark(Struct, frozen=True):
    """A wall at a price of the ladder: `seen`, `hit` or `pulled`."""

    side: Literal["bid", "ask"]
    price: int
    state: Literal["seen", "hit", "pulled"]
    size: int
    since_ns: int
    peak: int = 0
    """The most it ever showed."""
    sold: int = 0
    """Of it, what sellers are known to have taken in the last 30 s (buyers, for an offer)."""
    added: int = 0
    cancelled: int = 0
    in_sight: bool = True
    """False while better prices hide it: nothing is known of it then."""
    gone_ns: int = 0
    """When it was withdrawn; 0 while it stands."""


class AlertLine(Struct, frozen=True):
    """One alert as the feed pane shows it; a later one with the same `episode_id` replaces it in place."""

    episode_id: str
    time_ns: int
    symbol: str
    evidence: str
    severity: Shown
    rank: int
    counts: bool
    text: str
    """Without time and symbol, e.g. `Bid wall hit: 9,100 of 12,400 @ 150.25 in 8 s`."""
    against: Literal["long", "short"] = "long"
    late: bool = False
    updated_ns: int = 0
    why: tuple[str, ...] = ()
    """The figures it passed beside their thresholds, and the nearest threshold at which it would have been quiet."""
    record: str = ""
    """How this rule has done on this user's data."""
    demoted: bool = False
    """By its record it does worse than chance: labelled, and told more quietly."""
    times: int = 1
    """How often a warning that repeats was given."""


class WindowView(Struct, frozen=True):
    """The red burst's window, its baseline and what it is held against."""

    window_seconds: int
    volume: int
    baseline: float
    """Mean volume of as many seconds over the five minutes before; 0 while warming."""
    ratio: float | None
    """None while warming or with a baseline of 0."""
    spike_threshold: float
    exit_ratio: float
    sell_share: float | None
    """Of all eligible volume in the window, unknown sides in the denominator."""
    sell_share_60s: float | None
    unknown_share: float | None
    warm_seconds: int
    warm_needed: int
    price_words: str = ""
    """`price has not moved yet`, `already -2 ticks`."""


class ExitCostView(Struct, frozen=True):
    """What leaving costs now."""

    line: str
    """The line to read first, e.g. `Sell all now: -$212 for 300 of 1,000, 70.7c/sh (45 bp), the rest ~14 s ...`."""
    facts: tuple[str, ...]
    """The same without the stop, one fact a row, as many at each moment; two on one level."""
    cost: float | None
    """Dollars against the mid for the shares the book takes; None without a book."""
    cost_bp: float | None
    cost_60s_ago: float | None
    filled: int
    not_shown: int
    coverage: float | None
    """60 s median of shares bid in the band over shares held; None on one level or without a position."""
    coverage_at_least: bool
    minutes_to_leave: float | None
    coverage_trend: tuple[float, ...] = ()
    """The last 60 samples of coverage, one a second, oldest first."""
    cost_trend: tuple[float, ...] = ()
    """The last 61 samples of the cost in dollars, one a second, oldest first."""
    refill_per_minute: float | None = None
    """Net size that came to the bids within reach, a minute, over the last five; None before a minute is known."""
    traded_per_minute: float = 0.0
    """Tape of the last five minutes, a minute."""
    usual_range: int | None = None
    """Median five-minute range of the price."""


class PositionView(Struct, frozen=True):
    """The position and its open profit at the price one could leave at."""

    quantity: int
    average_cost: float
    pnl: float | None
    pnl_percent: float | None
    stop: int | None
    stop_words: str
    """`Stop 13.50, 34c below (0.8x a normal 5-min range)`, `STOP HIT at 13.50, bid 13.47`, or empty."""
    hypothetical: bool = False
    working: tuple[WorkingOrder, ...] = ()
    """Own resting orders, which the book shown is without."""


OPEN_OF_SYMBOL: Final = ":open"
"""`BAC:open` in the place of an id stands for every open recommendation of BAC."""


class RecommendationView(Struct, frozen=True):
    """A recommendation as the pinned card shows it."""

    recommendation_id: str
    symbol: str
    kind: Literal["flow", "stop", "market"]
    status: Literal["open", "held", "snoozed", "exited", "trimmed", "resolved", "unanswered"]
    opened_ns: int
    reason: str
    evidence: tuple[str, ...]
    cost_line: str
    """What leaving costs now and a minute ago."""
    stop_line: str = ""
    """How far the stop is and what is held; empty for a card of many symbols."""
    signals_since_answer: int = 0
    header: str = ""
    """While held or snoozed: `held 13.85, now -4c, 2:10 left, 3 more signals`."""
    rank: int = 1
    record: str = ""
    """What its kind of evidence was worth."""
    basis: str = ""
    """Which kind of evidence it rests on."""
    weight: Literal["leads", "calm", "note"] = "leads"
    """How loud that lets it be."""
    answered_ns: int = 0
    """When it was answered, while that answer can be taken back; 0 otherwise."""
    rearm_cents: float = 0.0
    """How far the price has to go on against an answer to ask again at once, cents a share."""
    names: tuple[RecommendationView, ...] = ()
    """Of a card of several symbols: each symbol's own."""
    held: int = 0
    """Of a card of several symbols: how many positions there are."""


class LadderView(Struct, frozen=True):
    """What traded at the prices around the inside, as rows that stand still while the inside moves a little."""

    step: int
    """Price units from row to row: the price step, or a round multiple of it where the spread is wide."""
    centre: int
    """The price of the middle row."""
    since_ns: int = 0
    """The first print counted; 0 where none is."""
    rows: tuple[tuple[int, int, int, int], ...] = ()
    """`(price, sold, bought, unsided)`, lowest price first, those alone where something traded this session."""


class ContextView(Struct, frozen=True):
    """Context, never an alarm by itself (`core.context.ContextFigures`), in the real market's direction."""

    ofi: float | None
    queue_imbalance: float | None
    cvd: int
    cvd_error: float
    vwap: float | None
    vwap_distance_bp: float | None
    kyle_lambda: float | None
    pace: float | None = None


def asked(weight: str) -> str:
    """What a recommendation of this weight is called: a kind of evidence worse than chance asks for no exit."""
    return "NOTE" if weight == "note" else "EXIT?"


class SymbolView(Struct, frozen=True):
    """Everything one panel shows."""

    symbol: str
    chip: Chip
    chip_detail: str
    """`2:10/5:10`, `Bid wall pulled: ...`, the reason of blindness; may be empty."""
    urgency: int
    """Panels sort by it, smallest first: blind with shares 0, EXIT 1, ALERT 2, WATCH 3, the rest 4 and up."""
    now_ns: int
    capabilities: Capabilities
    bids: Levels = ()
    asks: Levels = ()
    book_time_ns: int = 0
    """The vouched instant of the newest good book; 0 without one."""
    quote_time_ns: int = 0
    last_price: int | None = None
    price_step: int = 100
    change_60s: int | None = None
    walls: tuple[WallMark, ...] = ()
    spark: tuple[int, ...] = ()
    """Eligible volume of the last 120 seconds, oldest first."""
    spark_sell: tuple[int, ...] = ()
    """Sellers' part of it, same seconds."""
    spark_buy: tuple[int, ...] = ()
    """Buyers' part of it; what is left has no known side."""
    prints: tuple[PrintLine, ...] = ()
    """The newest 40, newest first."""
    window: WindowView | None = None
    position: PositionView | None = None
    leave: ExitCostView | None = None
    thresholds: str = ""
    """The thresholds in force in words, e.g. `Large 31,600+ (learnt: 10,000 is ordinary here), wall alerts off`."""
    context: ContextView | None = None
    live_rules: tuple[str, ...] = ()
    recommendation: RecommendationView | None = None
    calm_exit: bool = False
    """Nothing that is open rests on evidence known to be better than chance."""
    data_age_s: float | None = None
    """Seconds since the vouched instant (books) or the newest good tape payload, delay taken off."""
    muted: str = ""
    """Why the flow rules recommend nothing although shares are held: `you said exited; ...`. Empty otherwise."""
    stale: bool = False
    """Derived figures must not be shown as current: blind, or older than 10 s in an open market."""
    old: bool = False
    """It must not look current: blind, or 3 s and older in an open market."""
    counters: Mapping[str, int] | None = None
    """prints, skipped_prints, duplicates, late_prints, unknown_conditions."""
    band: tuple[int, int] = (0, 0)
    """Limit-down and limit-up prices (LULD), units of $0.0001; 0 where none is known."""
    halted_ns: int = 0
    """Since when its trading stands still; 0 while it goes on."""
    ladder: LadderView | None = None
    """None before there is a price."""


class RuleLine(Struct, frozen=True):
    """How near a rule is to speaking: its figure and its threshold in words."""

    name: str
    value: str
    threshold: str
    met: bool


class DetailView(Struct, frozen=True):
    """What only the detail screen of one symbol needs."""

    symbol: str
    series: SeriesView
    rules: tuple[RuleLine, ...] = ()
    """Every test of the flow rules as it stands now, in the order they are asked."""
    prints: tuple[PrintLine, ...] = ()
    """The newest 400 since the screen opened, newest first."""
    map: MapView | None = None
    """None before a book was seen."""


class StatusView(Struct, frozen=True):
    """The status line."""

    source_label: str
    """`LIVE polygon`, `SIMULATED`, `REPLAY bac_20131007_1405_1435 x1`, `DELAYED 15 min`."""
    source_class: Literal["live", "simulated", "replayed"]
    host: str
    profile: str
    market: str
    now_ns: int
    requests_last_second: float
    requests_budget: float
    cycle_seconds: float
    connected: bool
    detail: str = ""
    """Loudest thing to know: `KEY REFUSED`, `retrying in 4 s`, `NOT LOGGING: disk full, 12 waiting`."""
    logging: bool = True
    alerts_total: int = 0
    missing_features: tuple[str, ...] = ()
    stream: str = ""
    """How the stream stands: `stream`, `poll: ...` with the reason; empty where none is wanted."""
    ended: str = ""
    """Why the feed ended (a recording's end, a refused key), or empty."""
    config_message: str = ""
    """A refused reload of orderflow.toml or positions.toml; the old values still apply."""
    paused: bool = False
    speed: float = 1.0
    replay: ReplayView | None = None
    """How far a replay is; None where nothing is replayed."""
    positions_age_s: float | None = None
    exit_code: int = 0


class MonitorPort(Protocol):
    """What a screen may ask of the monitor. Every method returns at once and may be called from any thread."""

    @property
    def version(self) -> int:
        """Grows with every publication; a screen repaints when it has changed."""
        ...

    def views(self) -> Mapping[str, SymbolView]:
        """The newest view of each symbol, held first, then watched, in the positions file's order."""
        ...

    def status(self) -> StatusView:
        """The newest status line."""
        ...

    def alert_lines(self) -> tuple[AlertLine, ...]:
        """The newest 500 alert lines, newest first, updated in place."""
        ...

    def recommendations(self) -> tuple[RecommendationView, ...]:
        """Open ones first by rank, then held and snoozed ones."""
        ...

    def answer(self, recommendation_id: str, answer: Answer) -> None:
        """Record the trader's answer; journaled by the monitor's thread at once."""
        ...

    def recover(self, symbol: str) -> None:
        """Try a BLIND symbol again now."""
        ...

    def own_orders(self, symbol: str, orders: tuple[WorkingOrder, ...]) -> None:
        """These orders in the symbol's book are the holder's, beside those of the positions' source, until the end."""
        ...

    def watch_detail(self, symbol: str) -> None:
        """Make `detail()` for this symbol from now on; an empty one ends it."""
        ...

    def detail(self) -> DetailView | None:
        """The newest detail of the symbol that is watched; None until it is made."""
        ...

    def rule_record(self, evidence: str) -> str:
        """How a rule (`exit` for recommendations) has done on this user's data, in one line; empty where not kept."""
        ...

    def on_news(self, listener: Callable[[], None]) -> None:
        """Call back, in the monitor's thread, once an alert, a recommendation or a blindness has been published."""
        ...
