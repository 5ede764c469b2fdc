"""`orderflow-tui import`: chosen symbols out of vendors' day files, kept as compact recordings."""

from __future__ import annotations

from collections.abc import Sequence

from orderflow_tui.commands.evaluate import imported
from orderflow_tui.config.values import invalid
from orderflow_tui.recordings.market_day import market_days
from orderflow_tui.recordings.open_recording import expanded
from orderflow_tui.support.console import print_lines


def run_import(files: Sequence[str], to: str, *, cluster: str, workers: int) -> int:
    """Read each file once and print the recordings, one a line, as `replay` and `evaluate` take them.

    Args:
        files: Day files with their symbols, `trades.csv.gz:AAPL,MSFT`.
        to: The directory of the recordings; what is there already is not read again.
        cluster: A Dask scheduler's address, or empty.
        workers: Processes; 0 takes one a core.

    Raises:
        DataValidationError: `CONFIG_INVALID`: something is not a day file; `EVALUATE_WORKERS`.
        RecordingError: A file cannot be read or has nothing of a symbol.
    """
    given = list(dict.fromkeys(expanded(files)))
    days = market_days(given)
    for one in given:
        if one not in days:
            raise invalid(f"{one}: one symbol's recording needs no import: give it to replay or evaluate as it is")
    print_lines(imported(list(dict.fromkeys(days.values())), to, cluster, workers))
    return 0
