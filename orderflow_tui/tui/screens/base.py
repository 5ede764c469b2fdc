"""What all screens of the dashboard share."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, Screen

from orderflow_tui.tui.state.dashboard_port import DashboardPort
from orderflow_tui.tui.state.screen_model import ScreenModel
from orderflow_tui.tui.widgets.keybar import KeyBar
from orderflow_tui.tui.widgets.pending_bar import AskBar


class LeavingScreen(Screen[Any]):
    """A screen that leaves once: what comes after that, or while another covers it, is no second time."""

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Leave with a result, unless it has left or is covered."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()


class ModelScreen(LeavingScreen):
    """A screen that repaints from the model when the app says that it has changed."""

    SCOPE: ClassVar[str] = "Dashboard"
    """Which keys are alive on it (`bindings.SCOPES`); the help begins with them."""

    @property
    def dashboard(self) -> DashboardPort:
        """The app, by its own type."""
        return cast("DashboardPort", self.app)

    @property
    def model(self) -> ScreenModel:
        """The shared state."""
        return self.dashboard.model

    async def update_model(self) -> None:
        """Repaint what has changed."""
        raise NotImplementedError

    def on_screen_suspend(self) -> None:
        """A dialog is on top: what keys do here is not what they do now."""
        for bar in self.query(KeyBar):
            bar.show_keys(shown=False)

    async def on_screen_resume(self) -> None:
        """Something else was on top: catch up."""
        for bar in self.query(KeyBar):
            bar.show_keys(shown=True)
        await self.update_model()


class ModelModal(LeavingScreen, ModalScreen[Any]):
    """A dialog over such a screen, which stays readable: the market does not wait for the dialog."""

    SCOPE: ClassVar[str] = "Dialogs"

    DEFAULT_CSS = """
    ModelModal { background: transparent; }
    """

    @property
    def dashboard(self) -> DashboardPort:
        """The app, by its own type."""
        return cast("DashboardPort", self.app)

    @property
    def model(self) -> ScreenModel:
        """The shared state."""
        return self.dashboard.model

    def on_mount(self) -> None:
        """What waits for an answer is said above every dialog; each dialog's own `on_mount` comes beside this one."""
        self.mount(AskBar())

    async def update_model(self) -> None:
        """Most dialogs show what was true when they opened."""

    def reset(self) -> None:
        """The acknowledge key was pressed on the dialog itself: those with steps go back to their first."""
