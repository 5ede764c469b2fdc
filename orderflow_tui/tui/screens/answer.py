"""The answer to a recommendation: one key a choice, symbol by symbol; nothing is sent anywhere but to the journal."""

from __future__ import annotations

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from orderflow_tui.core.model.holder import Answer, RecommendationStatus
from orderflow_tui.journal.record_words import ANSWERED
from orderflow_tui.tui.keys.bindings import ANSWER_BINDINGS
from orderflow_tui.tui.look.formatting import clean, shares, wrap
from orderflow_tui.tui.look.styled_lines import LineWidget, Row, Span, make_row
from orderflow_tui.tui.rows.aged import aged
from orderflow_tui.tui.rows.answer_rows import Asked, asked_rows, choice_rows
from orderflow_tui.tui.screens.base import ModelModal
from orderflow_tui.tui.widgets.text_field import Field
from orderflow_tui.views.frozen_views import RecommendationView

NOTE_LIMIT = 200
_STATUS: dict[str, RecommendationStatus] = {
    "exited": "exited", "trimmed": "trimmed", "hold": "held", "snooze": "snoozed",
}  # fmt: skip


class AnswerScreen(ModelModal):
    """Asks what the trader did about each symbol of a card, and hands it to the monitor."""

    AUTO_FOCUS = ""
    SCOPE = "Answer"
    BINDINGS = ANSWER_BINDINGS
    DEFAULT_CSS = """
    AnswerScreen { align: center middle; }
    AnswerScreen > Vertical {
        width: 76; max-width: 100%; height: auto; max-height: 100%;
        background: $surface; border: heavy $exit-line;
    }
    AnswerScreen LineWidget { width: 1fr; }
    AnswerScreen Input { display: none; border: none !important; height: 1 !important; background: $panel; }
    AnswerScreen Input.-asked { display: block; }
    """

    def __init__(self, recommendation: RecommendationView) -> None:
        super().__init__()
        self._card = recommendation
        self._items = list(recommendation.names or (recommendation,))
        self._cursor = 0
        self._everything = False
        self._given: dict[str, RecommendationStatus] = {}
        self._stage = "choose"
        self._note = ""
        self._refusal = ""

    def compose(self) -> ComposeResult:
        """The words, and one text field that shows when it is asked for."""
        with Vertical():
            yield LineWidget(id="answer")
            yield Field(id="answer-text", select_on_focus=False)

    def on_mount(self) -> None:
        """Show the choices; nothing has the focus, so that single keys act."""
        self.dashboard.answering = True
        names = [item.symbol for item in self._items]
        self._cursor = names.index(self.model.selected) if self.model.selected in names else 0
        self._ask("choose")

    def on_unmount(self) -> None:
        """Nothing is answered by a key any more."""
        self.dashboard.answering = False

    async def update_model(self) -> None:
        """Follow each recommendation while it is on screen."""
        self._items = [self._newest(item) for item in self._items]
        self._draw()

    def _newest(self, item: RecommendationView) -> RecommendationView:
        """Its newest state; one that was just answered here is not open, whatever was published before that."""
        found = self.model.find(item.recommendation_id) or item
        given = self._given.get(item.recommendation_id)
        return replace(found, status=given) if given and found.status == "open" else found

    def reset(self) -> None:
        """Back to the choices, from wherever."""
        self._ask("choose")

    @property
    def _item(self) -> RecommendationView:
        return self._items[self._cursor]

    def _ask(self, stage: str, placeholder: str = "", kind: str = "text") -> None:
        self._stage = stage
        self._refusal = ""
        field = self.query_one(Input)
        asked = bool(placeholder)
        field.set_class(asked, "-asked")
        if asked:
            field.placeholder = placeholder
            field.restrict = r"[0-9,]*" if kind == "shares" else None
            field.max_length = 12 if kind == "shares" else NOTE_LIMIT
            field.value = ""
            field.focus()
        else:
            self.set_focus(None)
        self._draw()

    def _held(self, symbol: str) -> int:
        view = self.model.views.get(symbol)
        return view.position.quantity if view and view.position else 0

    def _draw(self) -> None:
        width = max(10, min(74, self.app.size.width - 2))
        asked = [Asked(aged(item, self.model.views), self._held(item.symbol)) for item in self._items]
        card = self._card if len(asked) > 1 else asked[0].item
        below = [make_row(""), *self._stage_rows(width)]
        if self._note and self._stage == "choose":
            below += [make_row(Span(f" {line}", "muted")) for line in wrap(f"note: {self._note}", width - 2, 4)]
        if self._refusal:
            below += [make_row(Span(f" {line}", "alert")) for line in wrap(clean(self._refusal), width - 2, 2)]
        most = max(1, self.app.size.height - 2 - len(below) - 2)
        rows = asked_rows(card, asked, self._cursor, everything=self._everything, width=width, most=most) + below
        block = self.query_one("#answer", LineWidget)
        block.styles.height = len(rows)
        block.show(rows)

    def _stage_rows(self, width: int) -> list[Row]:
        if self._stage == "snooze":
            return [make_row(Span(" for   1  1 minute   5  5 minutes   f  15 minutes   esc back", "strong"))]
        if self._stage == "trimmed":
            held = abs(self._held(self._item.symbol))
            words = f" {clean(self._item.symbol, 12)}: shares sold (of {shares(held) if held else '?'})?"
            return [make_row(Span(f"{words}  Enter saves, Esc goes back", "strong"))]
        if self._stage == "note":
            return [make_row(Span(" a note; Enter saves it, Esc drops it", "strong"))]
        asked = Asked(self._item, self._held(self._item.symbol))
        return choice_rows(asked, everything=self._everything, names=len(self._items), width=width)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - textual's
        """A key acts only where its choice is on the screen."""
        if action in {"exited", "trimmed", "hold", "snooze", "note", "cursor", "all", "take_back"}:
            return self._stage == "choose"
        if action == "minutes":
            return self._stage == "snooze"
        return True

    def _answer(self, answer: Answer) -> None:
        """Give the answer to the symbol under the cursor, or to all that wait; the next one that waits is asked."""
        if self.dashboard.unrecorded:
            self._refusal = self.dashboard.unrecorded
            self._draw()
            return
        chosen = [item for item in self._items if item.status == "open"] if self._everything else [self._item]
        for item in chosen:
            self.dashboard.monitor.answer(item.recommendation_id, answer)
            self._given[item.recommendation_id] = _STATUS[answer.kind]
        self._items = [self._newest(item) for item in self._items]
        names = ", ".join(clean(item.symbol, 12) for item in chosen)
        self.dashboard.tell(f"{names}: {ANSWERED[answer.kind]}; u takes it back")
        waiting = [at for at, item in enumerate(self._items) if item.status == "open"]
        if not waiting or self._everything:
            self.dismiss(answer)
            return
        self._cursor, self._note = waiting[0], ""
        self._ask("choose")

    def action_cursor(self, step: int) -> None:
        """Another symbol of the card."""
        self._cursor = (self._cursor + step) % len(self._items)
        self._everything = False
        self._draw()

    def action_all(self) -> None:
        """The next answer is for every symbol that waits, or for one again."""
        self._everything = not self._everything and len(self._items) > 1
        self._draw()

    def action_take_back(self) -> None:
        """Take the last answer back, and stay."""
        self._given.clear()
        self.dashboard.action_take_back()

    def action_exited(self) -> None:
        """The position is left."""
        self._answer(Answer("exited", note=self._note))

    def action_trimmed(self) -> None:
        """Ask for the shares; one number cannot be that of many symbols."""
        if self._everything:
            self._refusal = "each symbol has its own number of shares: A for one at a time, then t"
            self._draw()
            return
        self._ask("trimmed", "shares sold", "shares")

    def action_hold(self) -> None:
        """The trader stays."""
        self._answer(Answer("hold", note=self._note))

    def action_snooze(self) -> None:
        """Ask for the minutes."""
        self._ask("snooze")

    def action_minutes(self, minutes: int) -> None:
        """Quiet for so long."""
        self._answer(Answer("snooze", minutes=minutes, note=self._note))

    def action_note(self) -> None:
        """Ask for a line of text."""
        self._ask("note", "note")

    def action_back(self) -> None:
        """One step back."""
        if self._stage == "choose":
            self.dismiss(None)
        else:
            self._ask("choose")

    @on(Input.Submitted)
    def take_text(self, event: Input.Submitted) -> None:
        """The shares, or the note."""
        event.stop()
        if self._stage == "note":
            self._note = clean(event.value, NOTE_LIMIT).strip()
            self._ask("choose")
            return
        digits = event.value.replace(",", "")
        count = int(digits) if digits.isdigit() else 0
        held = abs(self._held(self._item.symbol))
        if not count or (held and count > held):
            self._refusal = f"between 1 and {shares(held)} shares" if held else "must be 1 or more shares"
            self._draw()
            return
        self._answer(Answer("trimmed", shares=count, note=self._note))
