"""`python -m orderflow_tui` is `orderflow-tui`."""

import os
import sys

if __name__ == "__main__":
    here = os.getcwd()  # noqa: PTH109 loads nothing
    if not sys.flags.safe_path and sys.path[0] == here and os.path.dirname(os.path.dirname(__file__)) != here:  # noqa: PTH120
        del sys.path[0]  # what lies in the working directory is nobody's module

    from orderflow_tui.cli import main

    sys.exit(main())
