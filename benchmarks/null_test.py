"""The null test of the red burst: a tape that means nothing, and the same with sell programmes put into it.

Parents arrive as a Poisson stream; each has a geometric number of children (mean 3) within an exponential second;
sides are 50/50 per child, signed right in 85 %; sizes are round(lognormal, median 100, sigma 1). Six hours, seeds 0
to 19. With --odd-lots 45 % of the sizes are odd lots (log-uniform from 1 to 99), the rest round lots as IBM's were on
8 October 2013. An injected burst multiplies the rate by five for 30 s with 85 % true sells.

    python -m benchmarks.null_test [--rates 10,60,300,1500] [--seeds 20] [--odd-lots] [--curve]
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import BUY, REGULAR, SELL, SIDE_GIVEN, Gap, Print
from orderflow_tui.core.model.outputs import AlertRaised, AlertUpdated
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


ROUND_LOTS = (
    (100, 0.758), (200, 0.903), (300, 0.946), (400, 0.965), (500, 0.978), (700, 0.987), (1_000, 0.994), (2_000, 0.998),
    (20_000, 1.0),
)  # fmt: skip
"""Sizes of IBM's prints on 2013-10-08, each with the part of prints up to it."""
ODD_LOTS = "--odd-lots" in sys.argv


def size_of(rng: random.Random) -> int:
    if not ODD_LOTS:
        return max(1, round(rng.lognormvariate(4.605170185988092, 1.0)))
    if rng.random() < 0.45:
        return max(1, int(100 ** rng.random()))
    place = rng.random()
    return next(size for size, part in ROUND_LOTS if place <= part)


def cluster(rng: random.Random, at: float, sells: float) -> list[tuple[float, int, int]]:
    prints = []
    while True:
        size = size_of(rng)
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


@dataclass
class Tape:
    """What came of one tape.

    Attributes:
        alerts: Seconds of bursts that are not mostly one print.
        starts: Seconds of added programmes.
        thin: Part of the seconds that were too thin.
        told: All bursts, mostly one print or not.
        eligible: Bursts that would recommend leaving.
    """

    alerts: list[float]
    starts: list[float]
    thin: float
    told: int
    eligible: int


def run(per_minute: float, seed: int, profile: str, inject: bool) -> Tape:
    """One tape from a seed."""
    rng = random.Random(f"{per_minute}:{seed}")
    tape = stream(rng, per_minute, 0, HOURS * 3600, 0.5)
    starts = [HOURS * 3600 * (i + 1) / (PER_SEED + 1) for i in range(PER_SEED)] if inject else []
    for start in starts:
        # Five times the rate: four parts on top of what is there, so that 85 % of the whole are sells.
        tape += stream(rng, per_minute * 4, start, start + 30, (0.85 * 5 - 0.5) / 4)
    tape.sort()
    core = SymbolCore("NULL", Thresholds(profile=profile), SOURCE)
    core.process([Gap(START * NS, "start")])
    alerts: list[float] = []
    thin = checks = told = eligible = 0
    for seq, (at, size, side) in enumerate(tape):
        event = Print(START * NS + int(at * NS), seq, 100_000, size, REGULAR | SIDE_GIVEN, side)
        for out in core.process((event,)):
            if isinstance(out, AlertRaised | AlertUpdated) and out.alert.alert_type == "red_burst":
                eligible += out.alert.exit_eligible
                told += isinstance(out, AlertRaised)
                if isinstance(out, AlertRaised) and not out.alert.single_print:
                    alerts.append((out.time_ns - START * NS) / NS)
        if at > 600:
            checks += 1
            thin += core.span.thin
    return Tape(alerts, starts, thin / max(1, checks), told, eligible)


def job(args: tuple[float, int, str, bool]) -> Tape:
    return run(*args)


def curve_job(args: tuple[float, float, float, int, bool]) -> Tape:
    n_eff, wilson, per_minute, seed, inject = args
    red_burst._N_EFF = n_eff  # noqa: SLF001 the guards are constants of the rule; only this search moves them
    red_burst._WILSON_FLOOR = wilson  # noqa: SLF001
    return run(per_minute, seed, "guarded", inject)


def caught(results: list[Tape]) -> str:
    hits = [any(start <= at <= start + 60 for at in tape.alerts) for tape in results for start in tape.starts]
    return f"{sum(hits)}/{len(hits)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", default="10,60,300,1500")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--odd-lots", action="store_true", help="sizes as of a name of which 45 %% are odd lots")
    parser.add_argument("--curve", action="store_true", help="the trade-off of the guards at 60 prints a minute")
    args = parser.parse_args()
    with ProcessPoolExecutor() as pool:
        if args.curve:
            print("| n_eff | Wilson | null bursts in 6 h | caught |\n|---|---|---|---|")
            for n_eff, wilson in itertools.product((8.0, 12.0, 16.0, 20.0, 24.0), (0.45, 0.50, 0.55)):
                null = list(pool.map(curve_job, [(n_eff, wilson, 60, s, False) for s in range(args.seeds)]))
                inject = list(pool.map(curve_job, [(n_eff, wilson, 60, s, True) for s in range(10)]))
                mean = sum(len(tape.alerts) for tape in null) / len(null)
                print(f"| {n_eff:g} | {wilson:.2f} | {mean:.2f} | {caught(inject)} |", flush=True)
            return
        print("| prints/min | profile | null bursts in 6 h | with single prints | exits | caught | too thin |")
        print("|---|---|---|---|---|---|---|")
        for rate in (float(text) for text in args.rates.split(",")):
            for profile in ("guarded", "plan"):
                null = list(pool.map(job, [(rate, seed, profile, False) for seed in range(args.seeds)]))
                inject = list(pool.map(job, [(rate, seed, profile, True) for seed in range(10)]))
                mean = sum(len(tape.alerts) for tape in null) / len(null)
                thin = sum(tape.thin for tape in null) / len(null)
                told = sum(tape.told for tape in null) / len(null)
                eligible = sum(tape.eligible for tape in null) / len(null)
                figures = f"{mean:.2f} | {told:.2f} | {eligible:.2f} | {caught(inject)} | {thin:.0%}"
                print(f"| {rate:g} | {profile} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
