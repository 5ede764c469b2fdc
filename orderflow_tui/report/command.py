"""`orderflow-tui report`: from a directory to text, JSON or CSV on stdout."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from datetime import date
from pathlib import Path
from typing import Any, Literal

from orderflow_tui.core.validators import DataValidationError
from orderflow_tui.journal.directory import day_files
from orderflow_tui.report.figures import figures, rows
from orderflow_tui.report.html import report_page
from orderflow_tui.report.parallel import add_journal
from orderflow_tui.report.tally import Tally
from orderflow_tui.report.text import report_lines

Form = Literal["text", "json", "csv"]


def run_report(
    directories: list[str],
    *,
    since: date | None,
    until: date | None,
    symbol: str | None,
    form: Form,
    html: Path | None = None,
) -> int:
    """Print the report of these journals together.

    Args:
        directories: Journals' directories.
        since: First day, UTC.
        until: Last day, UTC.
        symbol: Only this symbol's records.
        form: How to print it.
        html: Also write a page with plots there.

    Raises:
        DataValidationError: `CONFIG_INVALID`: a directory that is not there or holds no journal; a page that cannot be
            written.
    """
    tally = Tally(since=since, until=until, symbol=symbol)
    for name in directories:
        directory = Path(name)
        if not day_files(directory):
            shown = name if name.isprintable() else ascii(name)
            raise DataValidationError("CONFIG_INVALID", f"{shown} holds no journal (files like 2026-01-31.jsonl)")
        add_journal(tally, directory, since)
    report = figures(tally)
    if html is not None:
        write_page(html, report_page(report))
    if form == "json":
        print(json.dumps(report, indent=2))
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(("figure", "value"))
        writer.writerows((_cell(figure), _cell(value)) for figure, value in rows(report))
    else:
        print("\n".join(report_lines(report, shutil.get_terminal_size().columns)))
    return 0


def write_page(path: Path, text: str) -> None:
    """Write a page. Raises DataValidationError where that cannot be."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        shown = ascii(str(path)) if not str(path).isprintable() else str(path)
        raise DataValidationError(
            "CONFIG_INVALID", f"--html {shown}: {error.strerror or type(error).__name__}"
        ) from None


def _cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
