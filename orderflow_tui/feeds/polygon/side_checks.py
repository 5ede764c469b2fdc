"""Fetches the quotes of a span once, so that an alert about polled prints can be confirmed before it is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from orderflow_tui.core.events import SidesTold
from orderflow_tui.core.outputs import SidesAsked
from orderflow_tui.core.units import NS
from orderflow_tui.core.validators import DataValidationError
from orderflow_tui.decoding import NO_JSON
from orderflow_tui.feeds.errors import AuthError, FeedError, FeedStoppedError, NotEntitledError, PayloadError, one_line
from orderflow_tui.feeds.feed import ApiFault, Arrival, Batch, Put
from orderflow_tui.feeds.polygon import endpoints, wire
from orderflow_tui.feeds.polygon.gateway import Gateway
from orderflow_tui.feeds.polygon.normalize import quotes_of
from orderflow_tui.feeds.polygon.schedule import Job, Schedule
from orderflow_tui.feeds.polygon.standing import Standing
from orderflow_tui.feeds.polygon.tape import SymbolTape

BEFORE_NS: Final = 5 * NS
"""So far before the span a quote is looked for that was in force at its beginning."""
LIMIT: Final = 50_000
DEADLINE_SECONDS: Final = 2.0


class SideChecks:
    """One request a question, before every poll that is due; where it fails the question stays unanswered.

    Args:
        gateway: The host.
        put: Where messages go.
        schedule: Runs them.
        standing: Learns where the plan has no past quotes.
        tapes: The symbols' tapes; may change.
        clock: Nanoseconds UTC.
    """

    def __init__(
        self,
        gateway: Gateway,
        put: Put,
        *,
        schedule: Schedule,
        standing: Standing,
        tapes: Mapping[str, SymbolTape],
        clock: Callable[[], int],
    ) -> None:
        self._gateway = gateway
        self._put = put
        self._schedule = schedule
        self._standing = standing
        self._tapes = tapes
        self._clock = clock

    def ask(self, asked: SidesAsked) -> None:
        """Take a question; safe from any thread, returns at once."""
        name = f"sides:{asked.symbol}:{asked.key}"
        self._schedule.add(Job(name, lambda: self._once(name, asked), "quotes"))

    def _once(self, name: str, asked: SidesAsked) -> float:
        self._schedule.remove(name)
        try:
            self._fetch(asked)
        except (AuthError, FeedStoppedError):
            raise
        except FeedError as error:
            if isinstance(error, NotEntitledError):
                self._standing.learn(side_check="refused")
            arrival = Arrival(time.monotonic_ns(), self._clock())
            fault = ApiFault(error.error_type, str(error), arrival, error.status, "quotes", asked.symbol)
            self._put(fault)
        return 0.0

    def _fetch(self, asked: SidesAsked) -> None:
        request = endpoints.quotes(asked.symbol, from_ns=asked.from_ns - BEFORE_NS, limit=LIMIT)
        page = self._gateway.page(request, deadline_seconds=DEADLINE_SECONDS)
        try:
            quotes = quotes_of(wire.decode_rows(page.rows, list[wire.QuoteRow]))
        except (*NO_JSON, DataValidationError) as error:
            raise PayloadError(message=f"quotes: {one_line(str(error))}") from None
        tape = self._tapes.get(asked.symbol)
        prints = tape.intake.since(asked.from_ns) if tape is not None else ()
        told = SidesTold(asked.time_ns, asked.key, bool(quotes), prints, quotes)
        self._put(Batch(asked.symbol, "tape", (told,), page.reply.arrival))
