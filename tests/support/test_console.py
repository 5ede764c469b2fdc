"""What may be printed, and what happens where it cannot be."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orderflow_tui.support.console import printable

HOSTILE = "\x1b]0;title\x07\x1b[2J\r\n\x9b31m\u202eafter\x7f"
PRINT = """
import sys
from orderflow_tui.support import console
console.prepare_streams()
"""


def python(
    script: str, *, stdout: object = subprocess.PIPE, stderr: object = subprocess.PIPE, **env: str
) -> tuple[int, str, str]:
    done = subprocess.run(  # type: ignore[call-overload]
        [sys.executable, "-P", "-c", PRINT + script],
        stdout=stdout,
        stderr=stderr,
        text=True,
        check=False,
        env=env or None,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_line_is_one_line_and_no_command() -> None:
    assert printable(HOSTILE) == "?]0;title??[2J???31m?after?"
    assert printable("caf\u00e9 \u2588") == "caf\u00e9 \u2588"
    assert printable(Path("a/b")) == "a/b"


@pytest.mark.parametrize(
    "call",
    [
        f"console.print_lines([{HOSTILE!r}])",
        f"console.print_json({{ {HOSTILE!r}: {HOSTILE!r} }})",
        f"console.print_csv([({HOSTILE!r}, 1)])",
        f"console.print_error({HOSTILE!r})",
        f"console.print_note({HOSTILE!r})",
        f"raise ValueError({HOSTILE!r})",
    ],
)
def test_nothing_that_a_terminal_obeys_is_printed(call: str) -> None:
    _, out, error = python(call)
    assert (out + error).strip()
    assert (out + error).replace("\n", "").isprintable()


def test_csv_stays_csv_and_json_json() -> None:
    _, out, _ = python("console.print_csv([('=1+1', 'a\\nb,\"c'), (1.5, None)])")
    assert out == '\'=1+1,"a?b,""c"\n1.5,\n'
    _, out, _ = python("console.print_json({'a': ['\\x1b', 2]})")
    assert json.loads(out) == {"a": ["\x1b", 2]}


def test_an_encoding_that_lacks_a_character_ends_nothing() -> None:
    code, out, error = python(
        "console.print_lines(['\u2588']); console.print_error('\u2588')", PYTHONIOENCODING="ascii"
    )
    assert (code, out, error) == (0, "\\u2588\n", "orderflow-tui: \\u2588\n")


def test_a_crash_shows_calls_and_no_value_that_is_a_secret() -> None:
    script = """
from orderflow_tui.support.masking import hide
hide("a-key-of-26-characters-0123")
def ask(key):
    raise RuntimeError(f"refused {key}")
ask("a-key-of-" + "26-characters-0123")
"""
    code, _, error = python(script)
    assert code == 1
    assert "RuntimeError: refused ***" in error
    assert "in ask" in error
    assert "26-characters-0123" not in error.replace('"26-characters-0123"', "")


def test_a_full_stdout_ends_a_command_in_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "orderflow_tui", "--version"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "orderflow-tui: stdout cannot be written: No space left on device\n")


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>&- 2>&-", "2>/dev/full"])
def test_closed_streams_end_nothing(closed: str, tmp_path: Path) -> None:
    script = (
        f"{PRINT}console.print_error('error'); console.print_note('note'); console.print_lines(['line']); sys.exit(7)"
    )
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run(
        ["sh", "-c", f'"$0" -P "$1" {closed}', sys.executable, str(tmp_path / "script.py")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 7
    assert done.stdout == ("" if "1>&-" in closed else "line\n")
    assert done.stderr == ("orderflow-tui: error\nnote\n" if closed == "1>&-" else "")
