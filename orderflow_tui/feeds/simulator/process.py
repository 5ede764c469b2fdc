"""The simulated market's server as a child process that never outlives its parent."""

from __future__ import annotations

import contextlib
import queue
import secrets
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import urlsplit

from orderflow_tui.feeds.simulator.instruments import DEMO_SYMBOLS
from orderflow_tui.outbound.children import module_command, module_environment

KEY_VARIABLE = "ORDERFLOW_SIMULATOR_KEY"

_TAIL_LINES = 20
_TAIL_CHARACTERS = 500


class SimulatorError(RuntimeError):
    """The simulated market could not be started; its text says why, in one line."""


class SimulatorProcess:
    """A child process that serves a simulated market on a free port of 127.0.0.1.

    The child reads a pipe from this process and ends when the pipe does: on `close`, and when this process ends in
    whatever way. Nothing it writes reaches the terminal.

    Args:
        seed: Of all randomness.
        scenario: `calm`, `seller`, `burst` or `mixed`.
        depth: `full` or `nbbo`.
        symbols: Tickers traded; SPY comes on top.
        faults: A TOML file of faults.
        requests_per_second: Requests above this rate get status 429; None for no limit.
        plan: What the key is worth; None for everything.
        wire: Whose wire format it speaks.
        timeout_seconds: How long the start may take.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        scenario: str = "mixed",
        depth: str = "full",
        symbols: Sequence[str] = DEMO_SYMBOLS,
        faults: Path | None = None,
        requests_per_second: float | None = None,
        plan: str | None = None,
        wire: str = "polygon",
        timeout_seconds: float = 20.0,
    ) -> None:
        self.api_key = secrets.token_urlsafe(24)
        self._url = ""
        self._timeout_seconds = timeout_seconds
        self._arguments = ["--port", "0", "--seed", str(seed), "--scenario", scenario, "--depth", depth]
        self._arguments += ["--symbols", ",".join(symbols), "--until-stdin-closes", "--wire", wire]
        if faults is not None:
            self._arguments += ["--faults", str(faults)]
        if plan is not None:
            self._arguments += ["--plan", plan]
        if requests_per_second is not None:
            self._arguments += ["--requests-per-second", str(requests_per_second)]
        self._child: subprocess.Popen[bytes] | None = None
        self._threads: list[threading.Thread] = []
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Base URL, such as `http://127.0.0.1:40123`, or `host:port` of a wire without URLs; empty before the start."""
        return self._url

    @property
    def reached(self) -> dict[str, str]:
        """What settings of a source are made of: `url`, `ws`, `host`, `port`, `key`."""
        parts = urlsplit(self._url if "//" in self._url else f"//{self._url}")
        return {
            "url": self._url,
            "ws": self._url.replace("http", "ws", 1),
            "host": parts.hostname or "",
            "port": str(parts.port or ""),
            "key": self.api_key,
        }

    @property
    def pid(self) -> int | None:
        """The child's process id, or None when there is no child."""
        return self._child.pid if self._child else None

    @property
    def stderr_tail(self) -> str:
        """The last lines the child wrote on stderr."""
        return "\n".join(self._tail)

    def alive(self) -> bool:
        """Whether the child runs."""
        return self._child is not None and self._child.poll() is None

    def start(self) -> Self:
        """Starts the child and waits until it answers.

        Returns:
            This object.

        Raises:
            SimulatorError: It ended at once, or did not answer in time.
        """
        try:
            child = subprocess.Popen(  # noqa: S603
                module_command("orderflow_tui.feeds.simulator", *self._arguments),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=module_environment(own={KEY_VARIABLE: self.api_key}),
                # Ctrl-C in the terminal is the parent's to handle.
                start_new_session=True,
            )
        except OSError as error:
            raise SimulatorError(f"the simulated market did not start: {error}") from error
        self._child = child
        first_line: queue.Queue[str] = queue.Queue()
        self._threads = [
            threading.Thread(target=_read_first_line, args=(child.stdout, first_line), daemon=True),
            threading.Thread(target=_keep_tail, args=(child.stderr, self._tail), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        try:
            self._url = first_line.get(timeout=self._timeout_seconds)
        except queue.Empty:
            child.kill()
            self.close()
            raise SimulatorError(
                f"the simulated market did not answer within {self._timeout_seconds:g} s{self._why()}"
            ) from None
        if not self._url:
            self.close()
            raise SimulatorError(f"the simulated market ended at its start{self._why()}")
        return self

    def close(self) -> None:
        """Ends the child and waits until it is gone; doing so again is harmless."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()  # it holds nothing worth keeping, and the screen that asked is already gone
        child.wait()
        if child.stdin is not None:
            with contextlib.suppress(OSError):
                child.stdin.close()
        for thread in self._threads:
            thread.join()
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()

    def _why(self) -> str:
        return f": {self._tail[-1]}" if self._tail else ""


def _read_first_line(pipe: IO[bytes], first_line: queue.Queue[str]) -> None:
    first_line.put(pipe.readline(_TAIL_CHARACTERS).decode("utf-8", "replace").strip())
    while pipe.read(4096):
        pass


def _keep_tail(pipe: IO[bytes], tail: deque[str]) -> None:
    while line := pipe.readline(_TAIL_CHARACTERS):
        text = "".join(character for character in line.decode("utf-8", "replace") if character.isprintable())
        if text.strip():
            tail.append(text.strip())
