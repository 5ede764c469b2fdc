"""The one place that prints outside the dashboard, and so decides what may reach a terminal or a pipe.

No control character of a text from outside gets through, wherever the text came from, and no known secret. A closed
or full stderr never stops a run; a stdout that cannot be written ends a command in one line.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import IO, Protocol

from orderflow_tui.support.masking import masked

PROGRAM = "orderflow-tui"


class OutputError(RuntimeError):
    """Stdout cannot be written: one line with the system's reason."""


class RawOutput(Protocol):
    """Where bytes go without a buffer between."""

    def write(self, data: bytes, /) -> int | None:
        """How many bytes were taken; None where nothing can be taken now. Raises OSError."""
        ...


def printable(text: object) -> str:
    """Text from outside as one line that no terminal obeys: whatever is no printable character becomes `?`."""
    line = str(text)
    return line if line.isprintable() else "".join(one if one.isprintable() else "?" for one in line)


def prepare_streams() -> None:
    """What the terminal's encoding lacks is escaped, not refused; a crash is printed by `print_crash`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.excepthook = print_crash
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _print_thread_crash


def print_lines(lines: Iterable[object]) -> None:
    """Print lines on stdout.

    Raises:
        BrokenPipeError: Nobody reads any more.
        OutputError: It cannot be written for another reason.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.write("".join(f"{printable(masked(str(line)))}\n" for line in lines))
        sys.stdout.flush()
    except OSError as error:
        _give_up(sys.stdout)
        if isinstance(error, BrokenPipeError):
            raise
        raise OutputError(f"stdout cannot be written: {error.strerror or type(error).__name__}") from None


def print_json(value: object) -> None:
    """Print a value as indented JSON. Raises as `print_lines`."""
    import json  # noqa: PLC0415 only where it is printed

    print_lines(json.dumps(value, indent=2).split("\n"))


def print_csv(rows: Iterable[Iterable[object]]) -> None:
    """Print rows as CSV whose cells no spreadsheet takes for formulas. Raises as `print_lines`."""
    import csv  # noqa: PLC0415 only where it is printed

    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([csv_cell(value) for value in row] for row in rows)
    print_lines(text.getvalue().splitlines())


def csv_cell(value: object) -> object:
    """A cell that no spreadsheet takes for a formula and no terminal obeys."""
    if not isinstance(value, str):
        return value
    return f"'{printable(value)}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else printable(value)


def print_note(text: object) -> None:
    """Print a line on stderr, or nothing where stderr is closed or full."""
    _print_error_lines([f"{text}"])


def print_error(text: object) -> None:
    """Print a line on stderr that begins with the program's name, or nothing where stderr is closed or full."""
    _print_error_lines([f"{PROGRAM}: {text}"])


def print_progress(text: str, *, over: bool) -> None:
    """Print over the last progress line on stderr."""
    _write_error(f"\r{printable(text)}{chr(10) * over}")


def print_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print where a defect ended the program: the calls and the reason, no variable's value."""
    _print_error_lines(crash_lines(kind, error, trace))


def _print_thread_crash(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_value is not None:
        print_crash(crash.exc_type, crash.exc_value, crash.exc_traceback)


def crash_lines(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> list[str]:
    """Where a defect was met and its reason, as they may be shown: no variable's value, for one may hold a key."""
    import traceback  # noqa: PLC0415 only for a crash

    lines = "".join(traceback.format_exception(kind, error, trace)).rstrip("\n").split("\n")
    return [printable(masked(line)) for line in lines]


def raw_stdout() -> tuple[RawOutput, str]:
    """Stdout without a buffer, so that what a full disk does not take is known and written again; and its encoding."""
    if sys.stdout is None:
        return open(os.devnull, "wb", buffering=0), "utf-8"  # noqa: PTH123 open as long as the process
    try:
        sys.stdout.flush()
        return io.FileIO(sys.stdout.fileno(), "wb", closefd=False), sys.stdout.encoding
    except io.UnsupportedOperation:  # a stand-in without a descriptor
        return sys.stdout.buffer, sys.stdout.encoding


def _print_error_lines(lines: Iterable[str]) -> None:
    _write_error("".join(f"{printable(masked(line))}\n" for line in lines))


def _write_error(text: str) -> None:
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):  # full, closed, or its reader is gone: there is nowhere left to say so
        _give_up(sys.stderr)


def _give_up(stream: IO[str]) -> None:
    """Let what the stream still holds go nowhere: the interpreter's own end would fail on it once more."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
