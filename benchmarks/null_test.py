"""The null test of the red burst: a tape that means nothing, and the same with sell programmes put into it.

Parents arrive as a Poisson stream; each has a geometric number of children (mean 3) within an exponential second;
sides are 50/50 per child, signed right in 85 %; sizes are round(lognormal, median 100, sigma 1). Six hours, seeds 0
to 19. An injected burst multiplies the rate by five for 30 s with 85 % true sells.

    python benchmarks/null_test.py [--rates 10,60,300,1500] [--seeds 20] [--curve]
"""

from __future__ import annotations

import argparse
import itertools
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import BUY, REGULAR, SELL, SIDE_GIVEN, Gap, Print
from orderflow_tui.core.model.outputs import AlertRaised
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules import red_burst
from orderflow_tui.core.symbol import SymbolCore

HOURS = 6
START = 1_700_000_000
SIGNING = 0.85
PER_SEED = 3
SOURCE = Capabilities("null", "replayed", "benchmark", streaming=True, joint_sequence=True, sessions=False)


@dataclass(frozen=True)
class Thresholds:
    large_order_size_threshold: int = 10**9
    volume_spike_threshold: float = 3.0
    red_burst_threshold: float = 4.0
    alert_window_seconds: int = 120
    bucket_seconds: int = 10
    profile: str = "guarded"


def cluster(rng: random.Random, at: float, sells: float) -> list[tuple[float, int, int]]:
    prints = []
    while True:
        size = max(1, round(rng.lognormvariate(4.605170185988092, 1.0)))
        sold = rng.random() < sells
        seen = sold if rng.random() < SIGNING else not sold
        prints.append((at + rng.expovariate(1.0), size, SELL if seen else BUY))
        if rng.random() < 1 / 3:
            return prints


def stream(
    rng: random.Random, per_minute: float, begin: float, end: float, sells: float
) -> list[tuple[float, int, int]]:
    prints: list[tuple[float, int, int]] = []
    at = begin
    while (at := at + rng.expovariate(per_minute / 3 / 60)) < end:
        prints += cluster(rng, at, sells)
    return prints


def run(per_minute: float, seed: int, profile: str, inject: bool) -> tuple[list[float], list[float], float]:
    """`(alert seconds, injected seconds, part of the seconds that were too thin)` of one tape."""
    rng = random.Random(f"{per_minute}:{seed}")
    tape = stream(rng, per_minute, 0, HOURS * 3600, 0.5)
    starts = [HOURS * 3600 * (i + 1) / (PER_SEED + 1) for i in range(PER_SEED)] if inject else []
    for start in starts:
        # Five times the rate: four parts on top of what is there, so that 85 % of the whole are sells.
        tape += stream(rng, per_minute * 4, start, start + 30, (0.85 * 5 - 0.5) / 4)
    tape.sort()
    core = SymbolCore("NULL", Thresholds(profile=profile), SOURCE)
    core.process([Gap(START * NS, "start")])
    alerts, thin, checks = [], 0, 0
    for seq, (at, size, side) in enumerate(tape):
        event = Print(START * NS + int(at * NS), seq, 100_000, size, REGULAR | SIDE_GIVEN, side)
        alerts += [
            (out.time_ns - START * NS) / NS
            for out in core.process((event,))
            if isinstance(out, AlertRaised) and out.alert.alert_type == "red_burst" and not out.alert.single_print
        ]
        if at > 600:
            checks += 1
            thin += core.burst.span.thin
    return alerts, starts, thin / max(1, checks)


def job(args: tuple[float, int, str, bool]) -> tuple[list[float], list[float], float]:
    return run(*args)


def curve_job(args: tuple[float, float, float, int, bool]) -> tuple[list[float], list[float], float]:
    n_eff, wilson, per_minute, seed, inject = args
    red_burst._N_EFF = n_eff  # noqa: SLF001 the guards are constants of the rule; only this search moves them
    red_burst._WILSON_FLOOR = wilson  # noqa: SLF001
    return run(per_minute, seed, "guarded", inject)


def caught(results: list[tuple[list[float], list[float], float]]) -> str:
    hits = [any(start <= at <= start + 60 for at in alerts) for alerts, starts, _ in results for start in starts]
    return f"{sum(hits)}/{len(hits)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", default="10,60,300,1500")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--curve", action="store_true", help="the trade-off of the guards at 60 prints a minute")
    args = parser.parse_args()
    with ProcessPoolExecutor() as pool:
        if args.curve:
            print("| n_eff | Wilson | null bursts in 6 h | caught |\n|---|---|---|---|")
            for n_eff, wilson in itertools.product((8.0, 12.0, 16.0, 20.0, 24.0), (0.45, 0.50, 0.55)):
                null = list(pool.map(curve_job, [(n_eff, wilson, 60, s, False) for s in range(args.seeds)]))
                inject = list(pool.map(curve_job, [(n_eff, wilson, 60, s, True) for s in range(10)]))
                mean = sum(len(alerts) for alerts, _, _ in null) / len(null)
                print(f"| {n_eff:g} | {wilson:.2f} | {mean:.2f} | {caught(inject)} |", flush=True)
            return
        print("| prints/min | profile | null bursts in 6 h | caught | too thin |\n|---|---|---|---|---|")
        for rate in (float(text) for text in args.rates.split(",")):
            for profile in ("guarded", "plan"):
                null = list(pool.map(job, [(rate, seed, profile, False) for seed in range(args.seeds)]))
                inject = list(pool.map(job, [(rate, seed, profile, True) for seed in range(10)]))
                mean = sum(len(alerts) for alerts, _, _ in null) / len(null)
                thin = sum(part for _, _, part in null) / len(null)
                print(f"| {rate:g} | {profile} | {mean:.2f} | {caught(inject)} | {thin:.0%} |", flush=True)


if __name__ == "__main__":
    main()
