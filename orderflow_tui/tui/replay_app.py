"""The keys that drive a replay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderflow_tui.tui.answer_app import AnswerApp

if TYPE_CHECKING:
    from orderflow_tui.feeds.feed import Step
    from orderflow_tui.tui.state.replay_port import ReplayPort


class ReplayApp(AnswerApp):
    """Hands what the trader wants of a replay to it."""

    replay: ReplayPort | None = None

    @property
    def is_seeking(self) -> bool:
        """Whether a replay plays to another instant as fast as it goes."""
        status = self.model.status
        return status is not None and status.replay is not None and status.replay.seeks_ns > 0

    def _playing(self, what: str) -> ReplayPort | None:
        if self.replay is None:
            self.tell(f"only a replay {what}")
        return self.replay

    def action_pause(self) -> None:
        """Pause or go on."""
        if (replay := self._playing("can be paused")) is not None:
            replay.toggle_pause()

    def action_faster(self) -> None:
        """Twice the speed."""
        self._change_speed(2.0)

    def action_slower(self) -> None:
        """Half the speed."""
        self._change_speed(0.5)

    def _change_speed(self, factor: float) -> None:
        if (replay := self._playing("has a speed")) is None:
            return
        if self.model.status is not None and not self.model.status.speed:
            self.tell("this replay goes as fast as it can: no speed to change")
        else:
            replay.change_speed(factor)

    def action_step(self, step: Step) -> None:
        """Pause, and go on by one event or one second."""
        if (replay := self._playing("can be stepped through")) is not None:
            replay.step(step)

    def action_seek_by(self, seconds: int) -> None:
        """Go so many recorded seconds on, or back."""
        if (replay := self._playing("goes back and on")) is None:
            return
        if self._scope == "History":
            self.tell("close the history first: going back takes the journal back too")
        elif words := replay.seek_by(seconds):
            self.tell(words)

    def seek(self, time_ns: int) -> None:
        """Go to an instant of the recording."""
        if self.replay is not None and (words := self.replay.seek(time_ns)):
            self.tell(words)
