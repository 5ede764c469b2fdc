"""Monitors under test look at their files ten times a second and soon give up a disk."""

from __future__ import annotations

import pytest

from orderflow_tui.core.model.units import NS
from orderflow_tui.monitor import monitor


@pytest.fixture(autouse=True)
def _hurries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor, "LOOK_NS", NS // 10)
    monkeypatch.setattr(monitor, "LAST_TRY_SECONDS", 0.1)
