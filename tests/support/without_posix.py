"""A child without what only POSIX systems have: prints `whole` where everything loads, and files and screens work.

Argument: an empty folder.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import signal
import socket
import sys
import types
from pathlib import Path

import orderflow_tui

OS = (
    "O_CLOEXEC", "O_DIRECTORY", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK", "O_SYNC", "chown", "chroot", "fchmod", "fchown",
    "fork", "forkpty", "getegid", "geteuid", "getgid", "getpgid", "getuid", "killpg", "mkfifo", "openpty", "pread",
    "pwrite", "set_blocking", "setsid", "ttyname", "uname", "wait", "wait3", "waitid",
)  # fmt: skip
SIGNALS = ("SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGTSTP", "SIGTTOU", "SIGUSR1", "SIGWINCH",
           "pthread_sigmask")  # fmt: skip
MODULES = ("fcntl", "grp", "posix", "pty", "pwd", "resource", "termios", "tty")
NOT_HERE = (
    "tui.keys.terminal_driver", "tui.keys.terminal_output",  # where there are POSIX terminals alone
    "config.schema", "doctor", "evaluate", "feeds.simulator", "library", "web",  # nothing a watch loads
)  # fmt: skip


def every_module() -> list[str]:
    found = [module.name for module in pkgutil.walk_packages(orderflow_tui.__path__, "orderflow_tui.")]
    left_out = tuple(f"orderflow_tui.{name}" for name in NOT_HERE)
    return [name for name in found if not name.endswith("__main__") and not name.startswith(left_out)]


def take_away() -> None:
    """Forget this program's modules, and what Windows has none of."""
    for name in [name for name in sys.modules if name.startswith("orderflow_tui.")]:
        del sys.modules[name]
    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment]  # importing it fails
    locks = {"locking": lambda *_: None, "LK_NBLCK": 2}
    sys.modules["msvcrt"] = types.ModuleType("msvcrt")
    sys.modules["msvcrt"].__dict__.update(locks)
    for holder, names in ((os, OS), (signal, SIGNALS), (socket, ("AF_UNIX", "SO_PEERCRED"))):
        for name in names:
            holder.__dict__.pop(name, None)
    os.supports_dir_fd.clear()
    sys.platform = "win32"


def use_files(folder: Path) -> None:
    from orderflow_tui.journal.directory import append_alone, open_day
    from orderflow_tui.support.atomic_file import replace_file
    from orderflow_tui.support.bounded_file import read_bounded

    replace_file(folder / "kept", b"one\ntwo\n", mode=0o644)
    assert read_bounded(folder / "kept", follow_link=False) == b"one\ntwo\n"
    day = folder / "2026-01-05.jsonl"
    day.write_bytes(b'{"event":1}\n{"ev')
    descriptor = open_day(day)
    append_alone(descriptor, b'{"event":2}\n')
    os.close(descriptor)
    assert day.read_bytes() == b'{"event":1}\n{"event":2}\n'


def use_an_engine(folder: Path) -> None:
    os.environ["TMPDIR"] = str(folder)
    from tests.engine.kit import Engine

    engine = Engine(folder, loopback=True)
    try:
        assert engine.screen().directory.name == "journal"
    finally:
        engine.close()


def main() -> None:
    for name in every_module():  # libraries load while the system is its own
        importlib.import_module(name)
    take_away()
    for name in every_module():
        importlib.import_module(name)
    use_files(Path(sys.argv[1]))
    use_an_engine(Path(sys.argv[1]))
    print("whole")


if __name__ == "__main__":
    main()
