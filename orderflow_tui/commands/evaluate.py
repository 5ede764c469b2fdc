"""`orderflow-tui evaluate`: recordings and thresholds in, what they are worth out."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from orderflow_tui.commands.report import write_page
from orderflow_tui.config.schema import OrderFlowConfig
from orderflow_tui.config.values import invalid
from orderflow_tui.evaluate.executors import place_for
from orderflow_tui.evaluate.figures import comparison, proposals
from orderflow_tui.evaluate.progress import Progress, ReadingProgress
from orderflow_tui.evaluate.run_tasks import run_tasks, run_units
from orderflow_tui.evaluate.symbol_day import DayResult, Rules, Setting, Unit
from orderflow_tui.evaluate.text import evaluation_lines, evaluation_page
from orderflow_tui.recordings.formats.recorded_session import repeated_words
from orderflow_tui.recordings.market_day import Imported, MarketDay, import_day, market_days
from orderflow_tui.recordings.open_recording import expanded, open_recording
from orderflow_tui.report.figures import rows
from orderflow_tui.support.console import print_csv, print_json, print_lines, print_note

GRID = ("large_order_size_threshold", "volume_spike_threshold", "red_burst_threshold")


class Options(Struct, frozen=True):
    """What the command line asks for.

    Attributes:
        files: Recordings.
        profiles: `guarded`, `plan`.
        grid: Texts like `red_burst_threshold=4,6`.
        budget: Alarms a day and name to keep within; None proposes nothing.
        mirrored: Whether the mirrored witness runs too.
        held_back: Last days of each symbol that stand apart.
        workers: Processes; 0 takes one a core.
        cluster: A Dask scheduler's address, or empty.
        keep: Where recordings taken out of day files stay; empty for as long as the run.
        form: How to print.
        html: Also write a page there.
    """

    files: Sequence[str]
    profiles: Sequence[str]
    grid: Sequence[str]
    budget: float | None
    mirrored: bool
    held_back: int
    workers: int
    cluster: str
    keep: str
    form: Literal["text", "json", "csv"]
    html: Path | None


def run_evaluate(options: Options) -> int:
    """Run it and print the results.

    Raises:
        DataValidationError: `CONFIG_INVALID`: an unusable option; `EVALUATE_WORKERS`.
        RecordingError: A recording cannot be read.
    """
    with contextlib.ExitStack() as stack:
        prefixes = list(dict.fromkeys(expanded(options.files)))
        if days := market_days(prefixes):
            folder = options.keep or stack.enter_context(tempfile.TemporaryDirectory(prefix="orderflow-tui-"))
            if options.cluster and not options.keep:
                raise invalid("--cluster with a vendor's day files: give --keep DIR, a folder that all workers see")
            prefixes = [one for one in prefixes if one not in days]
            prefixes += imported(list(dict.fromkeys(days.values())), folder, options.cluster, options.workers)
        results = _results(prefixes, options)
    compared = comparison(results, options.held_back)
    proposed = [] if options.budget is None else proposals(results, options.budget)
    report = {
        "symbol_days": len({(result.symbol, result.day) for result in results}),
        "comparison": compared,
        "budget_alarms_a_day": options.budget,
        "proposals": [one.figures() for one in proposed],
    }
    snippet = "".join(one.toml() for one in proposed)
    if options.html is not None:
        write_page(options.html, evaluation_page(report, snippet))
    if options.form == "json":
        print_json(report)
    elif options.form == "csv":
        table: list[tuple[object, ...]] = [("thresholds", "figure", "value")]
        for entry in compared:
            figures = rows({key: part for key, part in entry.items() if key != "thresholds"})
            table += [(entry["thresholds"], name, value) for name, value in figures]
        print_csv(table)
    else:
        print_lines(evaluation_lines(report, snippet, shutil.get_terminal_size().columns))
    return 0


def imported(days: Sequence[MarketDay], to: str, address: str, workers: int) -> list[str]:
    """Take what is wanted out of day files, each read once, on processes or a cluster; the recordings.

    Raises:
        DataValidationError: As `run_evaluate`.
        RecordingError: A file cannot be read or has nothing of a symbol.
    """
    progress = ReadingProgress(days, to)
    place = place_for(address, workers, len(days))
    try:
        found = run_tasks(days, [-1] * len(days), place, partial(_import_day, to=to), progress)
    finally:
        progress.end()
        place.close()
    if repeated := repeated_words(sum(one.repeated for one in found)):
        print_note(repeated)
    return [prefix for one in found for prefix in one.recordings]


def _import_day(day: MarketDay, _before: object, *, to: str) -> Imported:
    return import_day(day, to)


def _results(prefixes: Sequence[str], options: Options) -> list[DayResult]:
    place = place_for(options.cluster, options.workers, len(prefixes) * 2)
    progress = Progress("symbol-days")
    try:
        units = units_of(prefixes, settings_of(options), place.workers)
        return [day for unit in run_units(units, place, watcher=progress) for day in unit.days]
    finally:
        progress.end()
        place.close()


def units_of(prefixes: Sequence[str], settings: Sequence[Setting], workers: int) -> list[Unit]:
    """Every recording under every setting; a name's day follows its day before, which teaches it as it would live.

    Where there are more workers than names, the settings of a name are shared out.

    Raises:
        RecordingError: A recording cannot be read or has nothing.
    """
    days: dict[str, list[tuple[int, str]]] = {}
    for prefix in prefixes:
        recording = open_recording(prefix)
        first = next(recording.events(), None)
        if first is None:
            raise invalid(f"{prefix}: the recording has no events")
        days.setdefault(recording.symbol, []).append((first.time_ns, prefix))
    size = -(-len(settings) // max(1, -(-workers // max(1, len(days)))))
    shares = [tuple(settings[at : at + size]) for at in range(0, len(settings), size)]
    units: list[Unit] = []
    for symbol in sorted(days):
        for number, (_, prefix) in enumerate(sorted(days[symbol])):
            units += [
                Unit(prefix, share, len(units) + at - len(shares) if number else -1) for at, share in enumerate(shares)
            ]
    return units


def settings_of(options: Options) -> list[Setting]:
    """Every set of thresholds, straight and mirrored."""
    sides = (False, True) if options.mirrored else (False,)
    return [Setting(rules, mirrored) for rules in _rules(options) for mirrored in sides]


def _rules(options: Options) -> list[Rules]:
    """The product of profiles and grid, each checked like a setting."""
    axes: list[list[tuple[str, object]]] = []
    for text in options.grid:
        name, _, values = text.partition("=")
        if name not in GRID or not values:
            raise invalid(
                f"--grid {text!r:.60}: give one of {', '.join(GRID)}, = and values, as red_burst_threshold=4,6"
            )
        axes.append([(name, value) for value in values.split(",")])
    found: list[Rules] = []
    for profile in options.profiles:
        for chosen in itertools.product(*axes):
            checked = OrderFlowConfig(data_source="replay", profile=profile, **dict(chosen))
            found.append(replace(Rules(), profile=checked.profile, **{name: getattr(checked, name) for name in GRID}))
    return list(dict.fromkeys(found))
