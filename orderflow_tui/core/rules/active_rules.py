"""The rules of one symbol that can speak under the profile in force on its source, by what they listen to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from orderflow_tui.core.model.outputs import AlertUpdated
from orderflow_tui.core.model.units import NEVER_NS
from orderflow_tui.core.rules.catalogue import PARTS
from orderflow_tui.core.rules.rule_part import RuleInputs, RulePart
from orderflow_tui.core.rules.terms import SymbolTerms

Listeners = tuple[Callable[..., None], ...]
Part = TypeVar("Part", bound=RulePart)


class ActiveRules:
    """Calls each rule for what it listens to and for nothing else, so that one that is off costs nothing.

    Args:
        inputs: What rules may look at.
    """

    __slots__ = (
        "_active", "_parts", "_settling", "_timed", "off_exchange", "on_book", "on_purchase", "on_sale", "on_volume",
        "whole_second",
    )  # fmt: skip

    def __init__(self, inputs: RuleInputs) -> None:
        self._parts = [part(inputs) for part in PARTS]
        self.fit(inputs.terms)

    def part(self, kind: type[Part]) -> Part:
        """The rule of this class, for a screen that shows figures of its own."""
        return next(part for part in self._parts if isinstance(part, kind))

    def fit(self, terms: SymbolTerms) -> None:
        """Another profile is in force, or the source shows something else; each rule keeps its state."""
        profile, source = terms.thresholds.profile, terms.capabilities
        for part in self._parts:
            part.set_source(source)
        self._active = [part for part in self._parts if part.listens(profile, source)]
        self._settling = [part for part in self._active if _listens(part, "settle")]
        self._timed = [part for part in self._active if _listens(part, "on_time")]
        self.on_volume = self._listeners("on_volume")
        self.on_book = self._listeners("on_book")
        self.on_sale = self._listeners("on_sale")
        self.on_purchase = self._listeners("on_purchase")
        self.off_exchange = self._listeners("off_exchange")
        self.whole_second = self._listeners("whole_second")

    def _listeners(self, event: str) -> Listeners:
        return tuple(getattr(part, event) for part in self._active if _listens(part, event))

    @property
    def next_ns(self) -> int:
        """The earliest instant at which time alone changes something for a rule."""
        due = NEVER_NS
        for part in self._timed:
            due = min(due, part.next_ns)
        for part in self._settling:
            due = min(due, part.next_ns)
        return due

    def on_time(self, time_ns: int) -> None:
        """Time has passed."""
        for part in self._timed:
            part.on_time(time_ns)

    def settle(self, time_ns: int) -> None:
        """All else that this instant brings about has been heard: give the verdicts that are due."""
        for part in self._settling:
            if time_ns >= part.next_ns:
                part.settle(time_ns)

    def on_covered(self, time_ns: int) -> None:
        """The tape is complete up to a later instant than before."""
        for part in self._active:
            part.on_covered(time_ns)

    def corrected(self, first: int, last: int, change: int) -> list[AlertUpdated]:
        """Seconds were counted anew: the notes of alerts that rested on them."""
        notes = (part.corrected(first, last, change) for part in self._active)
        return [note for note in notes if note is not None]

    def lose_sight(self, time_ns: int) -> None:
        """The book was not seen for a while."""
        for part in self._parts:
            part.lose_sight(time_ns)

    def forget(self) -> None:
        """What was seen until now is not to be compared with what follows."""
        for part in self._parts:
            part.forget()


def _listens(part: RulePart, event: str) -> bool:
    """Whether a rule does something of its own there."""
    return getattr(type(part), event) is not getattr(RulePart, event)
