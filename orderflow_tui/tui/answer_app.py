"""What a trader can say to the watch from every screen: answers, and what the rules should know."""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding

from orderflow_tui.core.model.holder import TAKE_BACK, Answer
from orderflow_tui.tui.keys.bindings import APP_BINDINGS, named
from orderflow_tui.tui.look.formatting import clean
from orderflow_tui.tui.message_app import MessageApp
from orderflow_tui.tui.rows.answer_rows import STATUS_WORDS
from orderflow_tui.tui.screens import lazy
from orderflow_tui.tui.screens.base import ModelModal, ModelScreen
from orderflow_tui.tui.state.engine_controls import EngineControls
from orderflow_tui.tui.state.own_orders import orders_text, parse_orders
from orderflow_tui.tui.state.screen_model import ScreenModel
from orderflow_tui.views.frozen_views import MonitorPort


class AnswerApp(MessageApp):
    """Hands what the trader says to the monitor.

    Args:
        monitor: Who takes it.
        keys: The keymap in force, binding id to keys.
        engine: The engine in another process that this is a screen of; None where the monitor is in this one.
    """

    def __init__(self, monitor: MonitorPort, keys: Mapping[str, str], engine: EngineControls | None) -> None:
        super().__init__()
        self.monitor = monitor
        self.model = ScreenModel()
        self._engine = engine
        self._keys = keys
        self.set_keymap(keys)

    def tell(self, message: str, *, warning: bool = False) -> None:
        """A short-lived message in the row of the keys; text, never markup."""
        self.say(clean(message), severity="warning" if warning else "information")

    def get_key_display(self, binding: Binding) -> str:
        """A key as a reader knows it: function keys in capitals, in ASCII alone a word for a sign that has none."""
        shown = super().get_key_display(binding)
        if self.ascii_only and not shown.isascii():
            return binding.key.capitalize()
        return shown.upper() if shown[:1] == "f" and shown[1:].isdigit() else shown

    def all_keys(self, binding: Binding) -> list[str]:
        """The keys of a binding under the keymap in force, as a reader knows them."""
        keys = self._keys.get(binding.id or "", binding.key).split(",")
        return [self.get_key_display(binding.with_key(key.strip())) for key in keys]

    def first_key(self, binding: Binding) -> str:
        """The key of a binding that is shown where there is room for one."""
        return self.all_keys(binding)[0]

    @property
    def _scope(self) -> str:
        screen = self.screen
        return screen.SCOPE if isinstance(screen, ModelScreen | ModelModal) else "Dashboard"

    @property
    def acknowledge_key(self) -> str:
        """What answers a recommendation from everywhere."""
        return self.first_key(next(item for item in named(APP_BINDINGS) if item.id == "acknowledge"))

    @property
    def unrecorded(self) -> str:
        """Why an answer would not be recorded now; empty where it would."""
        gone = self._engine is not None and self._engine.gone
        if gone:
            return "the engine is gone and records no answer: r starts it again"
        return "the monitor does not respond and records no answer now" if self.model.silent_seconds else ""

    def action_acknowledge(self) -> None:
        """Open the answer to the card, or to the selected symbol's recommendation."""
        screen = self.screen
        if isinstance(screen, ModelModal) and screen.SCOPE == "Answer":
            screen.reset()
            return
        item = self.model.to_answer()
        if item is None or self.unrecorded:
            self.tell(self.unrecorded or "no recommendation to answer", warning=bool(self.unrecorded))
            return
        self.push_screen(lazy.answer_screen(item))

    def action_take_back(self) -> None:
        """Take the last answer back: that of several symbols where one key answered them."""
        if self.unrecorded:
            self.tell(self.unrecorded, warning=True)
            return
        last = self.model.last_answered
        for item in last:
            self.monitor.answer(item.recommendation_id, Answer(TAKE_BACK))
        names = ", ".join(clean(item.symbol, 12) for item in last)
        self.tell(f"{names}: {STATUS_WORDS[last[0].status]}, taken back" if last else "no answer to take back")

    def action_recover(self) -> None:
        """Try blind symbols again: the selected one, or all held ones that are blind. An engine that is gone first."""
        if self._engine is not None and self._engine.gone:
            self.tell(self._engine.restart())
            return
        if self.model.silent_seconds and self._engine is not None:
            self.tell("the engine does not respond: `orderflow-tui stop` ends it or says how, then r", warning=True)
            return
        if self._engine is not None and (status := self.model.status) is not None and status.exit_code:
            self.tell(self._engine.renew())
            return
        view = self.model.views.get(self.model.selected)
        blind = [view] if view is not None and view.chip == "BLIND" else self.model.blind_held
        for item in blind:
            self.monitor.recover(item.symbol)
        self.tell("retrying: " + ", ".join(item.symbol for item in blind) if blind else "no symbol is BLIND")

    def action_mine(self) -> None:
        """Ask which orders in the selected symbol's book are the trader's own."""
        view = self.model.views.get(self.model.selected)
        if view is None or view.position is None:
            self.tell("select a symbol you hold, then list your orders for the rules to ignore")
            return

        def take(text: str | None) -> None:
            if text is None:
                return
            try:
                orders = parse_orders(text)
            except ValueError as error:
                self.tell(str(error), warning=True)
                return
            if self.unrecorded:
                self.tell("the engine is gone: list your orders again when it is back", warning=True)
                return
            self.monitor.own_orders(view.symbol, orders)
            said = f"ignored by every rule until you quit: {orders_text(orders)}" if orders else "no order is yours"
            self.tell(f"{view.symbol}: {said}")

        self.push_screen(lazy.orders_screen(view.symbol), take)
