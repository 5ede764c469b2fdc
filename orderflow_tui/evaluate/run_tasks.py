"""Runs tasks on any executor; workers may die, and the results are the same wherever they ran."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Final, Generic, TypeVar

from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.evaluate.executors import Place
from orderflow_tui.evaluate.symbol_day import Unit, UnitResult, run_unit

ATTEMPTS: Final = 3
"""So often in a row may workers die before anything more is done."""
_BEAT_SECONDS: Final = 0.5

T = TypeVar("T")
R = TypeVar("R")


class Watcher:
    """Told how a run goes on; this one says nothing."""

    def done(self, number: int, done: int, of: int) -> None:
        """The task of this number is done, so many are, of so many."""

    def beat(self) -> None:
        """Some time has passed."""


def run_units(
    units: Sequence[Unit],
    place: Place,
    *,
    watcher: Watcher | None = None,
    work: Callable[[Unit, UnitResult | None], UnitResult] = run_unit,
) -> list[UnitResult]:
    """Every unit's result, in the units' order; a unit that follows another begins when that is done.

    Args:
        units: What to run.
        place: Where to run them; its executor is made anew when one broke because a worker died.
        watcher: Told how it goes on.
        work: What is done with each; for tests.

    Raises:
        RecordingError: A recording cannot be read.
        DataValidationError: `EVALUATE_WORKERS`: workers died again and again.
    """
    return run_tasks(units, [unit.follows for unit in units], place, work, watcher or Watcher())


def run_tasks(
    tasks: Sequence[T],
    follows: Sequence[int],
    place: Place,
    work: Callable[[T, R | None], R],
    watcher: Watcher,
) -> list[R]:
    """Every task's result, in the tasks' order.

    Args:
        tasks: What to do.
        follows: For each the number of the task whose result it needs, -1 for none.
        place: Where.
        work: Makes a task's result of the task and the result it needs.
        watcher: Told how it goes on.

    Raises:
        DataValidationError: `EVALUATE_WORKERS`.
    """
    run = _Run(tasks, follows, work, watcher)
    failures = 0
    while run.left and failures < ATTEMPTS:
        before = run.left
        pool = place.executor()
        try:
            run.on(pool, place.lost)
        except place.lost:
            pass  # it broke while tasks were handed out; those without a result go to the next pool
        finally:
            run.drop()  # after a recording that cannot be read nobody waits for the others
            pool.shutdown(wait=False)
        failures = failures + 1 if run.left == before else 0
    if run.left:
        raise DataValidationError(
            "EVALUATE_WORKERS", f"{run.left} of {len(tasks)} pieces of work lost their worker {ATTEMPTS} times"
        )
    return [run.results[number] for number in range(len(tasks))]


class _Run(Generic[T, R]):
    def __init__(
        self, tasks: Sequence[T], follows: Sequence[int], work: Callable[[T, R | None], R], watcher: Watcher
    ) -> None:
        self._tasks, self._follows, self._work, self._watcher = tasks, follows, work, watcher
        self._waiting: dict[Future[R], int] = {}
        self.results: dict[int, R] = {}

    @property
    def left(self) -> int:
        """Tasks without a result."""
        return len(self._tasks) - len(self.results)

    def on(self, pool: Executor, lost: tuple[type[BaseException], ...]) -> None:
        """Hand out what can be done, until nothing is under way. Raises what a task raised."""
        for number, before in enumerate(self._follows):
            if number not in self.results and (before < 0 or before in self.results):
                self._submit(pool, number)
        while self._waiting:
            done, _ = wait(self._waiting, timeout=_BEAT_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                number = self._waiting.pop(future)
                try:
                    self.results[number] = future.result()
                except lost:
                    continue
                self._watcher.done(number, len(self.results), len(self._tasks))
                for after, before in enumerate(self._follows):
                    if before == number:
                        self._submit(pool, after)
            self._watcher.beat()

    def drop(self) -> None:
        """Forget what is under way."""
        for future in self._waiting:
            future.cancel()
        self._waiting.clear()

    def _submit(self, pool: Executor, number: int) -> None:
        before = self._follows[number]
        future = pool.submit(self._work, self._tasks[number], None if before < 0 else self.results[before])
        self._waiting[future] = number
