from __future__ import annotations

from collections import defaultdict

import pytest

from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import NANOS, Print
from orderflow_tui.feeds.simulator.scenarios import SCENARIOS, ScenarioName, script_for

NOW_NS = 1_795_400_000 * NANOS


def played(
    scenario: ScenarioName, symbols: list[str], seconds: float, *, seed: int = 5, history_s: int = 330
) -> Market:
    market = Market(symbols, seed=seed, now_ns=NOW_NS, scenario=scenario, history_ns=history_s * NANOS)
    market.advance(NOW_NS + round(seconds * NANOS))
    return market


def prints_of(market: Market, symbol: str) -> list[Print]:
    found = market.get(symbol)
    assert found is not None
    return found.tape.prints.between(0, 1 << 62)


def ratios(prints: list[Print], bucket_s: int) -> list[tuple[int, float, float]]:
    """For each second after 300 s of baseline: the second, volume against the baseline, and the sell share."""
    volume: dict[int, int] = defaultdict(int)
    sells: dict[int, int] = defaultdict(int)
    for trade in prints:
        second = (trade.sip_timestamp - NOW_NS) // NANOS
        volume[second] += trade.size
        sells[second] += trade.size if trade.aggressor == "sell" else 0
    found = []
    for end in range(min(volume) + 300 + bucket_s, max(volume)):
        window = range(end - bucket_s, end)
        traded = sum(volume[second] for second in window)
        before = sum(volume[second] for second in range(end - bucket_s - 300, end - bucket_s))
        sold = sum(sells[second] for second in window)
        found.append((end, traded / (before * bucket_s / 300), sold / traded if traded else 0.0))
    return found


def blocks(prints: list[Print], above: int = 10_000) -> list[float]:
    """Seconds at which same-side sells within 50 ms on adjoining prices come to more than `above` shares."""
    found: list[float] = []
    run: list[Print] = []
    for trade in prints:
        if trade.trf_id or trade.aggressor == "buy":
            continue
        near = run and trade.sip_timestamp - run[0].sip_timestamp <= 50_000_000
        if not near or not min(t.price for t in run) - 100 <= trade.price <= max(t.price for t in run) + 100:
            run = []
        run.append(trade)
        if sum(t.size for t in run) > above and len(run) > 5:
            seconds = (run[0].sip_timestamp - NOW_NS) / NANOS
            if not found or seconds != found[-1]:
                found.append(seconds)
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_calm_stays_calm(seed: int) -> None:
    market = played("calm", ["ACME"], 900, seed=seed)
    for symbol in ("ACME", "SPY"):
        for _, ratio, sell_share in ratios(prints_of(market, symbol), 10):
            assert not (ratio > 3 and sell_share > 0.6)
        assert blocks(prints_of(market, symbol)) == []


@pytest.mark.parametrize(("scenario", "symbol"), [("burst", "ACME"), ("mixed", "BOLT")])
def test_a_red_burst_of_many_prints_comes_within_45_seconds(scenario: ScenarioName, symbol: str) -> None:
    prints = prints_of(played(scenario, ["ACME", "BOLT", "CRUX"], 70), symbol)
    for bucket_s in (10, 30):
        red = [second for second, ratio, share in ratios(prints, bucket_s) if ratio > 4 and share > 0.75]
        assert red
        assert 12 < red[0] <= 45
        assert len(red) > 15
    during = [trade for trade in prints if 12 * NANOS <= trade.sip_timestamp - NOW_NS < 52 * NANOS]
    assert len(during) > 600
    assert max(trade.size for trade in during) < 0.05 * sum(trade.size for trade in during)
    sold = sum(trade.size for trade in during if trade.aggressor == "sell")
    assert sold > 0.75 * sum(trade.size for trade in during)


@pytest.mark.parametrize("scenario", ["seller", "mixed"])
def test_three_blocks_hit_the_bid_more_than_30_seconds_apart_within_two_minutes(scenario: ScenarioName) -> None:
    for seed in (1, 2):
        at = blocks(prints_of(played(scenario, ["ACME", "BOLT"], 95, seed=seed, history_s=30), "ACME"))
        assert len(at) == 3
        assert at[1] - at[0] > 30 < at[2] - at[1]
        assert at[2] < 92


def test_the_seller_works_walls_and_an_iceberg() -> None:
    market = Market(["ACME"], seed=9, now_ns=NOW_NS, scenario="seller", history_ns=30 * NANOS)
    acme = market.get("ACME")
    assert acme is not None
    walls: dict[str, list[tuple[float, int]]] = {"bid": [], "ask": []}
    shown_at: dict[int, int] = {}
    for quarter in range(1, 4 * 95):
        market.advance(NOW_NS + quarter * NANOS // 4)
        for side, levels in (("bid", acme.depth("bid", 10)), ("ask", acme.depth("ask", 10))):
            walls[side] += [(quarter / 4, tick) for tick, size in levels if size > 10_000]
        if 30 < quarter / 4 < 54:
            tick, size = acme.depth("ask", 1)[0]
            shown_at[tick] = max(shown_at.get(tick, 0), size)
    bid_tick = walls["bid"][0][1]
    appeared_ns = NOW_NS + round(walls["bid"][0][0] * NANOS)
    hit = acme.tape.prints.between(appeared_ns, appeared_ns + 30 * NANOS)
    assert sum(t.size for t in hit if t.price == bid_tick * 100 and t.aggressor == "sell") > 0.25 * 12_400
    assert walls["ask"]
    assert 5 < walls["ask"][-1][0] - walls["ask"][0][0] < 20
    bought: dict[int, int] = defaultdict(int)
    for trade in acme.tape.prints.between(NOW_NS + 30 * NANOS, NOW_NS + 54 * NANOS):
        if trade.aggressor == "buy" and not trade.trf_id:
            bought[trade.price // 100] += trade.size
    refilled = max(bought, key=bought.__getitem__)
    assert bought[refilled] > 10_000
    assert bought[refilled] >= 3 * shown_at[refilled]


def test_mixed_leaves_one_held_name_calm_and_comes_again() -> None:
    market = Market(["ACME", "BOLT", "CRUX", "DYNO"], seed=4, now_ns=NOW_NS, scenario="mixed", history_ns=330 * NANOS)
    market.advance(NOW_NS + 470 * NANOS)
    assert all(ratio < 3 for _, ratio, _ in ratios(prints_of(market, "CRUX"), 10))
    red = [second for second, ratio, share in ratios(prints_of(market, "BOLT"), 30) if ratio > 4 and share > 0.6]
    assert any(second < 70 for second in red)
    assert not any(100 < second < 390 for second in red)
    assert any(second > 390 for second in red)
    assert len(blocks(prints_of(market, "ACME"))) >= 5


def test_a_bid_is_withdrawn_untouched() -> None:
    market = Market(["ACME", "BOLT", "CRUX", "DYNO"], seed=4, now_ns=NOW_NS, scenario="mixed", history_ns=30 * NANOS)
    dyno = market.get("DYNO")
    assert dyno is not None
    market.advance(NOW_NS + 115 * NANOS)
    wall = [tick for tick, size in dyno.depth("bid", 10) if size > 10_000]
    assert len(wall) == 1
    sold = [t for t in dyno.tape.prints.between(NOW_NS + 110 * NANOS, dyno.now_ns) if t.price == wall[0] * 100]
    assert sum(trade.size for trade in sold if trade.aggressor == "sell") < 1_400
    market.advance(NOW_NS + 120 * NANOS)
    assert not [tick for tick, size in dyno.depth("bid", 10) if size > 10_000]


@pytest.mark.parametrize("held", [["A"], ["A", "B"], ["A", "B", "C"], ["A", "B", "C", "D"], []])
def test_scripts_run_in_order_for_ever(held: list[str]) -> None:
    for scenario in SCENARIOS:
        for symbol in [*held, "SPY"]:
            times = []
            for step in script_for(scenario, symbol, held, start_ns=NOW_NS, seed=1):
                times.append(step.at_ns)
                if step.at_ns > NOW_NS + 1_000 * NANOS:
                    break
            assert times == sorted(times)
            assert symbol != "SPY" or not times
