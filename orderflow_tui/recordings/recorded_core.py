"""A core that writes down what it is told before it acts on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from orderflow_tui.core.learning.learned_sizes import SessionStats
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.events import Event
from orderflow_tui.core.model.holder import Answer, Position
from orderflow_tui.core.model.outputs import Output
from orderflow_tui.core.rules.alert_writer import Thresholds
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.core.transcript import Answered, Begin, Changed, CoreCall, Fed, Rules


class RecordedCore(SymbolCore):
    """A `SymbolCore` whose calls are recorded; arguments as there.

    What is in force is compared at each call, so that no way of changing it is missed: whoever changes thresholds,
    capabilities or the position gives a new object.

    Args:
        record: Takes each frame at once.
    """

    __slots__ = ("_alone", "_in_force", "_record", "_seen", "_taught")

    def __init__(
        self,
        symbol: str,
        thresholds: Thresholds,
        capabilities: Capabilities,
        position: Position | None = None,
        taught: Mapping[str, SessionStats] | None = None,
        *,
        record: Callable[[CoreCall], None],
    ) -> None:
        super().__init__(symbol, thresholds, capabilities, position, taught)
        self._record = record
        self._in_force: tuple[Thresholds, Capabilities, Position | None, tuple[int, ...]] | None = None
        self._seen = True
        self._alone = False
        self._taught = self.learning.taught

    def process(
        self, events: Iterable[Event], *, news_from_ns: int = 0, hear: Callable[[Output], None] | None = None
    ) -> list[Output]:
        """As `SymbolCore.process`."""
        given = list(events)
        self._note()
        self._record(Fed(news_from_ns, given))
        return super().process(given, news_from_ns=news_from_ns, hear=hear)

    def answer(self, time_ns: int, recommendation_id: str, answer: Answer) -> Output | None:
        """As `SymbolCore.answer`."""
        self._note()
        self._record(Answered(time_ns, recommendation_id, answer))
        return super().answer(time_ns, recommendation_id, answer)

    def _note(self) -> None:
        """Write down how the core begins, and what is in force now that was not at the last call."""
        outcomes, holding, terms = self.announcer.outcomes, self.holding, self.terms
        seen = outcomes is None or outcomes.seen
        before = self._in_force
        if before is None:
            self._record(Begin.of(self))
        else:
            rules = before[0] is terms.thresholds
            capabilities = before[1] is terms.capabilities
            held = before[2] is holding.position and before[3] is terms.event_times_ns
            taught = self._taught is self.learning.taught
            alone = holding.alone == self._alone
            if rules and capabilities and held and taught and alone and seen == self._seen:
                return
            self._record(
                Changed(
                    None if rules else Rules.of(terms.thresholds),
                    None if capabilities else terms.capabilities,
                    None if held else (holding.position, terms.event_times_ns),
                    None if seen == self._seen else seen,
                    None if taught else self.learning.taught,
                    None if alone else holding.alone,
                )
            )
        self._taught, self._alone, self._seen = self.learning.taught, holding.alone, seen
        self._in_force = (terms.thresholds, terms.capabilities, holding.position, terms.event_times_ns)
