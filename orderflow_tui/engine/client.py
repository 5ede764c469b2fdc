"""A screen's end of the socket: the engine's newest state, as if its monitor were in this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from orderflow_tui.core.model.data_models import Answer, WorkingOrder
from orderflow_tui.engine.changes import with_lines
from orderflow_tui.engine.inbox import Inbox
from orderflow_tui.engine.place import EngineError
from orderflow_tui.engine.protocol import (
    MOST_FROM_ENGINE,
    PROTOCOL,
    EndEngine,
    FromScreen,
    GiveAnswer,
    Hello,
    KeepWatching,
    Refused,
    RetrySymbol,
    SetOwnOrders,
    SettingValue,
    ShowDetail,
    State,
    TellSetting,
    Welcome,
    WireError,
    decode_from_engine,
    receive,
    send,
)
from orderflow_tui.views.model import AlertLine, DetailView, RecommendationView, StatusView, SymbolView

ENGINE_GONE: Final = "ENGINE GONE: nothing is watched"
_START_SECONDS: Final = 10.0


class RemoteMonitor:
    """An engine's monitor. Implements `views.MonitorPort`.

    Args:
        link: A connection to it.
        version: This program's.
        screen: What this screen is called, such as its terminal's name.
        fps: States a second at most; 0 asks for one.

    Raises:
        EngineError: The engine refuses this screen, or does not answer.
    """

    def __init__(self, link: socket.socket, *, version: str, screen: str, fps: float) -> None:
        self._link = link
        self._sending = threading.Lock()
        self._on_news: Callable[[], None] | None = None
        self._views: dict[str, SymbolView] = {}
        self._lines: tuple[AlertLine, ...] = ()
        self._cards: tuple[RecommendationView, ...] = ()
        self._records: dict[str, str] = {}
        self._detailed = ""
        self._detail: DetailView | None = None
        self.screens: tuple[str, ...] = ()
        """Who looks at the engine."""
        self.version = 0
        """Grows with every state that came."""
        self.gone = ""
        """Why the engine sends no more; empty while it does."""
        self._closed = False
        self._inbox = Inbox()
        self._hello = Hello(PROTOCOL, version, screen, fps)
        self._status: StatusView
        self._begin()

    def _begin(self) -> None:
        link = self._link
        link.settimeout(_START_SECONDS)
        try:
            send(link, self._hello)
            self._welcome = self._welcomed()
            first = self._first_state()
        except EngineError:
            link.close()
            raise
        except ConnectionError:
            link.close()
            raise EngineError("no engine answers there: it has ended, or takes no more screens") from None
        except (OSError, WireError, msgspec.MsgspecError, RecursionError):
            link.close()
            raise EngineError(
                "the engine does not answer as this version does: end it with `orderflow-tui stop`"
            ) from None
        self._take(first)
        link.settimeout(None)
        threading.Thread(target=self._read, args=(link,), name="engine-read", daemon=True).start()

    def attach_again(self, link: socket.socket) -> None:
        """Go on with another engine of the same journal where this one is gone.

        Raises:
            EngineError: It refuses this screen, or does not answer.
        """
        self._link = link
        self._lines = ()
        self._begin()
        self.gone = ""
        if self._detailed:
            self._send(ShowDetail(self._detailed))

    def told(self, words: str) -> None:
        """Show why the engine is not there: an attempt to start it came to this."""
        self._status = replace(self._status, detail=f"{ENGINE_GONE}: {words}")
        self.version += 1

    def _welcomed(self) -> Welcome:
        message = receive(self._link, MOST_FROM_ENGINE)
        if not message:
            raise ConnectionResetError
        answer = decode_from_engine(message)
        if isinstance(answer, Refused):
            raise EngineError(answer.reason)
        if not isinstance(answer, Welcome):
            raise WireError("no welcome")
        return answer

    def _first_state(self) -> State:
        state = decode_from_engine(receive(self._link, MOST_FROM_ENGINE))
        if not isinstance(state, State):
            raise WireError("no state")
        return state

    @property
    def directory(self) -> Path:
        """The journal's."""
        return Path(self._welcome.directory)

    @property
    def pid(self) -> int:
        """The engine's process."""
        return self._welcome.pid

    def close(self) -> None:
        """Look no more; the engine goes on."""
        self._closed = True
        try:
            self._link.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the engine has gone first

    # --- what is published ----------------------------------------------------------------------------------------

    def views(self) -> Mapping[str, SymbolView]:
        """The newest view of each symbol."""
        return self._views

    def status(self) -> StatusView:
        """The newest status line."""
        return self._status

    def alert_lines(self) -> tuple[AlertLine, ...]:
        """The newest alert lines, newest first."""
        return self._lines

    def recommendations(self) -> tuple[RecommendationView, ...]:
        """Open ones first, then those held and snoozed."""
        return self._cards

    def detail(self) -> DetailView | None:
        """The newest detail of the watched symbol; None until it is made."""
        return self._detail

    def rule_record(self, evidence: str) -> str:
        """How a rule has done on this user's data, in one line; empty where not kept."""
        return self._records.get(evidence, "")

    def on_news(self, listener: Callable[[], None]) -> None:
        """Call back, in the reading thread, when a state has come."""
        self._on_news = listener

    # --- what the trader wants ------------------------------------------------------------------------------------

    def answer(self, recommendation_id: str, answer: Answer) -> None:
        """Record the trader's answer."""
        if not self._send(GiveAnswer(recommendation_id, answer)):
            self.told("your answer was not recorded")

    def recover(self, symbol: str) -> None:
        """Try a BLIND symbol again now."""
        self._send(RetrySymbol(symbol))

    def own_orders(self, symbol: str, orders: tuple[WorkingOrder, ...]) -> None:
        """These orders in the symbol's book are the holder's."""
        self._send(SetOwnOrders(symbol, orders))

    def watch_detail(self, symbol: str) -> None:
        """Make `detail()` for this symbol from now on; an empty one ends it."""
        self._detailed, self._detail = symbol, None
        self._send(ShowDetail(symbol))

    def tell_setting(self, name: str, value: SettingValue) -> None:
        """This screen has changed a setting: the others show it."""
        self._send(TellSetting(name, value))

    def take_settings(self) -> dict[str, SettingValue]:
        """What other screens have changed since the last call."""
        return self._inbox.take_settings()

    def take_answers(self) -> tuple[str, ...]:
        """What was answered on other screens since the last call, in words."""
        return self._inbox.take_answers()

    def end_engine(self, reason: str) -> None:
        """End the watch itself."""
        self._send(EndEngine(reason))

    def keep_watching(self) -> None:
        """The watch goes on without a screen, whatever the setting says."""
        self._send(KeepWatching())

    def _send(self, message: FromScreen) -> bool:
        """Whether the engine got it; where not, the reading thread says that it is gone."""
        with self._sending:
            try:
                send(self._link, message)
            except OSError:
                return False
            return True

    # --- the reading thread ---------------------------------------------------------------------------------------

    def _read(self, link: socket.socket) -> None:
        reason = "it has ended"
        try:
            while message := receive(link, MOST_FROM_ENGINE):
                state = decode_from_engine(message)
                if isinstance(state, State):
                    self._take(state)
                    if self._on_news is not None:  # the engine keeps this screen's pace: what comes is shown
                        self._on_news()
        except OSError as error:
            reason = error.strerror or "the connection broke"
        except (WireError, msgspec.MsgspecError, RecursionError):
            reason = "it sent what this version cannot read"
        finally:
            link.close()
            if not self._closed:
                self._lost(reason)

    def _take(self, state: State) -> None:
        changed = {view.symbol: view for view in state.views}
        before = self._views
        self._views = {symbol: changed.get(symbol) or before[symbol] for symbol in state.symbols}
        if state.all_lines or state.lines or state.line_count != len(self._lines):
            self._lines = with_lines(() if state.all_lines else self._lines, state.lines, state.line_count)
        self._cards = state.cards
        if state.detail is not None and state.detail.symbol == self._detailed:
            self._detail = state.detail
        self._records.update(state.rule_records)
        self._inbox.answers(state.answers)
        self._inbox.settings(state.settings)
        self.screens = state.screens
        self._status = state.status
        self.version += 1

    def _lost(self, reason: str) -> None:
        """Nothing on the screen is current any more, and it says so."""
        status = self._status
        ended = status.ended or reason
        self.gone = f"{ENGINE_GONE}: {ended}"
        self._views = {
            symbol: replace(view, chip="BLIND", chip_detail="the engine is gone", urgency=0, stale=True)
            for symbol, view in self._views.items()
        }
        self._status = replace(status, connected=False, detail=self.gone, ended=ended, logging=status.logging)
        self.version += 1
        if self._on_news is not None:
            self._on_news()
