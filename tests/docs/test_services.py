"""The services that the documentation shows start what the program accepts, with keys that their systems know."""

from __future__ import annotations

import configparser
import plistlib
import shlex

from orderflow_tui.commands.options import make_parser
from tests.docs.pages import blocks

SYSTEMD = {
    "Unit": {"Description", "After"},
    "Service": {
        "WorkingDirectory", "EnvironmentFile", "ExecStart", "Restart", "RestartPreventExitStatus", "TimeoutStopSec",
    },
    "Install": {"WantedBy"},
}  # fmt: skip
LAUNCHD = {
    "Label", "WorkingDirectory", "ProgramArguments", "RunAtLoad", "KeepAlive", "StandardOutPath", "StandardErrorPath",
}  # fmt: skip


def test_the_systemd_unit_runs_the_engine() -> None:
    (text,) = [block.text for block in blocks("ini") if "[Service]" in block.text]
    unit = configparser.RawConfigParser()
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(text)
    assert {section: set(unit[section]) for section in unit.sections()} == SYSTEMD
    program, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert program.endswith("/bin/orderflow-tui")
    assert make_parser().parse_args(arguments).command == "headless"


def test_the_launchd_agent_runs_the_engine() -> None:
    (text,) = [block.text for block in blocks("xml")]
    agent = plistlib.loads(text.strip().encode())
    assert set(agent) == LAUNCHD
    program, *arguments = agent["ProgramArguments"]
    assert program.endswith("/bin/orderflow-tui")
    assert make_parser().parse_args(arguments).command == "headless"
    assert agent["KeepAlive"] == {"Crashed": True}, "a wrong setting is not started again and again"
