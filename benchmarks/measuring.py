"""What the benchmarks share: rounds in which the candidates take turns, medians, and the rows of the table."""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SESSIONS = ROOT.parent / "shared" / "data" / "sessions"
"""Recordings, where they are; what needs them says so where they are not."""


@dataclass
class Figure:
    """One row of the table; `value` is what the target is about."""

    group: str
    what: str
    value: str
    detail: str = ""
    target: str = ""
    met: bool | None = None


def interleaved(rounds: int, jobs: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Run every job once a round, in turned order each other round; each returns its own figure."""
    found: dict[str, list[float]] = {name: [] for name in jobs}
    names = list(jobs)
    for number in range(rounds):
        for name in names if number % 2 == 0 else names[::-1]:
            gc.collect()
            found[name].append(jobs[name]())
    return found


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median(values: list[float]) -> float:
    return statistics.median(values)


def ratios(top: list[float], bottom: list[float]) -> tuple[float, str]:
    """Median of the rounds' own ratios, and how far they spread: a busy machine moves both sides of a round."""
    each = sorted(a / b for a, b in zip(top, bottom, strict=True))
    return statistics.median(each), f"{each[0]:.3g} to {each[-1]:.3g} over {len(each)} rounds"


def percentile(values: list[float], part: float) -> float:
    """The smallest value with at least this part of all at or below it."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * part // 1).__int__() - 1))]


def emit(figures: list[Figure]) -> None:
    """One JSON list on standard output, for `run.py`; a table where a person looks."""
    if sys.stdout.isatty():
        for figure in figures:
            print(f"{figure.what}: {figure.value}  [{figure.detail}] {figure.target} {verdict(figure)}")
        return
    json.dump([asdict(figure) for figure in figures], sys.stdout)


def verdict(figure: Figure) -> str:
    return "" if figure.met is None else "met" if figure.met else "MISSED"
