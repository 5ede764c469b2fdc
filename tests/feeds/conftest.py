from __future__ import annotations

from collections.abc import Iterator

import pytest

from orderflow_tui.core.model.units import NS
from tests.feeds.fake_polygon import FakePolygon

MARGINS = ("live.tape_join.JOIN_MARGIN_NS", "polygon.tape.SAFETY_NS", "alpaca.tape.SAFETY_NS")
"""How far a vendor's answers may lag behind its stream and its clock. A server on this machine has no such lag."""

LOOKS = {
    "alpaca.feed.LOOK_SECONDS": 0.05,
    "alpaca.stream.TICK_SECONDS": 0.05,
    "databento.feed.REPORT_SECONDS": 0.05,
    "databento.stream.TICK_SECONDS": 0.05,
    "ibkr.checks.LOOK_SECONDS": 1.5,
    "ibkr.feed.IDLE_STEP": 0.03,
    "ibkr.feed.STATUS_SECONDS": 0.05,
    "ibkr.feed.TEND_SECONDS": 0.05,
    "ibkr.historical_ticks.SETTLE_SECONDS": 0.2,
    "live.link.STATUS_SECONDS": 0.05,
    "live.poll_workers.REPORT_SECONDS": 0.05,
}
"""Seconds between two looks at what has changed: what a test waits for is often only the next look."""


@pytest.fixture(autouse=True)
def _near_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in MARGINS:
        monkeypatch.setattr(f"orderflow_tui.feeds.{name}", NS // 5)
    for name, seconds in LOOKS.items():
        monkeypatch.setattr(f"orderflow_tui.feeds.{name}", seconds)


@pytest.fixture
def host() -> Iterator[FakePolygon]:
    with FakePolygon() as server:
        yield server
