"""The whole command line by a call: a tenth of a process's time, where no process is what a test is about."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess
from types import FrameType
from unittest import mock

import pytest

from orderflow_tui.cli import main

_OURS = ("ORDER_FLOW", "POLYGON", "MASSIVE", "APCA", "DATABENTO", "IBKR")


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raises TimeoutError in whatever still waits then, a read of a pipe among them."""

    def late(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"still running after {seconds} s")

    if sys.platform == "win32":
        yield
        return
    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def called(
    *arguments: str,
    cwd: Path,
    capfd: pytest.CaptureFixture[str],
    env: Mapping[str, str] | None = None,
    timeout: float = 60,
) -> CompletedProcess[str]:
    """Run it as `orderflow-tui` with these arguments in this folder would run; raises TimeoutError where it hangs."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    here, ours = Path.cwd(), {"HOME": str(cwd), "XDG_CONFIG_HOME": str(cwd), **(env or {})}
    capfd.readouterr()
    os.chdir(cwd)
    try:
        with mock.patch.dict(os.environ, {**clean, **ours}, clear=True), _within(timeout):
            try:
                code = main(list(arguments))
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
    finally:
        os.chdir(here)
    said = capfd.readouterr()
    return CompletedProcess(arguments, code, said.out, said.err)
