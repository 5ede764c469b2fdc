"""A simulated market on a clock the test moves, and its server over real HTTP on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from orderflow_tui.feeds.simulator.faults import FaultPlan
from orderflow_tui.feeds.simulator.market import Market
from orderflow_tui.feeds.simulator.market_history import NANOS
from orderflow_tui.feeds.simulator.polygon_server import create_app
from orderflow_tui.feeds.simulator.run_server import LoopbackServer, bind_loopback

NOW_NS = 1_795_400_000 * NANOS


@dataclass
class Served:
    """A server under test: its market, its clock and a client with a good key."""

    market: Market
    client: httpx.Client
    url: str
    faults: FaultPlan
    now_ns: list[int] = field(default_factory=list)

    def pass_time(self, seconds: float) -> None:
        self.now_ns[0] += round(seconds * NANOS)

    def get(self, path: str, **params: Any) -> Any:
        # httpx drops the query of a URL when it is given empty parameters.
        response = self.client.get(path, params=params or None)
        assert response.status_code == 200, response.text
        return response.json()


Serve = Callable[..., Served]


@pytest.fixture(scope="session")
def serve() -> Iterator[Serve]:
    """Starts servers; each ends with the test session."""
    ends: list[Callable[[], None]] = []

    def start(**options: Any) -> Served:
        now_ns = [NOW_NS]
        market = options.pop("market", None) or Market(["ACME", "BOLT"], seed=3, now_ns=NOW_NS, history_ns=120 * NANOS)
        faults = FaultPlan()
        bound = bind_loopback(0)
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        ready = threading.Event()
        app = create_app(market, clock=lambda: now_ns[0], faults=faults, **options)
        server = LoopbackServer(app, on_ready=ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        assert ready.wait(60)
        client = httpx.Client(base_url=url, headers={"Authorization": "Bearer some-key"}, timeout=10, trust_env=False)

        def end() -> None:
            client.close()
            server.should_exit = True
            thread.join(60)

        ends.append(end)
        return Served(market, client, url, faults, now_ns)

    yield start
    for end in ends:
        end()


@pytest.fixture(scope="session")
def shared_server(serve: Serve) -> Served:
    return serve()


@pytest.fixture
def served(shared_server: Served) -> Iterator[Served]:
    """The shared server, without faults before and after."""
    shared_server.faults.clear()
    yield shared_server
    shared_server.faults.clear()
