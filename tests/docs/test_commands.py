"""Every command the documentation shows is one the program accepts; those that need no screen and no network are run."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from orderflow_tui import cli
from orderflow_tui.commands.options import make_parser
from orderflow_tui.feeds.live.retry import DEFAULT_POLICY
from orderflow_tui.feeds.simulator.faults import load_faults
from orderflow_tui.journal.make_records import alert_record, exit_record
from orderflow_tui.journal.records import ApiErrorRecord
from tests.commands.in_process import called
from tests.docs.pages import ROOT, blocks
from tests.journal.journal_tools import DAY_NS, NOON, Clock, alert, writer
from tests.journal.test_journal_records import RECOMMENDATION

RECORDING = "../shared/data/sessions/bac_20131007_1405_1435"
# Words before the program's name, or a quote or a path, and then what follows up to the end of the command.
_OURS = re.compile(r"(?:^|[\s'/\\])orderflow-tui(?=[\s']|$)(?P<arguments>[^'#;|&>\n]*)")
_PIPELINES = ("grep ", "cat ", "jq ")


def lines(*languages: str) -> Iterator[tuple[str, str]]:
    """`(page, command line)` of the shell blocks, comments left out."""
    for block in blocks(*languages):
        for line in block.text.splitlines():
            if line.strip() and not line.lstrip().startswith("#"):
                yield block.page.name, line.strip()


COMMANDS = sorted(
    {match["arguments"].strip() for _, line in lines("sh", "powershell", "ini") for match in _OURS.finditer(line)}
)
INLINE = sorted(
    {
        match[1].strip()
        for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
        for match in re.finditer(r"`orderflow-tui ([^`]*)`", page.read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize("arguments", sorted({*COMMANDS, *INLINE}), ids=lambda text: text or "(the dashboard)")
def test_the_program_accepts(arguments: str) -> None:
    words = [word.replace("PREFIX...", "PREFIX") for word in shlex.split(arguments)]
    parsed = make_parser().parse_args(words)
    assert parsed.command in cli._COMMANDS


def test_every_command_is_shown_somewhere() -> None:
    shown = {words.split()[0] for words in {*COMMANDS, *INLINE} if words and not words.startswith("-")}
    assert shown == {command for command in cli._COMMANDS if command} - {"engine"}, "dashboards start the engine"


def test_config_runs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    done = called("config", cwd=tmp_path, capfd=capfd)
    assert done.returncode == 0, done.stderr
    assert "profile = guarded (default)" in done.stdout


@pytest.mark.skipif(not (ROOT / f"{RECORDING}.trades.csv.gz").is_file(), reason="no recordings in ../shared/data")
def test_the_headless_replay_of_the_readme_runs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    command = next(words for words in COMMANDS if words.startswith("replay") and "--headless" in words)
    _, prefix, *options = shlex.split(command)
    assert Path(prefix).name == Path(RECORDING).name
    done = called("replay", str(ROOT / RECORDING), *options, cwd=tmp_path, capfd=capfd)
    assert done.returncode == 0, done.stderr
    assert "BAC EXIT RECOMMENDED" in done.stdout
    assert list((tmp_path / "logs" / "replay").glob("bac_20131007_1405_1435-*/*.jsonl"))


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a POSIX shell")
def test_shell_blocks_are_shell() -> None:
    for block in blocks("sh"):
        done = subprocess.run(["sh", "-n"], input=block.text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{block.page.name}: {done.stderr}"


@pytest.mark.skipif(shutil.which("jq") is None or shutil.which("grep") is None, reason="needs grep and jq")
def test_queries_answer_on_several_days(tmp_path: Path) -> None:
    clock = Clock()
    journal = writer(tmp_path / "logs" / "order_flow", source_class="live", data_source="polygon", clock=clock)
    for _ in range(2):
        for _ in range(20):
            journal.write(alert_record(alert()), NOON, 0)
        journal.write(exit_record(RECOMMENDATION), NOON, 0)
        journal.write(ApiErrorRecord(error_type="429", detail="slow down"), NOON, 0)
        clock.now += DAY_NS
    journal.close()
    answers = {}
    for _, line in lines("sh"):
        if line.startswith(_PIPELINES) and "logs/order_flow" in line:
            done = subprocess.run(
                ["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False
            )
            assert (done.returncode, done.stderr) == (0, ""), line
            answers[line] = done.stdout.split()
    values = list(answers.values())
    assert len(answers) == 5
    assert ["40"] in values
    assert ["2"] in values
    assert ["2", "429"] in values


def test_make_targets_exist() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    shown = {word for _, line in lines("sh") if line.startswith("make ") for word in line.split("#")[0].split()[1:]}
    assert shown
    assert {word for word in shown if "=" not in word} <= set(targets)


def test_the_fault_example_is_accepted(tmp_path: Path) -> None:
    example = next(block for block in blocks("toml") if "[[fault]]" in block.text)
    path = tmp_path / "faults.toml"
    path.write_text(example.text)
    assert len(load_faults(path)) == example.text.count("[[fault]]")


def test_the_retries_are_as_described() -> None:
    assert [DEFAULT_POLICY.base_delay * DEFAULT_POLICY.factor**n for n in range(DEFAULT_POLICY.max_retries)] == [
        1,
        2,
        4,
    ]
