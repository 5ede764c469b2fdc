"""Tickers as they are typed and as brokers write them, in the one spelling that is used inside: the data vendor's.

The vendor (Polygon) writes classes with a dot (`BRK.B`) and, as the consolidated tape does, preferred shares, rights
and when-issued shares with a small letter: `BACpL`, `XYZr`, `XYZw`. `BACPL` is another name, or nobody's.
"""

from __future__ import annotations

import re
from typing import Final

from orderflow_tui.core.model.validators import SYMBOL
from orderflow_tui.support.printable import shown_value

_APART: Final = r"[ ./_-]+"
_PREFERRED: Final = (
    re.compile(rf"(?P<root>[A-Z]{{1,5}}){_APART}(?:PRF?|PFD)(?:[ ./_-]*(?P<series>[A-Z]))?"),
    re.compile(r"(?P<root>[A-Z]{1,5})(?:[ /_-]P|[\^$])(?P<series>[A-Z])"),
    re.compile(r"(?P<root>[A-Z]{3,4})PR(?P<series>[A-Z])"),
)
"""`BAC PRL`, `BAC.PR.L`, `BAC/PRL`; `BAC-PL`, `BAC^L`; `BACPRL`, where common stock has five letters at most."""
_LONGEST_COMMON: Final = 5
_CLASS: Final = re.compile(rf"[A-Z]{{1,5}}{_APART}(?:[A-Z]|WS|RT|WI|UN)(?:{_APART}[A-Z])?")
"""`BRK B`, `XYZ WS`: two words that are no such thing are no ticker."""
_TYPED: Final = re.compile(r"[A-Z]?[a-z0-9./_ -]+")
"""Written without care for capitals: `aapl`, `Aapl`, `brk-b`."""


def normalise_symbol(text: str) -> str:
    """A ticker in the vendor's spelling: `brk-b` and `BRK/B` are `BRK.B`, `BAC-PL` and `BAC PRL` are `BACpL`.

    Raises:
        ValueError: It is not a ticker even so; the message shows it escaped.
    """
    written = text.strip()
    if written.isascii():
        if SYMBOL.fullmatch(written) and not _reads_as_preferred(written):
            return written
        if written == written.upper() or _TYPED.fullmatch(written):
            symbol = _of_capitals(written.upper())
            if SYMBOL.fullmatch(symbol):
                return symbol
    raise ValueError(
        f"{shown_value(text)} is not a ticker: up to 10 capitals, digits or dots; small p for preferred shares (BACpL)"
    )


def _reads_as_preferred(written: str) -> bool:
    return written.isupper() and _of_capitals(written) != written


def _of_capitals(written: str) -> str:
    for pattern in _PREFERRED:
        match = pattern.fullmatch(written)
        if match and (pattern is not _PREFERRED[-1] or len(written) > _LONGEST_COMMON):
            return f"{match['root']}p{match['series'] or ''}"
    return re.sub(_APART if _CLASS.fullmatch(written) else "[/-]", ".", written)
