"""The engine's end of the socket: every screen gets the newest state, and says what its trader wants.

A thread a screen writes, another reads. A screen that reads slowly, or not at all, is sent nothing until it has read:
it skips states, and holds nobody up. Nothing here touches the monitor but by its port, which returns at once.
"""

from __future__ import annotations

import itertools
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

import msgspec

from orderflow_tui.core.model.holder import Answer
from orderflow_tui.engine.changes import Unsent
from orderflow_tui.engine.from_other_screens import FromOtherScreens
from orderflow_tui.engine.listener import UNIX_SOCKETS, EngineListener
from orderflow_tui.engine.message_pace import MessagePace
from orderflow_tui.engine.protocol import (
    MOST_FROM_SCREEN,
    PROTOCOL,
    EndEngine,
    FromScreen,
    GiveAnswer,
    Hello,
    KeepWatching,
    Refused,
    RetrySymbol,
    SetOwnOrders,
    ShowDetail,
    TellSetting,
    Welcome,
    WireError,
    decode_from_screen,
    receive,
    send,
)
from orderflow_tui.engine.runtime_folder import EngineLock, EnginePlace
from orderflow_tui.journal.record_words import record_words
from orderflow_tui.journal.records import AnswerRecord, Record
from orderflow_tui.views.frozen_views import DetailView, MonitorPort

MOST_SCREENS: Final = 32
_HELLO_SECONDS: Final = 2.0
_RECORDS_SECONDS: Final = 5.0
_LINGER_SECONDS: Final = 1.0
"""How long an engine that ends with its last screen waits for another: one that is started again right away."""
_COMES_SECONDS: Final = 60.0
_NO_ROOM_SECONDS: Final = 0.1
_FIRST_SECONDS: Final = 1.0
_LEAST_FPS: Final = 0.1
_LONGEST_NAME: Final = 40
_LONGEST_HELLO: Final = 1_000


class EnginePort(MonitorPort, Protocol):
    """What an engine asks of its monitor beside what any screen may."""

    def answer_from(self, screen: str, recommendation_id: str, answer: Answer) -> None:
        """Record an answer that a named screen gave."""
        ...

    def set_screens(self, count: int, fps: float = 0.0) -> None:
        """So many screens look, the fastest of them so many times a second: with none, no views are made."""
        ...

    def watch_details(self, symbols: frozenset[str]) -> None:
        """Make the detail of these symbols."""
        ...

    def detail_of(self, symbol: str) -> DetailView | None:
        """The newest detail of a symbol; None until it is made."""
        ...

    def rule_records(self) -> Mapping[str, str]:
        """How each rule has done on this user's data, in one line each."""
        ...


class _Screen:
    """One connected screen."""

    def __init__(self, link: socket.socket, hello: Hello, name: str) -> None:
        self.link = link
        self.name = name
        self.watches = hello.fps > 0
        self.pause = 1 / max(_LEAST_FPS, min(60.0, hello.fps)) if self.watches else 0.0
        self.detailed = ""
        self.news = threading.Event()
        self.from_others = FromOtherScreens()
        self.closed = False

    def close(self) -> None:
        self.closed = True
        self.news.set()
        try:
            self.link.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it has gone by itself


class EngineServer:
    """Takes screens until it is closed.

    Args:
        port: The monitor's.
        place: Where screens find it; the lock is taken at construction.
        directory: The journal's.
        version: This program's.
        end: Ends the watch with a reason.
        ends_with_screens: The watch ends when the last screen has left.
        loopback: Screens come by a loopback port with a secret, as where there are no Unix sockets.

    Raises:
        EngineRunningError: Another engine watches this journal.
        OSError: The socket cannot be made.
    """

    def __init__(
        self,
        port: EnginePort,
        place: EnginePlace,
        *,
        directory: Path,
        version: str,
        end: Callable[[str], None],
        ends_with_screens: bool = False,
        loopback: bool = not UNIX_SOCKETS,
    ) -> None:
        self._port = port
        self._welcome = Welcome(version, str(directory.resolve()), os.getpid())
        self._version = version
        self._end = end
        self._ends_with_screens = ends_with_screens
        self._asked = False
        self._came = False
        self._screens: dict[int, _Screen] = {}
        self._numbers = itertools.count(1)
        self._changed = threading.Lock()
        self._closed = threading.Event()
        self._lock = EngineLock(place)
        self._strangers = threading.BoundedSemaphore(MOST_SCREENS)
        try:
            self._door = EngineListener(place, backlog=MOST_SCREENS, loopback=loopback)
        except OSError:
            self._lock.release()
            raise

    def start(self) -> None:
        """Take screens from now on."""
        self._port.on_news(self._news)
        threading.Thread(target=self._accept, name="engine-accept", daemon=True).start()
        if self._ends_with_screens:
            threading.Thread(target=self._await_first, name="engine-first", daemon=True).start()

    def _await_first(self) -> None:
        """Whoever started it may be gone before it looked."""
        if not self._closed.wait(_COMES_SECONDS) and not self._came:
            self._end_once("no screen came")

    def close(self) -> None:
        """Let every screen go and give the place free; doing so again is harmless."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._door.close()
        for screen in self._all():
            screen.close()
        self._lock.release()

    @property
    def names(self) -> tuple[str, ...]:
        """Who looks."""
        return tuple(screen.name for screen in self._all() if screen.watches)

    def _all(self) -> list[_Screen]:
        with self._changed:
            return list(self._screens.values())

    def _news(self) -> None:
        """Called in the monitor's thread."""
        for screen in self._all():
            screen.news.set()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                link = self._door.accept()
            except OSError:
                self._closed.wait(_NO_ROOM_SECONDS)  # closed; or no descriptor is free, and one will be
                continue
            if not self._strangers.acquire(blocking=False):
                link.close()
                continue
            threading.Thread(target=self._serve, args=(link,), name="engine-screen", daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        number = next(self._numbers)
        try:
            try:
                screen = self._greet(link)
            finally:
                self._strangers.release()
            if screen is None:
                return
            before = self._port.version
            with self._changed:
                self._screens[number] = screen
            if self._closed.is_set():
                return  # it closed while this one came in, and has let the others go
            self._came = True
            self._count()
            threading.Thread(target=self._write, args=(screen, before), name="engine-write", daemon=True).start()
            pace = MessagePace()
            while message := receive(link, MOST_FROM_SCREEN):
                if wait := pace.wait(time.monotonic()):
                    self._closed.wait(wait)
                self._obey(screen, decode_from_screen(message))
        except (OSError, WireError, msgspec.MsgspecError, RecursionError):
            pass  # whatever it is, it is no screen any more: what it was is let go below
        finally:
            with self._changed:
                gone = self._screens.pop(number, None)
            if gone is not None:
                gone.close()
                self._count()
                self._leave(gone)
            link.close()

    def _greet(self, link: socket.socket) -> _Screen | None:
        link.settimeout(_HELLO_SECONDS)
        if not self._door.admits(link):
            return None
        hello = decode_from_screen(receive(link, _LONGEST_HELLO, until=time.monotonic() + _HELLO_SECONDS))
        if not isinstance(hello, Hello):
            return None
        if hello.protocol != PROTOCOL or hello.version != self._version:
            pid = self._welcome.pid
            send(link, Refused(
                f"the engine is orderflow-tui {self._version}, this is {_other(hello.version, self._version)}: "
                f"`kill {pid}` ends it in order; then start it again with this one"
            ))  # fmt: skip
            return None
        if len(self._screens) >= MOST_SCREENS:
            send(link, Refused(f"{MOST_SCREENS} screens are attached already: close one"))
            return None
        send(link, self._welcome)
        link.settimeout(None)
        return _Screen(link, hello, "".join(filter(str.isprintable, hello.screen))[:_LONGEST_NAME] or "a screen")

    def _count(self) -> None:
        screens = self._all()
        self._port.set_screens(len(screens), max((1 / one.pause for one in screens if one.watches), default=0.0))

    def _leave(self, gone: _Screen) -> None:
        """The detail nobody shows is made no more; with the last screen the watch may end."""
        self._watch_details()
        if gone.watches and self._ends_with_screens and not self._closed.wait(_LINGER_SECONDS) and not self.names:
            self._end_once("the last screen has closed")

    def _end_once(self, reason: str) -> None:
        with self._changed:
            first, self._asked = not self._asked, True
        if first:
            self._end(reason)

    def _obey(self, screen: _Screen, message: FromScreen) -> None:
        match message:
            case GiveAnswer():
                self._port.answer_from(screen.name, message.recommendation_id, message.answer)
            case RetrySymbol():
                self._port.recover(message.symbol)
            case SetOwnOrders():
                self._port.own_orders(message.symbol, message.orders)
            case ShowDetail():
                screen.detailed = message.symbol
                self._watch_details()
            case TellSetting():
                self._tell_others(screen, message)
            case KeepWatching():
                self._ends_with_screens = False
            case EndEngine():
                self._end_once(message.reason[:_LONGEST_NAME])
            case Hello():
                screen.close()

    def _tell_others(self, teller: _Screen, told: TellSetting) -> None:
        if len(told.name) > _LONGEST_NAME or (isinstance(told.value, str) and len(told.value) > _LONGEST_NAME):
            return
        for screen in self._all():
            if screen is not teller:
                screen.from_others.settings({told.name: told.value})
                screen.news.set()

    def on_record(self, record: Record, _: int) -> None:
        """A monitor's listener: an answer is told on the screens on which it was not given."""
        if not isinstance(record, AnswerRecord) or not record.screen:
            return
        for screen in self._all():
            if screen.name != record.screen:
                screen.from_others.answers([record_words(record)])
                screen.news.set()

    def _watch_details(self) -> None:
        self._port.watch_details(frozenset(screen.detailed for screen in self._all() if screen.detailed))

    def _write(self, screen: _Screen, before: int) -> None:
        until = time.monotonic() + _FIRST_SECONDS
        while self._port.version == before and time.monotonic() < until:
            time.sleep(0.002)  # what was published last may be from when nobody looked
        unsent = Unsent()
        version, records_at = -1, 0.0
        try:
            while not screen.closed:
                news = screen.news.is_set()
                screen.news.clear()
                settings, answers = screen.from_others.take_settings(), screen.from_others.take_answers()
                if self._port.version != version or settings or answers:
                    version = self._port.version
                    now = time.monotonic()
                    due = now >= records_at
                    records_at = now + _RECORDS_SECONDS if due else records_at
                    state = unsent.state(
                        self._port,
                        news=news,
                        detail=self._port.detail_of(screen.detailed) if screen.detailed else None,
                        rule_records=self._port.rule_records() if due else None,
                        screens=self.names,
                        settings=settings,
                        answers=answers,
                    )
                    send(screen.link, state)
                screen.news.wait(_until_its_turn(screen.pause))
        except OSError:
            screen.close()


def _other(version: str, own: str) -> str:
    return f"another build of {version}" if version == own else version[:_LONGEST_NAME]


def _until_its_turn(pause: float) -> float:
    """Seconds until the next state: screens of one pace are sent theirs at the same moments, and show the same."""
    return pause - time.monotonic() % pause if pause else 1.0
