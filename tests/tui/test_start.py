"""What the first paint does not need is not loaded before it."""

from __future__ import annotations

import subprocess
import sys


def test_the_dashboards_modules_load_nothing_heavy_beside_textual() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import sys, orderflow_tui.tui.app; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    heavy = {"pydantic", "httpx", "polygon", "websockets", "plotext", "starlette", "uvicorn", "tomlkit", "tenacity"}
    assert not heavy & set(said)
