"""However its terminal is taken away from a running dashboard, nothing is left and the journal is closed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.taken_away import WAYS, markets, take_away

pytestmark = pytest.mark.serial

SECONDS = 5.0
"""Two, and what a busy machine takes."""
SAMPLE = {
    "closed below an interactive shell": "live",
    "closed below make": "replay",
    "closed below script": "demo",
    "the shell killed, SIGHUP ignored": "kept",
    "the job's shell killed": "replay",
    "tmux killed": "demo",
    "tmux kill-session": "live",
    "relay killed": "replay",
    "closed in a paste": "demo",
    "closed while it reads nothing": "live",
    "stopped, SIGHUP ignored, then closed": "replay",
}
"""`python -m tests.commands.taken_away` tries every way with every market."""


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with markets(tmp_path_factory.mktemp("markets")) as made:
        yield made


@pytest.mark.parametrize("name", SAMPLE)
def test_nothing_is_left_of_a_dashboard_without_a_terminal(name: str, commands: dict[str, str], tmp_path: Path) -> None:
    for program in ("tmux", "make", "script"):
        if program in name and shutil.which(program) is None:
            pytest.skip(f"there is no {program} here")
    took, wrong = take_away(WAYS[name], commands[SAMPLE[name]], tmp_path / "run")
    assert not wrong
    assert took < SECONDS
