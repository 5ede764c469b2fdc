"""`orderflow-tui evaluate`: recordings and thresholds in, what they are worth out."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from orderflow_tui.commands.report import write_page
from orderflow_tui.config.schema import OrderFlowConfig
from orderflow_tui.config.values import invalid
from orderflow_tui.evaluate.executors import Place, cluster, processes
from orderflow_tui.evaluate.figures import comparison, proposals
from orderflow_tui.evaluate.run import run_units
from orderflow_tui.evaluate.show import evaluation_lines, evaluation_page
from orderflow_tui.evaluate.unit import Rules, Unit
from orderflow_tui.recordings.open import expanded, open_recording
from orderflow_tui.report.figures import rows
from orderflow_tui.support.output import print_csv, print_json, print_lines, print_progress

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
    form: Literal["text", "json", "csv"]
    html: Path | None


def run_evaluate(options: Options) -> int:
    """Run it and print the results.

    Raises:
        DataValidationError: `CONFIG_INVALID`: an unusable option; `EVALUATE_WORKERS`.
        RecordingError: A recording cannot be read.
    """
    units = units_of(options)
    place = _place(options, len(units))
    try:
        results = run_units(units, place, told=_progress if sys.stderr.isatty() else lambda _done, _of: None)
    finally:
        place.close()
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
        table: list[tuple[Any, ...]] = [("thresholds", "figure", "value")]
        for entry in compared:
            figures = rows({key: part for key, part in entry.items() if key != "thresholds"})
            table += [(entry["thresholds"], name, value) for name, value in figures]
        print_csv(table)
    else:
        print_lines(evaluation_lines(report, snippet, shutil.get_terminal_size().columns))
    return 0


def units_of(options: Options) -> list[Unit]:
    """Every recording under every set of thresholds, straight and mirrored; a name's earlier day teaches the next."""
    sets = _rules(options)
    days: dict[str, list[tuple[int, str]]] = {}
    for prefix in dict.fromkeys(expanded(options.files)):
        recording = open_recording(prefix)
        first = next(recording.events(), None)
        if first is None:
            raise invalid(f"{prefix}: the recording has no events")
        days.setdefault(recording.symbol, []).append((first.time_ns, prefix))
    units: list[Unit] = []
    for symbol in sorted(days):
        ordered = [prefix for _, prefix in sorted(days[symbol])]
        for before, prefix in itertools.pairwise(["", *ordered]):
            for rules in sets:
                units.append(Unit(prefix, rules, before))
                if options.mirrored:
                    units.append(Unit(prefix, rules, before, mirrored=True))
    return units


def _rules(options: Options) -> list[Rules]:
    """The product of profiles and grid, each checked like a setting."""
    axes: list[list[tuple[str, Any]]] = []
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


def _place(options: Options, units: int) -> Place:
    if options.cluster:
        return cluster(options.cluster)
    return processes(max(1, min(options.workers or os.cpu_count() or 1, units)))


def _progress(done: int, of: int) -> None:
    print_progress(f"{done} of {of} symbol-days", over=done == of)
