"""`orderflow-tui report`: from a directory to text, JSON or CSV on stdout."""

from __future__ import annotations

import errno
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from orderflow_tui.commands.options import JOURNAL
from orderflow_tui.config.load import load_config
from orderflow_tui.config.sources import source_named
from orderflow_tui.core.market.sessions import NEW_YORK
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.journal.days import days_of
from orderflow_tui.report.figures import figures, rows
from orderflow_tui.report.html import report_page
from orderflow_tui.report.parallel import add_journal
from orderflow_tui.report.summary import summary_lines
from orderflow_tui.report.tally import Tally
from orderflow_tui.report.text import report_lines
from orderflow_tui.support.atomic_file import replace_file
from orderflow_tui.support.bounded_file import UnfitFileError
from orderflow_tui.support.console import print_csv, print_json, print_lines

Form = Literal["text", "json", "csv"]
Span = Literal["all", "day", "week"]
_WEEK: Final = timedelta(days=6)
_MOST_AT_QUIT: Final = 20_000_000
"""Bytes of a day's journal that are added up while somebody waits for the prompt."""


def run_report(
    directories: list[str],
    *,
    since: date | None,
    until: date | None,
    symbol: str | None,
    form: Form,
    html: Path | None = None,
    span: Span = "all",
) -> int:
    """Print the report of these journals together.

    Args:
        directories: Journals' directories; none stands for the one of the settings.
        since: First day, UTC.
        until: Last day, UTC.
        symbol: Only this symbol's records.
        form: How to print it.
        html: Also write a page with plots there.
        span: `day` and `week` are short: that day, or the seven that end with it; the day is `until`, else `since`,
            else today in New York.

    Raises:
        DataValidationError: `CONFIG_INVALID`: a directory that is not there or holds no journal; a page that cannot be
            written.
    """
    if span != "all":
        until = until or since or datetime.now(NEW_YORK).date()
        since = until - _WEEK if span == "week" else until
    tally = Tally(since=since, until=until, symbol=symbol)
    for name in directories or [_usual()]:
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
    elif since is not None and until is not None and span != "all":
        print_lines(summary_lines(report, _title(since, until)))
    else:
        print_lines(report_lines(report, shutil.get_terminal_size().columns))
    return 0


def today(directory: Path) -> list[str]:
    """Today's summary for whoever quits; only where the command is, of a day that is long or cannot be read."""
    day = datetime.now(NEW_YORK).date()
    hint = f"the day in a few lines: orderflow-tui report {directory} --day"
    try:
        if sum(path.stat().st_size for path in directory.glob(f"{day}*")) > _MOST_AT_QUIT:
            return [hint]
        tally = Tally(since=day, until=day)
        add_journal(tally, directory, day)
    except (OSError, DataValidationError):
        return [hint]
    return [*summary_lines(figures(tally), _title(day, day)), f"more: orderflow-tui report {directory}"]


def _usual() -> str:
    """Where a run with the settings of this folder writes; the live journal where they are refused."""
    try:
        loaded = load_config({})
        return str(loaded.journal_dir(source_named(loaded.config.data_source).source_class))
    except DataValidationError:
        return JOURNAL


def _title(since: date, until: date) -> str:
    return f"{until:%A} {until}" if since == until else f"{since} to {until}"


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
