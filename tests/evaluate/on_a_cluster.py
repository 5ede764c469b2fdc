"""Run as a program: the given symbol-days on two local Dask workers, one of which is killed; prints what came of them.

A process of its own, because the cluster's library leaves event loops open behind it.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.evaluate import executors
from orderflow_tui.evaluate.executors import cluster
from orderflow_tui.evaluate.run import run_units
from orderflow_tui.evaluate.unit import Rules, Unit


def units(days: list[str]) -> list[Unit]:
    plan = Rules("plan")
    return [Unit(days[0], plan), Unit(days[0], plan, mirrored=True), Unit(days[1], plan, before=days[0])]


def main(days: list[str]) -> None:
    from distributed import LocalCluster

    options: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
    with LocalCluster(host="127.0.0.1", **options) as local:  # type: ignore[no-untyped-call]
        killed: list[bool] = []

        def kill_one(done: int, of: int) -> None:
            if not killed:
                killed.append(True)
                next(iter(local.workers.values())).process.process.kill()

        ours = vars(executors)["__version__"]
        vars(executors)["__version__"] = "9.9"
        with pytest.raises(DataValidationError, match=r"has orderflow-tui .*, this machine 9\.9: install the same"):
            cluster(local.scheduler_address)
        vars(executors)["__version__"] = ours
        place = cluster(local.scheduler_address)
        results = run_units(units(days), place, told=kill_one)
        place.close()
    assert killed
    print(repr(results))


if __name__ == "__main__":
    main(sys.argv[1:])
