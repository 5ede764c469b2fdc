"""Work whose worker dies of it. By itself, for each new worker imports the module that its work is from."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from orderflow_tui.evaluate.symbol_day import Unit, UnitResult, run_unit
from orderflow_tui.recordings.market_day import MarketDay, import_day


def dies_once(unit: Unit, before: UnitResult | None) -> UnitResult:
    """Kills its own worker the first time it is asked for the mirrored unit, and for the second day's."""
    mark = Path(f"{unit.prefix}.{unit.follows}.died")
    if (unit.settings[0].mirrored or before is not None) and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return run_unit(unit, before)


def always_dies(work: object, before: object) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError(work)


def day_taken_by_the_next(day: MarketDay, before: object) -> tuple[str, ...]:
    """Takes the symbols out of a day's file beside it; kills the first worker that begins with it."""
    kept = Path(day.files[0]).parent / "kept"
    if not (kept / "died").exists():
        kept.mkdir(exist_ok=True)
        (kept / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return import_day(day, str(kept)).recordings
