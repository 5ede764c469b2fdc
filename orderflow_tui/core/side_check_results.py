"""Alerts that rest on the sides of prints: asked about where sides are in doubt, told as the quotes have them."""

from __future__ import annotations

from msgspec.structs import replace

from orderflow_tui.core.announcer import Announcer
from orderflow_tui.core.exits.counted_signals import evidence_of
from orderflow_tui.core.model.data_models import OrderFlowAlert
from orderflow_tui.core.model.events import SideCheckResult
from orderflow_tui.core.model.outputs import AlertOutput, AlertUpdated
from orderflow_tui.core.rules.side_check import (
    BY_QUOTES,
    REFUTED,
    UNSURE,
    Held,
    SideCheck,
    SidedRule,
    doubted,
    signed,
    with_sides,
)
from orderflow_tui.core.rules.terms import SymbolTerms


class SideAnswers:
    """The alerts of one symbol that wait for the quotes of their span.

    Args:
        symbol: Ticker.
        terms: Know what the source shows.
        announcer: Passes on what there is to say.
    """

    __slots__ = ("_announcer", "_checks", "_symbol", "_terms")

    def __init__(self, symbol: str, terms: SymbolTerms, announcer: Announcer) -> None:
        self._symbol = symbol
        self._terms = terms
        self._announcer = announcer
        self._checks = SideCheck()

    def say(
        self,
        rule: SidedRule,
        output: AlertOutput,
        from_ns: int,
        *,
        to_ns: int = 0,
        unproven: bool = False,
    ) -> None:
        """Pass on what rests on the sides of the prints from an instant on; where they are in doubt, ask or say so.

        Args:
            rule: Whose alert it is.
            output: An alert, or news of one.
            from_ns: The first of its prints.
            to_ns: The last that may be one of them; 0: the newest.
            unproven: No quote was known when one of them was made.
        """
        capabilities = self._terms.capabilities
        doubt = capabilities.sides_in_doubt or (UNSURE if unproven else "")
        ask = capabilities.asks_sides or (unproven and capabilities.quotes and capabilities.side_check == "asked")
        if isinstance(output, AlertUpdated):
            if self._checks.grown(output):
                return
        elif ask and output.time_ns >= self._announcer.news_from_ns:
            self._announcer.put(self._checks.hold(self._symbol, rule, output, from_ns, to_ns))
            return
        if not rule.doubts_itself:
            if doubt:
                output = replace(output, alert=doubted(output.alert, doubt))
            elif capabilities.streaming and capabilities.side_check == "asked":
                output = replace(output, alert=with_sides(output.alert, BY_QUOTES))
        self._announcer.say(output)

    def take(self, event: SideCheckResult) -> None:
        """The quotes of a span were asked for: what they bear out is told, what was surely bought is not."""
        held = self._checks.of(event)
        if held is None:
            return
        verdict = held.rule.by_quotes(held, signed(event) if event.quotes else [])
        if verdict is None:
            self._say_unsure(held)
            return
        self._checks.settled(event)
        self._say_checked(held, verdict.alert)
        if verdict.grown is not None and held.grown is not None:
            grown = with_sides(verdict.grown, BY_QUOTES)
            self._announcer.say(AlertUpdated(grown, held.grown.time_ns, journal=True))

    def _say_unsure(self, held: Held) -> None:
        """Nobody could say by which quotes its prints were made."""
        if not held.told:
            held.told = True
            self._announcer.say(replace(held.raised, alert=doubted(held.raised.alert, UNSURE)))

    def _say_checked(self, held: Held, alert: OrderFlowAlert | None) -> None:
        """A held alert as the quotes have it, None where they do not bear it out: then nothing was to be told."""
        raised = held.raised
        if not held.told:
            if alert is not None:
                self._announcer.say(replace(raised, alert=with_sides(alert, BY_QUOTES)))
            return
        now = doubted(raised.alert, REFUTED) if alert is None else with_sides(alert, BY_QUOTES)
        update = AlertUpdated(now, raised.time_ns, journal=True)
        self._announcer.say(update)
        if alert is not None and not evidence_of(update):
            # It did not count when it was told unsure; a seller who is proven a second later is no less a seller.
            self._announcer.weigh(replace(raised, alert=now))
