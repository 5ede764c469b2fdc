"""Run as a program: the given symbol-days on two local Dask workers, one of which is killed; prints what came of them.

With `import FILE:SYM,SYM DIR` it takes symbols out of a day file on one such worker, and prints the recordings.

A process of its own, because the cluster's library leaves event loops open behind it.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

from orderflow_tui.commands.import_days import run_import
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.evaluate import executors
from orderflow_tui.evaluate.executors import cluster
from orderflow_tui.evaluate.run_tasks import Watcher, run_units
from orderflow_tui.evaluate.symbol_day import Rules, Setting, Unit


def units(days: list[str]) -> list[Unit]:
    straight, mirrored = Setting(Rules("plan")), Setting(Rules("plan"), mirrored=True)
    return [Unit(days[0], (straight,)), Unit(days[0], (mirrored,)), Unit(days[1], (straight,), follows=0)]


class _Kills(Watcher):
    """Kills a worker once something is done."""

    def __init__(self, local: Any) -> None:
        self._local = local
        self.killed = False

    def done(self, number: int, done: int, of: int) -> None:
        if not self.killed:
            self.killed = True
            next(iter(self._local.workers.values())).process.process.kill()


def main(arguments: list[str]) -> None:
    from distributed import LocalCluster

    workers = 1 if arguments[0] == "import" else 2
    options: dict[str, Any] = {
        "n_workers": workers, "threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50,
    }  # fmt: skip
    with LocalCluster(host="127.0.0.1", **options) as local:  # type: ignore[no-untyped-call]
        if arguments[0] == "import":
            run_import([arguments[1]], arguments[2], cluster=local.scheduler_address, workers=0)
            return
        ours = vars(executors)["__version__"]
        vars(executors)["__version__"] = "9.9"
        with pytest.raises(DataValidationError, match=r"has orderflow-tui .*, this machine 9\.9: install the same"):
            cluster(local.scheduler_address)
        vars(executors)["__version__"] = ours
        place, watcher = cluster(local.scheduler_address), _Kills(local)
        results = run_units(units(arguments), place, watcher=watcher)
        place.close()
    assert watcher.killed
    print(repr(results))


if __name__ == "__main__":
    main(sys.argv[1:])
