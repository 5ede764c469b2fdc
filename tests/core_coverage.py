"""Counts the lines and branches of the core that its own tests take: `pytest -p tests.core_coverage`.

The tracer costs twice the time of whatever runs under it. So it runs while the modules are imported and in tests of
`tests/core` that are not marked `untraced`, and nowhere else. Each process writes its own data, for `coverage combine`.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import coverage
import pytest

CORE = Path(__file__).parent / "core"
_coverage = coverage.Coverage(data_suffix=True)
_coverage.start()


def pytest_configure(config: pytest.Config) -> None:
    """The process that only hands tests out counts nothing."""
    if not hasattr(config, "workerinput") and config.getoption("numprocesses", None):
        _coverage.stop()
        config.pluginmanager.unregister(name=__name__)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    _coverage.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    if CORE not in item.path.parents or item.get_closest_marker("untraced"):
        return (yield)
    _coverage.start()
    try:
        return (yield)
    finally:
        _coverage.stop()


def pytest_sessionfinish() -> None:
    _coverage.save()
