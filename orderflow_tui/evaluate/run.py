"""Runs units on any executor; workers may die, and the results are the same wherever they ran."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, as_completed
from typing import Final

from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.evaluate.executors import Place
from orderflow_tui.evaluate.unit import DayResult, Unit, run_unit

ATTEMPTS: Final = 3
"""A unit whose worker died is tried so often in all."""


def run_units(
    units: Sequence[Unit],
    place: Place,
    *,
    told: Callable[[int, int], None] = lambda _done, _of: None,
    work: Callable[[Unit], DayResult] = run_unit,
) -> list[DayResult]:
    """Every unit's result, in the units' order.

    Args:
        units: What to run.
        place: Where to run them; its executor is made anew when one broke because a worker died.
        told: Called after each unit with how many are done and how many there are.
        work: What is done with each; for tests.

    Raises:
        RecordingError: A recording cannot be read.
        DataValidationError: `EVALUATE_WORKERS`: workers died again and again.
    """
    results: dict[int, DayResult] = {}
    for _ in range(ATTEMPTS):
        pool = place.executor()
        waiting: dict[Future[DayResult], int] = {}
        try:
            for number, unit in enumerate(units):
                if number not in results:
                    waiting[pool.submit(work, unit)] = number
            for done in as_completed(waiting):
                try:
                    results[waiting[done]] = done.result()
                except place.lost:
                    continue
                told(len(results), len(units))
        except place.lost:
            pass  # it broke while units were handed out; those without a result go to the next pool
        finally:
            for future in waiting:
                future.cancel()  # after a recording that cannot be read nobody waits for the others
            pool.shutdown(wait=False)
        if len(results) == len(units):
            return [results[number] for number in range(len(units))]
    left = len(units) - len(results)
    raise DataValidationError(
        "EVALUATE_WORKERS", f"{left} of {len(units)} symbol-days lost their worker {ATTEMPTS} times"
    )
