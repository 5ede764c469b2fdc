"""Completion and manual page are made from the parser, and bash itself completes by it."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from orderflow_tui.cli import main
from orderflow_tui.commands.completion import SHELLS
from orderflow_tui.commands.options import make_parser
from orderflow_tui.commands.parser_words import commands_of

COMMANDS = commands_of(make_parser())
BASH = shutil.which("bash") or ""
TYPED = (
    (("",), "init"),
    (("de",), "demo"),
    (("demo", "--sc"), "--scenario"),
    (("demo", "--scenario", ""), "bad-day"),
    (("answer", "BAC", "ho"), "hold"),
    (("completion", "z"), "zsh"),
    (("--theme", "x", "rep"), "report"),
)


@pytest.mark.skipif(not BASH, reason="bash is not installed")
def test_bash_completes() -> None:
    script = "\n".join(SHELLS["bash"](COMMANDS))
    asked = "".join(
        f"COMP_WORDS=(orderflow-tui {' '.join(repr(word) for word in words)}); COMP_CWORD={len(words)}; "
        'COMPREPLY=(); _orderflow_tui; echo "${COMPREPLY[*]}"\n'
        for words, _ in TYPED
    )
    done = subprocess.run(
        [BASH, "--norc", "-c", f"{script}\n{asked}"], capture_output=True, text=True, check=True, timeout=30
    )
    assert not done.stderr
    for (words, found), line in zip(TYPED, done.stdout.splitlines(), strict=True):
        assert found in line.split(), f"{words}: {line}"


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_know_every_command_and_option(shell: str) -> None:
    script = "\n".join(SHELLS[shell](COMMANDS))
    for command in COMMANDS:
        assert command.name in script
        for option in command.options:
            for name in option.names:
                assert (f"-l {name[2:]}" if shell == "fish" and name.startswith("--") else name) in script
    program = shutil.which(shell)
    if program:
        subprocess.run([program, "-n"], input=script, text=True, check=True, timeout=30)


def test_the_manual_names_every_command_and_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["man"]) == 0
    text = capsys.readouterr().out
    plain = text.replace("\\-", "-")
    for command in COMMANDS:
        assert f".SS {command.name}\n" in plain or not command.name
        assert all(name in plain for option in command.options for name in option.names)
    assert [line for line in text.splitlines() if line.startswith(".")] == [
        line for line in text.splitlines() if re.match(r"\.(TH|SH|SS|TP|B|I)( |$)", line)
    ]
