"""What every test runs under: property tests draw the same examples each time, no test masks another's words."""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from orderflow_tui.support import masking

settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


def pytest_xdist_auto_num_workers() -> int:
    """One process a core, and two that work while others' tests wait for a socket."""
    return 2 + (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def pytest_collection_finish() -> None:
    """What was imported to collect the tests stays: no search for garbage need look through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _secrets_of_its_own() -> Iterator[None]:
    """A test's made-up secret may be another's plain word."""
    parts, encoded, short = set(masking._parts), set(masking._encoded), set(masking._short)
    yield
    for known, before in ((masking._parts, parts), (masking._encoded, encoded), (masking._short, short)):
        known.clear()
        known.update(before)
