"""`orderflow-tui` with a dashboard that fails at the key `t`; the arguments are the program's.

python -m tests.commands.failing_child ARGUMENTS
"""

from __future__ import annotations

import os
import sys

from orderflow_tui.cli import main
from orderflow_tui.commands import shutdown
from orderflow_tui.tui.app import OrderFlowApp


def fail(_: OrderFlowApp) -> None:
    secret = "not-to-be-shown"
    message = f"a defect of {len(secret)} letters"
    raise RuntimeError(message)


if __name__ == "__main__":
    if "ENDED_AT_ONCE" in os.environ:  # as where it does not leave in time
        shutdown._SECONDS = 0.0  # type: ignore[misc]
    OrderFlowApp.action_next_theme = fail  # type: ignore[method-assign, assignment]
    sys.exit(main())
