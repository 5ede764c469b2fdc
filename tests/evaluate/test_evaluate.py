"""Evaluation: the same results wherever they ran, whoever died, and no proposal judged by the days it was chosen on."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from orderflow_tui.cli import main
from orderflow_tui.commands.evaluate import units_of
from orderflow_tui.core.model.outputs import Controls
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.evaluate.executors import differing, processes
from orderflow_tui.evaluate.figures import comparison, proposals, total
from orderflow_tui.evaluate.run_tasks import Watcher, run_units
from orderflow_tui.evaluate.symbol_day import (
    FALL_SECONDS,
    HURTS,
    DayResult,
    Rules,
    Setting,
    Unit,
    UnitResult,
    falls,
    run_unit,
)
from orderflow_tui.track_record.rule_record import RuleRecord, block_of
from tests.docs.references import OUTCOME
from tests.evaluate.dying import always_dies, dies_once
from tests.evaluate.generated import recording
from tests.evaluate.on_a_cluster import units

needs_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="the extra cluster is not installed")


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("days")
    return [recording(folder, f"abc_day{number}", seed=number, day=number) for number in range(2)]


def test_a_symbol_day_is_run_to_its_end(days: list[str]) -> None:
    (result,) = run_unit(units(days)[0]).days
    assert (result.symbol, result.day) == ("ABC", "2013-10-09")
    assert result.hours == pytest.approx(2_400 / 3_600, rel=0.01)
    assert result.alerts["red_burst"] > 0
    assert result.exits > 0
    assert result.records["exit"].n > 0
    assert sum(result.alerts.values()) <= sum(rule.n for rule in result.records.values()) + 5
    assert result.falls >= 1


@pytest.fixture(scope="module")
def here(days: list[str]) -> list[UnitResult]:
    """In this process, one after the other."""
    found: list[UnitResult] = []
    for unit in units(days):
        found.append(run_unit(unit, None if unit.follows < 0 else found[unit.follows]))
    return found


class Told(Watcher):
    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def done(self, number: int, done: int, of: int) -> None:
        self.told.append((done, of))


def test_results_do_not_depend_on_where_they_ran(days: list[str], here: list[UnitResult]) -> None:
    assert run_units(units(days), processes(1)) == here
    told = Told()
    assert run_units(units(days), processes(2), watcher=told) == here
    assert told.told == [(1, 3), (2, 3), (3, 3)]


def test_settings_share_a_reading_and_are_each_as_if_alone(days: list[str]) -> None:
    settings = [Setting(Rules(profile), mirrored) for profile in ("plan", "guarded") for mirrored in (False, True)]
    first = run_unit(Unit(days[0], tuple(settings)))
    second = run_unit(Unit(days[1], tuple(settings), follows=0), first)
    for number, setting in enumerate(settings):
        alone = run_unit(Unit(days[0], (setting,)))
        assert alone.days == [first.days[number]]
        assert run_unit(Unit(days[1], (setting,), follows=0), alone).days == [second.days[number]]
    assert first.lessons[2]
    assert run_unit(Unit(days[1], tuple(settings))).days[2] != second.days[2], "the day before taught nothing"


def test_a_names_settings_are_shared_out_where_workers_are_many(days: list[str]) -> None:
    settings = [Setting(Rules("plan")), Setting(Rules("guarded"))]
    assert units_of(days, settings, 1) == [
        Unit(days[0], tuple(settings)), Unit(days[1], tuple(settings), follows=0),
    ]  # fmt: skip
    shared = units_of(list(reversed(days)), settings, 5)
    assert shared == [
        Unit(days[0], (settings[0],)), Unit(days[0], (settings[1],)),
        Unit(days[1], (settings[0],), follows=0), Unit(days[1], (settings[1],), follows=1),
    ]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="signals are not Windows's")
def test_a_worker_that_dies_costs_time_and_nothing_else(days: list[str], here: list[UnitResult]) -> None:
    assert run_units(units(days), processes(2), work=dies_once) == here
    with pytest.raises(DataValidationError, match="lost their worker"):
        run_units(units(days)[:1], processes(1), work=always_dies)


def child(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("there", "why"),
    [
        ({}, ""),
        ({"python": "3.11.1.final.0"}, ""),
        ({"python": "3.12.1.final.0"}, "python 3.12, this machine 3.11"),
        ({"distributed": "2025.1.0"}, "distributed 2025.1.0, this machine 2026.8.0"),
        ({"cloudpickle": None}, "cloudpickle None, this machine 3.1.3"),
        ({"orderflow-tui": "\x1b[2J" * 20}, f"orderflow-tui {('?[2J' * 20)[:40]}, this machine 0.1.0"),
        ({"numpy": "1.0"}, ""),
    ],
)
def test_other_versions_on_a_cluster_are_told_apart(there: dict[str, Any], why: str) -> None:
    here = {
        "python": "3.11.7.final.0", "distributed": "2026.8.0", "dask": "2026.8.0", "cloudpickle": "3.1.3",
        "msgpack": "1.2.4", "numpy": None, "orderflow-tui": "0.1.0",
    }  # fmt: skip
    assert differing(here, {**here, **there}) == why


@needs_dask
def test_on_a_dask_cluster_one_worker_killed(days: list[str], here: list[UnitResult]) -> None:
    done = child("-m", "tests.evaluate.on_a_cluster", *days)
    assert done.stdout.strip() == repr(here), done.stderr[-2_000:]


@needs_dask
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense"])
def test_nobody_at_the_clusters_address(days: list[str], address: str) -> None:
    done = child("-m", "orderflow_tui", "evaluate", days[0], "--cluster", address)
    assert done.returncode == 2
    assert f"--cluster {address}" in done.stderr


@given(st.lists(st.integers(9_700, 10_000), min_size=2, max_size=60), st.integers(1, 300))
def test_each_fall_is_one_and_the_first_that_hurts(mids: list[int], step: int) -> None:
    at = [number * step for number in range(len(mids))]
    found = falls(at, mids)
    for high, low in found:
        top, bottom = mids[high // step], mids[low // step]
        assert 0 < low - high <= FALL_SECONDS
        assert top - bottom >= HURTS * top
    assert all(later[0] >= earlier[1] for earlier, later in pairwise(found))
    hurts = any(
        mids[i] - mids[j] >= HURTS * mids[i]
        for i in range(len(mids))
        for j in range(i + 1, len(mids))
        if at[j] - at[i] <= FALL_SECONDS
    )
    assert bool(found) == hurts


def day(number: int, rules: Rules, *, exits: int, fell: int) -> DayResult:
    result = DayResult("ABC", f"2013-10-{number:02}", rules, mirrored=False, hours=6.5, exits=exits)
    rule = result.records["exit"] = RuleRecord()
    for exit_number in range(exits):
        told = replace(OUTCOME, fell=exit_number < fell, around=Controls(3, 1, None))
        rule.take(told, block_of("ABC", f"{result.day}T{14 + exit_number % 6}:00:00Z"))
    return result


def test_thresholds_are_chosen_on_early_days_and_judged_on_later_ones() -> None:
    flatters, honest = Rules(red_burst_threshold=5.0), Rules(red_burst_threshold=6.0)
    noisy = Rules(red_burst_threshold=4.0)
    results = [
        *(day(number, noisy, exits=40, fell=40) for number in (1, 2, 3, 4)),
        *(day(number, flatters, exits=5, fell=5 if number <= 2 else 0) for number in (1, 2, 3, 4)),
        *(day(number, honest, exits=5, fell=3) for number in (1, 2, 3, 4)),
    ]
    (chosen,) = proposals(results, budget=6)
    assert chosen.rules == flatters
    assert chosen.chosen_on == 2
    assert chosen.held_out is not None
    assert chosen.held_out.records["exit"].fell == 0
    assert "red_burst_threshold = 5.0" in chosen.toml()
    (none,) = proposals(results, budget=1)
    assert none.rules is None
    assert "no choice kept within 1 alarms a day" in none.toml()
    (single,) = proposals(results[:1], budget=6)
    assert "two days" in single.why


def test_sums_and_the_mirrored_witness() -> None:
    rules = Rules()
    mirrored = DayResult("ABC", "2013-10-01", rules, mirrored=True, hours=6.5, exits=1)
    (entry,) = comparison([day(1, rules, exits=13, fell=6), day(2, rules, exits=0, fell=0), mirrored])
    assert entry["exits_a_day"] == 6.5
    assert entry["mirrored"]["exits_a_day"] == 1.0
    assert total([]).figures()["acts_an_hour"] is None


def test_days_held_back_stand_apart() -> None:
    rules = Rules()
    results = [day(number, rules, exits=number, fell=0) for number in (1, 2, 4)]
    (entry,) = comparison(results, held_back=1)
    assert entry["exits_by_day"] == {"ABC 2013-10-01": 1, "ABC 2013-10-02": 2}
    assert entry["held_back"]["exits_by_day"] == {"ABC 2013-10-04": 4}
    assert entry["by_rule"]["exit"]["outcomes"] == 3
    (whole,) = comparison(results)
    assert (whole["held_back"], whole["exits_a_day"]) == (None, 2.33)


def test_the_command(days: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    arguments = ["evaluate", *days, "--profile", "plan", "--grid", "red_burst_threshold=4,8", "--budget", "500"]
    assert main([*arguments, "--json", "--html", str(page)]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert said["symbol_days"] == 2
    assert [entry["thresholds"] for entry in said["comparison"]] == [
        "plan T 10,000 spike 3 exit 4", "plan T 10,000 spike 3 exit 8",
    ]  # fmt: skip
    assert said["proposals"][0]["days_chosen_on"] == 1
    assert "<svg" in page.read_text(encoding="utf-8")
    alone = ["--profile", "plan", "--no-mirror", "--workers", "1"]
    assert main(["evaluate", *days, *alone, "--held-back", "1"]) == 0
    assert "HELD BACK" in capsys.readouterr().out
    assert main(["evaluate", days[0], *alone]) == 0
    text = capsys.readouterr().out
    assert "PLAN T 10,000 SPIKE 3 EXIT 4" in text
    assert "falls of 30 bp" in " ".join(text.split())
    assert main(["evaluate", days[0], "--profile", "plan", "--no-mirror", "--workers", "1", "--csv"]) == 0
    cells = list(csv.reader(capsys.readouterr().out.splitlines()))
    assert cells[0] == ["thresholds", "figure", "value"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--grid", "colour=red"], "--grid"),
        (["--grid", "red_burst_threshold=1"], "red_burst_threshold"),
    ],
)
def test_unusable_options_are_refused(
    days: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    assert main(["evaluate", days[0], *arguments]) == 2
    assert reason in capsys.readouterr().err


def test_a_recording_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "nowhere"]) == 2
    assert "no recording" in capsys.readouterr().err
