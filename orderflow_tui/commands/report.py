"""`orderflow-tui report`: from a directory to text, JSON or CSV on stdout."""

from __future__ import annotations

import errno
import shutil
from datetime import date
from pathlib import Path
from typing import Literal

from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.journal.days import days_of
from orderflow_tui.report.figures import figures, rows
from orderflow_tui.report.html import report_page
from orderflow_tui.report.parallel import add_journal
from orderflow_tui.report.tally import Tally
from orderflow_tui.report.text import report_lines
from orderflow_tui.support.atomic_file import replace_file
from orderflow_tui.support.bounded_file import UnfitFileError
from orderflow_tui.support.output import print_csv, print_json, print_lines

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
        if not days_of(directory):
            shown = name if name.isprintable() else ascii(name)
            raise DataValidationError("CONFIG_INVALID", f"{shown} holds no journal (files like 2026-01-31.jsonl)")
        add_journal(tally, directory, since)
    report = figures(tally)
    if html is not None:
        write_page(html, report_page(report))
    if form == "json":
        print_json(report)
    elif form == "csv":
        print_csv([("figure", "value"), *rows(report)])
    else:
        print_lines(report_lines(report, shutil.get_terminal_size().columns))
    return 0


def write_page(path: Path, text: str) -> None:
    """Write a page for the owner alone. Raises DataValidationError where that cannot be."""
    try:
        if path.exists() and not path.is_file():
            raise UnfitFileError(errno.EINVAL, "not a regular file", str(path))
        path.parent.resolve(strict=True)
        replace_file(path, text.encode())
    except OSError as error:
        shown = ascii(str(path)) if not str(path).isprintable() else str(path)
        raise DataValidationError(
            "CONFIG_INVALID", f"--html {shown}: {error.strerror or type(error).__name__}"
        ) from None
