from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.feeds.fake_polygon import FakePolygon


@pytest.fixture
def host() -> Iterator[FakePolygon]:
    with FakePolygon() as server:
        yield server
