"""`python -m orderflow_tui` is `orderflow-tui`."""

import sys

from orderflow_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
