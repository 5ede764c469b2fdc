"""Windows lacks flags, signals and modules that POSIX systems have: everything loads and works without them."""

from __future__ import annotations

import subprocess
import sys
import tempfile


def test_everything_loads_and_works_without_what_only_posix_has() -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are too long for a socket
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.without_posix", folder],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert (done.stdout, done.returncode) == ("whole\n", 0), done.stderr
