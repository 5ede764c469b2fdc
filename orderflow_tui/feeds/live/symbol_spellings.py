"""How each vendor writes a ticker: preferred shares, rights, warrants and classes have three conventions of suffixes.

Inside, a ticker is written as the consolidated tape does (CQS): `BACpL`, `BRK.B`, `XYZ.WS`, `XYZr`, `XYZw`. Sources:
Nasdaq's table (nasdaqtrader.com/Trader.aspx?id=CQSSymbolConvention); databento.com/docs/conventions/symbology.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_TICKER: Final = re.compile(r"(?P<root>[A-Z][A-Z0-9]*)(?P<suffix>(?:p[A-Z]?|r|w|\.[A-Z0-9]+)+)")
_PART: Final = re.compile(r"p[A-Z]?|r|w|\.[A-Z0-9]+")
_CMS: Final = {"p": "PR", "r": "RT", "w": "WI", ".UN": "U"}
_NASDAQ: Final = {
    "p": "-", "r": "^", ".RT": "^", "w": "#", ".WI": "#", ".WS": "+", ".U": "=", ".UN": "=", ".WD": "$", ".CL": "*",
    ".CV": "%", ".PP": "@", ".EC": "!",
}  # fmt: skip


def spaced(symbol: str) -> str:
    """As Interactive Brokers writes it: `BAC PRL`, `BRK B`, `XYZ WS`."""
    return _cms(symbol, " ")


def dotted(symbol: str) -> str:
    """As Alpaca writes it: `BAC.PRL`, `BRK.B`, `XYZ.WS`."""
    return _cms(symbol, ".")


def integrated(symbol: str) -> str:
    """As Nasdaq's own feed and Databento write it: `BAC-L`, `BRK.B`, `XYZ+`."""
    root, parts = _parts(symbol)
    written = "".join(
        _NASDAQ.get(part) or (f"-{part[1:]}" if part[0] == "p" else part[1:] if at and parts[at - 1] == ".WS" else part)
        for at, part in enumerate(parts)
    )
    return f"{root}{written}"


class Spellings:
    """A vendor's way of writing, and back again for what it was told.

    Args:
        write: One of the functions above.
    """

    def __init__(self, write: Callable[[str], str]) -> None:
        self._write = write
        self._written: dict[str, str] = {}
        self._read: dict[str, str] = {}

    def of(self, symbol: str) -> str:
        """A symbol as the vendor writes it."""
        written = self._written.get(symbol)
        if written is None:
            written = self._written[symbol] = self._write(symbol)
            self._read[written] = symbol
        return written

    def symbol(self, written: str) -> str:
        """The symbol that was written so; a name that was never asked for stays as it is."""
        return self._read.get(written, written)


def _parts(symbol: str) -> tuple[str, list[str]]:
    found = _TICKER.fullmatch(symbol)
    return (found["root"], _PART.findall(found["suffix"])) if found else (symbol, [])


def _cms(symbol: str, between: str) -> str:
    root, parts = _parts(symbol)
    suffix = "".join(_CMS.get(part) or (f"PR{part[1:]}" if part[0] == "p" else part[1:]) for part in parts)
    return f"{root}{between}{suffix}" if suffix else root
