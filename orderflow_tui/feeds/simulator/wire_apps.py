"""The simulated market behind a wire: which application serves it, and what the key is worth there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, cast, get_args

from starlette.types import ASGIApp

from orderflow_tui.feeds.simulator.alpaca_server import create_alpaca_app
from orderflow_tui.feeds.simulator.faults import Fault, FaultPlan
from orderflow_tui.feeds.simulator.gate import RateLimit
from orderflow_tui.feeds.simulator.ibkr.gateway import IbkrGateway
from orderflow_tui.feeds.simulator.ibkr.tws_behavior import IBKR_BAD_DAY, load_ibkr_faults
from orderflow_tui.feeds.simulator.instruments import Symbols
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import NANOS
from orderflow_tui.feeds.simulator.plans import DELAY_SECONDS, EVERYTHING, PLANS, PlanName
from orderflow_tui.feeds.simulator.polygon_server import Depth, create_app
from orderflow_tui.feeds.simulator.scenarios import ScenarioName
from orderflow_tui.feeds.simulator.tcp_server import Serve

WireName = Literal["polygon", "alpaca", "databento", "ibkr"]
WIRES: Final[tuple[WireName, ...]] = get_args(WireName)
TCP_WIRES: Final = ("databento", "ibkr")
"""These are plain TCP; the others HTTP."""
ALPACA_PLANS: Final = ("basic", "advanced")
"""Alpaca sells two: IEX for nothing, the whole tape for money."""


def check_plan(wire: str, plan: str | None) -> None:
    """Refuse a plan that a wire's vendor does not sell.

    Raises:
        ValueError: One line.
    """
    sold = ALPACA_PLANS if wire == "alpaca" else tuple(PLANS)
    if plan is not None and wire in TCP_WIRES:
        raise ValueError(f"the wire {wire} has no plans")
    if plan is not None and plan not in sold:
        raise ValueError(f"plan must be one of {', '.join(sold)} on the wire {wire}, not {plan!r}")


def application(
    wire: str,
    symbols: Symbols,
    *,
    seed: int,
    scenario: str,
    depth: str,
    key: str | None,
    faults: Sequence[Fault],
    requests_per_second: float | None,
    plan: str | None,
    now_ns: int,
) -> ASGIApp:
    """The server's application; arguments as `run.serve` has checked them, `now_ns` in nanoseconds UTC."""
    rules = FaultPlan(faults)
    if wire == "alpaca":
        return create_alpaca_app(
            Market(symbols, seed=seed, now_ns=now_ns, scenario=cast("ScenarioName", scenario)),
            key=key,
            sip=plan != "basic",
            faults=rules,
            rate_limit=RateLimit(requests_per_second),
        )
    worth = EVERYTHING if plan is None else PLANS[cast("PlanName", plan)]
    late_ns = DELAY_SECONDS * NANOS if worth.delayed else 0
    return create_app(
        Market(symbols, seed=seed, now_ns=now_ns - late_ns, scenario=cast("ScenarioName", scenario)),
        key=key,
        depth=cast("Depth", depth if plan is None else "nbbo"),
        faults=rules,
        rate_limit=RateLimit(requests_per_second or worth.requests_per_second),
        plan=worth,
    )


def tcp_wire(
    symbols: Symbols, *, seed: int, scenario: str, key: str | None, faults: Sequence[Fault], now_ns: int
) -> Serve:
    """What a connection to Databento's gateway is served by; arguments as those of `application`.

    Raises:
        ValueError: One line: the package that encodes its records is missing.
    """
    try:
        from orderflow_tui.feeds.simulator.databento.gateway import DatabentoMarket, Gateway  # noqa: PLC0415 an extra
    except ModuleNotFoundError as missing:
        raise ValueError(f"{missing.name} is not installed: pip install 'orderflow-tui[databento]'") from None
    market = DatabentoMarket.of(symbols, seed=seed, now_ns=now_ns, scenario=cast("ScenarioName", scenario))
    return Gateway(market, key=key, faults=FaultPlan(faults)).serve


def ibkr_wire(symbols: Symbols, *, seed: int, scenario: str, faults: Path | None, now_ns: int) -> Serve:
    """What a connection to TWS is served by; `faults` is a file of its own kinds.

    Raises:
        ValueError: One line: the file of faults cannot be used.
    """
    rules = [*(load_ibkr_faults(faults) if faults else ()), *(IBKR_BAD_DAY if scenario == "bad-day" else ())]
    market = Market(symbols, seed=seed, now_ns=now_ns, scenario=cast("ScenarioName", scenario))
    return IbkrGateway(market, faults=rules).serve
