"""Work whose worker dies of it. By itself, for each new worker imports the module that its work is from."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from orderflow_tui.evaluate.symbol_day import Unit, UnitResult, run_unit


def dies_once(unit: Unit, before: UnitResult | None) -> UnitResult:
    """Kills its own worker the first time it is asked for the mirrored unit, and for the second day's."""
    mark = Path(f"{unit.prefix}.{unit.follows}.died")
    if (unit.settings[0].mirrored or before is not None) and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return run_unit(unit, before)


def always_dies(unit: Unit, before: UnitResult | None) -> UnitResult:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError(unit)
