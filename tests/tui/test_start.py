"""What the first paint does not need is not loaded before it."""

from __future__ import annotations

import subprocess
import sys


def test_the_dashboards_modules_load_nothing_heavy_beside_textual() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import sys, orderflow_tui.commands.live, orderflow_tui.tui.run_dashboard; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    heavy = {"pydantic", "httpx", "polygon", "websockets", "plotext", "starlette", "uvicorn", "tomlkit", "tenacity"}
    late = {name for name in said if name.startswith(("orderflow_tui.journal", "orderflow_tui.monitor"))}
    assert not (heavy | {"orderflow_tui.core.model.data_models"}) & set(said) | late
