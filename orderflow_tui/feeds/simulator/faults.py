"""Faults on demand: ordered rules for what goes wrong with which request.

Rules come from tests or from a TOML file of `[[fault]]` tables. The first rule that matches a request and has hits
left is applied; what it does to a payload is in `payload_faults`, what it does to a connection in `gate`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec

from orderflow_tui.support.bounded_file import read_bounded
from orderflow_tui.support.decoding import TomlError, parse_toml

Endpoint = Literal[
    "snapshot",
    "trades",
    "quotes",
    "nbbo",
    "last_trade",
    "universal",
    "status",
    "upcoming",
    "conditions",
    "books",
    "truth",
    "stream",
]
Kind = Literal[
    "status",
    "hang",
    "cut",
    "garbage",
    "slow",
    "reset",
    "wrong_symbol",
    "stale",
    "future",
    "negative_price",
    "crossed",
    "malformed_row",
    "empty",
    "html",
    "bomb",
    "duplicate_page",
    "reorder",
    "foreign_next",
    "endless_next",
    "no_spy",
    "clock_skew",
    "auth_failed",
    "silence",
    "unknown_event",
    "duplicate",
    "max_connections",
    "close",
    "slow_reader",
    "skipped_records",
    "bad_subscription",
]

ENDPOINTS: tuple[Endpoint, ...] = get_args(Endpoint)
MAX_SECONDS = 120.0

_ROWS: frozenset[Endpoint] = frozenset({"snapshot", "trades", "quotes", "nbbo", "last_trade", "universal", "books"})
_TWO_SIDED: frozenset[Endpoint] = frozenset({"snapshot", "quotes", "nbbo", "universal", "books"})
_NAMED: frozenset[Endpoint] = frozenset({"snapshot", "nbbo", "last_trade", "universal", "books"})
_LISTS: frozenset[Endpoint] = frozenset({"trades", "quotes"})
_STREAM: frozenset[Endpoint] = frozenset({"stream"})
_WHERE: dict[Kind, frozenset[Endpoint]] = {
    "wrong_symbol": _NAMED,
    "stale": _ROWS,
    "future": _ROWS,
    "negative_price": _ROWS,
    "crossed": _TWO_SIDED,
    "malformed_row": _ROWS,
    "empty": _ROWS,
    "duplicate_page": _LISTS,
    "reorder": _LISTS | {"stream"},
    "foreign_next": _LISTS,
    "endless_next": _LISTS,
    "no_spy": frozenset({"snapshot", "universal", "books"}),
    "clock_skew": frozenset({"status"}),
    "auth_failed": _STREAM,
    "silence": _STREAM,
    "unknown_event": _STREAM,
    "duplicate": _STREAM,
    "max_connections": _STREAM,
    "close": _STREAM,
    "slow_reader": _STREAM,
    "skipped_records": _STREAM,
    "bad_subscription": _STREAM,
}
_OF_THE_STREAM: frozenset[Kind] = frozenset(
    {"status", "hang", "cut", "reset", "garbage", "reorder", "auth_failed", "silence", "unknown_event", "duplicate",
     "max_connections", "close", "slow_reader", "skipped_records", "bad_subscription"}
)  # fmt: skip
PAYLOAD_KINDS = frozenset(kind for kind, where in _WHERE.items() if where != _STREAM)


class FaultFileError(ValueError):
    """A fault file that cannot be used; its text is one line for the user."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule.

    Attributes:
        endpoint: Which requests.
        kind: What happens to them.
        symbol: Only requests for this ticker (and only its row of the answer), or None for all.
        after: Matching requests that pass before the first is hit.
        times: Requests that are hit.
        status: Of kind `status`: the HTTP status.
        retry_after: Of kind `status`: seconds for a Retry-After header, or None for no header.
        empty_body: Of kind `status`: no body, as the vendor also answers 429.
        seconds: How long `hang` and `slow` take, by how much `stale`, `future` and `clock_skew` are off.
        probability: Of a matching request to be hit, drawn from `seed`.
        seed: Of these draws.
        from_seconds: The rule begins so long after the server's start, `until_seconds` it ends; 0 for never.
        frames: Of the endpoint `stream`: frames that go out before it happens.
        code: Of kind `close`: the WebSocket's close code.
    """

    endpoint: Endpoint
    kind: Kind
    symbol: str | None = None
    after: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    times: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] = 503
    retry_after: Annotated[float, msgspec.Meta(ge=0, le=86_400)] | None = None
    empty_body: bool = False
    seconds: Annotated[float, msgspec.Meta(gt=0, le=MAX_SECONDS)] = 30.0
    probability: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    seed: int = 1
    from_seconds: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0.0
    until_seconds: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0.0
    frames: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    code: Annotated[int, msgspec.Meta(ge=1000, le=4999)] = 1011

    def __post_init__(self) -> None:
        where = _WHERE.get(self.kind)
        if where is not None and self.endpoint not in where:
            raise ValueError(f"{self.kind} cannot happen to {self.endpoint}")
        if self.endpoint == "stream" and self.kind not in _OF_THE_STREAM:
            raise ValueError(f"{self.kind} cannot happen to stream")
        if self.until_seconds and self.until_seconds <= self.from_seconds:
            raise ValueError("until_seconds must be after from_seconds")


class _FaultFile(msgspec.Struct, forbid_unknown_fields=True):
    fault: Annotated[list[Fault], msgspec.Meta(max_length=1_000)]


class FaultPlan:
    """Rules in order, and how often each has matched.

    Args:
        faults: The rules.
        monotonic: Seconds, for rules with a time window; the start is now.
    """

    def __init__(self, faults: Sequence[Fault] = (), monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rules: list[Fault] = []
        self._matched: list[int] = []
        self._draws: list[random.Random] = []
        self._monotonic = monotonic
        self._started = monotonic()
        self.extend(faults)

    def extend(self, faults: Sequence[Fault]) -> None:
        """Adds rules after those there are; what they count begins now."""
        self._rules += faults
        self._matched += [0] * len(faults)
        self._draws += [random.Random(fault.seed) for fault in faults]  # noqa: S311 the same faults in every run

    def clear(self) -> None:
        """Forgets all rules."""
        self._rules.clear()
        self._matched.clear()
        self._draws.clear()

    def hit(self, endpoint: Endpoint, symbols: Sequence[str]) -> Fault | None:
        """Counts a request and finds what happens to it.

        Args:
            endpoint: What is asked for.
            symbols: The tickers it asks for; none means all.

        Returns:
            The first rule that has hits left for it, or None.
        """
        for index, rule in enumerate(self._rules):
            if rule.endpoint != endpoint or (rule.symbol is not None and symbols and rule.symbol not in symbols):
                continue
            elapsed = self._monotonic() - self._started
            if elapsed < rule.from_seconds or (rule.until_seconds and elapsed >= rule.until_seconds):
                continue
            if rule.probability < 1 and self._draws[index].random() >= rule.probability:
                continue
            seen = self._matched[index]
            if seen >= rule.after + rule.times:
                continue
            self._matched[index] += 1
            if seen >= rule.after:
                return rule
        return None


def load_faults(path: Path) -> list[Fault]:
    """Reads a fault file.

    Args:
        path: A TOML file of `[[fault]]` tables.

    Returns:
        The rules in order.

    Raises:
        FaultFileError: It cannot be read, or holds an unknown key or a value out of bounds.
    """
    try:
        return msgspec.convert(parse_toml(read_bounded(path).decode()), _FaultFile).fault
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except (TomlError, UnicodeDecodeError, msgspec.ValidationError) as error:
        reason = " ".join(str(error).split())
    raise FaultFileError(f"{path}: {reason[:200]}")
