"""What a connection is subscribed to, asked for kind by kind so that a refusal can be told whose it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from msgspec import Struct, field

Kind = Literal["T", "Q", "LULD"]
KINDS: Final[tuple[Kind, ...]] = ("T", "Q", "LULD")
_ACK: Final = "subscribed to:"


class Subscriptions(Struct):
    """The channels of one connection.

    Attributes:
        kinds: What is asked for each symbol, in the order it is asked.
        active: Symbols confirmed, kind by kind.
        refused: Kinds that the plan lacks.
        waiting: The request under way: its kind and the symbols not confirmed yet.
    """

    kinds: tuple[Kind, ...]
    active: dict[Kind, set[str]] = field(default_factory=dict)
    refused: set[Kind] = field(default_factory=set)
    waiting: tuple[Kind, set[str]] | None = None

    def next_request(self, wanted: Iterable[str]) -> dict[str, str] | None:
        """The next message to send, None where nothing is to be asked now; one request at a time."""
        if self.waiting is not None:
            return None
        symbols = set(wanted)
        for kind in self.kinds:
            if kind in self.refused:
                continue
            active = self.active.setdefault(kind, set())
            if extra := active - symbols:
                active -= extra
                return {"action": "unsubscribe", "params": _channels(kind, extra)}
            if missing := symbols - active:
                self.waiting = (kind, missing)
                return {"action": "subscribe", "params": _channels(kind, missing)}
        return None

    def confirmed(self, message: str) -> tuple[Kind, set[str]] | None:
        """The server confirms a channel (`subscribed to: T.AAPL`); the kind and its symbols when a request is done."""
        kind, _, symbol = message.removeprefix(_ACK).strip().partition(".")
        if self.waiting is None or self.waiting[0] != kind or not message.startswith(_ACK):
            return None
        asked, missing = self.waiting
        if symbol not in missing:
            return None
        missing.discard(symbol)
        self.active[asked].add(symbol)
        if missing:
            return None
        self.waiting = None
        return asked, set(self.active[asked])

    def refuse(self) -> Kind | None:
        """The server refuses what is under way; the kind that the plan lacks, None where nothing was asked."""
        if self.waiting is None:
            return None
        kind, self.waiting = self.waiting[0], None
        self.refused.add(kind)
        return kind


def _channels(kind: Kind, symbols: Iterable[str]) -> str:
    return ",".join(f"{kind}.{symbol}" for symbol in sorted(symbols))
