from __future__ import annotations

from collections.abc import Iterator

import pytest

from orderflow_tui.core.model.units import NS
from tests.feeds.fake_polygon import FakePolygon

MARGINS = ("live.tape_join.JOIN_MARGIN_NS", "polygon.tape.SAFETY_NS", "alpaca.tape.SAFETY_NS")
"""How far a vendor's answers may lag behind its stream and its clock. A server on this machine has no such lag."""


@pytest.fixture(autouse=True)
def _near_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in MARGINS:
        monkeypatch.setattr(f"orderflow_tui.feeds.{name}", NS // 5)


@pytest.fixture
def host() -> Iterator[FakePolygon]:
    with FakePolygon() as server:
        yield server
