"""Opens a recorded session; its name and its first bytes tell the format."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from orderflow_tui.core.model.validators import SYMBOL
from orderflow_tui.recordings.formats.csv_pair import open_pair, pair_of
from orderflow_tui.recordings.formats.dbn import is_dbn, open_dbn
from orderflow_tui.recordings.formats.flat_files import is_flat, open_flat
from orderflow_tui.recordings.formats.lobster import is_lobster, open_lobster
from orderflow_tui.recordings.formats.raw import is_raw, open_raw, raw_symbols
from orderflow_tui.recordings.formats.recorded_session import LONGEST_LINE, RecordedSession, RecordingError, opened

__all__ = ["RecordedSession", "RecordingError", "expanded", "open_recording"]

EXPECTED: Final = (
    "expected the common prefix of a .trades.csv.gz and a .book.csv.gz, a flat file of trades with its symbol "
    "(trades.csv.gz:AAPL), a LOBSTER message or orderbook file, a .dbn file, or a run's directory of --record"
)


def expanded(given: Iterable[str]) -> list[str]:
    """Each as `open_recording` takes it: `PATH:AAPL,MSFT` is two, a run's directory all of its symbols."""
    out: list[str] = []
    for one in given:
        path = Path(one)
        where, symbols = split_symbol(one)
        if is_raw(path):
            out += [f"{one}:{symbol}" for symbol in raw_symbols(path)]
        else:
            out += [f"{where}:{symbol}" for symbol in symbols.split(",")] if symbols else [one]
    return out


def open_recording(given: str) -> RecordedSession:
    """Open the recording of this path or prefix.

    Args:
        given: A file or a prefix; `PATH:SYMBOL` where a file holds several symbols.

    Raises:
        RecordingError: There is none, or its head is not a recording's.
    """
    where, symbol = split_symbol(given)
    session = _opened(where, symbol)
    if symbol and session.symbol != symbol:
        raise RecordingError(f"{where}: this is a recording of {session.symbol}, not of {symbol}")
    return session


def split_symbol(given: str) -> tuple[str, str]:
    """The path, and the symbol (or several, with commas) after its colon; empty where there is none."""
    where, colon, symbol = given.rpartition(":")
    if not colon or Path(given).exists() or not all(map(SYMBOL.fullmatch, symbol.split(","))):
        return given, ""
    return where, symbol


def _opened(where: str, symbol: str) -> RecordedSession:
    path = Path(where)
    halves = [half.is_file() for half in pair_of(where)]
    if all(halves):
        return open_pair(where)
    if is_lobster(path):
        return open_lobster(path)
    if path.is_file():
        with opened(path) as file:
            head = file.readline(LONGEST_LINE)
        if is_dbn(path, head):
            return open_dbn(path, symbol)
        if is_flat(head):
            return open_flat(path, symbol)
    if is_raw(path):
        return open_raw(path, symbol)
    if any(halves):
        return open_pair(where)
    raise RecordingError(f"no recording: {where}: {EXPECTED}")
