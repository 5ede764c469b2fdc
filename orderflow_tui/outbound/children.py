"""Every program this one starts: with the environment it needs and no more, and ended with all it started itself.

Our own modules run in an interpreter that imports nothing from the working directory, where anything may lie.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

from orderflow_tui.config.secrets import SECRET_NAMES

_NEEDED: Final = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TZDIR", "TMPDIR", "TEMP", "TMP", "VIRTUAL_ENV",
        "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONHASHSEED",
        "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA",
    }
)  # fmt: skip
"""What an interpreter asks for on the systems there are, and `LC_*`."""
_NETWORK: Final = frozenset(
    {
        "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    }
)  # fmt: skip
"""How other machines are reached, in capitals or not."""
_IMPORTS: Final = "PYTHONPATH"
_running: set[subprocess.Popen[bytes]] = set()
_lock: Final = threading.Lock()
_START_SECONDS: Final = 1.0


class Finished(Struct, frozen=True):
    """A program that has ended.

    Attributes:
        code: Its exit code, negative for a signal.
        output: What it wrote on stdout, where that was wanted.
    """

    code: int
    output: bytes


def module_command(module: str, *arguments: str) -> list[str]:
    """The command line of one of our modules."""
    return [sys.executable, "-P", "-m", module, *arguments]


def module_environment(
    env: Mapping[str, str] | None = None, *, own: Mapping[str, str] | None = None, network: bool = False
) -> dict[str, str]:
    """The environment of one of our modules: what Python needs, and what is its own.

    Args:
        env: Where that comes from; None for this process's.
        own: What the module alone gets.
        network: Whether it asks other machines, and so needs proxies and certificates.
    """
    source = os.environ if env is None else env
    kept = {
        name: value
        for name, value in source.items()
        if name.upper() in _NEEDED or name.startswith("LC_") or (network and name.upper() in _NETWORK)
    }
    return {**kept, **import_path(source), **(own or {})}


def import_path(env: Mapping[str, str]) -> dict[str, str]:
    """`PYTHONPATH` for a child: absolute folders only, and ours where nothing installed us; or nothing."""
    folders = [folder for folder in env.get(_IMPORTS, "").split(os.pathsep) if Path(folder).is_absolute()]
    root = Path(__file__).resolve().parents[1]
    if root.name not in ("site-packages", "dist-packages"):
        folders.append(str(root))
    return {_IMPORTS: os.pathsep.join(dict.fromkeys(folders))} if folders else {}


def without_secrets(env: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that has no business with our keys."""
    return {name: value for name, value in env.items() if name not in SECRET_NAMES}


def run_to_its_end(
    argv: Sequence[str], *, env: Mapping[str, str], seconds: float, given: bytes = b"", wants_output: bool = False
) -> Finished:
    """Run a program without a shell, and end whatever it has started when it has ended or its time is over.

    Args:
        argv: The program and its arguments.
        env: Its whole environment.
        seconds: How long it may take.
        given: What it reads on stdin.
        wants_output: Whether its stdout is returned; it goes nowhere otherwise, as its stderr always does.

    Raises:
        TimeoutError: It took too long.
        OSError: It cannot be started.
        ValueError: An argument holds a zero byte.
    """
    with _lock:  # whoever leaves meanwhile waits until it is known
        process = subprocess.Popen(  # noqa: S603 no shell; whose program it is says the caller
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if wants_output else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(env),
            start_new_session=True,
        )
        _running.add(process)
    try:
        output, _ = process.communicate(given, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    finally:
        _end(process)
        with _lock:
            _running.discard(process)
    return Finished(process.returncode, output or b"")


def end_all() -> None:
    """Kill every program that still runs with all it started: for whoever leaves the process now."""
    known = _lock.acquire(timeout=_START_SECONDS)  # a program on a dead network drive may never start
    running = list(_running)
    if known:
        _lock.release()
    for process in running:
        _kill(process)


atexit.register(end_all)


def _end(process: subprocess.Popen[bytes]) -> None:
    _kill(process)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the process group that the program leads: whatever it started is in it unless it left on purpose."""
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        elif process.poll() is None:
            process.kill()
