"""Brokers whose clients print, prompt or need half a gigabyte: asked in a process of their own, one JSON line back.

The child gets its secrets through the environment, never as arguments, and is killed when it takes too long. What the
client prints cannot reach the screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from orderflow_tui.outbound.children import module_command, module_environment, run_to_its_end
from orderflow_tui.positions.errors import PositionsError
from orderflow_tui.positions.holdings import Holdings
from orderflow_tui.positions.rows import LeftOut, Row, decimal_of, holdings_of
from orderflow_tui.support.decoding import NO_JSON

Broker = Literal["robinhood", "ibkr"]
SECONDS: Final = 45.0
_MOST_BYTES: Final = 4_000_000
_MODULE: Final = "orderflow_tui.positions.broker_child"

_OWN: Final[Mapping[Broker, tuple[str, ...]]] = {
    "robinhood": ("ROBINHOOD_USERNAME", "ROBINHOOD_PASSWORD", "ROBINHOOD_MFA_CODE"),
    "ibkr": ("IBKR_HOST", "IBKR_PORT", "IBKR_ACCOUNT"),
}
"""What each broker's client is told, and the other's is not."""


class ChildRow(msgspec.Struct):
    """One stock held, numbers as text."""

    symbol: str
    quantity: str
    average_cost: str


class ChildAnswer(msgspec.Struct):
    """What the child writes.

    Attributes:
        rows: Stocks held.
        left_out: What is held besides.
        refused: Why there is no answer, in one line; empty where there is one.
    """

    rows: list[ChildRow] = []
    left_out: list[str] = []
    refused: str = ""


@dataclass(frozen=True, slots=True)
class BrokerChild:
    """Asks one broker.

    Attributes:
        broker: Which.
        env: The environment with its secrets; the child gets its own broker's alone.
        seconds: The child is killed after this.
    """

    broker: Broker
    env: Mapping[str, str] = field(repr=False)
    seconds: float = SECONDS

    def fetch(self) -> Holdings:
        """What is held now.

        Raises:
            PositionsError: The client is not installed, cannot reach the broker, is refused, or takes too long.
        """
        own = {name: self.env[name] for name in _OWN[self.broker] if name in self.env}
        try:
            done = run_to_its_end(
                module_command(_MODULE, self.broker),
                env=module_environment(self.env, own=own, network=True),
                seconds=self.seconds,
                wants_output=True,
            )
        except TimeoutError:
            raise PositionsError(f"{self.broker}: no answer within {self.seconds:g} s") from None
        except OSError as error:
            raise PositionsError(f"{self.broker}: cannot be asked: {type(error).__name__}") from None
        return holdings_from(self.broker, done.output, done.code)


def holdings_from(broker: Broker, output: bytes, code: int) -> Holdings:
    """What the child wrote on its stdout, and its exit code. Raises PositionsError."""
    try:
        answer = msgspec.json.decode(output[:_MOST_BYTES], type=ChildAnswer)
        rows = [Row(row.symbol, decimal_of(row.quantity), abs(decimal_of(row.average_cost))) for row in answer.rows]
    except (*NO_JSON, ValueError):
        raise PositionsError(f"{broker}: the client ended without an answer ({code})") from None
    if answer.refused:
        raise PositionsError(f"{broker}: {ascii(answer.refused)[1:-1][:200]}")
    return holdings_of(rows, (LeftOut(ascii(name)[1:-1][:40]) for name in answer.left_out))
