"""Faults on demand: ordered rules for what goes wrong with which request.

Rules come from tests or from a TOML file of `[[fault]]` tables. The first rule that matches a request and has hits
left is applied; what it does to a payload is in `payload_faults`, what it does to a connection in `gate`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec

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
]

ENDPOINTS: tuple[Endpoint, ...] = get_args(Endpoint)
MAX_SECONDS = 120.0

_ROWS: frozenset[Endpoint] = frozenset({"snapshot", "trades", "quotes", "nbbo", "last_trade", "universal", "books"})
_TWO_SIDED: frozenset[Endpoint] = frozenset({"snapshot", "quotes", "nbbo", "universal", "books"})
_NAMED: frozenset[Endpoint] = frozenset({"snapshot", "nbbo", "last_trade", "universal", "books"})
_WHERE: dict[Kind, frozenset[Endpoint]] = {
    "wrong_symbol": _NAMED,
    "stale": _ROWS,
    "future": _ROWS,
    "negative_price": _ROWS,
    "crossed": _TWO_SIDED,
    "malformed_row": _ROWS,
    "empty": _ROWS,
}
PAYLOAD_KINDS = frozenset(_WHERE)


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
        seconds: How long `hang` and `slow` take, by how much `stale` and `future` are off.
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

    def __post_init__(self) -> None:
        where = _WHERE.get(self.kind)
        if where is not None and self.endpoint not in where:
            raise ValueError(f"{self.kind} cannot happen to {self.endpoint}")


class _FaultFile(msgspec.Struct, forbid_unknown_fields=True):
    fault: Annotated[list[Fault], msgspec.Meta(max_length=1_000)]


class FaultPlan:
    """Rules in order, and how often each has matched.

    Args:
        faults: The rules.
    """

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._rules: list[Fault] = []
        self._matched: list[int] = []
        self.extend(faults)

    def extend(self, faults: Sequence[Fault]) -> None:
        """Adds rules after those there are; what they count begins now."""
        self._rules += faults
        self._matched += [0] * len(faults)

    def clear(self) -> None:
        """Forgets all rules."""
        self._rules.clear()
        self._matched.clear()

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
        with path.open("rb") as file:
            return msgspec.convert(tomllib.load(file), _FaultFile).fault
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        reason = " ".join(str(error).split())
    raise FaultFileError(f"{path}: {reason}")
