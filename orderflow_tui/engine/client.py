"""A screen's end of the socket: the engine's newest state, as if its monitor were in this process."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from orderflow_tui.core.model.holder import Answer, WorkingOrder
from orderflow_tui.core.model.units import NS
from orderflow_tui.engine.changes import with_lines
from orderflow_tui.engine.from_other_screens import FromOtherScreens
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
from orderflow_tui.engine.runtime_folder import EngineError, EngineSilentError
from orderflow_tui.engine.unconfirmed_answers import UnconfirmedAnswers
from orderflow_tui.views.frozen_views import AlertLine, DetailView, RecommendationView, StatusView, SymbolView

ENGINE_GONE: Final = "ENGINE GONE: nothing is watched"
STARTING: Final = "STARTING THE WATCH: nothing is watched yet"
_START_SECONDS: Final = 10.0
_PATIENCE_SECONDS: Final = 0.2
"""How long a key may wait for an engine that reads nothing: the screen must be able to say so, and to end."""
NOTHING_YET: Final = StatusView(
    source_label="STARTING",
    source_class="live",
    host="",
    profile="",
    market="unknown",
    now_ns=0,
    requests_last_second=0.0,
    requests_budget=0.0,
    cycle_seconds=0.0,
    connected=False,
    detail=STARTING,
)


class RemoteMonitor:
    """An engine's monitor. Implements `views.MonitorPort`.

    Args:
        link: A connection to it; None where the engine is still coming up: `attach` follows.
        version: This program's.
        screen: What this screen is called, such as its terminal's name.
        fps: States a second at most; 0 asks for one.
        status: Shown until a state has come.

    Raises:
        EngineError: The engine refuses this screen.
        EngineSilentError: It does not answer.
    """

    def __init__(
        self,
        link: socket.socket | None,
        *,
        version: str,
        screen: str,
        fps: float,
        status: StatusView = NOTHING_YET,
    ) -> None:
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
        """Why the engine sends no more; empty while it does, and before its first state."""
        self._link: socket.socket | None = None
        """None until the engine has sent its first state."""
        self._closed = False
        self.from_others = FromOtherScreens()
        """What they have answered and changed, until it is taken."""
        self._unconfirmed = UnconfirmedAnswers()
        self._hello = Hello(PROTOCOL, version, screen, fps)
        self._welcome = Welcome("", "", 0)
        self._status = status
        if link is not None:
            self.attach(link)

    def attach(self, link: socket.socket) -> None:
        """Show an engine: the first one, or another of the same journal where the one before is gone.

        Raises:
            EngineError: It refuses this screen.
            EngineSilentError: It does not answer.
        """
        link.settimeout(_START_SECONDS)
        try:
            send(link, self._hello)
            self._welcome = _welcomed(link)
            first = _first_state(link)
        except EngineError:
            link.close()
            raise
        except ConnectionError:
            link.close()
            raise EngineError("no engine answers there: it has ended, or accepts no more screens") from None
        except TimeoutError:
            link.close()
            raise EngineSilentError(
                "the engine does not answer: it hangs or is suspended; `orderflow-tui stop` says how to end it"
            ) from None
        except (OSError, WireError, msgspec.MsgspecError, RecursionError):
            link.close()
            raise EngineError(
                "the engine does not answer as this version does: end its process, then start it again"
            ) from None
        link.settimeout(None)
        self._lines = ()
        self._take(first)
        with self._sending:
            self._link = link
        self.gone = ""
        if self._detailed:
            self._send(ShowDetail(self._detailed))
        threading.Thread(target=self._read, args=(link,), name="engine-read", daemon=True).start()
        if self._on_news is not None:
            self._on_news()

    def told(self, words: str) -> None:
        """Show why the engine is not there: an attempt to start it came to this."""
        state = ENGINE_GONE if self.gone or self._link is None else "the engine does not respond"
        self._status = replace(self._status, detail=f"{state}: {words}")
        self.version += 1

    def still_coming(self, now_ns: int) -> None:
        """The engine is still coming up at this instant, nanoseconds UTC: the screen itself stands still no second."""
        if now_ns - self._status.now_ns >= NS:
            self._status = replace(self._status, now_ns=now_ns)
            self.version += 1

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
            if self._link is not None:
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
        self._unconfirmed.sent(recommendation_id, self._cards)
        if not self._send(GiveAnswer(recommendation_id, answer)):
            self._unconfirmed.take()
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

    def end_engine(self, reason: str) -> bool:
        """End the watch itself; whether the engine was told."""
        return self._send(EndEngine(reason))

    def keep_watching(self) -> None:
        """The watch goes on without a screen, whatever the setting says."""
        self._send(KeepWatching())

    def _send(self, message: FromScreen) -> bool:
        """Whether it is on its way; where not, the engine is gone, which the reading thread says, or reads nothing."""
        with self._sending:
            if self._link is None:
                return False
            try:
                if not select.select([], [self._link], [], _PATIENCE_SECONDS)[1]:
                    return False
                send(self._link, message)
            except (OSError, ValueError):  # a closed socket has no number
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
        self._unconfirmed.shown(state.cards)
        if state.detail is not None and state.detail.symbol == self._detailed:
            self._detail = state.detail
        self._records.update(state.rule_records)
        self.from_others.answers(state.answers)
        self.from_others.settings(state.settings)
        self.screens = state.screens
        self._status = state.status
        self.version += 1

    def _lost(self, reason: str) -> None:
        """Nothing on the screen is current any more, and it says so."""
        status = self._status
        ended = status.ended or reason
        self.gone = f"{ENGINE_GONE}: {ended}"
        self._views = {
            symbol: replace(
                view, chip="BLIND", chip_detail="the engine is gone", urgency=0, stale=True, data_age_s=None
            )
            for symbol, view in self._views.items()
        }
        lost = self._unconfirmed.take()
        detail = f"{ENGINE_GONE}: {lost}" if lost else self.gone
        self._status = replace(status, connected=False, detail=detail, ended=ended, stream="")
        self.version += 1
        if self._on_news is not None:
            self._on_news()


def _welcomed(link: socket.socket) -> Welcome:
    message = receive(link, MOST_FROM_ENGINE)
    if not message:
        raise ConnectionResetError
    answer = decode_from_engine(message)
    if isinstance(answer, Refused):
        raise EngineError(answer.reason)
    if not isinstance(answer, Welcome):
        raise WireError("no welcome")
    return answer


def _first_state(link: socket.socket) -> State:
    state = decode_from_engine(receive(link, MOST_FROM_ENGINE))
    if not isinstance(state, State):
        raise WireError("no state")
    return state
