"""Alerts about polled prints wait for the quotes of their span, by which the sides are computed again.

A polled quote is up to a cycle old: near the touch it may sign a print wrongly. Before a burst or a large print is told
the source is asked once; what it answers confirms it, proven purchases refute it, and all else leaves it unsure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final, Protocol

from msgspec import Struct

from orderflow_tui.core.market.sweeps import SPAN_NS
from orderflow_tui.core.market.trade_side import SideClassifier, is_bought
from orderflow_tui.core.market.volume_window import VolumeWindow
from orderflow_tui.core.model.data_models import OrderFlowAlert
from orderflow_tui.core.model.events import (
    AUCTION,
    LATE_REPORT,
    OFF_EXCHANGE,
    SELL,
    UNKNOWN,
    VOLUME,
    Book,
    Print,
    SideCheckResult,
    live_order,
)
from orderflow_tui.core.model.outputs import AlertRaised, AlertUpdated, SideCheckRequested
from orderflow_tui.core.model.units import NS

UNSURE: Final = "sides unsure"
BY_QUOTES: Final = "by quotes"
REFUTED: Final = "refuted by quotes"
_KEPT: Final = 100
"""Questions remembered at most, of alerts told unsure; an alert that was not told is never given up."""

Signed = tuple[Print, int, int, bool]
"""A print, its side, the bid in force (0: nobody bid), and whether the quote alone proves that it was bought."""


class Verdict(Struct, frozen=True):
    """What the quotes say of an alert that waited for them.

    Attributes:
        alert: As the quotes have it; None where they do not bear it out.
        grown: The same of the newest news of its episode; None where there is none beside the alert.
    """

    alert: OrderFlowAlert | None
    grown: OrderFlowAlert | None = None


class SidedRule(Protocol):
    """A rule whose alerts rest on the sides of prints."""

    doubts_itself: bool
    """Its alerts carry the source's doubts already."""

    def by_quotes(self, held: Held, prints: Sequence[Signed]) -> Verdict | None:
        """Judge a held alert by the sides the quotes give its prints; None: they do not tell."""
        ...


class Held(Struct):
    """An alert that waits, or that was told unsure and may still be confirmed."""

    rule: SidedRule
    raised: AlertRaised
    from_ns: int
    grown: AlertUpdated | None = None
    """The newest news of its episode."""
    told: bool = False


class SideCheck:
    """The questions of one symbol."""

    __slots__ = ("_held", "_keys")

    def __init__(self) -> None:
        self._held: dict[int, Held] = {}
        self._keys = 0

    def hold(self, symbol: str, rule: SidedRule, raised: AlertRaised, from_ns: int, to_ns: int) -> SideCheckRequested:
        """Keep an alert about the prints from an instant on (to another, 0: all) back until their sides are told."""
        self._keys = max(self._keys + 1, raised.time_ns)
        self._held[self._keys] = Held(rule, raised, from_ns)
        told = [key for key, held in self._held.items() if held.told]
        for key in told[: max(0, len(self._held) - _KEPT)]:
            del self._held[key]
        return SideCheckRequested(symbol, raised.time_ns, self._keys, from_ns, to_ns)

    def grown(self, update: AlertUpdated) -> bool:
        """Note news of an episode; whether it is to be kept back with its alert."""
        for held in self._held.values():
            if held.raised.alert.episode_id == update.alert.episode_id:
                held.grown = update
                return not held.told
        return False

    def of(self, told: SideCheckResult) -> Held | None:
        """What an answer is about; None where it is not waited for. An alert told unsure may be answered later."""
        held = self._held.get(told.key)
        return None if held is None or (held.told and not told.answered) else held

    def settled(self, told: SideCheckResult) -> None:
        """It was answered: nothing more is expected."""
        del self._held[told.key]


def signed(told: SideCheckResult) -> list[Signed]:
    """The sides of an answer's prints by the quotes strictly older than each, oldest first.

    A print that no quote covers is left out. Prints from before the span are there for the tick test.
    """
    classifier = SideClassifier()
    out: list[Signed] = []
    events: list[Print | Book] = [*told.prints, *told.quotes]
    for event in sorted(events, key=live_order):
        if isinstance(event, Book):
            classifier.on_book(event)
        else:
            side = classifier.classify(event)
            quote = classifier.quote
            if quote is not None:
                out.append((event, side, quote[2], is_bought(event.price, quote)))
    return out


def sign_seconds(window: VolumeWindow, prints: Iterable[Signed], first: int) -> bool:
    """Give the window these sides in every second from `first` whose prints are all there; whether most are."""
    by_second: dict[int, list[Signed]] = {}
    for one in prints:
        event = one[0]
        second = event.time_ns // NS
        if first <= second and event.flags & VOLUME and not event.flags & (AUCTION | LATE_REPORT):
            by_second.setdefault(second, []).append(one)
    signed_volume = 0
    for second in range(max(first, window.oldest), window.head + 1):
        counted, again = window.of_second(second), by_second.get(second, [])
        sizes = [event.size for event, *_ in again]
        if (sum(sizes), len(again)) != (counted[0], counted[3]):
            continue
        signed_volume += counted[0]
        sold = sum(event.size for event, side, *_ in again if side == SELL)
        unknown = sum(event.size for event, side, *_ in again if side == UNKNOWN)
        window.replace_second(second, (counted[0], sold, counted[0] - sold - unknown, counted[3]), sizes)
    return 2 * signed_volume > window.volume - window.volume_through(first - 1)


def sold_and_bought(prints: Sequence[Signed], first_ns: int, low: int, high: int) -> tuple[int, int]:
    """Sizes that sellers took at or below the bid and that buyers surely took, in a reconstructed print's span."""
    sold = bought = 0
    for event, side, bid, is_proven_buy in prints:
        if (
            not first_ns <= event.time_ns <= first_ns + SPAN_NS
            or not low <= event.price <= high
            or event.flags & (OFF_EXCHANGE | AUCTION | LATE_REPORT)
        ):
            continue
        if is_proven_buy:
            bought += event.size
        elif side == SELL and bid != 0 and event.price <= bid:
            sold += event.size
    return sold, bought


def doubted(alert: OrderFlowAlert, words: str) -> OrderFlowAlert:
    """The alert with a word on its sides; it never recommends leaving and never counts."""
    return replace(
        alert,
        text=f"{alert.text}, {words}",
        counts=alert.counts and alert.is_burst,
        exit_eligible=False,
        rank=3,
        details=MappingProxyType({**alert.details, "sides": words}),
    )


def with_sides(alert: OrderFlowAlert, words: str) -> OrderFlowAlert:
    """The alert with what is known of its sides in its details."""
    return replace(alert, details=MappingProxyType({**alert.details, "sides": words}))
