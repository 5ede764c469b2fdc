"""Mutation testing of the core: `make mutants`. Lists changes to the rules that no test of the core notices.

    python -m benchmarks.mutants [walls stops ...]

Works in a copy under `build/mutants`, so that no mutant ever stands in the project. The property tests are left out:
they touch every line, take most of the suite's time and would run for nearly every mutant; so is the test of what the
core imports, since mutmut's own imports stand in what it mutates. What survives is printed with its diff, what runs out
of time by name; `benchmarks/mutants.md` says which survivors are known to change nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter

from benchmarks.measuring import ROOT

MODULES = (
    "red_burst", "burst_figures", "burst_window", "wall", "wall_tracker", "wall_rules", "bid_wall_hit",
    "bid_wall_pulled",
    "exit_signal", "stops", "volume_window", "trade_side", "liquidity", "sweeps", "corrections", "side_check",
    "hidden_seller", "slow_bleed", "state",
)  # fmt: skip
PLACE = ROOT / "build" / "mutants"
LOG = PLACE / "mutmut.log"
LIMIT_SECONDS = 45 * 60
_SETTINGS = """[mutmut]
source_paths =
    orderflow_tui
only_mutate =
{files}
pytest_add_cli_args =
    --ignore=tests/core/test_properties.py
    --ignore=tests/core/test_purity.py
    -x
pytest_add_cli_args_test_selection =
    tests/core
also_copy =
    tests
    themes
    pyproject.toml
use_git_change_detection = false
track_dependencies = false
timeout_multiplier = 3
"""


_NO_SHRINKING = """

from hypothesis import Phase

settings.register_profile("mutants", settings.get_profile("repeatable"), phases=(Phase.explicit, Phase.generate))
settings.load_profile("mutants")
"""
"""A property that fails has noticed the mutant; looking for its smallest example would run out of time."""


def prepare(modules: list[str]) -> None:
    """A fresh copy of what the core's tests need."""
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    unwanted = shutil.ignore_patterns("__pycache__", "__snapshots__")
    for folder in ("orderflow_tui", "tests", "themes"):
        shutil.copytree(ROOT / folder, PLACE / folder, ignore=unwanted)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, PLACE / name)
    with (PLACE / "tests" / "conftest.py").open("a") as conftest:
        conftest.write(_NO_SHRINKING)
    core = ROOT / "orderflow_tui" / "core"
    files = "\n".join(f"    {next(core.rglob(f'{name}.py')).relative_to(ROOT)}" for name in modules)
    (PLACE / "setup.cfg").write_text(_SETTINGS.format(files=files))


def mutmut(*words: str) -> str:
    """Run mutmut in the copy; the copy's own package comes before an installed one."""
    environment = {**os.environ, "PYTHONPATH": str(PLACE), "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-m", "mutmut", *words]
    return subprocess.run(command, cwd=PLACE, env=environment, text=True, check=False, stdout=subprocess.PIPE).stdout


def try_all() -> None:
    """Let mutmut try every mutant; where it stops early it takes up what is left. Its spinner goes to a log."""
    environment = {**os.environ, "PYTHONPATH": str(PLACE), "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", "2"]
    end = time.monotonic() + LIMIT_SECONDS
    for _ in range(3):
        with LOG.open("ab") as log:
            try:
                done = subprocess.run(
                    command,
                    cwd=PLACE,
                    env=environment,
                    check=False,
                    timeout=end - time.monotonic(),
                    stdout=log,
                    stderr=log,
                )
            except subprocess.TimeoutExpired:
                print(f"stopped after {LIMIT_SECONDS // 60} minutes; what follows is what was reached", file=sys.stderr)
                return
        states = {status for _, status in results()}
        if "not checked" not in states or states == {"not checked"}:
            return
        print(f"mutmut ended early (exit code {done.returncode}); it goes on with what is left", file=sys.stderr)


def results() -> list[tuple[str, str]]:
    """Every mutant's name and what became of it."""
    lines = (line.strip().rsplit(": ", 1) for line in mutmut("results", "--all", "true").splitlines() if ": " in line)
    return [(name, status) for name, status in lines]


def main() -> int:
    modules = sys.argv[1:] or list(MODULES)
    if unknown := [name for name in modules if name not in MODULES]:
        print(f"not mutated here: {', '.join(unknown)}; there are {', '.join(MODULES)}", file=sys.stderr)
        return 2
    prepare(modules)
    began = time.monotonic()
    try_all()
    said = results()
    counted = Counter(status for _, status in said)
    print("; ".join(f"{count} {status}" for status, count in counted.most_common()), flush=True)
    print(f"{(time.monotonic() - began) / 60:.1f} minutes\n")
    if not counted["killed"]:
        print(f"nothing was tried: the core's own tests must pass first (what failed stands in {LOG})", file=sys.stderr)
        return 1
    for name in (name for name, status in said if status == "timeout"):
        print(f"out of time: {name}")
    left = [name for name, status in said if status in {"survived", "no tests", "suspicious"}]
    for name in left:
        print(mutmut("show", name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
