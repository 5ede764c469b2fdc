"""`python -m orderflow_tui.feeds.simulator`: the server as a child process."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from pathlib import Path

_LAST_SECONDS = 1.0


def main() -> int:
    """Parses the command line and serves; returns the exit code."""
    stop = _stdin_closed() if "--until-stdin-closes" in sys.argv else None  # also while what follows is loaded
    from orderflow_tui.feeds.simulator.instruments import DEMO_SYMBOLS  # noqa: PLC0415
    from orderflow_tui.feeds.simulator.process import KEY_VARIABLE  # noqa: PLC0415
    from orderflow_tui.feeds.simulator.run_server import serve  # noqa: PLC0415

    parser = argparse.ArgumentParser(prog="python -m orderflow_tui.feeds.simulator", description="A simulated market.")
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 for a free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenario", default="mixed")
    parser.add_argument("--depth", default="full")
    parser.add_argument("--plan")
    parser.add_argument("--wire", default="polygon")
    parser.add_argument("--symbols", default=",".join(DEMO_SYMBOLS))
    parser.add_argument("--faults", type=Path)
    parser.add_argument("--requests-per-second", type=float)
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when whoever started this is gone")
    options = parser.parse_args()
    return serve(
        port=options.port,
        seed=options.seed,
        scenario=options.scenario,
        depth=options.depth,
        symbols=options.symbols or (),
        key=os.environ.pop(KEY_VARIABLE, None),
        faults=options.faults,
        plan=options.plan,
        wire=options.wire,
        requests_per_second=options.requests_per_second,
        stop=stop,
    )


def _stdin_closed() -> threading.Event:
    closed = threading.Event()

    def wait() -> None:
        while os.read(0, 4096):
            pass
        closed.set()
        # A server that hangs, or has not started yet, must not outlive whoever started it.
        time.sleep(_LAST_SECONDS)
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()
    return closed


if __name__ == "__main__":
    sys.exit(main())
