"""A real terminal's other end: a pseudo-terminal that a test reads, or stops reading."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]
QUIT = b"\x11"


class PtyTerminal:
    """Runs `python -m MODULE ARGS`, or a program, on a pseudo-terminal; ends it with the `with` block."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        columns: int = 200,
        rows: int = 50,
        *,
        program: Path | None = None,
        cwd: Path = ROOT,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment.pop("NO_COLOR", None)
        self.child = subprocess.Popen(
            [*([program] if program else [sys.executable, "-m", module]), *arguments],
            cwd=cwd, env=environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.seen = b""

    def read_until(self, pattern: bytes, limit: float) -> float:
        """Read until the pattern is found in what comes from here on; the seconds it took, or an AssertionError."""
        began = time.monotonic()
        text = b""
        while not re.search(pattern, text):
            left = began + limit - time.monotonic()
            assert left > 0, f"no {pattern!r} in {limit} s: {text[-300:]!r}"
            text += self._read(left)
        return time.monotonic() - began

    def _read(self, timeout: float) -> bytes:
        if not select.select([self.master], [], [], timeout)[0]:
            return b""
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:
            data = b""
        self.seen = (self.seen + data)[-1 << 16 :]
        return data

    def drain(self, quiet: float) -> None:
        """Read until nothing came for so many seconds."""
        while self._read(quiet):
            pass

    def await_true(self, true: Callable[[], bool], limit: float) -> None:
        """Read until something is true, or an AssertionError."""
        until = time.monotonic() + limit
        while not true():
            assert time.monotonic() < until, self.seen[-300:]
            self._read(0.05)

    def resident_mb(self) -> float:
        """The child's resident memory."""
        pages = int(Path(f"/proc/{self.child.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def quit(self, limit: float) -> float:
        """Press the quit key and read until the child has ended; the seconds that took."""
        began = time.monotonic()
        self.press(QUIT)
        while self.child.poll() is None:
            assert time.monotonic() - began < limit, "it does not end"
            self._read(0.01)
        took = time.monotonic() - began
        while self._read(0.05):
            pass
        return took

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        os.close(self.master)
