"""What the detail screen gets: the half hour, every rule's figures, more prints; made only while it is watched."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orderflow_tui.core.market.series import Series
from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.core.model.events import REGULAR, SELL, SIDE_GIVEN, Clock, Print
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.monitor.watched_symbol import alert_line, why_words
from orderflow_tui.views.build_detail import detail_view
from orderflow_tui.views.build_position import muted_words
from orderflow_tui.views.frozen_views import DetailView, RuleLine
from tests.core.kit import NOON, Rules, Tape, alerts, exits, held, make
from tests.monitor.test_monitor import Desk, recent_sellers


def _core(quantity: int = 100, rules: Rules | None = None) -> SymbolCore:
    core = make(rules, position=held(quantity, "99.00"))
    core.series = Series()
    tape = Tape().book(-1, [(100.00, 500)], [(100.02, 300)]).steady(0, 400)
    core.process([*tape.events, Clock(tape.at(401))])
    return core


def _rule(detail: DetailView, name: str) -> RuleLine:
    return next(line for line in detail.rules if line.name == name)


def test_all_columns_are_equally_long_and_end_now() -> None:
    detail = detail_view(_core(), NOON + 402 * NS)
    series = detail.series
    columns = [getattr(series, name) for name in series.__struct_fields__ if name != "step_seconds"]
    assert {len(column) for column in columns} == {len(series.seconds)}
    assert series.seconds[-1] == NOON // NS + 402
    assert (series.bid[-1], series.ask[-1], series.bid_depth[-1], series.ask_depth[-1]) == (
        1_000_000,
        1_000_200,
        500,
        300,
    )
    assert sum(series.volume) == sum(series.sold) + sum(series.bought)


def test_for_a_short_the_series_is_in_the_real_markets_direction() -> None:
    long, short = detail_view(_core(100), NOON + 402 * NS).series, detail_view(_core(-100), NOON + 402 * NS).series
    assert short == long


def test_without_a_recorder_there_is_no_series() -> None:
    core = _core()
    core.series = None
    assert detail_view(core, NOON).series.seconds == ()


def test_why_nothing_fires_is_told_figure_by_figure() -> None:
    core = _core(rules=Rules(profile="guarded"))
    detail = detail_view(core, NOON + 401 * NS)
    assert _rule(detail, "tape known").met
    assert _rule(detail, "volume ratio").threshold.startswith("> 3x")
    assert _rule(detail, "the same, for an exit").threshold == "> 4x"
    assert not _rule(detail, "volume ratio").met
    assert _rule(detail, "effective prints").value == "29"
    assert _rule(detail, "robust z").threshold == "shown only"
    assert _rule(detail, "robust z").met
    assert _rule(detail, "largest bid shown").value == "500"
    assert not _rule(detail, "largest bid shown").met
    assert _rule(detail, "counted signals").threshold == ">= 3 in 120 s"
    names = [line.name for line in detail_view(_core(), NOON + 401 * NS).rules]
    assert "effective prints" not in names


def test_a_quiet_tape_has_no_share_to_tell() -> None:
    core = make(Rules(profile="guarded"), position=held(100, "99.00", stop="98.00"))
    core.process([*Tape().book(0, [(100.00, 500)], [(100.02, 300)]).events, Clock(NOON + 500 * NS)])
    detail = detail_view(core, NOON + 500 * NS)
    assert _rule(detail, "volume ratio").value == "no baseline"
    assert _rule(detail, "sell share").value == "no volume"
    assert _rule(detail, "stop away").value == "200c"
    assert core.span.guards(NOON // NS + 500, 0.5) == (0.0, 0.0, 0.0)


def test_a_thin_tape_says_so() -> None:
    core = _core(rules=Rules(profile="guarded"))
    core.span.thin = True
    assert not _rule(detail_view(core, NOON + 401 * NS), "prints a minute").met


def test_an_alert_carries_its_explanation_in_words() -> None:
    core = make(position=held(100, "99.00"))
    said = core.process(Tape().book(0, [(100.00, 12_400)], [(100.02, 300)]).events)
    (alert,) = alerts(said)
    assert alert_line(alert).why == (
        "resting size 12,400 against 10,000",
        "would not have fired with resting size at 12,400",
    )
    assert why_words({}) == []


def test_after_exited_the_view_says_that_it_is_muted_until_the_day_is_over() -> None:
    core = make(Rules(profile="guarded"), held(100, "99.00"))
    tape = Tape().book(0, [(100.00, 500)], [(100.02, 300)])
    for number in range(3):
        tape.sell(1 + 31 * number, 100.00, 12_000)
    (opened,) = exits(core.process([*tape.events, Clock(tape.at(70))]))
    core.answer(NOON + 71 * NS, opened.recommendation.recommendation_id, Answer("exited"))
    assert muted_words(core, NOON + 72 * NS).startswith("Marked sold")
    assert muted_words(core, NOON + 86_400 * NS) == ""
    core.holding.set_position(held(50, "99.00"))
    assert muted_words(core, NOON + 73 * NS) == ""


def _until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "journal")


def test_the_monitor_makes_the_detail_of_the_watched_symbol_alone(desk: Desk) -> None:
    now = time.time_ns()
    prints = [Print(now + i, i + 1, 100_000, 100, REGULAR | SIDE_GIVEN, SELL, 11, trade_id=str(i)) for i in range(60)]
    desk.events(*prints)
    desk.view("WARMING")
    assert desk.monitor.detail() is None
    desk.monitor.watch_detail("BAC")
    _until(lambda: desk.monitor.detail() is not None)
    more = [Print(now + i, i + 1, 100_000, 100, REGULAR | SIDE_GIVEN, SELL, 11, trade_id=str(i)) for i in range(60, 99)]
    desk.events(*more)
    _until(lambda: len((desk.monitor.detail() or detail_view(_core(), 0)).prints) == 40 + 39)
    assert len(desk.monitor.views()["BAC"].prints) == 40
    desk.monitor.watch_detail("NONE")
    _until(lambda: desk.monitor.detail() is None)
    desk.monitor.stop(timeout=5)


def test_news_is_told_once_it_is_published(desk: Desk) -> None:
    seen: list[int] = []
    desk.monitor.on_news(lambda: seen.append(len(desk.monitor.recommendations())))
    desk.events(*recent_sellers(time.time_ns()))
    _until(lambda: 1 in seen)
    desk.monitor.stop(timeout=5)
