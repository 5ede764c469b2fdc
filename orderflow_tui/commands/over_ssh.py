"""A screen on another machine's engine: the user's own ssh forwards the engine's socket, and nothing else listens."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import msgspec

from orderflow_tui.config.values import invalid
from orderflow_tui.engine.listener import connect
from orderflow_tui.engine.runtime_folder import EngineError, EnginePlace, runtime_folder
from orderflow_tui.outbound.children import without_secrets
from orderflow_tui.support.decoding import NO_JSON

_SECONDS: Final = 180.0
"""Someone may have to type a password."""
_LOOK_SECONDS: Final = 0.02
_END_SECONDS: Final = 1.0
_MOST_OUTPUT: Final = 1_000_000
_LONGEST_HOST: Final = 255
_LONGEST_PATH: Final = 100
_NOT_FOUND: Final = 127
_ALIVE: Final = ("-T", "-o", "ConnectTimeout=15", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=2")
_FORWARD: Final = (
    "-o", "ExitOnForwardFailure=yes", "-o", "StreamLocalBindMask=0177", "-o", "StreamLocalBindUnlink=yes",
    "-o", "ControlPath=none",
)  # fmt: skip
"""A connection of its own: a shared one would keep the forwarding after us."""


class _Status(msgspec.Struct):
    """What is needed of `status --json`."""

    socket: str


def checked_host(host: str) -> str:
    """A destination as ssh takes it, such as `trader@desk`. Raises DataValidationError for one it could misread."""
    if not host or host.startswith("-") or len(host) > _LONGEST_HOST or not host.isprintable() or " " in host:
        raise invalid(f"--ssh {ascii(host)[1:-1]!r}: name a host as for ssh, such as trader@desk")
    return host


def remote_socket(host: str, log_dir: str) -> str:
    """Where the engine on another machine takes screens: its own `orderflow-tui status` says it.

    Raises:
        EngineError: There is no ssh, no orderflow-tui there, or no engine.
    """
    words = ["orderflow-tui", "status", "--json", *([f"--log-dir={log_dir}"] if log_dir else [])]
    asked = _ssh([*_ALIVE, "--", host, shlex.join(words)], subprocess.DEVNULL, subprocess.PIPE)
    with asked:
        output = asked.stdout.read(_MOST_OUTPUT) if asked.stdout is not None else b""
        code = asked.wait()
    if code == _NOT_FOUND:
        raise EngineError(
            f"{host} does not find orderflow-tui: put its folder into PATH there, also for shells without a terminal"
        )
    if code:
        raise EngineError(f"no engine to show on {host}: `ssh {host} orderflow-tui status` ended with {code}")
    return socket_named(output, host)


def socket_named(output: bytes, host: str) -> str:
    """The socket that `status --json` names, whatever a shell printed before it.

    Raises:
        EngineError: It names none.
    """
    try:
        found = msgspec.json.decode(output[max(output.rfind(b"\n{"), 0) :], type=_Status).socket
    except NO_JSON:
        found = ""
    if not found.startswith("/") or ":" in found or not found.isprintable() or len(os.fsencode(found)) > _LONGEST_PATH:
        raise EngineError(f"orderflow-tui on {host} names no socket: use the same version there as here")
    return found


class Tunnel:
    """An ssh that forwards an engine's socket; it ends with `close`, and with this process however that ends.

    Its remote command is a `cat` that reads what we never write: when we are gone, it ends and ssh with it.

    Args:
        host: From `checked_host`.
        remote: The engine's socket there.
    """

    def __init__(self, host: str, remote: str) -> None:
        self._host, self._remote = host, remote
        self._folder = Path(tempfile.mkdtemp(prefix="ssh-", dir=runtime_folder()))
        self._socket = self._folder / "s"
        self._process: subprocess.Popen[bytes] | None = None
        self._said: deque[str] = deque(maxlen=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def connect(self) -> socket.socket:
        """A connection to the engine, through a new ssh.

        Raises:
            EngineError: ssh ended, with what it said last; or it does not come up.
        """
        self._end()
        self._said.clear()
        self._process = process = _ssh(
            [*_ALIVE, *_FORWARD, "-L", f"{self._socket}:{self._remote}", "--", self._host, "cat"],
            subprocess.PIPE, subprocess.DEVNULL, subprocess.PIPE,
        )  # fmt: skip
        reading = threading.Thread(target=self._listen, args=(process.stderr,), name="ssh", daemon=True)
        reading.start()
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            with suppress(EngineError):  # not there yet; or there, and ssh does not listen on it yet
                return connect(EnginePlace(self._socket, self._socket, self._socket))
            if process.poll() is not None:
                reading.join(_END_SECONDS)
                raise EngineError(f"ssh {self._host}: {self._said[0] if self._said else 'it ended'}")
            time.sleep(_LOOK_SECONDS)
        raise EngineError(f"ssh {self._host}: the engine's socket was not forwarded within {_SECONDS:.0f} s")

    def close(self) -> None:
        """End ssh and take its socket away."""
        self._end()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()
        self._socket.unlink(missing_ok=True)

    def _listen(self, pipe: IO[bytes]) -> None:
        """Keep what ssh said last: on the terminal it would be painted into the screen."""
        with pipe:
            for line in iter(lambda: pipe.readline(_LONGEST_HOST), b""):
                if words := "".join(filter(str.isprintable, line.decode("utf-8", "replace"))).strip():
                    self._said.append(words)


def _ssh(arguments: list[str], given: int, output: int, errors: int | None = None) -> subprocess.Popen[bytes]:
    """The user's ssh, without our keys. Raises EngineError where there is none."""
    program = shutil.which("ssh")
    if program is None:
        raise EngineError("there is no ssh here: install OpenSSH's client")
    return subprocess.Popen(  # noqa: S603 the user's own
        [program, *arguments], stdin=given, stdout=output, stderr=errors, env=without_secrets(os.environ)
    )
