"""Asks for the text to look for."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from orderflow_tui.tui.keys.bindings import DIALOG_BINDINGS
from orderflow_tui.tui.look.formatting import clean
from orderflow_tui.tui.screens.base import ModelModal
from orderflow_tui.tui.widgets.text_field import Field


class SearchScreen(ModelModal):
    """A text field in a dialog of its own, so that letters act everywhere else."""

    BINDINGS = DIALOG_BINDINGS
    DEFAULT_CSS = """
    SearchScreen { align: center bottom; }
    SearchScreen > Input { width: 1fr; border: heavy $primary; height: 3; }
    """

    def __init__(self, text: str, placeholder: str = "text or symbol; Enter searches, empty shows all") -> None:
        super().__init__()
        self._text = text
        self._placeholder = placeholder

    def compose(self) -> ComposeResult:
        """One field."""
        yield Field(self._text, placeholder=self._placeholder, max_length=100)

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Look for it."""
        self.dismiss(clean(event.value).strip())

    def action_close(self) -> None:
        """Leave the search as it was."""
        self.dismiss(None)
