"""What a stream's corrections and cancels become: the second is told again as it is now."""

from __future__ import annotations

import json
import threading
from typing import Any

from orderflow_tui.core.model.events import Print, TapeCorrection
from orderflow_tui.core.model.units import NS
from orderflow_tui.feeds.alpaca import wire
from orderflow_tui.feeds.alpaca.stream_events import StreamEvents
from orderflow_tui.feeds.alpaca.tape import SymbolTape
from orderflow_tui.feeds.feed import Arrival, Batch
from orderflow_tui.feeds.live.symbol_spellings import Spellings, dotted
from tests.feeds.collector import Collector

AT = 1_796_049_000 * NS
"""2026-11-30T14:30:00Z."""


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"T": kind, "S": "ACME", "t": "2026-11-30T14:30:00.123456789Z", "x": "V", "z": "C", **fields}


def trade(number: int, price: float, size: int) -> dict[str, Any]:
    return event("t", i=number, p=price, s=size, c=["@"])


def correction(old: int, new: int, price: float, size: int) -> dict[str, Any]:
    return event("c", oi=old, op=25.1, os=100, oc=["@"], ci=new, cp=price, cs=size, cc=["@"])


class Streamed:
    """One symbol whose stream has begun."""

    def __init__(self) -> None:
        self.got = Collector()
        self.tape = SymbolTape("ACME", self.got, threading.Event())
        self.frames = StreamEvents(self.got, lambda: {"ACME": self.tape}, Spellings(dotted))
        self.tape.intake.stream_began(AT - 10 * NS)
        self.tape.intake.polled((), from_ns=AT - 60 * NS, covered_ns=AT, arrival=Arrival(0, AT), backfill=False)

    def take(self, *events: dict[str, Any]) -> None:
        self.frames.take(wire.decode_frame(json.dumps(events).encode()), Arrival(0, AT + NS))

    def corrected(self, seconds: int) -> list[TapeCorrection]:
        """What is told of it once so much time has passed."""
        now_ns = AT + seconds * NS
        self.frames.vouch(now_ns, 0, Arrival(0, now_ns))
        told = [one for batch in self.got.of(Batch) for one in batch.events]
        return [one for one in told if isinstance(one, TapeCorrection)]


def test_a_correction_stands_in_the_place_of_its_print_and_a_cancel_leaves_none() -> None:
    streamed = Streamed()
    streamed.take(trade(101, 25.10, 100), trade(102, 25.115, 37), trade(104, 25.11, 200))
    streamed.take(correction(101, 103, 25.09, 150))
    streamed.take(event("x", i=102, p=25.115, s=37, a="C"))
    (told,) = streamed.corrected(5)
    assert (told.from_second, [(one.trade_id, one.price, one.size) for one in told.prints]) == (
        AT // NS, [("103", 250_900, 150), ("104", 251_100, 200)],
    )  # fmt: skip


def test_a_corrected_print_may_be_cancelled_by_its_new_number() -> None:
    streamed = Streamed()
    streamed.take(trade(101, 25.10, 100), correction(101, 103, 25.09, 150))
    streamed.take(event("x", i=103, p=25.09, s=150, a="E"))
    (told,) = streamed.corrected(5)
    assert told.prints == ()


def test_a_correction_of_what_was_never_told_is_counted_and_nothing_is_guessed() -> None:
    streamed = Streamed()
    streamed.take(trade(101, 25.10, 100))
    streamed.take(correction(999, 1_000, 1.0, 1_000_000), event("x", i=998, p=25.0, s=10, a="C"))
    assert streamed.corrected(5) == []
    assert streamed.tape.recall.unknown == 2
    prints = [one for batch in streamed.got.of(Batch) for one in batch.events if isinstance(one, Print)]
    assert [one.size for one in prints] == [100]


def test_a_correction_that_comes_before_its_print_waits_for_it() -> None:
    streamed = Streamed()
    streamed.take(correction(101, 103, 25.09, 150))
    assert streamed.tape.recall.unknown == 1
    streamed.take(trade(101, 25.10, 100))
    (told,) = streamed.corrected(5)
    assert [(one.trade_id, one.size) for one in told.prints] == [("103", 150)]
    assert streamed.tape.recall.unknown == 0
