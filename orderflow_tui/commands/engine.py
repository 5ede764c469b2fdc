"""The watch in a process of its own, without a terminal: screens attach to it, and none of them can end it by dying."""

from __future__ import annotations

import gc
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orderflow_tui import __version__
from orderflow_tui.config.quick_check import begin_check
from orderflow_tui.engine.listener import connect
from orderflow_tui.engine.runtime_folder import EngineError, EnginePlace, EngineRunningError, is_held, place_of
from orderflow_tui.outbound.children import module_command
from orderflow_tui.support.atomic_file import open_to_append
from orderflow_tui.support.bounded_file import UnfitFileError, read_bounded
from orderflow_tui.support.console import print_note
from orderflow_tui.support.memory import environment_that_spares_memory, spare_memory

if TYPE_CHECKING:
    from orderflow_tui.engine.server import EngineServer
    from orderflow_tui.monitor.monitor import Monitor

_START_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.02
_TOLD_CHARACTERS: Final = 500
_APART: Final[int] = getattr(subprocess, "DETACHED_PROCESS", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
"""What a session of its own is on Windows."""


def serve_screens(
    monitor: Monitor, directory: Path, end: Callable[[str], None], *, ends_with_screens: bool = False
) -> EngineServer | None:
    """Let screens attach to a monitor; None where this system has no safe place for a socket, which is said.

    Args:
        monitor: Not started yet.
        directory: Its journal's.
        end: Ends the watch with a reason.
        ends_with_screens: It ends when the last screen has left.

    Raises:
        EngineRunningError: Another engine watches this journal.
    """
    from orderflow_tui.engine.server import EngineServer  # noqa: PLC0415 a screen that starts an engine needs none

    try:
        server = EngineServer(
            monitor,
            place_of(directory),
            directory=directory,
            version=__version__,
            end=end,
            ends_with_screens=ends_with_screens,
        )
    except EngineRunningError:
        raise
    except (EngineError, OSError) as refused:
        print_note(f"no screen can attach: {refused}")
        return None
    monitor.listeners.append(server.on_record)
    monitor.set_screens(0)
    server.start()
    return server


def start_engine(
    directory: Path, overrides: Mapping[str, object], config_file: str | None, *, ends_with_screens: bool
) -> ComingEngine:
    """Start the engine of a journal beside this process; it takes screens a moment later.

    Raises:
        EngineError: It cannot be started.
    """
    place = place_of(directory)
    added = environment_that_spares_memory()
    settings = {
        "overrides": dict(overrides), "config": config_file, "ends_with_screens": ends_with_screens,
        "environment": list(added),
    }  # fmt: skip
    try:
        log = open_to_append(place.log)
        try:
            os.ftruncate(log, 0)
            engine = subprocess.Popen(  # noqa: S603
                module_command("orderflow_tui", "engine"),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env={**os.environ, **added},
                start_new_session=True,  # what ends this terminal does not reach it
                creationflags=_APART,
            )
        finally:
            os.close(log)
        if engine.stdin is not None:
            engine.stdin.write(json.dumps(settings).encode())
            engine.stdin.close()
    except UnfitFileError as error:
        raise EngineError(f"the engine did not start: {place.log} is {error}: remove it") from None
    except OSError as error:
        raise EngineError(f"the engine did not start: {error.strerror}") from None
    return ComingEngine(place, engine)


class ComingEngine:
    """An engine that was started and may not take screens yet."""

    def __init__(self, place: EnginePlace, process: subprocess.Popen[bytes]) -> None:
        self._place = place
        self._process = process

    def link(self, waiting: Callable[[], object] = bool) -> socket.socket:
        """Wait until it takes screens, and connect.

        Args:
            waiting: Called again and again meanwhile.

        Raises:
            EngineError: It ended at once, with what it said last; or it takes none in half a minute.
        """
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            with suppress(EngineError):
                return connect(self._place)
            code = self._process.poll()
            if code is not None and not is_held(self._place):
                raise EngineError(_last_words(self._place) or f"the engine ended at its start (exit code {code})")
            waiting()
            time.sleep(_LOOK_SECONDS)
        raise EngineError(f"the engine accepts no screen: see {self._place.log}")

    def end(self) -> None:
        """The trader does not want it any more."""
        self._process.terminate()


def _last_words(place: EnginePlace) -> str:
    try:
        lines = read_bounded(place.log).decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].removeprefix("orderflow-tui: ")[-_TOLD_CHARACTERS:] if lines else ""


def run_engine() -> int:
    """The engine of a dashboard, with its settings on stdin: `orderflow-tui engine`, which only dashboards start."""
    gc.disable()  # on again when all is loaded (`settle_memory`)
    settings = json.loads(sys.stdin.buffer.read(1_000_000))
    overrides, config_file = settings["overrides"], settings["config"]
    spare_memory()
    checked = begin_check(overrides, config_file)
    from orderflow_tui.commands.headless import run_watch  # noqa: PLC0415 while the settings are checked

    for name in settings["environment"]:  # it is not for what this process starts
        os.environ.pop(name, None)
    return run_watch(checked(), overrides, config_file, ends_with_screens=bool(settings["ends_with_screens"]))
