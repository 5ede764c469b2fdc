"""An engine without a market, and screens on it over a real socket."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.engine.client import RemoteMonitor
from orderflow_tui.engine.listener import connect
from orderflow_tui.engine.runtime_folder import EnginePlace, place_of
from orderflow_tui.engine.server import EngineServer
from orderflow_tui.journal.records import Record
from orderflow_tui.views.frozen_views import DetailView
from tests.journal.journal_tools import made
from tests.tui.fake import FakeMonitor

VERSION = "1.2.3"


class FakeEngine(FakeMonitor):
    """The monitor of an engine, as far as screens go."""

    def __init__(self) -> None:
        super().__init__()
        self.answered_by: list[str] = []
        self.screen_counts: list[int] = []
        self.screen_fps = 0.0
        self.wanted: frozenset[str] = frozenset()
        self._turn = threading.Lock()
        self.listeners: list[Callable[[Record, int], None]] = []

    def answer_from(self, screen: str, recommendation_id: str, answer: Answer) -> None:
        with self._turn:
            self.answered_by.append(screen)
            self.answer(recommendation_id, answer)
            record = made(
                "order_flow.exit_acknowledged", symbol=recommendation_id[:3], answer=answer.kind, screen=screen
            )
            for listener in self.listeners:
                listener(record, 0)

    def set_screens(self, count: int, fps: float = 0.0) -> None:
        self.screen_counts.append(count)
        self.screen_fps = fps
        self.put()

    def watch_details(self, symbols: frozenset[str]) -> None:
        self.wanted = symbols

    def detail_of(self, symbol: str) -> DetailView | None:
        return self.details.get(symbol)

    def rule_records(self) -> Mapping[str, str]:
        return {"red_burst": "Track record: fell 51% of 200 here"}


class Engine:
    """A served engine and the screens on it; `close` ends all."""

    def __init__(self, folder: Path, *, ends_with_screens: bool = False, loopback: bool = False) -> None:
        self.env = {"XDG_RUNTIME_DIR": str(folder)}
        self.directory = folder / "journal"
        self.monitor = FakeEngine()
        self.ended: list[str] = []
        self.place: EnginePlace = place_of(self.directory, self.env)
        self.server = EngineServer(
            self.monitor,
            self.place,
            directory=self.directory,
            version=VERSION,
            end=self.ended.append,
            ends_with_screens=ends_with_screens,
            loopback=loopback,
        )
        self.monitor.listeners.append(self.server.on_record)
        self.screens: list[RemoteMonitor] = []
        self.server.start()

    def link(self) -> socket.socket:
        return connect(self.place)

    def screen(self, name: str = "pts/1", fps: float = 60.0) -> RemoteMonitor:
        screen = RemoteMonitor(self.link(), version=VERSION, screen=name, fps=fps)
        self.screens.append(screen)
        return screen

    def close(self) -> None:
        for screen in self.screens:
            screen.close()
        self.server.close()


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for what another thread does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.002)
