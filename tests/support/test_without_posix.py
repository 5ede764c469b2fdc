"""Windows lacks flags, signals and modules that POSIX systems have: everything loads and works without them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_everything_loads_and_works_without_what_only_posix_has(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.without_posix", str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("whole\n", 0), done.stderr
