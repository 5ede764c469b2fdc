"""The core in processes of its own: what it imports, and that it says the same in each."""

import os
import subprocess
import sys
from pathlib import Path

import orderflow_tui.core

ROOT = Path(__file__).resolve().parents[2]
CORE = Path(orderflow_tui.core.__path__[0])
MODULES = sorted(
    ".".join(path.relative_to(CORE).with_suffix("").parts) for path in CORE.rglob("*.py") if path.stem != "__init__"
)

IMPORTS = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module("orderflow_tui.core." + name)
unwanted = {"textual", "httpx", "polygon", "pydantic", "starlette", "uvicorn", "asyncio", "socket", "threading_queue"}
print(sorted(unwanted & {name.partition(".")[0] for name in sys.modules}))
of_the_package = {"orderflow_tui.support", "orderflow_tui.support.version"}  # its own `__version__`
ours = {name for name in sys.modules if name.startswith("orderflow_tui.") and ".core" not in name}
print(sorted(ours - of_the_package))
"""

REPLAY = """
import sys
from tests.core.kit import Rules, drawn_market, held, make
core = make(Rules(profile="guarded", large_order_size_threshold=4_000), held(3_000, stop="99.95"), depth_levels=3)
for output in core.process(drawn_market(11, seconds=600)):
    print(repr(output))
"""


def _run(code: str, *args: str, **environment: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-c", code, *args],
        check=True,
        capture_output=True,
        timeout=60,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    return done.stdout


def test_the_core_imports_no_screen_no_client_and_nothing_of_ours_but_the_core() -> None:
    assert len(MODULES) > 20
    assert _run(IMPORTS, *MODULES).decode().splitlines() == ["[]", "[]"]


def test_another_process_says_the_same_bytes() -> None:
    first, second = (_run(REPLAY, PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert first.count(b"\n") > 20
    assert first == second
