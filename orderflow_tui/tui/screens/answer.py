"""The answer to a recommendation: one key a choice, nothing is sent anywhere but to the journal."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.tui.keys.bindings import ANSWER_BINDINGS
from orderflow_tui.tui.look.lines import LineWidget, Row, Span, make_row
from orderflow_tui.tui.look.text import clean, crop, shares, wrap
from orderflow_tui.tui.screens.base import ModelModal
from orderflow_tui.tui.state.model import card_title
from orderflow_tui.tui.widgets.text_field import Field
from orderflow_tui.views.model import RecommendationView

NOTE_LIMIT = 200
_CHOICES = (
    ("e", "exited", "sold all; quiet until the position changes or tomorrow"),
    ("t", "trimmed", "sold part; asks how many shares"),
    ("h", "hold", "keep it; quiet for 5 minutes unless it gets worse"),
    ("s", "snooze", "quiet for 1, 5 or 15 minutes"),
    ("n", "note", "add a note first"),
)


class AnswerScreen(ModelModal):
    """Asks what the trader did about one recommendation, and hands it to the monitor."""

    AUTO_FOCUS = ""
    SCOPE = "Answer"
    BINDINGS = ANSWER_BINDINGS
    DEFAULT_CSS = """
    AnswerScreen { align: center middle; }
    AnswerScreen > Vertical {
        width: 74; max-width: 100%; height: auto; max-height: 100%;
        background: $surface; border: heavy $exit;
    }
    AnswerScreen LineWidget { width: 1fr; }
    AnswerScreen Input { display: none; border: none !important; height: 1 !important; background: $panel; }
    AnswerScreen Input.-asked { display: block; }
    """

    def __init__(self, recommendation: RecommendationView) -> None:
        super().__init__()
        self._recommendation = recommendation
        self._stage = "choose"
        self._note = ""
        self._refusal = ""

    def compose(self) -> ComposeResult:
        """The words, and one text field that shows when it is asked for."""
        with Vertical():
            yield LineWidget(id="answer")
            yield Field(id="answer-text", select_on_focus=False)

    async def on_mount(self) -> None:
        """Show the choices; nothing has the focus, so that single keys act."""
        self.dashboard.answering = True
        self._ask("choose")

    def on_unmount(self) -> None:
        """Nothing is answered by a key any more."""
        self.dashboard.answering = False

    async def update_model(self) -> None:
        """Follow the recommendation while it is on screen."""
        self._recommendation = self.model.find(self._recommendation.recommendation_id) or self._recommendation
        self._draw()

    def reset(self) -> None:
        """Back to the choices, from wherever."""
        self._ask("choose")

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

    def _held(self) -> int:
        view = self.model.views.get(self._recommendation.symbol)
        return abs(view.position.quantity) if view and view.position else 0

    def _draw(self) -> None:
        width = max(10, min(72, self.app.size.width - 2))
        item = self._recommendation
        rows: list[Row] = [make_row(f" {card_title(item)}", base="exit")]
        rows += [make_row(Span(f" {line}", "strong")) for line in wrap(clean(item.reason), width - 2, 2)]
        for words in filter(None, (item.cost_line, item.stop_line)):
            rows += [make_row(f" {line}") for line in wrap(clean(words), width - 2, 2)]
        if item.status not in {"open", "held", "snoozed"}:
            rows.append(make_row(Span(f" this one is {item.status} now", "alert")))
        rows.append(make_row(""))
        rows += self._stage_rows(width)
        if self._note and self._stage == "choose":
            rows.append(make_row(Span(f" note: {crop(clean(self._note), width - 8)}", "muted")))
        if self._refusal:
            rows.append(make_row(Span(f" {crop(clean(self._refusal), width - 2)}", "alert")))
        block = self.query_one(LineWidget)
        block.styles.height = len(rows)
        block.show(rows)

    def _stage_rows(self, width: int) -> list[Row]:
        if self._stage == "snooze":
            return [make_row(Span(" for   1  1 minute   5  5 minutes   f  15 minutes   esc back", "strong"))]
        if self._stage == "trimmed":
            held = shares(self._held()) if self._held() else "?"
            return [make_row(Span(f" how many of {held} shares? enter records, esc back", "strong"))]
        if self._stage == "note":
            return [make_row(Span(" a line of your own; enter keeps it, esc drops it", "strong"))]
        rows = [
            make_row(Span(f"  {key}  ", "strong"), Span(f"{name:<9}", "bold"), Span(crop(words, width - 16), "muted"))
            for key, name, words in _CHOICES
        ]
        return [*rows, make_row(Span("  esc  decide later", "muted"))]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - textual's
        """A key acts only where its choice is on the screen."""
        if action in {"exited", "trimmed", "hold", "snooze", "note"}:
            return self._stage == "choose"
        if action == "minutes":
            return self._stage == "snooze"
        return True

    def _answer(self, answer: Answer) -> None:
        self.dashboard.monitor.answer(self._recommendation.recommendation_id, answer)
        self.dismiss(answer)

    def action_exited(self) -> None:
        """The position is left."""
        self._answer(Answer("exited", note=self._note))

    def action_trimmed(self) -> None:
        """Ask for the shares; one number cannot be that of many names."""
        if self._recommendation.kind == "market":
            self._refusal = "each name has its own number: hold, then trim them one by one"
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
        held = self._held()
        if not count or (held and count > held):
            self._refusal = f"between 1 and {shares(held)} shares" if held else "a number of shares from 1"
            self._draw()
            return
        self._answer(Answer("trimmed", shares=count, note=self._note))
