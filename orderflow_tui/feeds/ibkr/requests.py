"""What was asked on one connection and may still be answered."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Literal

from msgspec import Struct

from orderflow_tui.feeds.ibkr import outgoing, wire

Kind = Literal["details", "quotes", "book", "ticks", "past", "sides", "heartbeat"]
_HEADS: Final[dict[Kind, tuple[int, int | None]]] = {
    "details": (outgoing.DETAILS, 8),
    "quotes": (outgoing.QUOTES, 11),
    "heartbeat": (outgoing.QUOTES, 11),
    "book": (outgoing.DEPTH, 5),
    "ticks": (outgoing.TICKS, None),
    "past": (outgoing.HISTORY, None),
    "sides": (outgoing.HISTORY, None),
}
"""Of each kind the message and its version, where it has one."""


class Asked(Struct):
    """One request that may be answered; `at` is seconds on the monotonic clock."""

    kind: Kind
    symbol: str
    at: float


class Requests:
    """Numbers requests and knows what an answer belongs to.

    Args:
        send: Sends one message.
    """

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._asked: dict[int, Asked] = {}
        self._next = 1_000

    def ask(self, kind: Kind, name: str, contract: wire.Contract, *rest: object) -> None:
        """Send one about a symbol."""
        number, self._next = self._next, self._next + 1
        self._asked[number] = Asked(kind, name, time.monotonic())
        message, version = _HEADS[kind]
        head = (number,) if version is None else (version, number)
        self._send(outgoing.request(message, *head, *contract.fields, *rest))

    def of(self, number: int) -> Asked | None:
        """What was asked under a number; None where nothing is, or no more."""
        return self._asked.get(number)

    def done(self, number: int) -> None:
        """Answered or refused for good."""
        self._asked.pop(number, None)

    def numbers(self, kind: Kind, name: str | None = None) -> list[int]:
        """The requests of a kind, of one symbol or all."""
        return [n for n, one in self._asked.items() if one.kind == kind and name in (None, one.symbol)]

    def all(self) -> list[tuple[int, Asked]]:
        """Everything that may be answered."""
        return list(self._asked.items())

    def cancel_all(self, kind: Kind, name: str) -> None:
        """End what a symbol has of a kind."""
        for number in self.numbers(kind, name):
            self.cancel(number)

    def cancel(self, number: int) -> None:
        """Ask for an end; what still comes under this number is of no request any more."""
        match self._asked.pop(number).kind:
            case "quotes" | "heartbeat":
                self._send(outgoing.request(outgoing.END_QUOTES, 2, number))
            case "book":
                # Without the flag of its request the server knows no such book, and goes on sending it.
                self._send(outgoing.request(outgoing.END_DEPTH, 1, number, 1))
            case "ticks":
                self._send(outgoing.request(outgoing.END_TICKS, number))
