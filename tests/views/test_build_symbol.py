"""The view of one symbol: chips, figures and words, in the real market's direction."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.core.model.events import OFF_EXCHANGE, REGULAR, Clock, Halt, TapeCovered
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.monitor.watched_symbol import WatchedSymbol, alert_line
from orderflow_tui.views.build_position import recommendations
from orderflow_tui.views.build_symbol import SourceState, symbol_view
from orderflow_tui.views.fire_drill import fire_drill
from orderflow_tui.views.frozen_views import AlertLine, SymbolView
from tests.core.kit import NOON, Rules, Tape, alerts, exits, held, levels, make

GUARDED = Rules(profile="guarded")


def _standing(
    *, blind: str = "", note: str = "", closed: bool = False, age_s: float | None = 0.5, lines: Sequence[AlertLine] = ()
) -> SourceState:
    return SourceState(blind, note, closed, age_s, 0, lines, {})


def _view(core: SymbolCore, at: float = 0, standing: SourceState | None = None) -> SymbolView:
    return symbol_view(core, standing or _standing(), NOON + round(at * NS))


def _warm(core: SymbolCore, last: int = 400) -> SymbolCore:
    tape = Tape().book(0, [(100.00, 500)], [(100.02, 300)]).steady(0, last)
    core.process([*tape.events, Clock(tape.at(last + 1))])
    return core


def test_calm_with_its_figures() -> None:
    core = _warm(make(position=held(100, "99.00")))
    core.process(Tape(NOON + 402 * NS).sell(0, 100.00, 600, REGULAR | OFF_EXCHANGE).events[1:])
    view = _view(core, 402)
    assert (view.chip, view.urgency, view.stale) == ("CALM", 6, False)
    assert view.bids == levels([(100.00, 500)])
    assert view.asks == levels([(100.02, 300)])
    assert view.window is not None
    assert (view.window.window_seconds, view.window.volume, view.window.baseline) == (10, 1_400, 1_000.0)
    assert view.window.ratio == pytest.approx(1.4)
    assert view.window.sell_share == pytest.approx(600 / 1_400)
    assert view.window.unknown_share == 0.0
    assert view.spark[-1] == view.spark_sell[-1] == 600
    assert len(view.spark) == 120
    newest = view.prints[0]
    assert (newest.price, newest.size, newest.side, newest.off_exchange) == (1_000_000, 600, "sell", True)
    assert view.position is not None
    assert (view.position.quantity, view.position.pnl, view.position.stop) == (100, 100.0, None)
    assert view.position.pnl_percent == pytest.approx(100 / 99)
    assert view.leave is not None
    assert view.leave.coverage is None
    assert view.leave.minutes_to_leave == pytest.approx(100 / (30_600 / 50), rel=0.01)
    assert view.change_60s == 0
    assert view.live_rules == ("bid_wall", "bid_wall_hit", "ask_wall", "bid_wall_pulled", "sell_print", "red_burst")
    assert view.thresholds == "Large 10,000+, burst 3x/10 s, exit 4x"


@pytest.mark.parametrize(("size", "tier"), [(1_999, 0), (2_000, 1), (10_000, 1), (10_001, 2)])
def test_prints_stand_out_by_their_size(size: int, tier: int) -> None:
    core = make()
    core.process(Tape().buy(0, 100.0, size).events)
    assert _view(core).prints[0].tier == tier


def test_nothing_is_calm_before_the_rules_can_speak() -> None:
    assert _view(make(), standing=_standing(age_s=None)).chip == "NO DATA"
    core = make()
    core.process(Tape().book(0, [(100, 1)], [(101, 1)]).steady(0, 59).events)
    view = _view(core, 59)
    assert (view.chip, view.chip_detail) == ("WARMING", "1:00/5:10")
    thin = make(GUARDED)
    tape = Tape()
    for number in range(80):
        tape.buy(number * 6, 100.0, 100)
    thin.process(tape.events)
    assert _view(thin, 480).chip == "THIN"
    blind = _warm(make(quotes=False))
    assert _view(blind, 401).chip == "NO QUOTES"


def test_at_the_open_it_says_opening_with_its_progress() -> None:
    core, start = make(), NOON - 2 * 3_600 * NS - 1_800 * NS - 60 * NS
    tape = Tape(start).steady(0, 189)
    core.process(tape.events)
    view = symbol_view(core, _standing(), tape.at(189.5))
    assert (view.chip, view.chip_detail) == ("OPENING", "2:10/5:10")


def test_your_event_is_named() -> None:
    core = _warm(make(position=held()))
    core.terms.event_times_ns = (NOON + 600 * NS,)
    view = _view(core, 401)
    assert (view.chip, view.chip_detail) == ("WATCH", "your event within 30 min: relative-volume rules off")


@pytest.mark.parametrize(("quantity", "urgency"), [(100, 0), (0, 3)])
def test_holding_while_blind_is_the_loudest(quantity: int, urgency: int) -> None:
    core = _warm(make(position=held(quantity) if quantity else None))
    view = _view(core, 401, _standing(blind="LEVEL2_STALE: 34 s old"))
    assert (view.chip, view.chip_detail, view.urgency, view.stale) == ("BLIND", "LEVEL2_STALE: 34 s old", urgency, True)


def test_other_standings() -> None:
    core = _warm(make(position=held()))
    core.process([Halt(NOON + 402 * NS, halted=True, reason="LUDP")])
    assert _view(core, 402).chip_detail == "LUDP"
    core.process([Halt(NOON + 403 * NS, halted=False)])
    assert _view(core, 403, _standing(note="not found at the source")).chip == "NO DATA"
    closed = _view(core, 403, _standing(closed=True, age_s=9_000.0))
    assert (closed.chip, closed.stale) == ("CLOSED", False)
    assert _view(core, 403, _standing(age_s=10.1)).stale
    assert not _view(core, 403, _standing(age_s=10.0)).stale


def test_alerts_are_seen_for_a_minute_and_watched_for_two() -> None:
    core = _warm(make())
    outputs = core.process(Tape(NOON + 402 * NS).book(0, [(100.00, 20_000)], [(100.02, 100)]).events[1:])
    (wall,) = alerts(outputs)
    line = alert_line(wall)
    assert [_view(core, at, _standing(lines=(line,))).chip for at in (403, 462, 463, 522, 523)] == [
        "ALERT", "ALERT", "WATCH", "WATCH", "CALM",
    ]  # fmt: skip
    late = replace(alert_line(wall), late=True)
    assert _view(core, 403, _standing(lines=(late,))).chip == "CALM"
    (mark,) = _view(core, 403).walls
    assert (mark.side, mark.price, mark.state, mark.size) == ("bid", 1_000_000, "seen", 20_000)


def test_of_fresh_alerts_the_one_that_ranks_highest_is_named() -> None:
    core = _warm(make())
    outputs = core.process(Tape(NOON + 402 * NS).book(0, [(100.00, 20_000)], [(100.02, 100)]).events[1:])
    (wall,) = (alert_line(alert) for alert in alerts(outputs))
    lines = (wall, replace(wall, rank=2, text="hit"), replace(wall, rank=1, text="burst"))
    assert _view(core, 403, _standing(lines=lines)).chip_detail == "burst"
    seen = replace(wall, counts=False, severity="info")
    old = replace(lines[1], time_ns=seen.time_ns - 59 * NS)
    assert [_view(core, at, _standing(lines=(seen, old))).chip for at in (403, 404)] == ["ALERT", "WATCH"]


def _leaving(quantity: int = 1_000, *, stop: str | None = None) -> SymbolCore:
    core = make(GUARDED, held(quantity, "101.00", stop=stop))
    tape = Tape().book(0, [(100.00, 400)], [(100.02, 400)])
    for at in (1, 32, 63):
        tape.sell(at, 100.00, 12_000)
    assert len(exits(core.process([*tape.events, Clock(tape.at(64))]))) == 1
    return core


def test_an_open_recommendation_is_a_card_and_the_chip() -> None:
    core = _leaving()
    view = _view(core, 64)
    assert (view.chip, view.urgency) == ("EXIT", 1)
    assert view.recommendation is not None
    assert view.recommendation.reason == "3 large sellers in 62 s: 3 prints, 36,000 sh"
    words = "Bid shows 400 of your 1,000 (40%); half spread 1c/sh, ~1.4 min at 10% of volume"
    assert view.recommendation.cost_line == f"{words} | bid 100.00 at the signal, 100.00 now (+0c)"
    assert view.leave is not None
    assert (view.leave.line, view.leave.filled, view.leave.not_shown) == (words, 400, 600)
    assert view.recommendation.stop_line == "No stop set | LONG 1,000 @ 101.00, -$1,000"
    assert view.leave.cost_60s_ago == pytest.approx(4.0)


def test_an_answer_is_a_header_with_what_came_since() -> None:
    core = _leaving()
    assert core.holding.flow.current is not None
    core.answer(NOON + 64 * NS, core.holding.flow.current.recommendation_id, Answer("hold"))
    tape = Tape(NOON + 70 * NS).book(0, [(99.99, 400)], [(100.01, 400)])
    for at in (24, 55):
        tape.sell(at, 99.99, 12_000)
    core.process([*tape.events[1:], Clock(tape.at(56))])
    view = _view(core, 234)
    assert (view.chip, view.chip_detail) == ("WATCH", "")
    (card,) = recommendations(core, NOON + 234 * NS)
    assert (card.status, card.signals_since_answer) == ("held", 2)
    assert card.header == "KEPT at 100.00 (now -1c), muted 2:10, 2 signals since"


def test_a_trimmed_position_that_does_not_change_is_told() -> None:
    core = _leaving()
    assert core.holding.flow.current is not None
    core.answer(NOON + 64 * NS, core.holding.flow.current.recommendation_id, Answer("trimmed", shares=400))
    assert "old quantity" not in recommendations(core, NOON + 124 * NS)[0].header
    (card,) = recommendations(core, NOON + 125 * NS)
    assert card.header.endswith("positions still show the old quantity")
    view = _view(core, 125)
    assert view.position is not None
    assert view.position.quantity == 600


def test_the_stops_card_comes_first() -> None:
    core = _leaving(stop="100.01")
    kinds = [(card.kind, card.rank) for card in recommendations(core, NOON + 64 * NS)]
    assert kinds == [("stop", 1), ("flow", 2)]
    view = _view(core, 64)
    assert view.position is not None
    assert view.position.stop_words == "STOP HIT at 100.01, bid 100.00"


def test_depth_has_a_coverage() -> None:
    core = make(GUARDED, held(100), depth_levels=3)
    tape = Tape().book(0, [(100.00, 50), (99.95, 150), (99.80, 500)], [(100.02, 400)])
    core.process([*tape.events, Clock(tape.at(70))])
    view = _view(core, 70)
    assert view.leave is not None
    assert (view.leave.coverage, view.leave.coverage_at_least) == (2.0, False)
    assert view.leave.line == "Sell all now: -$3.50, 3.5c/sh (3 bp)"
    assert len(view.leave.coverage_trend) == 60


def test_a_short_sees_the_real_market() -> None:
    core = make(GUARDED, held(-100, "101.00", stop="101.00"))
    tape = Tape().book(0, [(100.00, 500)], [(100.02, 20_000)]).steady(0, 5)
    tape.sell(6, 100.00, 300).book(60.2, [(100.02, 500)], [(100.04, 20_000)])
    core.process([*tape.events, Clock(tape.at(61))])
    view = _view(core, 61)
    assert (view.bids[0], view.asks[0]) == ((1_000_200, 500), (1_000_400, 20_000))
    assert view.last_price == 1_000_000
    assert view.change_60s == 200
    assert [(mark.side, mark.price) for mark in view.walls] == [("ask", 1_000_400)]
    assert view.prints[0].side == "sell"
    assert view.window is not None
    assert view.window.sell_share_60s == pytest.approx(300 / 700)
    assert view.position is not None
    assert (view.position.quantity, view.position.stop) == (-100, 1_010_000)
    assert view.position.pnl == pytest.approx((101.00 - 100.04) * 100)
    assert view.position.pnl_percent == pytest.approx(0.96 / 101 * 100)
    assert view.context is not None
    assert view.context.cvd == 600 - 300
    assert view.context.queue_imbalance == pytest.approx((500 - 20_000) / 20_500)


def test_without_a_quote_there_is_no_figure() -> None:
    core = make(position=held(100, stop="90.00"))
    view = _view(core)
    assert view.position is not None
    assert (view.position.pnl, view.position.stop_words) == (None, "Stop 90.00")
    assert view.leave is not None
    assert (view.leave.line, view.leave.cost) == ("Sell all now: no quote to leave at | Stop 90.00", None)
    assert view.change_60s is None
    assert view.context is not None
    assert view.context.vwap_distance_bp is None
    assert _view(make()).leave is None
    assert _view(make()).position is None


@pytest.mark.parametrize(
    ("quantity", "bids", "asks", "words"),
    [
        (100, [(100.00, 500)], [], "Sell all now: 100 of 100 at 100.00; no ask, so the cost is not known"),
        (300, [(100.00, 100), (99.99, 50)], [], "150 of 300 at 100.00 or worse; no ask, so the cost is not known"),
        (100, [], [(100.02, 500)], "Sell all now: no bid to leave at"),
        (-100, [], [(100.02, 500)], "Cover all now: 100 of 100 at 100.02; no bid, so the cost is not known"),
        (-100, [(100.00, 500)], [], "Cover all now: no ask to leave at"),
    ],
)
def test_one_side_of_the_book_is_no_missing_quote(
    quantity: int, bids: list[tuple[float, int]], asks: list[tuple[float, int]], words: str
) -> None:
    core = make(position=held(quantity))
    core.process(Tape().book(0, bids, asks).events)
    view = _view(core, 1)
    assert view.leave is not None
    assert words in view.leave.line
    drill = fire_drill(view)
    assert drill is not None
    assert drill.notes == (f"no figures: there is no {'ask' if bids else 'bid'}",)


def test_the_thresholds_say_where_they_stand() -> None:
    core = make(GUARDED, held())
    tape = Tape().book(0, [(100.00, 60_000)], [(100.02, 500)])
    core.process([*tape.events, Clock(tape.at(400))])
    assert _view(core, 400).thresholds.startswith(
        "Large 90,750+ (learnt: 10,000 is ordinary here, above 50% of sizes), wall alerts off, prints 10,000+, "
    )


def test_what_the_monitor_keeps_of_a_symbol() -> None:
    watched = WatchedSymbol(make(delay_seconds=900))
    assert watched.age_s(NOON) is None
    watched.vouched_ns = NOON
    assert watched.age_s(NOON + 905 * NS) == pytest.approx(5.0)
    assert watched.age_s(NOON) == 0.0
    watched.health.bad("book", "LEVEL2_CROSSED")
    standing = watched.standing(NOON + 905 * NS, closed=False)
    assert standing.blind == "LEVEL2_CROSSED"
    assert standing.age_s == pytest.approx(5.0)
    assert standing.counters["prints"] == 0


def test_a_line_stays_in_its_place_when_its_episode_grows() -> None:
    core = make()
    outputs = core.process(Tape().book(0, [(100.00, 20_000), (99.99, 30_000)], [(100.02, 100)]).events)
    watched = WatchedSymbol(core)
    first, second = (alert_line(alert) for alert in alerts(outputs))
    watched.lines.put(first)
    watched.lines.put(second)
    grown = alert_line(alerts(outputs)[0], updated_ns=NOON + NS)
    watched.lines.put(grown)
    newer, older = watched.lines
    assert (newer.episode_id, older.episode_id) == (second.episode_id, first.episode_id)
    assert (older.time_ns, older.updated_ns) == (NOON, NOON + NS)


def test_a_clock_that_is_set_back_proves_nothing_fresh() -> None:
    watched = WatchedSymbol(make(), since_ns=NOON)
    watched.core.process((TapeCovered(NOON + 100 * NS),))
    watched.vouched_ns = NOON + 100 * NS
    watched.clock_moved(NOON + 100 * NS)
    back = NOON - 3_600 * NS
    watched.clock_moved(back)
    later = back + 31 * NS
    watched.clock_moved(later)
    assert (watched.age_s(later), watched.tape_age_s(later)) == (31.0, 31.0)
