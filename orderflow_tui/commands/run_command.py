"""Runs a command to its exit code; what it refuses is one line.

Exit codes: 0, 1 (failed), 2 (bad use or configuration). Data goes to stdout, everything else to stderr.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Final

from orderflow_tui.support.console import print_error

EXIT_FAILED: Final = 1
EXIT_USE: Final = 2


def run_command(command: Callable[[], int]) -> int:
    """Run it; returns the exit code."""
    try:
        return command()
    except (ValueError, RuntimeError) as refused:
        if not type(refused).__module__.startswith("orderflow_tui."):
            raise
        print_error(refused)
        return EXIT_FAILED if type(refused).__name__ in {"OutputError", "SimulatorError"} else EXIT_USE
    except BrokenPipeError:
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_FAILED
    finally:
        gc.enable()
