"""A dashboard in a browser's tab: how it knows, and how it ends with its server."""

from __future__ import annotations

import os
import threading
import time

from orderflow_tui.commands.shutdown import Shutdown
from orderflow_tui.support.terminal import GONE


def in_browser() -> bool:
    """Whether the screen is a browser's tab: `serve` says so to the processes it starts."""
    return os.environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")


def end_with_the_server(ending: Shutdown) -> None:
    """A killed server closes no tab: the dashboard sees that another process is its parent now."""
    server = os.getppid()

    def follow() -> None:
        while os.getppid() == server:
            time.sleep(0.5)
        ending.ask("the server is gone", GONE)

    threading.Thread(target=follow, name="serve", daemon=True).start()
